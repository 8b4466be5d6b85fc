import { describe, expect, it } from 'vitest';
import { ATTESTED_ISSUER, countersignAnswer, NONCE } from '../../../test/support/evidence/providers.js';
import { TEST_ROOTS } from '../../../test/support/evidence/roots.js';
import { makeAuthority } from '../../../test/support/evidence/x509-maker.js';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { testKey } from '../../../test/support/keys.js';
import { TRUST_FILE } from '../../../test/support/parties.js';
import { make } from '../../../test/support/sample-exchange.js';
import { COMPLETED, SAMPLE_RECEIPT } from '../../../test/support/sample-receipt.js';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import type { Json } from '../../bytes/json.js';
import { utf8 } from '../../bytes/octets.js';
import { parseAttestationAnswer } from '../../evidence/countersign/answer.js';
import { parseSnpReport } from '../../evidence/snp/layout.js';
import { formatVerifierKey, keyLabel } from '../../note/key.js';
import { envelopeBytes, parseEnvelope, payloadDigest, seal } from '../../receipt/envelope.js';
import { RECEIPT, type Receipt, receiptSubject } from '../../receipt/receipt.js';
import { writeStatement } from '../../receipt/statement.js';
import { formatUpstreamAttestation, type UpstreamAttestation } from '../providers/upstream-attestation.js';
import { parseTrust } from '../trust.js';
import { appraisalPolicyOf } from './appraisal-policy.js';
import { appraise } from './appraise.js';
import type { EvidenceArtefact } from './weighed-evidence.js';

const SERVER = makeAuthority({ subject: 'upstream.example', type: 'P-256' });
const KEY = sha256(SERVER.keys.spki);
const TRUST_BYTES = utf8(JSON.stringify(TRUST_FILE));
const ANSWER = countersignAnswer({ tls: KEY });
const attested: UpstreamAttestation = {
  provider: 'countersign',
  host: 'upstream.example',
  nonce: NONCE,
  answers: [ANSWER],
  certificate: SERVER.certificate,
  asked: Math.floor(COMPLETED / 1000) - 60,
  collateral: null,
  revocations: null,
};
const signedRegion = (() => {
  const { evidence } = parseAttestationAnswer(ANSWER);
  if (evidence.kind !== 'sev-snp') throw new Error('another kind');
  return toHex(sha256(parseSnpReport(evidence.report).signed));
})();

const MEASURED = { name: 'software', evidence: { 'sev-snp': { measurements: ['33'.repeat(48)] } } };
const REQUIRED: Json = { ...MEASURED, requires: { place: 'handoff' } };

interface Case {
  readonly attestation?: Partial<UpstreamAttestation>;
  readonly policy?: Json;
  readonly receipt?: (receipt: Receipt) => Receipt;
  readonly more?: readonly EvidenceArtefact[];
  readonly named?: Receipt['evidence'];
}

async function judged({
  attestation = {},
  policy = REQUIRED,
  receipt = one => one,
  more = [],
  named = [],
}: Case) {
  const document = formatUpstreamAttestation({ ...attested, ...attestation });
  const { bundle, asOf } = await make({
    receipt: one =>
      receipt({
        ...one,
        evidence: [
          {
            digest: toHex(sha256(document)),
            mediaType: 'application/json',
            signedDigest: signedRegion,
            type: 'upstream-attestation',
          },
          ...named,
        ],
        upstream: {
          origin: 'https://upstream.example',
          requestId: null,
          signature: null,
          tlsSpki: toHex(KEY),
        },
      }),
  });
  const { verdict, claims } = await appraise({
    bundle,
    trust: { trust: parseTrust(TRUST_BYTES), bytes: TRUST_BYTES },
    policy: appraisalPolicyOf(policy),
    evidence: [{ kind: 'upstream-attestation', document }, ...more],
    asOf,
    roots: TEST_ROOTS,
  });
  const clauses = Object.fromEntries(
    verdict.clauses.map(({ clause, code, status }) => [clause, code ?? status]),
  );
  return { verdict, clauses, place: claims.find(({ about }) => about === 'place')?.strength };
}

