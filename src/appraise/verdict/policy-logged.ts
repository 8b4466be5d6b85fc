/**
 * Whether the policy of a batch stood in the log before the batch did: what anybody checks from two entries with their proofs, without the rest of the log.
 * Source: spec/verdict.md §5.
 */

import { toHex } from '../../bytes/hex.js';
import { keyLabel, type VerifierKey } from '../../note/key.js';
import { satisfies } from '../../note/policy.js';
import { Failure } from '../../reason.js';
import { APPRAISAL_POLICY, loggedAppraisalPolicyDigest } from '../../receipt/appraisal-policy-entry.js';
import type { Bundle } from '../../receipt/bundle.js';
import { type Envelope, envelopeBytes, envelopeIsSignedBy, payloadDigest } from '../../receipt/envelope.js';
import { readStatement } from '../../receipt/statement.js';
import { VERDICT_BATCH } from '../../receipt/verdict-batch.js';
import { readProof } from '../record.js';
import type { Trust } from '../trust.js';

/** A batch, and the two entries with their proofs as its validator shows them. */
export interface LoggedPolicy {
  readonly batch: Envelope;
  readonly batchEntry: Bundle;
  readonly policyEntry: Bundle;
}

/** Throws `verdict/policy-unlogged`, saying what is missing. `validator`: whose signature on the policy counts. */
export async function checkPolicyLogged(
  { batch, batchEntry, policyEntry }: LoggedPolicy,
  validator: VerifierKey,
  trust: Trust,
): Promise<void> {
  const { policy } = readStatement(VERDICT_BATCH, batch).predicate.batch;
  const unlogged = (detail: string) => new Failure('verdict/policy-unlogged', { detail });
  if (toHex(payloadDigest(batchEntry.envelope)) !== toHex(payloadDigest(batch)))
    throw unlogged('the entry of another batch');
  const places = { batch: await placeOf(batchEntry, trust), policy: await placeOf(policyEntry, trust) };
  if (places.policy !== policy.index || places.policy >= places.batch)
    throw unlogged(`the policy is entry ${places.policy}, the batch entry ${places.batch}`);
  const { subject, predicate } = readStatement(APPRAISAL_POLICY, policyEntry.envelope);
  // What its subject says is only what somebody has signed: the policy itself has to stand there, for everybody to judge by.
  const digests = [subject[0].digest.sha256, loggedAppraisalPolicyDigest(predicate.policy)];
  const isSame =
    digests.every(digest => digest === policy.digest) && predicate.issuer === keyLabel(validator);
  if (!isSame || !(await envelopeIsSignedBy(policyEntry.envelope, validator.publicKey)))
    throw unlogged('another policy, or by somebody else');
}

/**
 * As the reader's witnesses have seen it, those whose keys have been replaced since among them: a log that helps a validator can sign any tree for those who ask for
 * this one entry.
 */
async function placeOf({ envelope, proof }: Bundle, trust: Trust): Promise<number> {
  try {
    if (proof === null) throw new Failure('proof/absent');
    const { index, cosignatures } = await readProof(proof, envelopeBytes(envelope), null, trust);
    const cosigners = cosignatures.map(({ key }) => key);
    if (!satisfies(trust.policy.quorum, cosigners)) throw new Failure('witness/quorum-not-met');
    return index;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure('verdict/policy-unlogged', { detail: error.code });
  }
}
