import { describe, expect, it } from 'vitest';
import { makeNitro } from '../../../test/support/evidence/nitro.js';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { testKey } from '../../../test/support/keys.js';
import { ISSUER, STRANGER, TRUST_FILE } from '../../../test/support/parties.js';
import { carriedRevocation, carrying, DECIDED, listed, OF_MODEL } from '../../../test/support/revocations.js';
import { make } from '../../../test/support/sample-exchange.js';
import { COMPLETED, SAMPLE_RECEIPT } from '../../../test/support/sample-receipt.js';
import { parseTrust } from '../../appraise/trust.js';
import { appraisalPolicyOf } from '../../appraise/verdict/appraisal-policy.js';
import { appraise } from '../../appraise/verdict/appraise.js';
import { compareVerdicts } from '../../appraise/verdict/compare.js';
import { type EvidenceArtefact, namedEvidence } from '../../appraise/verdict/weighed-evidence.js';
import { toHex } from '../../bytes/hex.js';
import type { Json } from '../../bytes/json.js';
import { utf8 } from '../../bytes/octets.js';
import { formatVerifierKey, keyLabel } from '../../note/key.js';
import { type Envelope, envelopeBytes, PAYLOAD_TYPE, seal } from '../../receipt/envelope.js';
import { RECEIPT, receiptSubject } from '../../receipt/receipt.js';
import { writeStatement } from '../../receipt/statement.js';
import { type Clause, type Verdict, verdictStatement } from '../../receipt/verdict.js';
import { batchStatement, type VerdictBatch, verdictLeaf } from '../../receipt/verdict-batch.js';
import { Frontier } from '../../tree/frontier.js';
import { emptyRoot } from '../../tree/hash.js';
import { proveInclusion } from '../../tree/prove.js';
import { subtreesOf } from '../../tree/subtrees-of.js';
import { formatEvidence } from './evidence.js';
import { judgeEvidence } from './judge.js';
import { knownKeys } from './known-keys.js';
import { readVerdict, type StatedVerdict, statedVerdictJson } from './stated-verdict.js';
import {
  makeWrongVerdict as makeProof,
  type VerdictArtefacts,
  type WrongVerdictJson,
} from './wrong-verdict.js';

const VALIDATOR = testKey('validator.example', 301);
const HASH = 'ab'.repeat(32);
const TRUST = utf8(JSON.stringify(TRUST_FILE));
const POLICY = { name: 'sample', requires: { record: 'witnessed' }, maximumAgeDays: 1 } satisfies Json;
const WITH_VALIDATOR = parseTrust(
  utf8(JSON.stringify({ ...TRUST_FILE, validators: [formatVerifierKey(VALIDATOR.key)] })),
);

const { bundle, asOf } = await make();
const artefacts: VerdictArtefacts = { bundle, trust: TRUST, policy: POLICY, evidence: [] };
const honest = await verdictOf(artefacts, asOf);

async function verdictOf(given: VerdictArtefacts, at: number): Promise<Verdict> {
  const { verdict } = await appraise({
    bundle: given.bundle,
    trust: given.trust === null ? null : { trust: parseTrust(given.trust), bytes: given.trust },
    policy: appraisalPolicyOf(given.policy),
    evidence: given.evidence,
    asOf: at,
  });
  return verdict;
}

/** Of a verdict that was signed alone. */
const makeWrongVerdict = async (envelope: Envelope, given: VerdictArtefacts) =>
  makeProof({ envelope, verdict: readVerdict(envelope), inBatch: null }, given);

function signed(verdict: Verdict, by = VALIDATOR, name = keyLabel(by.key)): Envelope {
  return seal(verdictStatement(verdict, name, asOf), keyLabel(by.key), by.signer);
}

/** The verdict with another word for a clause, and an outcome to match. */
function lying(clause: string, status: 'pass' | 'fail', from: Verdict = honest): Verdict {
  const clauses = from.clauses.map(each =>
    each.clause === clause
      ? { ...each, status, code: status === 'pass' ? null : ('appraisal/grade-missed' as const) }
      : each,
  );
  return { ...from, clauses, outcome: status };
}

const judge = (evidence: WrongVerdictJson, trust = WITH_VALIDATOR) =>
  judgeEvidence(formatEvidence(evidence as never), knownKeys(trust));

