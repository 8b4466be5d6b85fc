import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { run } from '../../../test/end-to-end/process.js';
import { octetsOf, readCorpus } from '../../../test/support/corpus.js';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { testCosigner, testKey } from '../../../test/support/keys.js';
import { toBase64 } from '../../bytes/base64.js';
import { sha256 } from '../../bytes/cryptography.js';
import { fromUtf8, utf8 } from '../../bytes/octets.js';
import { formatCheckpoint } from '../../note/checkpoint.js';
import { cosignerOf } from '../../note/cosignature.js';
import { formatVerifierKey } from '../../note/key.js';
import { formatNote, signNote } from '../../note/signed-note.js';
import { leafHash, nodeHash } from '../../tree/hash.js';
import { formatTlogProof } from '../../tree/tlog-proof.js';
import { VERBS } from './conformance/verbs.js';

const answer = (name: string, input: unknown) => {
  const found = VERBS.find(verb => verb.name === name);
  if (found === undefined) throw new Error(`no verb ${name}`);
  return found.answer(typeof input === 'string' ? utf8(input) : utf8(JSON.stringify(input)));
};
const base64 = (text: string | Uint8Array) => toBase64(typeof text === 'string' ? utf8(text) : text);

describe('the input of a verb', () => {
  const good = { note: base64('text\n\n— a AAAA\n'), vkeys: [] };
  it.each<readonly [string, string]>([
    ['nothing', ''],
    ['not JSON', '{"note"'],
    ['a list', '[]'],
    ['a member twice', `{"note":"AA==","note":"AA==","vkeys":[]}`],
    ['a member too many', JSON.stringify({ ...good, more: 1 })],
    ['a member too few', '{"note":"AA=="}'],
    ['not base64', JSON.stringify({ ...good, note: 'A===' })],
    ['base64 with bits that stand for nothing', JSON.stringify({ ...good, note: 'AB==' })],
    ['too many keys', JSON.stringify({ ...good, vkeys: Array.from({ length: 101 }, () => 'a') })],
    ['lists in lists', '['.repeat(100_000)],
  ])('is refused where it is %s', async (_, input) => {
    expect(await reasonOfAsync(() => answer('verify-note', input))).toBe('conformance/input-malformed');
  });

  it.each(['2026-11-29', '2026-11-29T12:00:00', '2026-02-30T25:00:00Z', 'now', '1764417600'])(
    'is refused where a time is %s',
    async asOf => {
      const input = { bundle: 'AA==', trust: 'AA==', asOf };
      expect(await reasonOfAsync(() => answer('verify-receipt', input))).toBe('conformance/input-malformed');
    },
  );

  it('is refused where it is longer than anything', async () => {
    const [verb] = VERBS;
    expect(await reasonOfAsync(async () => verb?.answer(new Uint8Array(16 * 1024 * 1024 + 1)))).toBe(
      'conformance/input-malformed',
    );
  });
});

describe('verify-note', () => {
  const cases = readCorpus().find(({ kind }) => kind === 'verified-note')?.cases ?? [];

  it.each(cases.map(one => [one.id, one] as const))('%s', async (_, { input, context, expect: expected }) => {
    if ('claim' in input) return;
    const keys = (context as { keys: string[] }).keys;
    const { status, claims } = await answer('verify-note', { note: base64(octetsOf(input)), vkeys: keys });
    if (expected.verdict === 'refused') {
      expect(['refused', 'malformed']).toContain(status);
      return;
    }
    const { verified, unknown } = expected.value as { verified: unknown[]; unknown: number };
    expect(claims).toEqual({ signedBy: verified, unknown });
    expect(status).toBe(verified.length > 0 ? 'accepted' : 'refused');
  });

  it('says by which key, and why not', async () => {
    const key = testKey('log.example/one', 1);
    const note = formatNote({ text: 'text\n', signatures: [signNote('text\n', key.key, key.signer)] });
    const vkeys = [formatVerifierKey(key.key)];
    expect(await answer('verify-note', { note: base64(note), vkeys })).toMatchObject({
      status: 'accepted',
      code: null,
      evidenceDigest: Buffer.from(sha256(utf8('text\n'))).toString('hex'),
    });
    const stranger = [formatVerifierKey(testKey('log.example/other', 2).key)];
    expect(await answer('verify-note', { note: base64(note), vkeys: stranger })).toMatchObject({
      status: 'refused',
      code: 'note/signer-unknown',
    });
    const forged = utf8((fromUtf8(note) as string).replace('text', 'tExt'));
    expect(await answer('verify-note', { note: base64(forged), vkeys })).toMatchObject({
      status: 'refused',
      code: 'note/signature-invalid',
      evidenceDigest: null,
    });
    expect(await answer('verify-note', { note: base64('text'), vkeys })).toMatchObject({
      status: 'malformed',
      code: 'note/malformed',
    });
    expect(await answer('verify-note', { note: base64(note), vkeys: ['a'] })).toMatchObject({
      status: 'malformed',
      code: 'note/key-malformed',
    });
  });
});