describe('how an upstream has attested itself', () => {
  it('shows who took the request: a handoff, by hardware', async () => {
    const { clauses, place, verdict } = await judged({});
    expect([clauses.evidence, clauses.binding, clauses.place, place]).toEqual([
      'pass',
      'pass',
      'pass',
      'handoff',
    ]);
    expect(verdict.evidence).toMatchObject([{ kind: 'upstream-attestation', signedRegion, pieces: [] }]);
  });

  it.each<readonly [string, Case, 'evidence' | 'binding', string]>([
    [
      'the receipt does not name it',
      { receipt: one => ({ ...one, evidence: [] }) },
      'binding',
      'appraisal/attestation-unlinked',
    ],
    [
      'another key of TLS has answered',
      {
        receipt: one => ({
          ...one,
          upstream: { ...(one.upstream as NonNullable<Receipt['upstream']>), tlsSpki: '00'.repeat(32) },
        }),
      },
      'binding',
      'provider/tls-mismatch',
    ],
    [
      'it was asked for afterwards',
      { attestation: { asked: Math.ceil(COMPLETED / 1000) + 1 } },
      'binding',
      'appraisal/attestation-old',
    ],
    [
      'it was asked for two days before',
      { attestation: { asked: Math.floor(COMPLETED / 1000) - 2 * 86_400 } },
      'binding',
      'appraisal/attestation-old',
    ],
    [
      'other software',
      { policy: { ...MEASURED, evidence: { 'sev-snp': { measurements: ['44'.repeat(48)] } } } },
      'evidence',
      'snp/measurement-refused',
    ],
    [
      'evidence of that kind does not count',
      { policy: { name: 'x', evidence: { kinds: ['tdx'] } } },
      'evidence',
      'appraisal/kind-excluded',
    ],
    [
      'no release is of it',
      { policy: { name: 'x', releases: [{ name: 'one', measurements: ['44'.repeat(48)] }] } },
      'evidence',
      'appraisal/release-unknown',
    ],
    [
      'a certificate of another server',
      { attestation: { certificate: makeAuthority({ subject: 'x', type: 'P-256' }).certificate } },
      'evidence',
      'provider/tls-mismatch',
    ],
  ])('shows nothing where %s', async (_, options, clause, code) => {
    const { clauses, place } = await judged(options);
    expect([clauses[clause], place]).toEqual([code, 'asserted']);
  });

  it('shows nothing where any software would do', async () => {
    expect((await judged({ policy: { name: 'any' } })).place).toBe('asserted');
  });

  it('what nobody can judge is no verdict', async () => {
    expect(await reasonOfAsync(() => judged({ attestation: { nonce: NONCE.with(0, 200) } }))).toBe(
      'appraisal/evidence-unreadable',
    );
  });
});

describe('with the receipt of an upstream that is a gateway', () => {
  const linkedBy = ({ key, signer }: ReturnType<typeof testKey>) => {
    const payload = writeStatement(RECEIPT, {
      subject: receiptSubject('ab'.repeat(32), { form: 'body', commitment: 'cd'.repeat(32) }),
      predicate: { ...SAMPLE_RECEIPT, issuer: keyLabel(key) },
    });
    const envelope = envelopeBytes(seal(payload, keyLabel(key), signer));
    const signedDigest = toHex(payloadDigest(parseEnvelope(envelope)));
    return {
      more: [{ kind: 'countersign-receipt' as const, envelope }],
      named: [
        {
          digest: toHex(sha256(envelope)),
          mediaType: 'application/json',
          signedDigest,
          type: 'countersign-receipt',
        },
      ],
      policy: { ...MEASURED, providers: [formatVerifierKey(key)] } as Json,
    };
  };

  it('is of what was attested where the evidence binds its key', async () => {
    const { clauses, place } = await judged(linkedBy(ATTESTED_ISSUER));
    expect([clauses.evidence, place]).toEqual(['pass', 'handoff']);
  });

  it('is of somebody else where it does not', async () => {
    const { clauses } = await judged(linkedBy(testKey('other.example', 77)));
    expect(clauses.evidence).toBe('binding/receipt-key-mismatch');
  });
});
