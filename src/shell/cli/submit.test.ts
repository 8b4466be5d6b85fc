import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask } from '../../../test/end-to-end/client.js';
import {
  type MirrorSummary,
  run,
  type Served,
  serve,
  serveMirror,
} from '../../../test/end-to-end/process.js';
import { exchangeOf } from '../../../test/end-to-end/receipts.js';
import { testKey } from '../../../test/support/keys.js';
import { make } from '../../../test/support/sample-exchange.js';
import { formatVerifierKey } from '../../note/key.js';
import { formatBundle, parseBundle } from '../../receipt/bundle.js';

let folder: string;
let gateway: Served;
let mirror: Served<MirrorSummary>;
let log: string;
let copy: string;
/** Answers whatever a test wants, and keeps what it was sent. */
let stranger: Server;
let answer: { status: number; body: string | Uint8Array; headers?: Record<string, string> };
let sent: { type: string | undefined; lines: number }[] = [];
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-submit-'));
  gateway = await serve(['--data', at('gateway')]);
  const { address, models, trust } = gateway.summary;
  const body = { model: models[0], max_tokens: 2, messages: [{ role: 'user', content: 'Hi' }] };
  const exchange = exchangeOf(await ask(address, { body }));
  await run(['receipt', exchange, '--gateway', address, '--out', at('bundle')]);
  writeFileSync(at('unproven'), formatBundle({ ...parseBundle(readFileSync(at('bundle'))), proof: null }));
  writeFileSync(at('foreign'), (await make()).bundle);
  log = `${address}/log`;
  mirror = await serveMirror(['--data', at('mirror'), '--trust', trust, log]);
  copy = mirror.summary.logs[0]?.url as string;
  stranger = createServer(async (request, response) => {
    const lines = (await text(request)).split('\n').length - 1;
    sent.push({ type: request.headers['content-type'], lines });
    // A body that is asked for a line gives it once for each line that came.
    const { body } = answer;
    const all = typeof body === 'string' && body.endsWith('\n') ? body.repeat(lines) : body;
    response.writeHead(answer.status, answer.headers).end(all);
  });
  await new Promise<void>(resolve => {
    stranger.listen(0, '127.0.0.1', resolve);
  });
}, 30_000);

afterAll(async () => {
  stranger.close();
  await mirror.stop();
  await gateway.stop();
  rmSync(folder, { recursive: true, force: true });
});

const submit = (name: string, to: string, ...more: string[]) =>
  run(['submit', at(name), '--to', to, ...more]);
