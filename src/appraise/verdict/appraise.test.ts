import { describe, expect, it } from 'vitest';
import { MADE_AT, makeNitro, measurement, NITRO_TEST_ROOTS } from '../../../test/support/evidence/nitro.js';
import { ISSUER, STRANGER, TRUST_FILE } from '../../../test/support/parties.js';
import { carriedRevocation, carrying, listed } from '../../../test/support/revocations.js';
import { make, type Recipe } from '../../../test/support/sample-exchange.js';
import { AS_OF, COMPLETED, SAMPLE_RECEIPT } from '../../../test/support/sample-receipt.js';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { canonicalize, type Json } from '../../bytes/json.js';
import { utf8 } from '../../bytes/octets.js';
import { formatAttested } from '../../evidence/countersign/statement.js';
import { formatVerifierKey, keyLabel } from '../../note/key.js';
import { envelopeBytes, parseEnvelope, payloadDigest, seal } from '../../receipt/envelope.js';
import { RECEIPT, type Receipt, receiptSubject } from '../../receipt/receipt.js';
import type { Revocation } from '../../receipt/revocation.js';
import { writeStatement } from '../../receipt/statement.js';
import { parseTrust } from '../trust.js';
import { appraisalPolicyOf } from './appraisal-policy.js';
import { type Appraisal, type AppraisalInput, appraise, CHECKER } from './appraise.js';
import type { EvidenceArtefact } from './weighed-evidence.js';

const RELEASE = { name: 'the release of the tests', measurements: [toHex(measurement(0))] };
const [IMAGE, FIRST] = [0, 1].map(register => toHex(measurement(register))) as [string, string];
const TRUST_BYTES = utf8(JSON.stringify(TRUST_FILE));
const PLAIN = { name: 'plain' };

interface Case {
  readonly recipe?: Recipe;
  readonly policy?: Json;
  readonly evidence?: readonly EvidenceArtefact[];
  readonly trust?: AppraisalInput['trust'];
}

async function judged({ recipe = {}, policy = PLAIN, evidence = [], trust }: Case = {}): Promise<Appraisal> {
  const { bundle, asOf } = await make(recipe);
  return appraise({
    bundle,
    trust: trust === undefined ? { trust: parseTrust(TRUST_BYTES), bytes: TRUST_BYTES } : trust,
    policy: appraisalPolicyOf(policy),
    evidence,
    asOf,
    roots: { nitro: NITRO_TEST_ROOTS },
  });
}

const clausesOf = ({ verdict }: Appraisal) =>
  Object.fromEntries(verdict.clauses.map(({ clause, status, code }) => [clause, code ?? status]));

/** The sample as if it had been made while the test's enclave ran, by the engine in it. */
const DELTA = MADE_AT + 5000 - COMPLETED;
const inEnclave = (change: (receipt: Receipt) => Receipt = receipt => receipt): Recipe => ({
  receipt: ({ time, log, attempts, ...rest }) =>
    change({
      ...rest,
      upstream: { origin: 'built-in:', requestId: null, signature: null, tlsSpki: null },
      attempts: attempts.map(each => ({ ...each, ended: each.ended + DELTA, started: each.started + DELTA })),
      time: {
        ...time,
        completed: time.completed + DELTA,
        firstByte: (time.firstByte ?? 0) + DELTA,
        received: time.received + DELTA,
      },
      log,
    }),
});
const STATEMENT = formatAttested({ issuer: ISSUER.key, tls: null, epoch: SAMPLE_RECEIPT.epoch, nonce: null });
const nitro = (statement: Uint8Array | null = STATEMENT, carried = statement): EvidenceArtefact => ({
  kind: 'nitro',
  pieces: [
    {
      role: 'document',
      bytes: makeNitro({ members: { user_data: carried === null ? null : sha256(carried) } }),
    },
  ],
  statement,
});

