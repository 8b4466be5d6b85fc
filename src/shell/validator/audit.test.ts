import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reasonOf, reasonOfAsync } from '../../../test/support/failure.js';
import { testCosigner } from '../../../test/support/keys.js';
import { LOG, openWitnesses, quorumOf, temporaryFolder, WITNESSES } from '../../../test/support/log.js';
import { lyingPackage } from '../../../test/support/lying-package.js';
import { openReceiptLog, serve, TestIssuer, TRUST_FILE } from '../../../test/support/monitored.js';
import { logged, POLICY, VALIDATOR } from '../../../test/support/test-validator.js';
import { parseTrust, policyText } from '../../appraise/trust.js';
import { appraisalPolicyOf } from '../../appraise/verdict/appraisal-policy.js';
import {
  MAX_PACKAGE_BYTES,
  PackageWriter,
  type PackedVerdict,
  readPackage,
} from '../../appraise/verdict/verdict-package.js';
import { toHex } from '../../bytes/hex.js';
import { fromUtf8, utf8 } from '../../bytes/octets.js';
import { judgeEvidence } from '../../court/misbehaviour/judge.js';
import { knownKeys } from '../../court/misbehaviour/known-keys.js';
import { formatVerifierKey, keyLabel, type VerifierKey } from '../../note/key.js';
import { APPRAISAL_POLICY, loggedAppraisalPolicyDigest } from '../../receipt/appraisal-policy-entry.js';
import { formatBundle, parseBundle } from '../../receipt/bundle.js';
import { type Envelope, seal } from '../../receipt/envelope.js';
import { writeStatement } from '../../receipt/statement.js';
import type { Verdict } from '../../receipt/verdict.js';
import { batchStatement, type VerdictBatch } from '../../receipt/verdict-batch.js';
import { emptyRoot } from '../../tree/hash.js';
import { HttpServer, text } from '../http/server.js';
import { type AuditOptions, auditValidator, type FoundProof } from './audit.js';
import { Validator } from './validator.js';

const TRUST_BYTES = utf8(JSON.stringify(TRUST_FILE));
const TRUST = { trust: parseTrust(TRUST_BYTES), bytes: TRUST_BYTES };

let folder: ReturnType<typeof temporaryFolder>;
let genuine: Uint8Array;
let server: HttpServer;
let url: string;
/** A batch whose policy stands in the log as a subject alone: what is signed below it is another. */
let hollow: ReadonlyMap<string, Uint8Array>;
/** What the audited validator serves in the place of its own, by the whole path or by its first part. */
let served: ReadonlyMap<string, Uint8Array> = new Map();

beforeAll(async () => {
  folder = temporaryFolder();
  const at = join(folder.path, 'validator');
  const witnesses = await openWitnesses(folder.path);
  const log = await openReceiptLog(folder.path, {
    accepts: async () => true,
    witnesses,
    quorum: quorumOf(3),
  });
  const logServer = await serve(log);
  const issuer = new TestIssuer(log);
  await issuer.begin();
  await issuer.work(3);
  await log.reached(log.signed.size - 1, 'witnessed', 10_000);
  const validator = await Validator.open({
    url: logServer.url,
    trust: TRUST,
    policy: appraisalPolicyOf(POLICY),
    policyText: POLICY,
    key: VALIDATOR,
    folder: at,
    submit: async envelope => {
      const index = await logged(log, envelope);
      await log.reached(index, 'witnessed', 10_000);
      return { index, proof: (await log.prove(index)) as string };
    },
    now: Date.now,
    onEvent: () => undefined,
  });
  await validator.round();
  await validator.close();
  genuine = readFileSync(join(at, 'batches', '0.jsonl'));
  const proven = async (envelope: Envelope): Promise<[number, Uint8Array]> => {
    const index = await logged(log, envelope);
    await log.reached(index, 'witnessed', 10_000);
    return [index, formatBundle({ envelope, proof: await log.prove(index) })];
  };
  const [index, policyEntry] = await proven(hollowPolicy());
  const { digest } = readPackage(genuine).batch.policy;
  const batches = lyingPackage(genuine, VALIDATOR, 2, { policy: { digest, index } }, packed => packed);
  hollow = new Map([
    ['batches', batches],
    [`entries/policy-${digest}`, policyEntry],
    ['entries/batch-0', (await proven(readPackage(batches).envelope))[1]],
  ]);
  await logServer.close();
  await log.close();
  server = new HttpServer({
    host: '127.0.0.1',
    port: 0,
    statusOf: () => undefined,
    onProblem: () => undefined,
    routes: [
      {
        method: 'GET',
        path: '/',
        handle: () =>
          stated === null
            ? text(200, 'a gateway')
            : {
                status: 200,
                body: utf8(JSON.stringify({ batches: stated, validator: keyLabel(VALIDATOR.key) })),
              },
      },
      {
        method: 'GET',
        path: /^\/(batches\/[01]|artefacts\/[0-9a-f]{64}|entries\/(?:batch-0|policy-[0-9a-f]{64}))$/,
        handle: (_, path = '') => {
          const all = path === 'batches/1' ? null : served.get(path.split('/')[0] ?? '');
          const body = served.get(path) ?? all ?? null;
          if (body !== null) return { status: 200, body };
          if (path === 'batches/1') return text(404, 'nothing');
          if (path.startsWith('batches')) return { status: 200, body: genuine };
          const file = path.startsWith('entries') ? `${path}.json` : path;
          return { status: 200, body: readFileSync(join(at, file)) };
        },
      },
      { method: 'GET', path: /.*/, handle: () => text(404, 'nothing') },
    ],
  });
  url = await server.listen();
});
afterAll(async () => {
  await server.close();
  folder.remove();
});