const strangersUrl = () => `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;

describe('countersign submit', () => {
  it('at the log: the place that it has, and a bundle that verifies', async () => {
    const { code, stdout } = await submit('unproven', log, '--wait', 'witnessed', '--out', at('proven'));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^The log had it already: entry \d+\.\n/);
    expect(stdout).toContain(`npx countersign verify ${at('proven')} --trust trust.json\n`);
    const verified = await run(['verify', at('proven'), '--trust', gateway.summary.trust, '--json']);
    expect(JSON.parse(verified.stdout)).toMatchObject({ outcome: 'pass' });
  });

  it('at a mirror: a stamp, the same one again', async () => {
    const stamper = ['--stamper', mirror.summary.stampKey as string];
    const first = await submit('bundle', copy, ...stamper, '--out', at('stamp'));
    expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Stamped, for /) });
    const again = await submit('bundle', copy, ...stamper, '--json', '--out', at('again'));
    expect(JSON.parse(again.stdout)).toMatchObject({ by: 'mirror', isVerified: true, isNew: false });
    expect(readFileSync(at('again'))).toEqual(readFileSync(at('stamp')));
    const unchecked = await submit('bundle', copy);
    expect(unchecked.stdout).toContain('as it says');
  });

  it("a stamp by another key than the mirror's is none: stamp/stamper-unknown", async () => {
    const other = formatVerifierKey(testKey('other.example', 1).key);
    const { code, stderr } = await submit('bundle', copy, '--stamper', other, '--out', at('none'));
    expect(code).toBe(10);
    expect(stderr).toContain(`the stamp from ${copy} does not verify: stamp/stamper-unknown`);
    const json = await submit('bundle', copy, '--stamper', other, '--json');
    expect(json.code).toBe(10);
    expect(JSON.parse(json.stdout)).toMatchObject({ code: 'stamp/stamper-unknown', status: 200 });
    expect(() => readFileSync(at('none'))).toThrow();
  });

  it('at an address where neither a log nor a copy of one is: request/route-unknown, 1', async () => {
    for (const to of [gateway.summary.address, mirror.summary.address]) {
      const { code, stderr } = await submit('bundle', to);
      expect(code).toBe(1);
      expect(stderr).toContain('request/route-unknown');
      expect(stderr).toContain("a mirror's copy of a log is under /<hash>");
    }
  });

  it('of another log is refused by both, with the reason', async () => {
    for (const to of [log, copy]) {
      const { code, stderr } = await submit('foreign', to);
      expect(code).toBe(10);
      expect(stderr).toContain('envelope/issuer-unknown');
    }
    const { code, stdout } = await submit('foreign', log, '--json');
    expect(code).toBe(10);
    expect(JSON.parse(stdout)).toMatchObject({ code: 'envelope/issuer-unknown', status: 403 });
  });

  it.each<[string, string[], string]>([
    ['what is neither bundle nor entry', ['gateway/trust.json', '--to', 'http://127.0.0.1:1'], 'neither'],
    ['a file that is not there', ['nowhere', '--to', 'http://127.0.0.1:1'], 'cannot be read'],
    ['a URL that is none', ['bundle', '--to', 'ftp://log.example'], '--to takes'],
    ['a stage that is none', ['bundle', '--to', 'http://127.0.0.1:1', '--wait', 'signed'], 'witnessed'],
    ['a key that is none', ['bundle', '--to', 'http://127.0.0.1:1', '--stamper', 'key'], 'verifier key'],
  ])('%s is wrong usage', async (_, [name = '', ...args], says) => {
    const { code, stderr } = await run(['submit', at(name), ...args]);
    expect(code).toBe(64);
    expect(stderr).toContain(says);
  });

  it('where nobody listens: peer/unreachable, 1', async () => {
    const { code, stderr } = await submit('bundle', 'http://127.0.0.1:1');
    expect(code).toBe(1);
    expect(stderr).toContain('peer/unreachable');
  });

  it.each<[string, () => typeof answer, string, number]>([
    ['what is no JSON', () => ({ status: 200, body: 'yes' }), 'peer/answer-malformed', 1],
    ['another shape', () => ({ status: 200, body: '{"index":-1,"proof":null}' }), 'envelope/malformed', 1],
    [
      'more than anybody says',
      () => ({ status: 201, body: 'x'.repeat(1 << 19) }),
      'peer/answer-too-large',
      1,
    ],
    ['a fault', () => ({ status: 500, body: '' }), 'HTTP 500', 1],
    [
      'that it is busy',
      () => ({ status: 429, body: '', headers: { 'countersign-reason': 'log/busy' } }),
      'log/busy',
      1,
    ],
    [
      'a code that is none',
      () => ({ status: 400, body: '', headers: { 'countersign-reason': 'a/b' } }),
      'HTTP 400',
      10,
    ],
  ])('an answer that is %s', async (_, give, says, exit) => {
    answer = give();
    const { code, stderr } = await submit('bundle', strangersUrl());
    expect(stderr).toContain(says);
    expect(code).toBe(exit);
  });

  it('a stamp of something else is none', async () => {
    answer = { status: 201, body: readFileSync(at('stamp')) };
    const { code, stderr } = await submit('foreign', strangersUrl());
    expect(code).toBe(1);
    expect(stderr).toContain('a stamp of something else');
  });
});

describe('countersign submit of several files', () => {
  const submitAll = (names: readonly string[], to: string, ...more: string[]) =>
    run(['submit', ...names.map(at), '--to', to, ...more]);
  const jsonLines = (stdout: string) =>
    stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
  beforeEach(() => {
    sent = [];
  });

  it('at the log: each for itself, in one request, and bundles that verify', async () => {
    const names = ['unproven', 'foreign', 'bundle'];
    const all = await submitAll(names, log, '--wait', 'witnessed', '--out', at('several'));
    expect(all.code).toBe(10);
    expect(all.stdout).toContain(`${at('unproven')}: The log had it already: entry `);
    expect(all.stdout).toContain(`${at('bundle')}: The log had it already: entry `);
    expect(all.stderr).toContain(`${at('foreign')}: ${log} does not take it: envelope/issuer-unknown`);
    expect(readdirSync(at('several')).sort()).toEqual(['bundle', 'unproven']);
    const trust = ['--trust', gateway.summary.trust, '--json'];
    const verified = await run(['verify', at('several/unproven'), ...trust]);
    expect(JSON.parse(verified.stdout)).toMatchObject({ outcome: 'pass' });
  });

  it('says of each file what came of it, a line of JSON each', async () => {
    const { code, stdout } = await submitAll(['unproven', 'foreign'], log, '--json');
    expect(code).toBe(10);
    expect(jsonLines(stdout)).toEqual([
      { file: at('unproven'), by: 'log', index: expect.any(Number), proof: null, isNew: false, out: null },
      expect.objectContaining({ file: at('foreign'), code: 'envelope/issuer-unknown', status: 403 }),
    ]);
  });

  it('at a mirror: stamps, one after another, also where nobody says that it is one', async () => {
    const stamper = ['--stamper', mirror.summary.stampKey as string];
    for (const more of [[], stamper]) {
      const { code, stdout } = await submitAll(['bundle', 'unproven'], copy, '--json', ...more);
      expect(code).toBe(0);
      const isVerified = more.length > 0;
      expect(jsonLines(stdout)).toEqual(
        ['bundle', 'unproven'].map(name =>
          expect.objectContaining({ file: at(name), by: 'mirror', isVerified, isNew: false }),
        ),
      );
    }
  });

  it('sends as many as fit into a request, and no more', async () => {
    mkdirSync(at('many'));
    const names = Array.from({ length: 257 }, (_, number) => `many/${number}`);
    for (const name of names) copyFileSync(at('unproven'), at(name));
    answer = { status: 200, body: '{"index":7,"proof":null,"status":201}\n' };
    const { code, stdout } = await submitAll(names, strangersUrl());
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(257);
    expect(sent.map(({ lines }) => lines)).toEqual([256, 1]);
    expect(new Set(sent.map(({ type }) => type))).toEqual(new Set(['application/jsonl']));
  });

  it.each<[string, typeof answer, number, string]>([
    ['that all are refused', { status: 503, body: '' }, 1, 'HTTP 503'],
    [
      'that one is to come later',
      { status: 200, body: '{"message":"","reason":"log/busy","status":429}\n' },
      1,
      'log/busy',
    ],
    [
      'a reason that we do not know',
      { status: 200, body: '{"message":"","reason":"a/b","status":400}\n' },
      10,
      'HTTP 400',
    ],
    [
      'fewer lines',
      { status: 200, body: '{"index":7,"proof":null,"status":201}' },
      1,
      'peer/answer-malformed',
    ],
  ])('an answer that is %s', async (_, given, exit, says) => {
    answer = given;
    const { code, stderr } = await submitAll(['bundle', 'foreign'], strangersUrl());
    expect(code).toBe(exit);
    expect(stderr).toContain(says);
  });

  it.each<[string, string[], string]>([
    [
      'two of one name, of which something is to be written',
      ['bundle', 'many/bundle', '--out', 'o'],
      'one name',
    ],
    ['a folder that is a file', ['bundle', 'foreign', '--out', 'bundle'], 'is to be a folder'],
    ['one that is neither bundle nor entry', ['bundle', 'gateway/trust.json'], 'neither'],
  ])('%s is wrong usage, before anything is sent', async (_, words, says) => {
    mkdirSync(at('many'), { recursive: true });
    copyFileSync(at('bundle'), at('many/bundle'));
    const args = words.map(word => (word.startsWith('--') ? word : at(word)));
    const { code, stderr } = await run(['submit', ...args, '--to', strangersUrl()]);
    expect(code).toBe(64);
    expect(stderr).toContain(says);
    expect(sent).toEqual([]);
  });
});
