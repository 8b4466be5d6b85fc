/** Conformance verbs about receipts, notes and proofs. */
import * as v from 'valibot';
import { checkProof } from '../../../appraise/proof.js';
import { parseTrust } from '../../../appraise/trust.js';
import { verify } from '../../../appraise/verify.js';
import { sha256 } from '../../../bytes/cryptography.js';
import { toHex } from '../../../bytes/hex.js';
import { fromUtf8, utf8 } from '../../../bytes/octets.js';
import { keyLabel, parseVerifierKey } from '../../../note/key.js';
import { parsePolicy } from '../../../note/policy.js';
import { parseNote, type VerifiedSignature, verifyNote } from '../../../note/signed-note.js';
import { Failure, type ReasonCode } from '../../../reason.js';
import { leafHash } from '../../../tree/hash.js';
import { accepted, answerOf, answerWith, type ConformanceAnswer } from './answer.js';
import { Base64, Time } from './input.js';
import { verb } from './verb.js';

const STATUS = {
  pass: 'accepted',
  fail: 'refused',
  inconclusive: 'inconclusive',
  malformed: 'malformed',
} as const;

export const VERIFY_RECEIPT = verb(
  'verify-receipt',
  'a bundle, given whom to trust',
  v.strictObject({ bundle: Base64, trust: Base64, asOf: Time }),
  async ({ bundle, trust, asOf }) => {
    let parsed: ReturnType<typeof parseTrust>;
    try {
      parsed = parseTrust(trust);
    } catch (error) {
      return answerOf(error, error instanceof Failure ? [error.code] : []);
    }
    const { outcome, checks, facts, digest, receipt, responsibility, concentration } = await verify({
      bundle,
      trust: parsed,
      content: { opening: null, request: null, response: null },
      asOf,
    });
    const claims = { checks, facts, exchange: receipt?.exchange ?? null, responsibility, concentration };
    const status = STATUS[outcome];
    if (status === 'accepted') return accepted(digest, claims);
    return answerWith(status, deciding(checks), digest, claims);
  },
);

export const VERIFY_NOTE = verb(
  'verify-note',
  'a signed note, given the keys that are known',
  v.strictObject({ note: Base64, vkeys: v.pipe(v.array(v.string()), v.maxLength(100)) }),
  async ({ note, vkeys }) => {
    try {
      const parsed = parseNote(note);
      const { verified, unknown } = await verifyNote(parsed, vkeys.map(parseVerifierKey));
      const digest = toHex(sha256(utf8(parsed.text)));
      const claims = { signedBy: verified.map(signatureOf), unknown: unknown.length };
      if (verified.length === 0) return answerWith('refused', 'note/signer-unknown', digest, claims);
      return accepted(digest, claims);
    } catch (error) {
      return answerOf(error, ['note/malformed', 'note/key-malformed']);
    }
  },
);

export const VERIFY_PROOF = verb(
  'verify-proof',
  'that an entry is in a log, given the policy that names log and witnesses',
  v.strictObject({ proof: Base64, leaf: Base64, policy: v.string() }),
  async ({ proof, leaf, policy }): Promise<ConformanceAnswer> => {
    try {
      const text = fromUtf8(proof);
      if (text === null) throw new Failure('proof/malformed', { detail: 'not UTF-8' });
      const { index, checkpoint, cosignatures, quorum } = await checkProof(text, leaf, parsePolicy(policy));
      const claims = {
        origin: checkpoint.origin,
        index,
        size: checkpoint.size,
        root: toHex(checkpoint.root),
        cosignedBy: cosignatures.map(signatureOf),
        quorum,
      };
      const digest = toHex(leafHash(leaf));
      return quorum === 'not met'
        ? answerWith('inconclusive', 'witness/quorum-not-met', digest, claims)
        : accepted(digest, claims);
    } catch (error) {
      return answerOf(error, MALFORMED_PROOF);
    }
  },
);

const MALFORMED_PROOF: readonly ReasonCode[] = [
  'proof/malformed',
  'note/malformed',
  'checkpoint/malformed',
  'policy/malformed',
  'policy/name-duplicate',
  'policy/key-duplicate',
  'policy/name-unknown',
  'policy/member-reused',
];

function signatureOf({ key, time }: VerifiedSignature): {
  readonly key: string;
  readonly time: number | null;
} {
  return { key: keyLabel(key), time };
}

/** The code of the check that decided: the first that failed, or of those that are needed the first that was not made. */
function deciding(checks: Awaited<ReturnType<typeof verify>>['checks']): ReasonCode {
  const failed = checks.find(check => check.status === 'fail');
  const open = checks.find(check => check.status === 'not-checked' && NEEDED.includes(check.name));
  const decisive = failed ?? open;
  if (decisive === undefined || decisive.status === 'pass') throw new Error('a verdict that nothing led to');
  return decisive.code;
}

const NEEDED: readonly string[] = ['signature', 'inclusion', 'witnesses'];