describe('a genuine bundle', () => {
  it('passes a policy that asks for nothing, and the verdict names all that it was made from', async () => {
    const { bundle } = await make();
    const { verdict, verification } = await judged();
    expect(verdict).toMatchObject({
      bundle: toHex(sha256(bundle)),
      checker: CHECKER,
      evidence: [],
      outcome: 'pass',
      policy: toHex(sha256(canonicalize(PLAIN))),
      receipt: verification.digest,
      trust: toHex(sha256(TRUST_BYTES)),
    });
    expect(clausesOf({ verdict } as Appraisal)).toEqual({
      bundle: 'pass',
      signature: 'pass',
      receipt: 'pass',
      time: 'pass',
      inclusion: 'pass',
      witnesses: 'pass',
    });
  });

  it('gives the same bytes each time', async () => {
    const bytes = async () => canonicalize((await judged({ policy: STRICT })).verdict as Json);
    expect(await bytes()).toEqual(await bytes());
  });

  it('passes a policy that lists its model by the digest of its files', async () => {
    const { verdict } = await judged({
      policy: { ...PLAIN, models: [{ name: 'one', digest: 'ab'.repeat(32) }] },
      recipe: { receipt: withDigest('ab'.repeat(32)) },
    });
    expect(verdict.outcome).toBe('pass');
    expect(verdict.clauses.find(({ clause }) => clause === 'model')).toMatchObject({
      decidedBy: 'model-digest',
    });
  });

  it('passes a policy that asks for all that it shows', async () => {
    const appraisal = await judged({ policy: STRICT });
    expect(appraisal.verdict.outcome).toBe('pass');
    expect(
      appraisal.claims.map(({ about, status, source, strength }) => [about, status, source, strength]),
    ).toEqual([
      ['model', 'asserted', 'operator-asserted', 'asserted'],
      ['place', 'asserted', 'operator-asserted', 'asserted'],
      ['record', 'verified', 'verifier-derived', 'witnessed'],
      ['answer', 'asserted', 'verifier-derived', 'not-recomputed'],
    ]);
  });
});

const STRICT = {
  name: 'strict',
  requires: { model: 'asserted', place: 'asserted', record: 'witnessed', answer: 'not-recomputed' },
  maximumAgeDays: 1,
  issuers: [keyLabel(ISSUER.key)],
  claims: { asserted: ['model', 'place'], notSubstituted: true },
  quorum: { fabricate: 1, split: 1, block: 1 },
} as const satisfies Json;

const withDigest =
  (digest: string | null) =>
  (receipt: Receipt): Receipt => ({ ...receipt, model: { ...receipt.model, digest } });

const substituted = (receipt: Receipt): Receipt => ({
  ...receipt,
  claims: [...receipt.claims, { about: 'model/substituted', source: 'upstream', status: 'asserted' }],
});