/** How many batches it says that it has; null for a server that is no validator. */
let stated: number | null = 1;

function hollowPolicy(): Envelope {
  const issuer = keyLabel(VALIDATOR.key);
  const sha256 = loggedAppraisalPolicyDigest(POLICY);
  const payload = writeStatement(APPRAISAL_POLICY, {
    subject: [{ digest: { sha256 }, name: 'appraisal-policy' }],
    predicate: { issuer, policy: { name: 'another' } },
  });
  return seal(payload, issuer, VALIDATOR.signer);
}

/** The entry with its proof, under the log's own signature alone. */
function unwitnessed(name: string): Uint8Array {
  const { envelope, proof } = parseBundle(
    readFileSync(join(folder.path, 'validator', 'entries', `${name}.json`)),
  );
  const lines = (proof ?? '').split('\n');
  const first = lines.findIndex(line => line.startsWith('\u2014 '));
  return formatBundle({ envelope, proof: `${lines.slice(0, first + 1).join('\n')}\n` });
}

const audit = (changes: Partial<AuditOptions> = {}, instead: ReadonlyMap<string, Uint8Array> = new Map()) => {
  served = instead;
  const known = knownKeys(TRUST.trust, [VALIDATOR.key]);
  return auditValidator({
    url,
    known,
    trust: TRUST.trust,
    own: async () => null,
    receipts: async () => [],
    ...changes,
  });
};
const lying = (changes = {}) => new Map([['batches', lyingPackage(genuine, VALIDATOR, 2, changes)]]);

/** As a validator signs it that has nothing to say. */
function empty(): Uint8Array {
  const { checkpoint, batch } = readPackage(genuine);
  const label = keyLabel(VALIDATOR.key);
  const nothing = {
    ...{ ...batch, counts: { fail: 0, inconclusive: 0, pass: 0 }, root: toHex(emptyRoot()) },
    ...{ start: 0, end: 0 },
  };
  const envelope = seal(batchStatement(nothing, label, batch.asOf), label, VALIDATOR.signer);
  return new PackageWriter().format(envelope, checkpoint);
}

