import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, ask } from '../../../test/end-to-end/client.js';
import { type Ended, run, serve } from '../../../test/end-to-end/process.js';
import { exchangeOf, fetchBundle } from '../../../test/end-to-end/receipts.js';
import { testCosigner, testKey } from '../../../test/support/keys.js';
import type { Verification } from '../../appraise/verify.js';
import { canonicalize, type Json, parseCanonical } from '../../bytes/json.js';
import { formatVerifierKey } from '../../note/key.js';

let folder: string;
let streamed: Answer;
let whole: Answer;

/** Where a file of these tests is. */
const at = (name: string) => join(folder, name);

/** One genuine exchange of each kind, and everything that can be wrong with what is left of it, in files. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-verify-'));
  const gateway = await serve(['--data', at('countersign'), '--operator', 'Test Operator']);
  const { address, models, trust } = gateway.summary;
  const question = (stream: boolean) => ({
    body: { model: models[0], messages: [{ role: 'user', content: 'What is a receipt?' }], stream },
  });
  whole = await ask(address, question(false));
  streamed = await ask(address, question(true));
  const bundle = await fetchBundle({ address }, exchangeOf(whole));
  writeFileSync(at('bundle'), bundle);
  writeFileSync(at('stream-bundle'), await fetchBundle({ address }, exchangeOf(streamed)));
  await gateway.stop();

  for (const [name, answer] of Object.entries({ whole, streamed })) {
    writeFileSync(at(`${name}-request`), answer.request);
    writeFileSync(at(`${name}-response`), answer.body);
    writeFileSync(at(`${name}-response-altered`), altered(answer.body, Math.floor(answer.body.length / 2)));
    writeFileSync(at(`${name}-request-altered`), altered(answer.request, 30));
  }
  const parsed = parseCanonical(bundle) as { envelope: Json; proof: string };
  writeFileSync(at('without-proof'), canonicalize({ ...parsed, proof: null }));
  writeFileSync(at('surplus-member'), canonicalize({ ...parsed, note: 'trust me' }));
  writeFileSync(at('reformatted'), JSON.stringify(parsed, null, 2));
  writeFileSync(at('payload-altered'), altered(bundle, bundle.indexOf('"payload":"') + 400));
  writeFileSync(at('proof-altered'), altered(bundle, bundle.indexOf('index ') + 60));
  writeFileSync(at('empty'), '');
  writeFileSync(at('no-json'), 'hello');
  writeFileSync(at('huge'), Buffer.alloc(300_000, 0x20));

  const own = JSON.parse(readFileSync(trust, 'utf8')) as { policy: string; issuers: string[]; log: string };
  writeFileSync(at('trust'), JSON.stringify(own));
  const stranger = formatVerifierKey(testKey('stranger.example/issuer', 1).key);
  writeFileSync(at('trust-other-issuer'), JSON.stringify({ ...own, issuers: [stranger] }));
  const fourth = formatVerifierKey(testCosigner('fourth.example', 4).key);
  const policy = own.policy.replace(
    'group witnesses all ',
    `witness fourth ${fourth}\ngroup witnesses all fourth `,
  );
  writeFileSync(at('trust-fourth-witness'), JSON.stringify({ ...own, policy }));
  writeFileSync(at('trust-malformed'), '{"log":1}');
  writeFileSync(at('trust-no-json'), 'log: x');
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** The same bytes, one of them another letter. */
function altered(bytes: Buffer, place: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[place] = copy[place] === 0x61 ? 0x62 : 0x61;
  return copy;
}

function opening(answer: Answer): string {
  return String(answer.headers['countersign-opening']);
}

const TRUST = () => ['--trust', at('trust')];
const content = (name: string, request = 'request', response = 'response') => [
  `--opening=${opening(name === 'whole' ? whole : streamed)}`,
  '--request',
  at(`${name}-${request}`),
  '--response',
  at(`${name}-${response}`),
];

function verify(...args: readonly string[]): Promise<Ended> {
  return run(['verify', ...args]);
}

