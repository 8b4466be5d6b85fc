/** Comparing content with what a receipt commits to. Without the opening, nobody can; with it, anybody. */
import { toHex } from '../bytes/hex.js';
import { parseCanonical } from '../bytes/json.js';
import { equal, fromUtf8, utf8 } from '../bytes/octets.js';
import { type EventBlock, EventSplitter, eventBytes } from '../exchange/server-sent-events.js';
import type { VerifierKey } from '../note/key.js';
import { Failure } from '../reason-core.js';
import { type Envelope, envelopeBytes, envelopeIsSignedBy, readEnvelope } from '../receipt/envelope.js';
import { ACCEPTANCE_COMMENT, RECEIPT_COMMENT } from '../receipt/inline.js';
import { commit } from '../receipt/opening.js';
import { type ReceiptStatement, requestCommitment, responseDigest } from '../receipt/receipt.js';
import { StreamChain } from '../receipt/stream-chain.js';
import { checkAcceptance } from './acceptance.js';
import { type Check, fail, failed, notChecked, pass } from './check.js';

export interface Content {
  /** The exchange's 32-byte opening. */
  readonly opening: Uint8Array | null;
  /** The exact bytes that the client sent. */
  readonly request: Uint8Array | null;
  /** The exact bytes that came, or for a stream its exact server-sent events. */
  readonly response: Uint8Array | null;
  /** One of the answer's images, as the file that it is; left out by those who have none to compare. */
  readonly image?: Uint8Array;
}

export function checkRequest({ opening, request }: Content, { subject, predicate }: ReceiptStatement): Check {
  if (request === null) return notChecked('request', 'content/not-given');
  if (opening === null) return notChecked('request', 'content/opening-needed');
  if (!predicate.request.complete) return notChecked('request', 'content/request-partial');
  const commitment = toHex(commit(opening, 'request', request));
  return commitment === requestCommitment(subject)
    ? pass('request', 'the prompt is, byte for byte, the one that the receipt commits to')
    : fail('request', 'content/request-mismatch');
}

/** `issuer` judges what the issuer signed inside a stream; null where it is not known, and then that is not judged. */
export async function checkResponse(
  { opening, response }: Content,
  statement: ReceiptStatement,
  envelope: Envelope,
  issuer: VerifierKey | null,
): Promise<Check> {
  if (response === null) return notChecked('response', 'content/not-given');
  if (opening === null) return notChecked('response', 'content/opening-needed');
  const digest = responseDigest(statement.subject);
  if (digest === null) return fail('response', 'content/response-unsigned');
  if (digest.form === 'body') {
    const same = toHex(commit(opening, 'response', response)) === digest.commitment;
    return same
      ? pass('response', 'the answer is, byte for byte, the one that the receipt commits to')
      : fail('response', 'content/response-mismatch');
  }
  try {
    const link = await replayStream(response, opening, { statement, envelope, issuer });
    return toHex(link) === digest.link
      ? pass('response', 'the streamed answer is, event for event, the one that the receipt commits to')
      : fail('response', 'content/response-mismatch');
  } catch (error) {
    return failed('response', error);
  }
}

/** Whether an image is one of those in the answer. A receipt from before each had a commitment of its own has none that it could be. */
export function checkImage(
  { opening }: Content,
  image: Uint8Array,
  { predicate: { response } }: ReceiptStatement,
): Check {
  if (opening === null) return notChecked('image', 'content/opening-needed');
  const { images = { commitments: [] } } = response;
  if (!('commitments' in images)) return notChecked('image', 'content/image-unlisted');
  const at = images.commitments.findIndex(
    (commitment, place) => toHex(commit(opening, `image/${place}`, image)) === commitment,
  );
  if (at < 0) return fail('image', 'content/image-mismatch');
  return pass('image', `it is image ${at + 1} of the ${images.commitments.length} in the answer`);
}

interface StreamContext {
  readonly statement: ReceiptStatement;
  readonly envelope: Envelope;
  readonly issuer: VerifierKey | null;
}

/** The last link of a stream's chain; what the issuer signed in comments along the way is judged too. */
async function replayStream(
  bytes: Uint8Array,
  opening: Uint8Array,
  context: StreamContext,
): Promise<Uint8Array> {
  const chain = new StreamChain(opening);
  const splitter = new EventSplitter(Number.POSITIVE_INFINITY);
  for (const block of blocksOf(bytes, splitter)) {
    for (const comment of block.comments) await checkComment(comment, context);
    if (block.event !== null) chain.add(eventBytes(block.event));
  }
  // What follows the last event is covered by nothing.
  if (splitter.rest.length > 0) throw new Failure('content/response-mismatch');
  return chain.link;
}

/** The blocks of a whole stream, a part at a time, because a file can hold very many. */
function* blocksOf(bytes: Uint8Array, splitter: EventSplitter): Generator<EventBlock> {
  const PART = 1 << 16;
  try {
    for (let at = 0; at < bytes.length; at += PART) yield* splitter.push(bytes.subarray(at, at + PART));
    yield* splitter.end();
  } catch (error) {
    // What a gateway would never have passed on is not what it committed to.
    throw error instanceof Failure && error.code === 'upstream/garbage'
      ? new Failure('content/response-mismatch')
      : error;
  }
}

/** Another receipt by the issuer is evidence against it; what only looks like one is a stream that somebody has altered. */
async function inlineFailure(inline: Uint8Array, issuer: VerifierKey | null): Promise<Failure> {
  try {
    const other = readEnvelope(parseCanonical(inline));
    const signed = issuer !== null && (await envelopeIsSignedBy(other, issuer.publicKey));
    return new Failure(signed ? 'content/inline-mismatch' : 'content/inline-invalid');
  } catch {
    return new Failure('content/inline-invalid');
  }
}

async function checkComment(
  comment: Uint8Array,
  { statement, envelope, issuer }: StreamContext,
): Promise<void> {
  const text = fromUtf8(comment) ?? '';
  if (text.startsWith(RECEIPT_COMMENT)) {
    const inline = utf8(text.slice(RECEIPT_COMMENT.length));
    if (!equal(inline, envelopeBytes(envelope))) throw await inlineFailure(inline, issuer);
  } else if (text.startsWith(ACCEPTANCE_COMMENT)) {
    const acceptance = readEnvelope(parseCanonical(utf8(text.slice(ACCEPTANCE_COMMENT.length))));
    await checkAcceptance(acceptance, { envelope, statement }, issuer);
  }
}