describe('verify-proof', () => {
  const log = testKey('log.example/test', 1);
  const witness = testCosigner('witness.example/1', 11);
  const [leaf, sibling] = [utf8('an entry'), leafHash(utf8('another'))];
  const checkpoint = { origin: 'log.example/test', size: 2, root: nodeHash(leafHash(leaf), sibling) };
  const text = formatCheckpoint(checkpoint);
  const lines = [`log ${formatVerifierKey(log.key)}`, `witness w ${formatVerifierKey(witness.key)}`];
  const policy = [...lines, 'quorum w', ''].join('\n');
  const proofOf = async (cosigned: boolean, signer = log) => {
    const signatures = [signNote(text, signer.key, signer.signer)];
    if (cosigned) signatures.push(await cosignerOf(witness.key, witness.signer).cosign(text, 1_764_417_600));
    const note = fromUtf8(formatNote({ text, signatures })) as string;
    return base64(formatTlogProof({ index: 0, hashes: [sibling], checkpoint: note }));
  };

  it('accepts what the log has signed and the quorum has cosigned', async () => {
    expect(await answer('verify-proof', { proof: await proofOf(true), leaf: base64(leaf), policy })).toEqual({
      status: 'accepted',
      code: null,
      reason: null,
      evidenceDigest: Buffer.from(leafHash(leaf)).toString('hex'),
      claims: {
        origin: 'log.example/test',
        index: 0,
        size: 2,
        root: Buffer.from(checkpoint.root).toString('hex'),
        cosignedBy: [{ key: expect.stringContaining('witness.example/1'), time: 1_764_417_600 }],
        quorum: 'met',
      },
    });
  });

  it.each<readonly [string, string, string, () => Promise<object>]>([
    [
      'without the quorum',
      'inconclusive',
      'witness/quorum-not-met',
      async () => ({ proof: await proofOf(false) }),
    ],
    [
      'by another log',
      'refused',
      'checkpoint/log-signature-missing',
      async () => ({ proof: await proofOf(true, testKey('log.example/test', 2)) }),
    ],
    [
      'of another entry',
      'refused',
      'tree/inclusion-invalid',
      async () => ({ proof: await proofOf(true), leaf: base64('another entry') }),
    ],
    ['that is none', 'malformed', 'proof/malformed', async () => ({ proof: base64('index 0\n') })],
    ['that is no text', 'malformed', 'proof/malformed', async () => ({ proof: base64(Uint8Array.of(0xff)) })],
    [
      'under a policy that is none',
      'malformed',
      'policy/malformed',
      async () => ({ proof: await proofOf(true), policy: 'quorum' }),
    ],
  ])('%s: %s, %s', async (_, status, code, changes) => {
    const input = { leaf: base64(leaf), policy, ...(await changes()) };
    expect(await answer('verify-proof', input)).toMatchObject({ status, code });
  });

  it('accepts it without witnesses where the policy asks for none', async () => {
    const alone = `${lines[0]}\nquorum none\n`;
    const input = { proof: await proofOf(false), leaf: base64(leaf), policy: alone };
    expect(await answer('verify-proof', input)).toMatchObject({
      status: 'accepted',
      claims: { quorum: 'not asked' },
    });
  });
});

describe('verify-receipt', () => {
  const folder = new URL('../../../test/receipts/v2/', import.meta.url);
  const trust = base64(readFileSync(new URL('trust.json', folder)));
  const bundle = (name: string) => base64(readFileSync(new URL(`${name}/bundle.json`, folder)));
  const names = readdirSync(folder, { withFileTypes: true }).flatMap(one =>
    one.isDirectory() ? [one.name] : [],
  );
  const asOf = '2026-12-31T00:00:00Z';

  it.each(names)('accepts a receipt that was kept: %s', async name => {
    const answered = await answer('verify-receipt', { bundle: bundle(name), trust, asOf });
    expect(answered).toMatchObject({ status: 'accepted', code: null, claims: { facts: expect.anything() } });
    expect(answered.evidenceDigest).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each<readonly [string, string, string, () => object]>([
    ['before it was made', 'refused', 'receipt/time-future', () => ({ asOf: '2020-01-01T00:00:00Z' })],
    ['that is none', 'malformed', 'bundle/malformed', () => ({ bundle: base64('{}') })],
    ['under a trust file that is none', 'malformed', 'trust/malformed', () => ({ trust: base64('{}') })],
  ])('%s: %s, %s', async (_, status, code, changes) => {
    const input = { bundle: bundle(names[0] as string), trust, asOf, ...changes() };
    expect(await answer('verify-receipt', input)).toMatchObject({ status, code });
  });
});

describe('countersign conformance', () => {
  it('reads standard input, prints one line of JSON, and exits with the status', async () => {
    const outcomes = [
      [JSON.stringify({ note: base64('text'), vkeys: [] }), 30, 'malformed'],
      ['{}', 30, 'malformed'],
    ] as const;
    for (const [input, code, status] of outcomes) {
      const ended = await run(['conformance', 'verify-note'], { input });
      expect(ended.code).toBe(code);
      expect(JSON.parse(ended.stdout)).toMatchObject({ status });
      expect(ended.stdout.split('\n')).toHaveLength(2);
    }
  });

  it('has no verb that it does not know', async () => {
    expect((await run(['conformance', 'verify-nothing'])).code).toBe(64);
    expect((await run(['conformance', 'verify-note', '--nothing'])).code).toBe(64);
  });
});