describe('exit codes of countersign verify', () => {
  const cases: { code: number; what: string; args: () => string[]; reason?: string }[] = [
    { code: 0, what: 'a genuine bundle', args: () => [at('bundle'), ...TRUST()] },
    { code: 0, what: 'with prompt and answer', args: () => [at('bundle'), ...TRUST(), ...content('whole')] },
    {
      code: 0,
      what: 'a stream, with its comments',
      args: () => [at('stream-bundle'), ...TRUST(), ...content('streamed')],
    },
    {
      code: 20,
      what: 'content without its opening',
      args: () => [at('bundle'), ...TRUST(), '--request', at('whole-request')],
    },
    {
      code: 10,
      what: 'another answer',
      args: () => [at('bundle'), ...TRUST(), ...content('whole', 'request', 'response-altered')],
      reason: 'content/response-mismatch',
    },
    {
      code: 10,
      what: 'another prompt',
      args: () => [at('bundle'), ...TRUST(), ...content('whole', 'request-altered')],
      reason: 'content/request-mismatch',
    },
    {
      code: 10,
      what: 'another stream',
      args: () => [at('stream-bundle'), ...TRUST(), ...content('streamed', 'request', 'response-altered')],
    },
    {
      code: 10,
      what: 'another exchange’s content',
      args: () => [at('bundle'), ...TRUST(), ...content('streamed')],
      reason: 'content/request-mismatch',
    },
    {
      code: 10,
      what: 'an altered receipt',
      args: () => [at('payload-altered'), ...TRUST()],
      reason: 'envelope/signature-invalid',
    },
    { code: 10, what: 'an altered proof', args: () => [at('proof-altered'), ...TRUST()] },
    {
      code: 10,
      what: 'an issuer that is not trusted',
      args: () => [at('bundle'), '--trust', at('trust-other-issuer')],
      reason: 'envelope/issuer-unknown',
    },
    {
      code: 10,
      what: 'a time before the receipt',
      args: () => [at('bundle'), ...TRUST(), '--as-of', '2020-01-01T00:00:00Z'],
      reason: 'receipt/time-future',
    },
    { code: 20, what: 'no trust file', args: () => [at('bundle')], reason: 'trust/missing' },
    { code: 20, what: 'no proof', args: () => [at('without-proof'), ...TRUST()], reason: 'proof/absent' },
    {
      code: 20,
      what: 'no proof, after the deadline',
      args: () => [at('without-proof'), ...TRUST(), '--as-of', '2096-01-01T00:00:00Z'],
      reason: 'proof/overdue',
    },
    {
      code: 20,
      what: 'a quorum that is not met',
      args: () => [at('bundle'), '--trust', at('trust-fourth-witness')],
      reason: 'witness/quorum-not-met',
    },
    { code: 30, what: 'an empty file', args: () => [at('empty'), ...TRUST()], reason: 'json/malformed' },
    {
      code: 30,
      what: 'a file that is no JSON',
      args: () => [at('no-json'), ...TRUST()],
      reason: 'json/malformed',
    },
    {
      code: 30,
      what: 'a reformatted bundle',
      args: () => [at('reformatted'), ...TRUST()],
      reason: 'json/not-canonical',
    },
    {
      code: 30,
      what: 'a surplus member',
      args: () => [at('surplus-member'), ...TRUST()],
      reason: 'bundle/malformed',
    },
    {
      code: 30,
      what: 'a file that is too large for a bundle',
      args: () => [at('huge'), ...TRUST()],
      reason: 'bundle/too-large',
    },
    { code: 30, what: 'a trust file in place of the bundle', args: () => [at('trust'), ...TRUST()] },
    { code: 64, what: 'no bundle named', args: () => [] },
    { code: 64, what: 'two bundles named', args: () => [at('bundle'), at('bundle')] },
    { code: 64, what: 'a file that is not there', args: () => [at('nothing')] },
    { code: 64, what: 'a folder', args: () => [folder] },
    {
      code: 64,
      what: 'a trust file that is not there',
      args: () => [at('bundle'), '--trust', at('nothing')],
    },
    { code: 64, what: 'a prompt that is not there', args: () => [at('bundle'), '--request', at('nothing')] },
    { code: 64, what: 'an unknown option', args: () => [at('bundle'), '--fast'] },
    { code: 64, what: 'an option without its value', args: () => [at('bundle'), '--trust'] },
    { code: 64, what: 'a malformed opening', args: () => [at('bundle'), '--opening', 'abc'] },
    { code: 64, what: 'a time without a zone', args: () => [at('bundle'), '--as-of', '2026-11-21T12:00:00'] },
    {
      code: 64,
      what: 'a time that does not exist',
      args: () => [at('bundle'), '--as-of', '2026-13-41T12:00:00Z'],
    },
  ];

  it.each(cases)('$code: $what', async ({ code, args, reason }) => {
    const ended = await verify(...args());
    expect(ended.code, ended.stderr + ended.stdout).toBe(code);
    if (code === 64) {
      expect(ended.stdout).toBe('');
      expect(ended.stderr).not.toContain('    at ');
      expect(ended.stderr.length).toBeGreaterThan(0);
    } else {
      expect(ended.stderr).toBe('');
      if (reason !== undefined) expect(ended.stdout).toContain(reason);
    }
  });

  it.each(['trust-malformed', 'trust-no-json'])('30: a trust file that cannot be read (%s)', async name => {
    const ended = await verify(at('bundle'), '--trust', at(name));
    expect(ended.code).toBe(30);
    expect(ended.stderr).toContain('trust/malformed');
  });

  it('10: an image that is none of the answer’s', async () => {
    const ended = await verify(at('bundle'), ...TRUST(), ...content('whole'), '--image', at('trust'));
    expect(ended.code).toBe(10);
    expect(ended.stdout).toContain('content/image-mismatch');
  });

  it('never shows an opening that was mistyped', async () => {
    const { stderr } = await verify(at('bundle'), `--opening=${opening(whole)}x`);
    expect(stderr).toContain('--opening');
  });
});