describe('an audit', () => {
  it('finds nothing wrong with what is right', async () => {
    expect(await audit()).toEqual({
      ...{ batches: 1, verdicts: 3, unjudged: 0, same: 0, otherQuestions: 0 },
      ...{ wrong: [], findings: [] },
    });
  });

  it('compares with one’s own, and says which receipt was left out', async () => {
    const { verdicts } = readPackage(genuine);
    const own = async (index: number) => verdicts.find(packed => packed.index === index)?.verdict ?? null;
    const receipts = async () => [...verdicts.map(({ index }) => index), 77];
    expect(await audit({ own, receipts })).toMatchObject({
      same: 3,
      findings: [{ code: 'verdict/missing', sequence: 0, detail: 'entry 77' }],
    });
  });

  it('finds the lie, and that nobody has logged it', async () => {
    const { wrong, findings } = await audit({}, lying());
    expect(wrong).toEqual([readPackage(genuine).verdicts[2]?.index]);
    expect(findings).toEqual([
      { code: 'verdict/policy-unlogged', sequence: 0, detail: 'the entry of another batch' },
    ]);
  });

  it.each([
    ['that begins late', { start: 1 }, 'monitor/batch-missing'],
    ['with another number', { sequence: 1, previous: 'ab'.repeat(32) }, 'monitor/batch-missing'],
  ])('tells of a batch %s', async (_, changes, code) => {
    const { findings } = await audit({}, lying(changes));
    expect(findings.map(finding => finding.code)).toContain(code);
  });

  it('takes a policy for logged that witnesses have seen whose keys have been replaced since', async () => {
    const [first, ...others] = WITNESSES.map(({ key }) => key) as [VerifierKey, ...VerifierKey[]];
    const successor = testCosigner('witness.example/next', 77).key;
    const trust = parseTrust(
      utf8(
        JSON.stringify({
          ...TRUST_FILE,
          policy: policyText(LOG.key, [successor, ...others], 'all'),
          retired: [
            {
              ...{ key: formatVerifierKey(first), role: 'witness', why: 'rotated', until: 1000 },
              successor: keyLabel(successor),
            },
          ],
        }),
      ),
    );
    expect((await audit({ trust })).findings).toEqual([]);
  });

  it.each<[string, string, () => ReadonlyMap<string, Uint8Array>]>([
    [
      'whose place in the log the log alone has signed',
      'witness/quorum-not-met',
      () =>
        new Map(
          [`policy-${readPackage(genuine).batch.policy.digest}`, 'batch-0'].map(name => [
            `entries/${name}`,
            unwitnessed(name),
          ]),
        ),
    ],
    ['of which the log has the digest alone', 'another policy, or by somebody else', () => hollow],
    ['that is no entry', 'json/malformed', () => new Map([['entries', utf8('no')]])],
  ])('takes no policy for logged %s', async (_, detail, instead) => {
    const { findings } = await audit({}, instead());
    expect(findings).toEqual([{ code: 'verdict/policy-unlogged', sequence: 0, detail }]);
  });

  it.each<[string, string, () => ReadonlyMap<string, Uint8Array>]>([
    ['what is no package', 'verdict/batch-malformed', () => new Map([['batches', utf8('{}\n')]])],
    ['artefacts of another digest', 'peer/answer-malformed', () => new Map([['artefacts', utf8('{}')]])],
    ['a batch that says nothing', 'verdict/batch-malformed', () => new Map([['batches', empty()]])],
  ])('ends at %s, and says so', async (_, code, instead) => {
    const { findings } = await audit({}, instead());
    expect(findings).toContainEqual(expect.objectContaining({ code, sequence: 0 }));
  });

  it('keeps the proof of a lie, whatever its validator serves after it', async () => {
    const proofs: FoundProof[] = [];
    const onProof = async (proof: FoundProof) => void proofs.push(proof);
    const { findings, wrong } = await audit(
      { onProof },
      new Map([...lying(), ['batches/1', utf8('no package')]]),
    );
    expect([wrong.length, findings.at(-1)?.code]).toEqual([1, 'verdict/batch-malformed']);
    const known = knownKeys(TRUST.trust, [VALIDATOR.key]);
    expect(await judgeEvidence(proofs[0]?.bytes ?? new Uint8Array(), known)).toMatchObject({
      outcome: 'proven',
    });
  });

  it('tells of a moment that the validator has chosen', async () => {
    const { asOf } = readPackage(genuine).batch;
    const later = asOf + 1000;
    const tell = (packed: PackedVerdict) => ({ ...packed, verdict: { ...packed.verdict, asOf: later } });
    const chosen = lyingPackage(genuine, VALIDATOR, 2, { asOf: later }, tell);
    const { findings } = await audit({}, new Map([['batches', chosen]]));
    expect(findings.map(({ code }) => code)).toContain('verdict/time-chosen');
  });

  it('judges nothing by rules that it does not have, and does not call that right', async () => {
    const tell = (packed: PackedVerdict) => ({
      ...packed,
      verdict: { ...packed.verdict, checker: 'countersign-appraisal-0' },
    });
    const older = lyingPackage(genuine, VALIDATOR, 2, { checker: 'countersign-appraisal-0' }, tell);
    expect(await audit({}, new Map([['batches', older]]))).toMatchObject({
      verdicts: 3,
      unjudged: 3,
      wrong: [],
    });
  });

  it('tells of a batch that the other says that it has, and does not serve', async () => {
    stated = 2;
    const { batches, findings } = await audit();
    expect(batches).toBe(1);
    expect(findings).toEqual([
      { code: 'monitor/batch-missing', sequence: 1, detail: 'it says that it has 2' },
    ]);
    stated = 1;
  });

  it('says nothing of a server that is no validator', async () => {
    stated = null;
    expect(await reasonOfAsync(() => audit())).toBe('peer/answer-malformed');
    stated = 1;
  });

  it('believes no signature of a key that it does not know', async () => {
    expect(await reasonOfAsync(() => audit({ known: knownKeys(TRUST.trust) }))).toBe(
      'misbehaviour/key-unknown',
    );
  });
});

