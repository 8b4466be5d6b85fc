import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, chat, errorOf } from '../../../test/end-to-end/client.js';
import { run, serve } from '../../../test/end-to-end/process.js';
import { eventually, exchangeOf } from '../../../test/end-to-end/receipts.js';
import { answer, completion, TestUpstream } from '../../../test/end-to-end/upstreams.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-policy-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const GOOD = `name: example
rules:
  - name: small
    for: { models: [countersign-*] }
    upstreams: { names: [built-in] }
  - name: rest
    upstreams: { names: [mine] }
    checks:
      - { check: usage-known, stage: final, onFailure: flag }
`;
const BAD = GOOD.replace('onFailure: flag', 'onFailure: block');
const UPSTREAM = ['--upstream', 'mine=http://127.0.0.1:1/v1'];

function policyFile(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
const LIMIT = 60_000;
const policy = (verb: string, ...args: string[]) =>
  run(['policy', verb, '--data', folder, ...args], { limit: LIMIT });

describe('countersign policy', { timeout: 120_000 }, () => {
  it('lint: says that a policy can be used, or where it cannot', async () => {
    const good = policyFile('good.yaml', GOOD);
    const bad = policyFile('bad.yaml', BAD);
    const usable = await policy('lint', good, ...UPSTREAM);
    expect(usable).toMatchObject({ code: 0, stderr: '' });
    expect(usable.stdout).toBe(`${good} can be used: 2 rules, for a gateway with built-in, mine.\n`);
    const refused = await policy('lint', bad, ...UPSTREAM);
    expect(refused).toMatchObject({ code: 10, stdout: '' });
    expect(refused.stderr).toContain(`${bad}:9:56: clause/buffer-needed: `);
    const said = await policy('lint', bad, ...UPSTREAM, '--json');
    expect(said.code).toBe(10);
    expect(JSON.parse(said.stdout)).toEqual({
      usable: false,
      problems: [{ code: 'clause/buffer-needed', where: `${bad}:9:56`, detail: 'block' }],
      exitCode: 10,
    });
    const malformed = await policy('lint', policyFile('none.yaml', 'rules: 1\n'), ...UPSTREAM, '--json');
    expect([malformed.code, JSON.parse(malformed.stdout).exitCode]).toEqual([30, 30]);
  });

  it('knows upstreams from the configuration, and keys from the data folder', async () => {
    const config = policyFile('c.yaml', 'upstreams: [openai, {name: mine, url: "http://127.0.0.1:1/v1"}]\n');
    const good = policyFile('good.yaml', GOOD);
    expect((await policy('lint', good, '--config', config)).code).toBe(0);
    expect((await policy('lint', good)).stderr).toContain('there are built-in.');
    const data = join(folder, 'with-keys');
    mkdirSync(join(data, 'keys'), { recursive: true });
    expect((await run(['access', 'create', 'alice', '--data', data])).code).toBe(0);
    const keyed = policyFile('keyed.yaml', 'name: a\nrules:\n  - name: all\n    for: { keys: [alcie] }\n');
    const { code, stderr } = await run(['policy', 'lint', keyed, '--data', data]);
    expect([code, stderr]).toEqual([10, expect.stringContaining('keyed.yaml:4:19: clause/key-unknown')]);
  });

  it('explain: in words', async () => {
    const good = policyFile('good.yaml', GOOD);
    const { code, stdout } = await policy('explain', good, ...UPSTREAM);
    expect(code).toBe(0);
    expect(stdout).toContain('1. small\n   For requests for countersign-*.\n');
    expect(stdout).toContain('A request that no rule is for is refused.');
    const json = JSON.parse((await policy('explain', good, ...UPSTREAM, '--json')).stdout);
    expect(json).toMatchObject({ name: 'example', rules: [{ name: 'small' }, { name: 'rest' }] });
  });

  it('try: says which rule a request would come to', async () => {
    const good = policyFile('good.yaml', GOOD);
    const tried = await policy('try', good, ...UPSTREAM, '--model', 'gpt-4o', '--json');
    expect(JSON.parse(tried.stdout)).toEqual({
      rule: 'rest',
      upstreams: [
        { name: 'built-in', refusal: 'clause/upstream-refused' },
        { name: 'mine', refusal: null },
      ],
    });
    const words = await policy('try', good, ...UPSTREAM, '--model', 'countersign-x');
    expect(words.stdout).toContain('Rule 1, "small", is for it.');
  });
});

it('countersign up --policy: in force from the start, exchanged while it runs, and checked by anybody', {
  timeout: 120_000,
}, async () => {
  const upstream = await TestUpstream.start();
  upstream.behaviour = answer(200, completion('Mine.'));
  const file = policyFile('running.yaml', GOOD);
  const data = join(folder, 'house');
  const more = ['--data', data, '--upstream', `mine=${upstream.base}`];
  try {
    const refused = await run(['up', '--port', '0', ...more, '--policy', policyFile('bad.yaml', BAD)], {
      limit: LIMIT,
    });
    expect([refused.code, refused.stderr]).toEqual([
      64,
      expect.stringContaining(':9:56: clause/buffer-needed'),
    ]);

    const gateway = await serve(more, { environment: { COUNTERSIGN_POLICY: file } });
    const { address, trust, models } = gateway.summary;
    const got = await ask(address, { body: chat() });
    expect(got.body.toString()).toContain('Mine.');
    // The narrow rule is for that model by any name of it.
    const denied = await ask(address, { body: chat({ model: `mine/${models[0]}` }) });
    expect([denied.status, errorOf(denied).code]).toEqual([403, 'clause/upstream-refused']);

    const bundle = policyFile(
      'bundle.json',
      (await ask(address, { path: `/v1/receipts/${exchangeOf(got)}?wait=witnessed` })).body.toString(),
    );
    const verified = await run(['verify', bundle, '--trust', trust, '--json']);
    const { receipt } = JSON.parse(verified.stdout);
    expect(receipt.policy.rule).toBe('rest');
    const entry = policyFile(
      'entry.json',
      (await ask(address, { path: `/log/entries/${receipt.policy.index}` })).body.toString(),
    );
    const checked = await run(['verify', bundle, '--trust', trust, '--policy', entry]);
    expect(checked.code).toBe(0);
    expect(checked.stdout).toContain('in keeping with rule "rest" of the policy "example"');
    expect(checked.stdout).toContain(`rule "rest" of entry ${receipt.policy.index}`);
    const wrong = await run(['verify', bundle, '--trust', trust, '--policy', bundle]);
    expect(wrong.code).toBe(10);

    // A mistake changes nothing, and is told; its repair is in force.
    writeFileSync(file, BAD);
    gateway.child.kill('SIGHUP');
    await eventually(() => (gateway.printed().includes('clause/buffer-needed') ? true : undefined));
    expect((await ask(address, { body: chat() })).status).toBe(200);
    writeFileSync(file, GOOD.replace('names: [mine]', 'names: [built-in]'));
    gateway.child.kill('SIGHUP');
    await eventually(async () => {
      const asked = await ask(address, { body: chat() });
      return asked.status === 403 && errorOf(asked).code === 'clause/upstream-refused' ? true : undefined;
    });
    expect((await gateway.stop()).code).toBe(0);
    expect(readFileSync(join(data, 'refunds', 'ordered'), 'utf8')).toMatch(/^[1-9][0-9]*\n$/);
  } finally {
    await upstream.close();
  }
});