describe('what a policy does not let pass', () => {
  it.each<[string, Case, string, string, string]>([
    [
      'an older receipt',
      { policy: { ...PLAIN, maximumAgeDays: 1 }, recipe: { asOf: COMPLETED + 86_400_001 } },
      'age',
      'appraisal/receipt-old',
      'fail',
    ],
    [
      'another issuer than it counts',
      { policy: { ...PLAIN, issuers: [keyLabel(STRANGER.key)] } },
      'receipt',
      'appraisal/issuer-excluded',
      'fail',
    ],
    [
      'a lower grade',
      { policy: { ...PLAIN, requires: { place: 'hardware' }, releases: [RELEASE] } },
      'place',
      'appraisal/grade-missed',
      'fail',
    ],
    [
      'a fact of which nothing is known',
      {
        policy: { ...PLAIN, requires: { model: 'asserted' } },
        recipe: { receipt: receipt => ({ ...receipt, model: { ...receipt.model, served: null } }) },
      },
      'model',
      'appraisal/fact-unknown',
      'fail',
    ],
    [
      'a claim that is not made',
      { policy: { ...PLAIN, claims: { asserted: ['answer'] } } },
      'claims',
      'appraisal/claim-missing',
      'fail',
    ],
    [
      'another model',
      { policy: { ...PLAIN, claims: { notSubstituted: true } }, recipe: { receipt: substituted } },
      'claims',
      'appraisal/model-substituted',
      'fail',
    ],
    [
      'too few parties',
      { policy: { ...PLAIN, quorum: { split: 2 } } },
      'split',
      'appraisal/parties-few',
      'fail',
    ],
    [
      'parties that nobody can count',
      { policy: { ...PLAIN, quorum: { split: 2 } }, trust: null },
      'split',
      'trust/missing',
      'inconclusive',
    ],
    [
      'evidence of a kind that does not count',
      {
        policy: { ...PLAIN, evidence: { kinds: ['tdx'] } },
        recipe: inEnclave(),
        evidence: [nitro()],
      },
      'evidence',
      'appraisal/kind-excluded',
      'fail',
    ],
    [
      'software that none of the releases stands for',
      {
        policy: { ...PLAIN, releases: [{ name: 'other', measurements: ['ab'.repeat(48)] }] },
        recipe: inEnclave(),
        evidence: [nitro()],
      },
      'evidence',
      'appraisal/release-unknown',
      'fail',
    ],
    [
      'evidence of a vendor that does not count',
      {
        policy: { ...PLAIN, evidence: { vendors: ['amd', 'intel'] } },
        recipe: inEnclave(),
        evidence: [nitro()],
      },
      'evidence',
      'appraisal/vendor-excluded',
      'fail',
    ],
    [
      'evidence that was older than it may be when it was relied on',
      {
        policy: { ...PLAIN, evidence: { maximumAgeSeconds: 4 } },
        recipe: inEnclave(),
        evidence: [nitro()],
      },
      'freshness',
      'appraisal/evidence-old',
      'fail',
    ],
    [
      'no evidence, where it has to be fresh',
      { policy: { ...PLAIN, evidence: { maximumAgeSeconds: 60 } } },
      'freshness',
      'appraisal/evidence-missing',
      'inconclusive',
    ],
    [
      'a place that was shown only when the request had come in',
      {
        policy: {
          ...PLAIN,
          requires: { place: 'hardware' },
          stages: { place: 'before' },
          releases: [RELEASE],
        },
        recipe: inEnclave(({ time, ...rest }) => ({ ...rest, time: { ...time, received: MADE_AT - 1 } })),
        evidence: [nitro()],
      },
      'place',
      'appraisal/evidence-late',
      'fail',
    ],
    [
      'a model that is none of those that are listed',
      {
        policy: { ...PLAIN, models: [{ name: 'one', digest: 'ab'.repeat(32) }] },
        recipe: { receipt: withDigest('cd'.repeat(32)) },
      },
      'model',
      'appraisal/model-unlisted',
      'fail',
    ],
    [
      'a model whose files nobody has named',
      {
        policy: { ...PLAIN, models: [{ name: 'one', digest: 'ab'.repeat(32) }] },
        recipe: { receipt: withDigest(null) },
      },
      'model',
      'appraisal/model-undigested',
      'inconclusive',
    ],
    [
      'a place that is only asserted, where it has to be verified',
      {
        policy: { ...PLAIN, claims: { required: [{ about: 'place' }] } },
      },
      'claims',
      'appraisal/claim-unverified',
      'fail',
    ],
    [
      'a model of which nothing is known, where it has to be claimed',
      {
        policy: { ...PLAIN, claims: { required: [{ about: 'model', status: 'asserted' }] } },
        recipe: { receipt: receipt => ({ ...receipt, model: { ...receipt.model, served: null } }) },
      },
      'claims',
      'appraisal/claim-unknown',
      'inconclusive',
    ],
    [
      'evidence that nothing says what it is bound to',
      { recipe: inEnclave(), evidence: [nitro(null)] },
      'binding',
      'binding/part-missing',
      'inconclusive',
    ],
    [
      "evidence of another's run",
      { recipe: inEnclave(), evidence: [nitro(STATEMENT, utf8('another statement'))] },
      'binding',
      'binding/value-mismatch',
      'fail',
    ],
    [
      'a statement of another epoch',
      {
        recipe: inEnclave(receipt => ({ ...receipt, epoch: 'otherepochotherepochother2' })),
        evidence: [nitro()],
      },
      'binding',
      'binding/epoch-mismatch',
      'fail',
    ],
    [
      'a statement that names the key of another issuer',
      {
        recipe: inEnclave(),
        evidence: [
          nitro(
            formatAttested({ issuer: STRANGER.key, tls: null, epoch: SAMPLE_RECEIPT.epoch, nonce: null }),
          ),
        ],
      },
      'binding',
      'binding/receipt-key-mismatch',
      'fail',
    ],
    [
      'evidence that was stale when it was relied on',
      {
        policy: { ...PLAIN, evidence: { nitro: { maximumAge: 60 } } },
        recipe: inEnclave(receipt => ({
          ...receipt,
          time: { ...receipt.time, completed: receipt.time.completed + 3_600_000 },
        })),
        evidence: [nitro()],
      },
      'evidence',
      'nitro/stale',
      'fail',
    ],
  ])('%s', async (_, given, clause, code, status) => {
    const appraisal = await judged(given);
    expect(clausesOf(appraisal)[clause]).toBe(code);
    expect(appraisal.verdict.clauses.find(each => each.clause === clause)?.status).toBe(status);
    expect(appraisal.verdict.outcome).toBe(status);
  });

  it('a receipt that nobody can read: nothing is known, and nothing passes', async () => {
    const appraisal = await judged({ recipe: { bytes: () => utf8('{}') }, policy: STRICT });
    expect(appraisal.verdict).toMatchObject({ outcome: 'fail', receipt: null });
    expect(appraisal.claims.every(({ status }) => status === 'refuted')).toBe(true);
  });
});

