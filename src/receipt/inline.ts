/**
 * How what the issuer signs rides inside a stream: as comment lines of server-sent events, each attached to the block of an event,
 * because clients ignore comments but some stumble over blocks that hold nothing else.
 */
import { concat, utf8 } from '../bytes/octets.js';

/** How a comment that carries the acceptance begins, after its colon; the envelope's canonical JSON follows. */
export const ACCEPTANCE_COMMENT = ' countersign-acceptance ';
/** The same for the receipt. */
export const RECEIPT_COMMENT = ' countersign-receipt ';

const LINE_END = utf8('\n');

const RESERVED = /^\s*countersign-/i;
/** Characters in which a reserved comment tells itself. */
const LOOKED_AT = 64;

/** Whether a comment, without its colon, is one that only an issuer may write: an upstream that sends one is trying to pass for us. */
export function isReservedComment(comment: Uint8Array): boolean {
  return RESERVED.test(String.fromCharCode(...comment.subarray(0, LOOKED_AT)));
}

/** The whole comment line, its line end included. `entry`: the envelope's canonical bytes. */
export function commentLine(prefix: string, entry: Uint8Array): Uint8Array {
  return concat(utf8(`:${prefix}`), entry, LINE_END);
}
