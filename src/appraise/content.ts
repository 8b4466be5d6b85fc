/** Comparing content with what a receipt commits to. Without the opening, nobody can; with it, anybody. */
import { toHex } from '../bytes/hex.js';
import type { VerifierKey } from '../note/key.js';
import type { Envelope } from '../receipt/envelope.js';
import { commit } from '../receipt/opening.js';
import { type ReceiptStatement, requestCommitment, responseDigest } from '../receipt/receipt.js';
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

/** Loaded with the first stream that is compared: most compare none. */
let streams: Promise<typeof import('./stream-content.js')> | null = null;

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
    streams ??= import('./stream-content.js');
    const { replayStream } = await streams;
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