describe('a package', () => {
  it('is what is written of what was read', () => {
    const { envelope, checkpoint, verdicts } = readPackage(genuine);
    const writer = new PackageWriter();
    for (const packed of verdicts) writer.add(packed);
    expect(Buffer.from(writer.format(envelope, checkpoint))).toEqual(Buffer.from(genuine));
    expect(writer.count).toBe(3);
  });

  it.each<[string, (lines: string[]) => string]>([
    ['without a line', lines => lines.slice(0, -1).join('')],
    ['with one twice', ([head = '', first = '', , last = '']) => head + first + first + last],
    ['in another order', ([head = '', first = '', second = '', last = '']) => head + second + first + last],
    ['whose last line does not end', lines => lines.join('').trimEnd()],
    ['with another verdict', lines => lines.join('').replace('"outcome":"pass"', '"outcome":"fail"')],
    ['with a blank', lines => lines.join('').replace('"index":', '"index": ')],
    ['with something more', lines => lines.join('').replace('"index":', '"i":1,"index":')],
    ['that is empty', () => ''],
  ])('%s is none', (_, change) => {
    const lines = (fromUtf8(genuine) as string).split(/(?<=\n)/);
    expect(reasonOf(() => readPackage(utf8(change(lines))))).toBe('verdict/batch-malformed');
  });

  const lies = (changes: Partial<VerdictBatch>, tell = (packed: PackedVerdict) => packed) =>
    lyingPackage(genuine, VALIDATOR, 2, changes, tell);
  const otherwise = (change: Partial<Verdict>) => (packed: PackedVerdict) => ({
    ...packed,
    verdict: { ...packed.verdict, ...change },
  });

  it.each<[string, () => Uint8Array]>([
    ['counts its verdicts otherwise', () => lies({ counts: { fail: 1, inconclusive: 0, pass: 2 } })],
    ['says that they are by another policy', () => lies({ policy: { digest: 'ab'.repeat(32), index: 1 } })],
    ['says that they are by another trust file', () => lies({ trust: 'ab'.repeat(32) })],
    ['says that they are of another time', () => lies({ asOf: 1 })],
    ['says that they are by other rules', () => lies({ checker: 'some-rules' })],
    ['has one by another policy', () => lies({}, otherwise({ policy: 'ab'.repeat(32) }))],
    ['is about another log than its checkpoint', () => lies({ log: 'other.example/log' })],
    [
      'names another tree than its checkpoint',
      () => lies({ checkpoint: { root: 'ab'.repeat(32), size: readPackage(genuine).batch.checkpoint.size } }),
    ],
    [
      'judges an entry by a proof that is none',
      () => lies({}, packed => ({ ...packed, hashes: packed.hashes.toReversed() })),
    ],
    [
      'judges an entry that the log does not have',
      () =>
        lies({}, packed => ({ ...packed, entry: readPackage(genuine).verdicts[0]?.entry ?? packed.entry })),
    ],
    ['ends behind its tree', () => lies({ end: 1000 })],
  ])('whose batch %s is none', (_, lying) => {
    expect(reasonOf(() => readPackage(lying()))).toMatch(/^verdict\/(?:batch-)?malformed$/);
  });

  it('that is too long is none', () => {
    expect(reasonOf(() => readPackage(new Uint8Array(MAX_PACKAGE_BYTES + 1)))).toBe(
      'verdict/batch-malformed',
    );
  });
});
