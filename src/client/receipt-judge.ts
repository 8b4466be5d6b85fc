/**
 * Judging what an issuer has signed about one exchange, by the client that has made it. `verify` says what any outsider can say; the
 * client knows more: which exchange the answer claims to be, when it asked, and which status came.
 */
import { checkAcceptance } from '../appraise/acceptance.js';
import { CLOCK_TOLERANCE } from '../appraise/record.js';
import type { Trust } from '../appraise/trust.js';
import { verify } from '../appraise/verify.js';
import { toHex } from '../bytes/hex.js';
import { keyLabel, type VerifierKey } from '../note/key.js';
import { Failure } from '../reason.js';
import { ACCEPTANCE } from '../receipt/acceptance.js';
import { formatBundle } from '../receipt/bundle.js';
import { type Envelope, envelopeIsSignedBy } from '../receipt/envelope.js';
import { nonceCommitment } from '../receipt/nonce.js';
import { commit } from '../receipt/opening.js';
import { RECEIPT, type ReceiptStatement } from '../receipt/receipt.js';
import { readStatement } from '../receipt/statement.js';
import type { Verified } from './outcome.js';

/** What the client knows of an exchange by itself, and what the headers of the answer say. */
export interface Exchange {
  readonly exchange: string;
  readonly opening: Uint8Array;
  /** The request's exact bytes. */
  readonly request: Uint8Array;
  /** What was sent with them, and with no other request. */
  readonly nonce: string;
  /** When they were sent, in milliseconds. */
  readonly sentAt: number;
  /** The HTTP status that came. */
  readonly status: number;
}

export interface ReceiptJudge {
  readonly trust: Trust;
  /** How long after the answer a receipt may promise to be in the log, in milliseconds. */
  readonly longestPromise: number;
  /** The time, in milliseconds. */
  now(): number;
}

/**
 * Throws the failure that says why the acceptance is not this exchange's: `envelope/issuer-unknown`, `key/standing-unknown`,
 * `acceptance/…`, `client/nonce-…`, `client/receipt-stale` or `receipt/log-mismatch`.
 */
export async function judgeAcceptance(
  acceptance: Envelope,
  known: Exchange,
  { trust }: ReceiptJudge,
): Promise<void> {
  const { exchange, opening, request, sentAt } = known;
  const issuer = issuerOf(acceptance, trust);
  if (!(await envelopeIsSignedBy(acceptance, issuer.publicKey)))
    throw new Failure('acceptance/signature-invalid');
  const { subject, predicate } = readStatement(ACCEPTANCE, acceptance);
  if (predicate.issuer !== acceptance.keyId) throw new Failure('acceptance/mismatch', { field: 'issuer' });
  if (predicate.exchange !== exchange) throw new Failure('acceptance/mismatch', { field: 'exchange' });
  if (subject[0].digest['countersign-commitment-v1'] !== toHex(commit(opening, 'request', request)))
    throw new Failure('acceptance/mismatch', { field: 'subject' });
  checkNonce(predicate.nonce, known);
  if (predicate.log.origin !== trust.log.name)
    throw new Failure('receipt/log-mismatch', { field: 'predicate.log.origin' });
  checkFreshness(predicate.received, sentAt);
}

/**
 * What the receipt says, once it is known to be a trusted issuer's, of this exchange and of these bytes. Throws the failure that says why it
 * is not.
 *
 * @param response the answer's exact bytes; null when they are compared elsewhere, event by event
 * @param acceptance what the stream began with; null for an answer in one body
 */
export async function judgeReceipt(
  envelope: Envelope,
  known: Exchange,
  { trust, longestPromise, now }: ReceiptJudge,
  { response, acceptance }: { readonly response: Uint8Array | null; readonly acceptance: Envelope | null },
): Promise<Verified & { readonly statement: ReceiptStatement }> {
  const bundle = formatBundle({ envelope, proof: null });
  const content = { opening: known.opening, request: known.request, response };
  const { checks, receipt, digest } = await verify({ bundle, trust, content, asOf: now() });
  for (const check of checks) {
    if (check.status === 'fail')
      throw new Failure(check.code, check.field === null ? {} : { field: check.field });
    // A retired key's signature shows nothing before the log has shown when it was made.
    if (check.name === 'signature' && check.status !== 'pass') throw new Failure(check.code);
  }
  if (receipt === null || digest === null) throw new Failure('receipt/malformed');
  const statement = readStatement(RECEIPT, envelope);
  if (receipt.exchange !== known.exchange) throw new Failure('client/exchange-mismatch');
  checkNonce(receipt.request.nonce, known);
  // Whoever stands in between can hang up, and pass on the part that came before as all of the answer.
  if (receipt.response.status === 'aborted') throw new Failure('client/answer-aborted');
  // Only a gateway that refused before it had the whole request can commit to none of it.
  if (!receipt.request.complete && receipt.response.status !== 'refused')
    throw new Failure('content/request-partial');
  if (receipt.response.http !== known.status)
    throw new Failure('client/status-mismatch', {
      detail: `${known.status}, where the receipt has ${receipt.response.http}`,
    });
  if (receipt.log.origin !== trust.log.name)
    throw new Failure('receipt/log-mismatch', { field: 'predicate.log.origin' });
  checkFreshness(receipt.time.received, known.sentAt);
  if (receipt.log.deadline > now() + CLOCK_TOLERANCE + longestPromise)
    throw new Failure('client/promise-too-long', { field: 'predicate.log.deadline' });
  if (acceptance !== null)
    await checkAcceptance(acceptance, { envelope, statement }, issuerOf(acceptance, trust));
  return { verified: true, exchange: known.exchange, receipt, digest, statement };
}

/** Throws `envelope/issuer-unknown`, or `key/standing-unknown` for a key that no longer signs. */
function issuerOf(envelope: Envelope, trust: Trust): VerifierKey {
  const isSigner = (key: VerifierKey) => keyLabel(key) === envelope.keyId;
  const issuer = trust.issuers.find(isSigner);
  if (issuer !== undefined) return issuer;
  const isRetired = trust.retired.some(({ role, key }) => role === 'issuer' && isSigner(key));
  throw new Failure(isRetired ? 'key/standing-unknown' : 'envelope/issuer-unknown');
}

/**
 * Another client's answer to the very same request verifies in everything else, and its opening may be known to whoever stands in between. One
 * that commits to no nonce says nothing about whose it is, so that it must not pass either.
 */
function checkNonce(committed: string | undefined, { opening, nonce }: Exchange): void {
  if (committed === undefined) throw new Failure('client/nonce-missing');
  if (committed !== nonceCommitment(opening, nonce)) throw new Failure('client/nonce-mismatch');
}

/** What an issuer signs of a time before the question is not about it, or has a clock that nobody can rely on. */
function checkFreshness(received: number, sentAt: number): void {
  if (received < sentAt - CLOCK_TOLERANCE) throw new Failure('client/receipt-stale');
}
