/** What verifying and a validator's judging say of a run, as the table of forged runs has it. */
import type { EvidenceTrust } from '../../src/appraise/kept/material.js';
import { parseTrust } from '../../src/appraise/trust.js';
import { appraisalPolicyOf } from '../../src/appraise/verdict/appraisal-policy.js';
import { type EvidenceVerification, verifyWithEvidence } from '../../src/appraise/verdict/verify-evidence.js';
import { toBase64 } from '../../src/bytes/base64.js';
import { utf8 } from '../../src/bytes/octets.js';
import { parseNote } from '../../src/note/signed-note.js';
import { parseBundle } from '../../src/receipt/bundle.js';
import { envelopeBytes } from '../../src/receipt/envelope.js';
import type { Revocation } from '../../src/receipt/revocation.js';
import type { Verdict } from '../../src/receipt/verdict.js';
import { timeOf } from '../../src/shell/validator/checkpoint-time.js';
import {
  type EvidenceSource,
  type JudgedReceipts,
  judgeReceipts,
} from '../../src/shell/validator/judge-receipts.js';
import { parseTlogProof } from '../../src/tree/tlog-proof.js';
import { RUN_POLICY, RUN_ROOTS } from './attested-runs.js';
import type { ForgedRun } from './forged-runs.js';
import { TRUST_FILE } from './parties.js';
import { listed } from './revocations.js';
import { make } from './sample-exchange.js';
import { AS_OF } from './sample-receipt.js';

export type ShownRun = Pick<ForgedRun, 'run' | 'policy' | 'policyEntry' | 'revoked'>;

export function revocationOf({ revoked }: Pick<ForgedRun, 'revoked'>): Revocation | null {
  return revoked === undefined ? null : { ...revoked, reason: 'compromised', since: null };
}

/** Of whoever has read the log. */
export function runTrust(shown: Pick<ForgedRun, 'revoked'> = {}) {
  const revocation = revocationOf(shown);
  const revocations = revocation === null ? [] : [listed(revocation, AS_OF - 3_600_000)];
  const bytes = utf8(JSON.stringify({ ...TRUST_FILE, revocations }));
  return { trust: parseTrust(bytes), bytes };
}

/** As `countersign verify --evidence` has it. */
export async function verifiedRun(shown: ShownRun): Promise<EvidenceVerification> {
  const { run, policy = RUN_POLICY, policyEntry } = shown;
  const { bundle, asOf } = await make(run.recipe);
  const content = { opening: null, request: null, response: null };
  const { trust } = runTrust(shown);
  return verifyWithEvidence(
    { bundle, content, trust, asOf, ...(policyEntry === undefined ? {} : { policy: policyEntry }) },
    { evidence: [run.evidence], measure: appraisalPolicyOf(policy), roots: RUN_ROOTS },
  );
}

export interface JudgedRun extends JudgedReceipts {
  readonly verdict: Verdict;
  /** The signed note under which the log has the receipt. */
  readonly checkpoint: string;
}

/**
 * As a validator judges the entry of a log, with the evidence that its source gives: the run's, where it is left out. `roots`: the makers' own, where it is
 * null.
 */
export async function judgedRun(
  shown: ShownRun,
  roots: EvidenceTrust | null = RUN_ROOTS,
  evidenceOf: EvidenceSource = async () => [shown.run.evidence],
): Promise<JudgedRun> {
  const { run, policy = RUN_POLICY } = shown;
  const { bundle, asOf } = await make(run.recipe);
  const { envelope, proof } = parseBundle(bundle);
  const { index, hashes, checkpoint } = parseTlogProof(proof as string);
  const trust = runTrust(shown);
  // The moment that the checkpoint states, and no other.
  const stated = await timeOf(parseNote(utf8(checkpoint)), trust.trust);
  const judged = await judgeReceipts(
    [{ index, entry: envelopeBytes(envelope) }],
    checkpoint,
    async () => () => hashes.map(toBase64),
    { trust, policy: appraisalPolicyOf(policy), asOf: stated ?? asOf, ...(roots && { roots }) },
    evidenceOf,
  );
  // The first line is of the batch, which is nobody's here.
  const [, line] = new TextDecoder().decode(judged.lines.format(envelope, checkpoint)).split('\n');
  const { verdict } = JSON.parse(line as string) as { readonly verdict: Verdict };
  return { ...judged, checkpoint, verdict };
}
