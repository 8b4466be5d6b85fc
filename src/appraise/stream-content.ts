/** Comparing a stream with what a receipt commits to: the chain over its events, and what the issuer has signed between them. */
import { parseCanonical } from '../bytes/json.js';
import { equal, fromUtf8, utf8 } from '../bytes/octets.js';
import { type EventBlock, EventSplitter, eventBytes } from '../exchange/server-sent-events.js';
import type { VerifierKey } from '../note/key.js';
import { Failure } from '../reason-core.js';
import { type Envelope, envelopeBytes, envelopeIsSignedBy, readEnvelope } from '../receipt/envelope.js';
import { ACCEPTANCE_COMMENT, RECEIPT_COMMENT } from '../receipt/inline.js';
import type { ReceiptStatement } from '../receipt/receipt.js';
import { StreamChain } from '../receipt/stream-chain.js';
import { checkAcceptance } from './acceptance.js';

interface StreamContext {
  readonly statement: ReceiptStatement;
  readonly envelope: Envelope;
  readonly issuer: VerifierKey | null;
}

/**
 * The last link of a stream's chain; what the issuer signed in comments along the way is judged too.
 *
 * Throws `content/response-mismatch`, `content/inline-mismatch`, `content/inline-invalid`, `acceptance/…`, `json/…` or `envelope/…`.
 */
export async function replayStream(
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
