/** Three validators of a real house, one of which lies; all of them processes of their own. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../../../test/end-to-end/client.js';
import { run, runAlone, type Served, serve, serveValidator } from '../../../test/end-to-end/process.js';
import { exchangeOf, fetchBundle } from '../../../test/end-to-end/receipts.js';
import { lyingPackage } from '../../../test/support/lying-package.js';
import { parseTrust } from '../../appraise/trust.js';
import { readPackage } from '../../appraise/verdict/verdict-package.js';
import { formatVerifierKey, KEY_TYPE, keyLabel } from '../../note/key.js';
import { loggedAppraisalPolicyDigest } from '../../receipt/appraisal-policy-entry.js';
import { openSigningKey, type SigningKey } from '../files/keys.js';

const POLICIES = {
  first: 'name: first\nrequires: { record: included }\n',
  second: 'name: second\nrequires: { model: asserted }\n',
  liar: 'name: first\nrequires: { record: included }\n',
};
type Name = keyof typeof POLICIES;
const NAMES = Object.keys(POLICIES) as Name[];

let folder: string;
let house: Served;
let keys: Record<Name, SigningKey>;
const at = (...names: string[]) => join(folder, ...names);
const json = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));

async function ok(...args: string[]) {
  const ended = await run(args);
  expect(ended, args.join(' ')).toMatchObject({ code: 0 });
  return ended;
}

async function exchange(count: number): Promise<void> {
  for (let nth = 0; nth < count; nth++) {
    const { address, models } = house.summary;
    const body = {
      model: models[0],
      messages: [{ role: 'user', content: `Question ${nth}` }],
      max_tokens: 1,
    };
    expect((await ask(address, { body })).status).toBe(200);
  }
}

const own = (name: Name) => [
  ...['--log', `${house.summary.address}/log`, '--trust', at('trust.json'), '--policy', at(`${name}.yaml`)],
  ...['--key', at(`${name}.key`), '--data', at(name)],
];
const once = (name: Name, ...more: string[]) => run(['validator', ...own(name), '--once', '--json', ...more]);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-validator-'));
  const start = () => serve(['--data', at('house'), '--operator', 'Test Operator']);
  house = await start();
  await exchange(2);
  await house.stop();
  const opened = await Promise.all(
    NAMES.map(name => openSigningKey(at(`${name}.key`), `${name}.example`, KEY_TYPE.ed25519)),
  );
  keys = Object.fromEntries(NAMES.map((name, place) => [name, opened[place]])) as typeof keys;
  for (const name of NAMES) {
    writeFileSync(at(`${name}.yaml`), POLICIES[name]);
    const [proposal, agreed] = [at(`${name}.proposal`), at(`${name}.agreed`)];
    const inHouse = ['--data', at('house')];
    await ok('key', 'propose', formatVerifierKey(keys[name].key), '--out', proposal, ...inHouse);
    await ok('validator', 'agree', proposal, '--key', at(`${name}.key`), '--out', agreed);
    await ok('key', 'admit', agreed, ...inHouse);
  }
  house = await start();
  writeFileSync(at('trust.json'), readFileSync(house.summary.trust));
  await exchange(2);
}, 120_000);

afterAll(async () => {
  await house.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('countersign validator', () => {
  it('is let in by its log, whose trust file then names it', () => {
    expect(parseTrust(readFileSync(at('trust.json'))).validators.map(keyLabel)).toEqual(
      NAMES.map(name => keyLabel(keys[name].key)),
    );
  });

  it('logs its policy, then judges all receipts, and finds nothing to do when it looks again', async () => {
    const { code, stdout } = await once('first', '--submit');
    const [policy, batch, appraised] = json(stdout);
    expect(policy).toMatchObject({
      kind: 'policy',
      digest: loggedAppraisalPolicyDigest({ name: 'first', requires: { record: 'included' } }),
    });
    expect(batch).toMatchObject({
      kind: 'batch',
      sequence: 0,
      start: 0,
      counts: { fail: 0, inconclusive: 0, pass: 4 },
    });
    expect(appraised).toMatchObject({ kind: 'appraised', batches: 1, overturned: 0 });
    expect(code).toBe(0);
    const again = json((await once('first', '--submit')).stdout);
    expect(again).toEqual([expect.objectContaining({ kind: 'appraised', batches: 1 })]);
  });

  it('the monitor finds its entries in order', async () => {
    const monitored = await run([
      ...['monitor', `${house.summary.address}/log`, '--trust', at('trust.json'), '--once'],
      ...['--data', at('monitor')],
    ]);
    expect(monitored).toMatchObject({ code: 0, stderr: '' });
  });

  it('three of them: differences of policy are another question, and the lie is found, proven and owned up to', async () => {
    expect((await once('second', '--submit')).code).toBe(0);
    // The third says of one receipt what is not so, and hands it in like the others.
    mkdirSync(at('liar'));
    const logged = await run(['validator', ...own('liar'), '--once', '--json', '--submit']);
    const [{ index }] = json(logged.stdout);
    const genuine = readFileSync(at('first', 'batches', '0.jsonl'));
    const digest = loggedAppraisalPolicyDigest({ name: 'first', requires: { record: 'included' } });
    rmSync(at('liar'), { recursive: true });
    mkdirSync(at('liar', 'batches'), { recursive: true });
    writeFileSync(
      at('liar', 'batches', '0.jsonl'),
      lyingPackage(genuine, keys.liar, 1, { policy: { digest, index } }),
    );
    const liar = await serveValidator([...own('liar'), '--submit', '--interval', '1']);
    const honest = await serveValidator([...own('second'), '--submit', '--interval', '1']);
    try {
      const audit = (url: string, ...more: string[]) =>
        run([
          'validator',
          'audit',
          url,
          '--trust',
          at('trust.json'),
          '--data',
          at('first'),
          '--json',
          ...more,
        ]);
      const other = await audit(honest.summary.address);
      expect(json(other.stdout)[0]).toMatchObject({
        wrong: [],
        findings: [],
        same: 0,
        otherQuestions: 4,
        verdicts: 4,
      });
      expect(other.code).toBe(0);
      const found = await audit(liar.summary.address, '--out', at('proofs'));
      const [{ wrong, same, otherQuestions, files }] = json(found.stdout);
      expect([wrong.length, same, otherQuestions, found.code]).toEqual([1, 3, 0, 10]);
      const [proof] = files as [string];
      const verified = await run(['verify-misbehaviour', proof, '--trust', at('trust.json')]);
      expect(verified.code).toBe(0);
      expect(verified.stdout).toContain(keyLabel(keys.liar.key));
      // Anybody may bring it; it is taken once, and never by somebody else.
      const bring = (address: string) =>
        fetch(`${address}/misbehaviour`, { method: 'POST', body: readFileSync(proof) });
      expect((await bring(liar.summary.address)).status).toBe(201);
      expect((await bring(liar.summary.address)).status).toBe(200);
      expect((await bring(honest.summary.address)).status).toBe(422);
      const standing = await (await fetch(liar.summary.address)).json();
      expect(standing).toMatchObject({ overturned: [expect.stringMatching(/^000000-p11-/)] });
      // The next batch says so, and stands in the log.
      await expect.poll(() => existsSync(at('liar', 'batches', '1.jsonl')), { timeout: 20_000 }).toBe(true);
      expect(await fetch(`${liar.summary.address}/metrics`).then(answer => answer.text())).toContain(
        'countersign_validator_overturned_total 1',
      );
    } finally {
      await liar.stop();
      await honest.stop();
    }
    const record = await run(['validator', 'record', '--data', at('liar'), '--json']);
    expect(record.code).toBe(10);
    expect(json(record.stdout)[0].overturned).toHaveLength(1);
    expect((await run(['validator', 'record', '--data', at('second')])).code).toBe(0);
    const [proof = ''] = readdirSync(at('proofs'));
    const refused = await run([
      ...['validator', 'overturn', at('proofs', proof), '--key', at('second.key'), '--data', at('second')],
    ]);
    expect(refused.code).toBe(10);
  }, 120_000);

  it('a verdict of its own enters the log where it names the logged policy, and not otherwise', async () => {
    const bundle = at('one.json');
    const body = {
      model: house.summary.models[0],
      messages: [{ role: 'user', content: 'Hello' }],
      max_tokens: 1,
    };
    const answer = await ask(house.summary.address, { body });
    writeFileSync(bundle, await fetchBundle(house.summary, exchangeOf(answer)));
    const { batch } = readPackage(readFileSync(at('first', 'batches', '0.jsonl')));
    const { index } = batch.policy;
    const submitted = async (name: string, ...more: string[]) => {
      await ok(
        ...['appraise', bundle, '--trust', at('trust.json'), '--policy', at('first.yaml')],
        ...['--key', at('first.key'), '--out', at(name), ...more],
      );
      return run(['submit', at(name), '--to', `${house.summary.address}/log`, '--out', at(`${name}.bundle`)]);
    };
    expect(await submitted('blind.json')).toMatchObject({
      code: 10,
      stderr: expect.stringContaining('verdict/policy-unlogged'),
    });
    const taken = await submitted('verdict.json', '--policy-index', `${index}`);
    expect(taken.code).toBe(0);
    expect(taken.stdout).toContain(`Its bundle is in ${at('verdict.json.bundle')}.`);
    expect(taken.stdout).not.toContain('countersign verify');
  });

  it('20: audited, one that does not answer; 30: a server that is none', async () => {
    const audit = (url: string, ...more: string[]) =>
      run(['validator', 'audit', url, '--trust', at('trust.json'), ...more]);
    expect(await audit('http://127.0.0.1:1')).toMatchObject({
      code: 20,
      stderr: expect.stringContaining('peer/unreachable'),
    });
    expect(await audit(house.summary.address)).toMatchObject({
      code: 30,
      stderr: expect.stringContaining('no validator answers there'),
    });
  });

  it('64: a folder in which no validator has worked, which is not made', async () => {
    const none = at('none');
    const trust = ['--trust', at('trust.json')];
    for (const args of [
      ['record', '--data', none],
      ['overturn', at('trust.json'), '--key', at('first.key'), '--data', none],
      ['audit', 'http://127.0.0.1:1', ...trust, '--data', none],
    ]) {
      const ended = await run(['validator', ...args]);
      expect(ended, args[0]).toMatchObject({
        code: 64,
        stderr: expect.stringContaining(`${none} is no validator's data folder`),
      });
    }
    expect(existsSync(none)).toBe(false);
  });

  it('prints its verifier key, which its operator needs, and says why it is not let in', async () => {
    const ended = await run([
      ...['validator', '--log', `${house.summary.address}/log`, '--trust', at('trust.json')],
      ...['--policy', at('first.yaml'), '--key', at('stranger.key'), '--name', 'stranger.example'],
      ...['--data', at('stranger'), '--submit', '--once'],
    ]);
    const [key, unchecked, appraised, ...rest] = ended.stdout.trimEnd().split('\n');
    expect(key).toMatch(/^stranger\.example\+[0-9a-f]{8}\+\S+$/);
    expect(unchecked).toMatch(/verdict\/entry-refused.*it has not admitted this key.*docs\/validator\.md/);
    expect(appraised).toContain('in 0 batches');
    expect(rest).toEqual([]);
    expect(ended.code).toBe(20);
  });

  it('says once, and not at each look, that its log does not answer', async () => {
    const ended = await runAlone(
      [
        ...['validator', '--log', 'http://127.0.0.1:1/log', '--trust', at('trust.json')],
        ...['--policy', at('first.yaml'), '--key', at('first.key'), '--data', at('alone'), '--interval', '1'],
      ],
      { limit: 3500 },
    );
    expect(ended.stdout.match(/UNCHECKED/g)).toHaveLength(1);
  });

  it('20: a log that does not answer', async () => {
    const ended = await run([
      ...['validator', '--log', 'http://127.0.0.1:1/log', '--trust', at('trust.json')],
      ...['--policy', at('first.yaml'), '--key', at('first.key'), '--data', at('nowhere'), '--once'],
    ]);
    expect(ended.stdout).toContain('UNCHECKED     peer/unreachable');
    expect(ended.code).toBe(20);
  });

  it.each<[string, number, string[]]>([
    ['without a log', 64, ['--key', 'a', '--policy', 'b']],
    [
      'with evidence from what is no address',
      64,
      [
        ...['--log', 'http://127.0.0.1:1/log', '--key', 'a', '--policy', 'b', '--trust', 'c'],
        '--evidence',
        'here',
      ],
    ],
    ['with a log that is no address', 64, ['--log', 'here', '--key', 'a', '--policy', 'b', '--trust', 'c']],
  ])('%s: %d', async (_, code, args) => {
    expect((await run(['validator', ...args])).code).toBe(code);
  });
});