describe('what countersign verify prints', () => {
  it('each check, the four facts with their grades, and who answers for it', async () => {
    const { stdout } = await verify(at('bundle'), ...TRUST(), ...content('whole'));
    expect(stdout.startsWith('PASS')).toBe(true);
    for (const name of [
      'bundle',
      'signature',
      'receipt',
      'time',
      'request',
      'response',
      'inclusion',
      'witnesses',
    ])
      expect(stdout).toMatch(new RegExp(`^ {2}pass +${name} `, 'm'));
    expect(stdout).toMatch(/^ {2}not-checked +epoch +epoch\/not-checked/m);
    expect(stdout).toMatch(/^ {2}model +asserted/m);
    expect(stdout).toMatch(/^ {2}place +asserted/m);
    expect(stdout).toMatch(/^ {2}record +witnessed/m);
    expect(stdout).toMatch(/^ {2}answer +not-recomputed/m);
    expect(stdout).toMatch(/1 controller \(Test Operator\), who also runs the/);
    expect(stdout).toMatch(/^ {2}operator +Test Operator/m);
  });

  it('of a failure: what to do, and no fact that somebody could read as one', async () => {
    const { stdout } = await verify(at('payload-altered'), ...TRUST());
    expect(stdout.startsWith('FAIL')).toBe(true);
    expect(stdout).toContain('What to do: ');
    expect(stdout).not.toContain('The four facts');
  });

  it.each([
    ['the opening', () => [...TRUST(), '--request', at('whole-request')], 'Pass --opening'],
    ['the trust file', () => [], 'Pass --trust'],
  ])(
    'where %s is missing: what to do about it, and nothing about what nobody needs',
    async (_, args, says) => {
      const { stdout } = await verify(at('bundle'), ...args());
      expect(stdout.startsWith('INCONCLUSIVE')).toBe(true);
      expect(stdout).toContain(`What to do: ${says}`);
      expect(stdout).not.toContain('Follow the log with a monitor');
      expect(stdout).not.toContain('Pass the exact bytes');
    },
  );

  it('in colour only where it is asked for', async () => {
    const plain = await verify(at('bundle'), ...TRUST());
    expect(plain.stdout).not.toContain('\u001b[');
    const coloured = await run(['verify', at('bundle'), ...TRUST()], { environment: { FORCE_COLOR: '1' } });
    expect(coloured.stdout).toContain('\u001b[');
  });

  it.each([
    { code: 0, outcome: 'pass', args: () => [at('bundle'), ...TRUST(), ...content('whole')] },
    { code: 10, outcome: 'fail', args: () => [at('payload-altered'), ...TRUST()] },
    { code: 20, outcome: 'inconclusive', args: () => [at('bundle')] },
    { code: 30, outcome: 'malformed', args: () => [at('no-json')] },
  ])('--json: one line that says $outcome, exit code $code', async ({ code, outcome, args }) => {
    const ended = await verify(...args(), '--json');
    expect(ended.code).toBe(code);
    expect(ended.stdout.match(/\n/g)).toHaveLength(1);
    const printed = JSON.parse(ended.stdout) as Verification & { exitCode: number };
    expect(printed).toMatchObject({ outcome, exitCode: code });
    expect(Object.keys(printed.facts)).toEqual(['model', 'place', 'record', 'answer']);
    for (const check of printed.checks)
      if (check.status !== 'pass') expect(check.code, check.name).toMatch(/^[a-z]+\/[a-z-]+$/);
    if (outcome === 'fail' || outcome === 'malformed') expect(printed.facts.record.grade).toBe('none');
  });
});

describe('whom countersign verify trusts', () => {
  it('this machine’s own gateway, where no file is named', async () => {
    // The data folder is called `countersign`, as below the home of anybody who starts one.
    const ended = await run(['verify', at('bundle')], { environment: { XDG_DATA_HOME: folder } });
    expect(ended.code, ended.stdout).toBe(0);
  });
});