describe('P11: a wrong verdict', () => {
  it('that fails what passes is proven, against the key that has signed it', async () => {
    const evidence = await makeWrongVerdict(signed(lying('record', 'fail')), artefacts);
    expect(evidence.clause).toBe('record');
    expect(await judge(evidence)).toMatchObject({
      outcome: 'proven',
      code: 'misbehaviour/verdict-wrong',
      accused: keyLabel(VALIDATOR.key),
    });
  });

  it('that passes what fails is proven as well, and so is one that leaves a clause out', async () => {
    const late = COMPLETED + 2 * 86_400_000;
    const truth = await verdictOf(artefacts, late);
    expect(truth.outcome).toBe('fail');
    const evidence = await makeWrongVerdict(signed(lying('age', 'pass', truth)), artefacts);
    expect(await judge(evidence)).toMatchObject({ outcome: 'proven' });
    const silent = { ...honest, clauses: honest.clauses.filter(({ clause }) => clause !== 'record') };
    expect(await judge(await makeWrongVerdict(signed(silent), artefacts))).toMatchObject({
      outcome: 'proven',
      says: expect.stringContaining('"nothing" for the clause record'),
    });
  });
});

describe('an honest validator cannot be framed', () => {
  it('there is nothing to write about a right verdict', async () => {
    await expect(makeWrongVerdict(signed(honest), artefacts)).rejects.toMatchObject({
      code: 'misbehaviour/verdict-right',
    });
  });

  it.each<[string, () => Promise<WrongVerdictJson>, string, string]>([
    [
      'another clause of a wrong verdict',
      async () => ({
        ...(await makeWrongVerdict(signed(lying('record', 'fail')), artefacts)),
        clause: 'signature',
      }),
      'not-proven',
      'misbehaviour/verdict-right',
    ],
    [
      'by another trust file',
      () => framed({ ...artefacts, trust: utf8(JSON.stringify({ ...TRUST_FILE, controllers: [] })) }),
      'not-proven',
      'misbehaviour/artefact-mismatch',
    ],
    ['by none', () => framed({ ...artefacts, trust: null }), 'not-proven', 'misbehaviour/artefact-mismatch'],
    [
      'by another policy',
      () => framed({ ...artefacts, policy: { ...POLICY, maximumAgeDays: 2 } }),
      'not-proven',
      'misbehaviour/artefact-mismatch',
    ],
    [
      'of another bundle',
      async () => framed({ ...artefacts, bundle: (await make({ form: 'stream' })).bundle }),
      'not-proven',
      'misbehaviour/artefact-mismatch',
    ],
    [
      'by other rules',
      () => framed(artefacts, signed({ ...lying('record', 'fail'), checker: 'countersign-appraisal-0' })),
      'inconclusive',
      'misbehaviour/checker-unknown',
    ],
    [
      'signed by somebody else under that name',
      () => framed(artefacts, forged()),
      'not-proven',
      'envelope/signature-invalid',
    ],
    [
      'by a key that nobody knows',
      () => framed(artefacts, signed(lying('record', 'fail'), STRANGER)),
      'inconclusive',
      'misbehaviour/key-unknown',
    ],
    [
      'by a key that nobody knows, of which nothing is judged',
      () => framed(artefacts, signed(honest, STRANGER)),
      'inconclusive',
      'misbehaviour/key-unknown',
    ],
    [
      'by the key of an issuer, who is no validator',
      () => framed(artefacts, signed(lying('record', 'fail'), ISSUER)),
      'inconclusive',
      'misbehaviour/key-unknown',
    ],
    [
      'that says another has judged',
      () => framed(artefacts, signed(lying('record', 'fail'), VALIDATOR, keyLabel(STRANGER.key))),
      'malformed',
      'envelope/issuer-mismatch',
    ],
  ])('%s', async (_, evidence, outcome, code) => {
    expect(await judge(await evidence())).toMatchObject({ outcome, code });
  });

  /** What {@link makeWrongVerdict} would not write. */
  async function framed(
    given: VerdictArtefacts,
    envelope = signed(lying('record', 'fail')),
  ): Promise<WrongVerdictJson> {
    const genuine = await makeWrongVerdict(signed(lying('record', 'fail')), artefacts);
    const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
    const { payload, keyId, signature } = envelope;
    return {
      ...genuine,
      artefacts: {
        bundle: base64(given.bundle),
        evidence: [],
        policy: given.policy,
        trust: given.trust === null ? null : base64(given.trust),
      },
      verdict: {
        payload: base64(payload),
        payloadType: PAYLOAD_TYPE,
        signatures: [{ keyid: keyId, sig: base64(signature) }],
      } as WrongVerdictJson['verdict'],
    };
  }

  function forged(): Envelope {
    return { ...signed(lying('record', 'fail')), signature: signed(honest, STRANGER).signature };
  }
});

