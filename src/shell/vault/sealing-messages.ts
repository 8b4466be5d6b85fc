/**
 * What a gateway and the thread that seals for it say to each other. An order and its report are one piece of memory each: handing over objects
 * takes longer than handing over what is in them.
 */
import { fromBase32, toBase32 } from '../../bytes/base32.js';
import type { ReasonCode } from '../../reason.js';

/** What the thread is started with. */
export interface SealingWorkerData {
  /** The folder of the vault. */
  readonly vault: string;
  /** 32 bytes. */
  readonly vaultKey: Uint8Array;
  /** The file that holds the issuer's private key. */
  readonly issuerPath: string;
  /** The verifier key that the file must be of. */
  readonly issuerKey: string;
}

/** A statement to sign. */
export interface Given {
  readonly statement: Uint8Array;
  /** What is to be kept with it, framed; null where nothing is. */
  readonly content: { readonly exchange: string; readonly framed: Uint8Array } | null;
}

/** What has kept the next statement of an order from being sealed; those after it have not been tried. */
export interface SealingFailure {
  readonly code: ReasonCode;
  readonly detail: string | null;
}

const ID_BYTES = 16;
/** `u32be length of the statement ‖ u32be length of the content ‖ 16 bytes id of the exchange`. */
const HEAD_BYTES = 8 + ID_BYTES;
/** Stands for the length of a content that is not there. */
const NONE = 0xffffffff;

/** Of each statement its head, itself and its content. */
export function writeOrder(given: readonly Given[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const { statement, content } of given)
    length += HEAD_BYTES + statement.length + (content?.framed.length ?? 0);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { statement, content } of given) {
    view.setUint32(at, statement.length);
    view.setUint32(at + 4, content?.framed.length ?? NONE);
    if (content !== null) bytes.set(fromBase32(content.exchange) as Uint8Array, at + 8);
    at += HEAD_BYTES;
    bytes.set(statement, at);
    at += statement.length;
    if (content === null) continue;
    bytes.set(content.framed, at);
    at += content.framed.length;
  }
  return bytes;
}

/** Views of what {@link writeOrder} has written. */
export function readOrder(bytes: Uint8Array): Given[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const given: Given[] = [];
  for (let at = 0; at < bytes.length; ) {
    const statementAt = at + HEAD_BYTES;
    const contentAt = statementAt + view.getUint32(at);
    const length = view.getUint32(at + 4);
    const end = length === NONE ? contentAt : contentAt + length;
    const exchange = toBase32(bytes.subarray(at + 8, statementAt));
    const content = length === NONE ? null : { exchange, framed: bytes.subarray(contentAt, end) };
    given.push({ statement: bytes.subarray(statementAt, contentAt), content });
    at = end;
  }
  return given;
}

/** The envelopes of an order's first statements, of all where nothing has failed: of each `u32be length` and itself. */
export function writeReport(envelopes: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(envelopes.reduce((sum, { length }) => sum + 4 + length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const envelope of envelopes) {
    view.setUint32(at, envelope.length);
    bytes.set(envelope, at + 4);
    at += 4 + envelope.length;
  }
  return bytes;
}

/** Views of what {@link writeReport} has written. */
export function readReport(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const envelopes: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + view.getUint32(at);
    envelopes.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return envelopes;
}

/** From so many bytes on, handing memory over costs less than copying it. */
const MUCH = 1 << 16;

/** What of a message is handed over instead of copied. */
export function handedOver({ buffer }: Uint8Array<ArrayBuffer>): ArrayBuffer[] {
  return buffer.byteLength < MUCH ? [] : [buffer];
}