describe('evidence', () => {
  it('of the machine that signed and answered shows its place, and of one that asked another only who handed it on', async () => {
    const policy = { ...PLAIN, requires: { place: 'hardware' }, releases: [RELEASE] };
    const { verdict, claims } = await judged({ policy, recipe: inEnclave(), evidence: [nitro()] });
    expect(verdict.clauses.filter(({ status }) => status !== 'pass')).toEqual([]);
    expect(claims[1]).toMatchObject({
      about: 'place',
      status: 'verified',
      source: 'hardware-proven',
      strength: 'hardware',
      coverage: 'run',
      revocableBy: ['issuer', 'vendor'],
    });
    expect(verdict.evidence).toMatchObject([
      { kind: 'nitro', pieces: [], statement: toHex(sha256(STATEMENT)) },
    ]);
    const handedOn = inEnclave(receipt => ({ ...receipt, upstream: SAMPLE_RECEIPT.upstream }));
    const other = await judged({ policy, recipe: handedOn, evidence: [nitro()] });
    expect(other.claims[1]).toMatchObject({ strength: 'handoff' });
    expect(clausesOf(other).place).toBe('appraisal/grade-missed');
  });

  it('that was made before the request came in shows the place by then, and is as fresh as it says', async () => {
    const policy = {
      ...PLAIN,
      requires: { place: 'hardware' },
      stages: { place: 'before' },
      evidence: { vendors: ['aws'], maximumAgeSeconds: 5 },
      releases: [RELEASE],
      claims: { required: [{ about: 'place', sources: ['hardware-proven'], coverage: 'run' }] },
    } as const;
    const recipe = inEnclave(({ time, ...rest }) => ({ ...rest, time: { ...time, received: MADE_AT } }));
    const { verdict } = await judged({ policy, recipe, evidence: [nitro()] });
    expect(verdict.clauses.filter(({ status }) => status !== 'pass')).toEqual([]);
    expect(verdict.clauses.map(({ clause }) => clause)).toContain('freshness');
  });

  it.each<[string, Json, string]>([
    ['nobody has named', PLAIN, 'asserted'],
    [
      'has other registers that are named',
      { ...PLAIN, evidence: { nitro: { pcrs: { '1': [FIRST] } } } },
      'asserted',
    ],
    ['is named', { ...PLAIN, evidence: { nitro: { pcrs: { '0': [IMAGE] } } } }, 'hardware'],
  ])('of a machine with software that %s shows a place only where it is known', async (_, policy, grade) => {
    const { verdict, claims } = await judged({ policy, recipe: inEnclave(), evidence: [nitro()] });
    expect(verdict.outcome).toBe('pass');
    expect(claims[1]).toMatchObject({ about: 'place', strength: grade });
  });

  it.each<[string, Partial<AppraisalInput>, string]>([
    [
      'more than a verdict can name',
      { evidence: Array.from({ length: 17 }, () => nitro()) },
      'appraisal/evidence-excessive',
    ],
    ['the same twice', { evidence: [nitro(), nitro()] }, 'appraisal/evidence-unreadable'],
    [
      'what is none',
      {
        evidence: [{ kind: 'nitro', pieces: [{ role: 'document', bytes: utf8('no') }], statement: null }],
      },
      'appraisal/evidence-unreadable',
    ],
  ])('is refused before there is a verdict: %s', async (_, change, code) => {
    const { bundle, asOf } = await make(inEnclave());
    const document = nitro();
    const evidence = change.evidence?.map(each =>
      each.kind === 'nitro' && (each.pieces[0]?.bytes.length ?? 0) > 2 ? document : each,
    );
    const input = {
      bundle,
      trust: { trust: parseTrust(TRUST_BYTES), bytes: TRUST_BYTES },
      policy: appraisalPolicyOf(PLAIN),
      evidence: evidence ?? [],
      asOf,
      roots: { nitro: NITRO_TEST_ROOTS },
    };
    await expect(appraise(input)).rejects.toMatchObject({ code });
  });
});