describe('the same evidence in another order', () => {
  const receiptOf = ({ key, signer }: typeof STRANGER): EvidenceArtefact => {
    const label = keyLabel(key);
    const payload = writeStatement(RECEIPT, {
      subject: receiptSubject('a'.repeat(64), null),
      predicate: { ...SAMPLE_RECEIPT, issuer: label },
    });
    return { kind: 'countersign-receipt', envelope: envelopeBytes(seal(payload, label, signer)) };
  };
  // The one is of a provider whom the policy lists, and named by nobody; the other is of somebody whom it does not list.
  const evidence = [receiptOf(STRANGER), receiptOf(ISSUER)];
  const policy = { ...POLICY, providers: [formatVerifierKey(STRANGER.key)] };

  it('makes the same verdict, so that nobody who hands it in so frames whoever judged by it', async () => {
    const given = { ...artefacts, policy, evidence };
    const turned = { ...given, evidence: evidence.toReversed() };
    const verdict = await verdictOf(given, asOf);
    expect(verdict.clauses).toContainEqual(
      expect.objectContaining({ clause: 'evidence', status: 'inconclusive' }),
    );
    expect(await verdictOf(turned, asOf)).toEqual(verdict);
    await expect(makeWrongVerdict(signed(verdict), turned)).rejects.toMatchObject({
      code: 'misbehaviour/verdict-right',
    });
  });
});

describe('evidence that nobody can read', () => {
  const garbage: EvidenceArtefact = { kind: 'countersign-receipt', envelope: utf8('no receipt') };
  const given = { ...artefacts, evidence: [garbage] };
  const { signedRegion, ...named } = { ...namedEvidence(garbage), signedRegion: HASH };

  it('hides no lie: from the bytes that its signer names comes no verdict at all', async () => {
    const lie = { ...honest, evidence: [{ ...named, signedRegion }] };
    const evidence = await makeWrongVerdict(signed(lie), given);
    expect(await judge(evidence)).toMatchObject({
      outcome: 'proven',
      code: 'misbehaviour/verdict-wrong',
      says: expect.stringContaining('no verdict, for its evidence cannot be read'),
    });
  });

  it.each([
    ['a document more', 'document'],
    ['one of another kind', 'collateral'],
  ] as const)('is not made of what can be read by putting %s beside it', async (_, role) => {
    const piece = { role: 'document', bytes: makeNitro() } as const;
    const whole: VerdictArtefacts = {
      ...artefacts,
      evidence: [{ kind: 'nitro', pieces: [piece], statement: null }],
    };
    const verdict = await verdictOf(whole, asOf);
    for (let octet = 0; octet < 8; octet++) {
      const pieces = [piece, { role, bytes: Uint8Array.of(octet) }];
      const spoilt: VerdictArtefacts = { ...whole, evidence: [{ kind: 'nitro', pieces, statement: null }] };
      await expect(makeWrongVerdict(signed(verdict), spoilt)).rejects.toMatchObject({
        code: 'misbehaviour/artefact-mismatch',
        field: 'evidence',
      });
    }
  });

  it('frames nobody who has not named it, whoever puts it beside his verdict', async () => {
    await expect(makeWrongVerdict(signed(honest), given)).rejects.toMatchObject({
      code: 'misbehaviour/artefact-mismatch',
      field: 'evidence',
    });
  });
});

describe('a later revocation makes no earlier verdict wrong', () => {
  const later = DECIDED + 1;
  const REVOKED = utf8(JSON.stringify({ ...TRUST_FILE, revocations: [listed(OF_MODEL)] }));
  const policy = { ...POLICY, requires: { model: 'asserted' } };
  const before: VerdictArtefacts = { ...artefacts, policy };

  it('whose signer had not heard of it: the bytes that he names give the same for ever', async () => {
    // Judged when it had been decided, from what was made before it was.
    const unaware = await verdictOf(before, later);
    expect(unaware.outcome).toBe('pass');
    await expect(makeWrongVerdict(signed(unaware), before)).rejects.toMatchObject({
      code: 'misbehaviour/verdict-right',
    });
    const carried = (await make(carrying(await carriedRevocation(OF_MODEL)))).bundle;
    for (const other of [{ trust: REVOKED }, { bundle: carried }]) {
      const aware = { ...before, ...other };
      expect((await verdictOf(aware, later)).outcome).toBe('fail');
      await expect(makeWrongVerdict(signed(unaware), aware)).rejects.toMatchObject({
        code: 'misbehaviour/artefact-mismatch',
      });
      expect(compareVerdicts(unaware, await verdictOf(aware, later)).kind).toBe('other-question');
    }
  });

  it('as of a time before it: who judges with it gets the same as who judged without', async () => {
    const then = await verdictOf({ ...before, trust: REVOKED }, DECIDED - 1);
    expect(then.clauses).toEqual((await verdictOf(before, DECIDED - 1)).clauses);
    expect(then.outcome).toBe('pass');
  });

  it('but who had it before him and passed it over has signed a falsehood', async () => {
    const aware = { ...before, trust: REVOKED };
    const truth = await verdictOf(aware, later);
    const evidence = await makeWrongVerdict(signed(lying('model', 'pass', truth)), aware);
    expect(await judge(evidence)).toMatchObject({ outcome: 'proven', code: 'misbehaviour/verdict-wrong' });
  });
});

