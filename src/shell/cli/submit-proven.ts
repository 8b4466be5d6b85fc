/** Handing an entry in at its log, and believing no place of it that the log has not proven. */
import { checkProof } from '../../appraise/proof.js';
import type { Trust } from '../../appraise/trust.js';
import { Failure } from '../../reason.js';
import { type Envelope, envelopeBytes } from '../../receipt/envelope.js';
import type { Submitted } from '../validator/validator.js';
import { handIn, type Outcome } from './hand-in.js';

/**
 * Resolves to the entry's index, with the proof. Throws `peer/…`, `verdict/entry-refused` with the log's own code, `witness/quorum-not-met` where the witnesses
 * have not seen it there yet, or what makes the proof none.
 *
 * The log's word alone is not enough: it could name a place for a policy, and have another entry there once a batch has named that place.
 */
export async function submitProven(url: string, envelope: Envelope, trust: Trust): Promise<Submitted> {
  const entry = envelopeBytes(envelope);
  const outcome = await handIn({ path: '', entry, envelope }, { to: url, wait: 'witnessed' });
  if (outcome.kind !== 'taken') throw refusalOf(outcome, url);
  const { receipt } = outcome;
  if (receipt.by !== 'log' || receipt.proof === null)
    throw new Failure('peer/answer-malformed', {
      field: url,
      detail: 'no proof that the entry is in the log',
    });
  const policy = { ...trust.policy, logs: [{ key: trust.log, url: null }] };
  const proven = await checkProof(receipt.proof, entry, policy);
  if (proven.index !== receipt.index || proven.checkpoint.origin !== trust.log.name)
    throw new Failure('peer/answer-malformed', { field: url, detail: 'a proof of another place' });
  if (proven.quorum === 'not met') throw new Failure('witness/quorum-not-met', { field: url });
  return { index: proven.index, proof: receipt.proof };
}

/** A log that is starting, stopping or has too much to do has refused nothing. */
function refusalOf(outcome: Exclude<Outcome, { readonly kind: 'taken' }>, url: string): Failure {
  if (outcome.kind === 'unverified') return new Failure('verdict/entry-refused', { detail: 'a stamp' });
  const { code, status } = outcome;
  const why = code ?? `HTTP ${status}`;
  if (status === 429 || status >= 500)
    return new Failure('peer/answer-unexpected', {
      field: url,
      detail: code === null ? why : `HTTP ${status}, ${code}`,
    });
  const detail = code === 'envelope/issuer-unknown' ? `it has not admitted this key (${code})` : why;
  return new Failure('verdict/entry-refused', { detail });
}