describe("a provider's own receipt", () => {
  const theirs = (served: string, issuer = STRANGER) => {
    const label = keyLabel(issuer.key);
    const payload = writeStatement(RECEIPT, {
      subject: receiptSubject('a'.repeat(64), null),
      predicate: {
        ...SAMPLE_RECEIPT,
        issuer: label,
        model: { ...SAMPLE_RECEIPT.model, served: { name: served } },
      },
    });
    return {
      kind: 'countersign-receipt',
      envelope: envelopeBytes(seal(payload, label, issuer.signer)),
    } as const;
  };
  const policy = {
    ...PLAIN,
    providers: [formatVerifierKey(STRANGER.key)],
    requires: { model: 'provider-signed' },
  };

  /** The sample, whose issuer names that receipt as its evidence. */
  const naming = ({ envelope }: { readonly envelope: Uint8Array }): Recipe => ({
    receipt: receipt => ({
      ...receipt,
      evidence: [
        {
          digest: toHex(sha256(envelope)),
          mediaType: 'application/vnd.dsse.envelope.v1+json',
          signedDigest: toHex(payloadDigest(parseEnvelope(envelope))),
          type: 'countersign-receipt',
        },
      ],
    }),
  });

  it('that names the same model makes that more than the word of the operator', async () => {
    const receipt = theirs('sample-1');
    const { verdict, claims } = await judged({ policy, recipe: naming(receipt), evidence: [receipt] });
    expect(verdict.outcome).toBe('pass');
    expect(claims[0]).toMatchObject({
      status: 'asserted',
      source: 'provider-asserted',
      strength: 'provider-signed',
    });
  });

  it.each([
    ['that names another', theirs('sample-2'), 'appraisal/model-differs'],
    ['by somebody else', theirs('sample-1', ISSUER), 'appraisal/provider-unknown'],
  ])('%s does not', async (_, receipt, code) => {
    const appraisal = await judged({ policy, recipe: naming(receipt), evidence: [receipt] });
    expect(clausesOf(appraisal)).toMatchObject({ evidence: code, model: 'appraisal/grade-missed' });
  });

  it('that the issuer does not name does not, whatever it says', async () => {
    for (const recipe of [{}, naming(theirs('sample-2'))]) {
      const appraisal = await judged({ policy, recipe, evidence: [theirs('sample-1')] });
      expect(clausesOf(appraisal)).toMatchObject({
        evidence: 'appraisal/receipt-unlinked',
        model: 'appraisal/grade-missed',
      });
      expect(appraisal.verdict.clauses.find(({ clause }) => clause === 'evidence')?.status).toBe(
        'inconclusive',
      );
    }
  });
});

describe('a policy', () => {
  it.each<[string, Json, string, string]>([
    ['with a member that there is not', { ...PLAIN, extra: 1 }, 'appraisal/policy-malformed', 'extra'],
    [
      'with a grade that there is not',
      { ...PLAIN, requires: { place: 'sure' } },
      'appraisal/policy-malformed',
      'requires.place',
    ],
    [
      'with a key that is none',
      { ...PLAIN, providers: ['key'] },
      'appraisal/policy-malformed',
      'providers.0',
    ],
    ['of a quarter of a megabyte', { ...PLAIN, note: 'a'.repeat(1 << 18) }, 'appraisal/policy-malformed', ''],
    [
      'that no receipt can pass',
      { ...PLAIN, requires: { model: 'zk' } },
      'appraisal/grade-unreachable',
      'requires.model',
    ],
  ])('%s is refused when it is read', (_, policy, code, field) => {
    expect(() => appraisalPolicyOf(policy)).toThrow(
      expect.objectContaining(field === '' ? { code } : { code, field }),
    );
  });

  it('is named by what its author wrote, in whatever order', () => {
    expect(appraisalPolicyOf({ name: 'a', maximumAgeDays: 2 }).digest).toBe(
      appraisalPolicyOf({ maximumAgeDays: 2, name: 'a' }).digest,
    );
  });
});