describe('a verdict that contradicts itself is none', () => {
  const [first, second, ...others] = honest.clauses as [Clause, Clause, ...Clause[]];
  it.each<[string, Partial<Verdict>]>([
    ['by an outcome that its clauses do not give', { outcome: 'fail' }],
    [
      'by a clause that failed, under an outcome that passes',
      { ...lying('record', 'fail'), outcome: 'pass' },
    ],
    ['by a clause twice', { clauses: [first, first, second, ...others] }],
    ['by clauses in another order', { clauses: [second, first, ...others] }],
    [
      'by a code of what passed',
      { clauses: [{ ...first, code: 'appraisal/grade-missed' }, second, ...others] },
    ],
  ])('%s', async (_, change) => {
    expect(await reasonOfAsync(async () => readVerdict(signed({ ...honest, ...change })))).toBe(
      'verdict/malformed',
    );
  });
});

describe('two verdicts', () => {
  it('on the same question that differ contradict each other; on different questions they do not', async () => {
    expect(compareVerdicts(honest, honest)).toEqual({ inputs: [], clauses: [], kind: 'same' });
    const lie = compareVerdicts(honest, lying('record', 'fail'));
    expect(lie).toMatchObject({ inputs: [], kind: 'contradiction', clauses: [{ clause: 'record' }] });
    const other = await verdictOf(
      { ...artefacts, policy: { ...POLICY, requires: { place: 'asserted' } } },
      asOf,
    );
    expect(compareVerdicts(honest, other)).toMatchObject({ inputs: ['policy'], kind: 'other-question' });
    const later = await verdictOf(artefacts, COMPLETED + 2 * 86_400_000);
    expect(compareVerdicts(honest, later)).toMatchObject({ inputs: ['asOf'], kind: 'other-question' });
  });
});

describe('a verdict in a batch', () => {
  const others = [honest, honest];
  const label = keyLabel(VALIDATOR.key);

  /** A batch in which that verdict stands third, and the proof against it that somebody makes. */
  async function inBatch(verdict: Verdict, change: Partial<StatedVerdict> = {}, by = VALIDATOR) {
    const leaves = [...others, verdict].map(verdictLeaf);
    const tree = new Frontier();
    for (const leaf of leaves) tree.push(leaf);
    const batch: VerdictBatch = {
      asOf,
      checker: verdict.checker,
      checkpoint: { root: HASH, size: 9 },
      counts: { fail: 1, inconclusive: 0, pass: 2 },
      end: 9,
      log: 'log.example',
      overturned: { count: 0, root: toHex(emptyRoot()) },
      policy: { digest: verdict.policy, index: 1 },
      previous: null,
      root: toHex(tree.root()),
      sequence: 0,
      start: 2,
      trust: HASH,
    };
    const envelope = seal(batchStatement(batch, keyLabel(by.key), asOf), keyLabel(by.key), by.signer);
    const hashes = await proveInclusion(2, 3, subtreesOf(leaves));
    const stated = { envelope, verdict, inBatch: { index: 2, hashes }, ...change };
    const proof = await makeProof({ ...stated, verdict: lying('record', 'fail') }, artefacts);
    return { ...proof, verdict: statedVerdictJson(stated) } as WrongVerdictJson;
  }

  it('that is wrong is proven against whoever signed the batch', async () => {
    expect(await judge(await inBatch(lying('record', 'fail')))).toMatchObject({
      outcome: 'proven',
      code: 'misbehaviour/verdict-wrong',
      accused: label,
    });
  });

  it.each<[string, string, string, () => Promise<WrongVerdictJson>]>([
    ['one that is right', 'not-proven', 'misbehaviour/verdict-right', () => inBatch(honest)],
    [
      'one that is not in it',
      'malformed',
      'tree/inclusion-invalid',
      () => inBatch(honest, { verdict: lying('record', 'fail') }),
    ],
    [
      'one in the batch of somebody whom nobody knows',
      'inconclusive',
      'misbehaviour/key-unknown',
      () => inBatch(lying('record', 'fail'), {}, STRANGER),
    ],
  ])('%s frames nobody', async (_, outcome, code, evidence) => {
    expect(await judge(await evidence())).toMatchObject({ outcome, code });
  });
});
