/** Comparing an acceptance with the receipt that ended the same exchange: what an issuer said first with what it said last. */
import type { VerifierKey } from '../note/key.js';
import { Failure } from '../reason-core.js';
import { ACCEPTANCE } from '../receipt/acceptance.js';
import { type Envelope, envelopeIsSignedBy } from '../receipt/envelope.js';
import { type ReceiptStatement, requestCommitment } from '../receipt/receipt.js';
import { readStatement } from '../receipt/statement.js';

/**
 * Throws `acceptance/signature-invalid`, `acceptance/malformed`, or `acceptance/mismatch` naming the member that differs.
 *
 * @param receipt the receipt's envelope, and its statement
 * @param issuer null where it is not known, and then the signature is not judged
 */
export async function checkAcceptance(
  acceptance: Envelope,
  { envelope, statement }: { readonly envelope: Envelope; readonly statement: ReceiptStatement },
  issuer: VerifierKey | null,
): Promise<void> {
  if (issuer !== null && !(await envelopeIsSignedBy(acceptance, issuer.publicKey))) {
    throw new Failure('acceptance/signature-invalid');
  }
  if (acceptance.keyId !== envelope.keyId) throw new Failure('acceptance/mismatch', { field: 'keyid' });
  const accepted = readStatement(ACCEPTANCE, acceptance);
  const members = ['client', 'counter', 'epoch', 'exchange', 'issuer'] as const;
  const other = members.find(member => accepted.predicate[member] !== statement.predicate[member]);
  if (other !== undefined) throw new Failure('acceptance/mismatch', { field: other });
  if (accepted.predicate.nonce !== statement.predicate.request.nonce) {
    throw new Failure('acceptance/mismatch', { field: 'nonce' });
  }
  if (accepted.predicate.received !== statement.predicate.time.received) {
    throw new Failure('acceptance/mismatch', { field: 'received' });
  }
  if (accepted.predicate.log.origin !== statement.predicate.log.origin) {
    throw new Failure('acceptance/mismatch', { field: 'log.origin' });
  }
  if (accepted.subject[0].digest['countersign-commitment-v1'] !== requestCommitment(statement.subject)) {
    throw new Failure('acceptance/mismatch', { field: 'subject' });
  }
}