describe('spec/revocation.md §3: evidence of what was revoked', () => {
  const policy = { ...PLAIN, requires: { place: 'hardware' }, releases: [RELEASE] };
  const completed = COMPLETED + DELTA;
  const decided = AS_OF - 60_000;
  const OF_IMAGE: Revocation = { field: 'measurement', reason: 'defective', since: null, value: IMAGE };
  const trusting = (...revocations: readonly Revocation[]) => {
    const bytes = utf8(
      JSON.stringify({ ...TRUST_FILE, revocations: revocations.map(each => listed(each, decided)) }),
    );
    return { trust: parseTrust(bytes), bytes };
  };
  const appraised = (asOf: number, given: Case = {}, recipe: Recipe = {}) =>
    judged({ policy, recipe: { ...inEnclave(), asOf, ...recipe }, evidence: [nitro()], ...given });
  const placeOf = ({ claims }: Appraisal) => claims.find(({ about }) => about === 'place');

  it('shows no place any more, with a code of its own, and what it was until then', async () => {
    const appraisal = await appraised(decided, { trust: trusting(OF_IMAGE) });
    expect(clausesOf(appraisal)).toMatchObject({
      evidence: 'revocation/measurement',
      binding: 'pass',
      place: 'revocation/measurement',
    });
    expect(placeOf(appraisal)).toMatchObject({
      status: 'asserted',
      source: 'operator-asserted',
      strength: 'asserted',
      revoked: { code: 'revocation/measurement', was: 'hardware', until: decided },
    });
    // The record is as good as it was.
    expect(clausesOf(appraisal)).toMatchObject({ inclusion: 'pass', witnesses: 'pass' });
  });

  it('is found by a bundle that carries the revocation, whoever has an old trust file', async () => {
    const carried = carrying(await carriedRevocation(OF_IMAGE, { decided }));
    expect(clausesOf(await appraised(decided, {}, carried)).place).toBe('revocation/measurement');
  });

  it('is still good as of a time before it was decided, and so is what was good only then', async () => {
    const trust = trusting(OF_IMAGE);
    const then = await appraised(decided - 1, { trust });
    expect(then.verdict.outcome).toBe('pass');
    expect(placeOf(then)).toMatchObject({ strength: 'hardware' });
    expect(placeOf(then)?.revoked).toBeUndefined();
    const carried = carrying(await carriedRevocation(OF_IMAGE, { decided }));
    expect((await appraised(decided - 1, {}, carried)).verdict.outcome).toBe('pass');
  });

  it.each<[string, Revocation, boolean]>([
    ['of other software', { ...OF_IMAGE, value: 'ab'.repeat(48) }, false],
    ['of a chip with the same number', { ...OF_IMAGE, field: 'chip' }, false],
    ['bad since after the answer', { ...OF_IMAGE, since: completed + 1 }, false],
    ['bad since the answer', { ...OF_IMAGE, since: completed }, true],
    ['of another register', { ...OF_IMAGE, value: FIRST }, true],
  ])('%s', async (_, revocation, isRevoked) => {
    const appraisal = await appraised(decided, { trust: trusting(revocation) });
    expect(appraisal.verdict.outcome).toBe(isRevoked ? 'fail' : 'pass');
  });

  it('of several the first that was decided counts, in whatever order they stand', async () => {
    const bytes = utf8(
      JSON.stringify({
        ...TRUST_FILE,
        revocations: [listed({ ...OF_IMAGE, value: FIRST }, decided + 1), listed(OF_IMAGE, decided)],
      }),
    );
    const appraisal = await appraised(decided + 1, { trust: { trust: parseTrust(bytes), bytes } });
    expect(placeOf(appraisal)?.revoked?.until).toBe(decided);
  });

  it('of weights: neither the operator’s word nor a provider’s says which model it was', async () => {
    const trust = trusting({ field: 'model', reason: 'withdrawn', since: null, value: '3'.repeat(64) });
    const asked = { ...PLAIN, requires: { model: 'asserted' } };
    const appraisal = await appraised(decided, { trust, policy: asked, evidence: [] });
    expect(clausesOf(appraisal).model).toBe('revocation/model');
    expect(appraisal.claims[0]).toMatchObject({
      ...{ about: 'model', strength: 'none', status: 'unknown' },
      revoked: { was: 'asserted', until: decided },
    });
  });

  it('of weights that a policy lists: no grade of the model has to be asked for', async () => {
    const digest = '3'.repeat(64);
    const trust = trusting({ field: 'model', reason: 'withdrawn', since: null, value: digest });
    const listing = { ...PLAIN, models: [{ name: 'one', digest }] };
    const unserved = inEnclave(receipt => ({ ...receipt, model: { ...receipt.model, served: null } }));
    for (const recipe of [inEnclave(), unserved]) {
      const appraisal = await appraised(decided, { trust, policy: listing, evidence: [] }, recipe);
      expect(clausesOf(appraisal).model).toBe('revocation/model');
      expect(appraisal.verdict.outcome).toBe('fail');
    }
  });
});
