/**
 * What a gateway and the thread that seals for it say to each other. An order and its report are one piece of memory each: handing over objects
 * takes longer than handing over what is in them.
 */
import { fromBase32, toBase32 } from '../../bytes/base32.js';
import type { ExchangeContent } from '../../receipt/content-vault.js';
import { framedBytes, unframe, writeFrame } from './content-frame.js';

/** A statement to sign. */
export interface Given {
  readonly statement: Uint8Array;
  /** The exchange that it ends, and what is to be kept of that; null where it is only to be signed. */
  readonly ends: Ended | null;
}

export interface Ended {
  readonly exchange: string;
  /** SHA-256 of the statement. */
  readonly digest: Uint8Array;
  readonly content: ExchangeContent;
}

const ID_BYTES = 16;
const DIGEST_BYTES = 32;
/** `u32be length of the statement ‖ u32be length of the content ‖ 16 bytes id of the exchange ‖ 32 bytes digest of the statement`. */
const HEAD_BYTES = 8 + ID_BYTES + DIGEST_BYTES;
/** Stands for the length of a content that is not there. */
const NONE = 0xffffffff;

/** Of each statement its head, itself and its content. */
export function writeOrder(given: readonly Given[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const { statement, ends } of given)
    length += HEAD_BYTES + statement.length + (ends === null ? 0 : framedBytes(ends.content));
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { statement, ends } of given) {
    const content = at + HEAD_BYTES + statement.length;
    view.setUint32(at, statement.length);
    view.setUint32(at + 4, ends === null ? NONE : framedBytes(ends.content));
    bytes.set(statement, at + HEAD_BYTES);
    if (ends !== null) {
      bytes.set(fromBase32(ends.exchange) as Uint8Array, at + 8);
      bytes.set(ends.digest, at + 8 + ID_BYTES);
      writeFrame(ends.content, bytes, content);
    }
    at = content + (ends === null ? 0 : framedBytes(ends.content));
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
    const ends =
      length === NONE
        ? null
        : {
            exchange: toBase32(bytes.subarray(at + 8, at + 8 + ID_BYTES)),
            digest: bytes.subarray(at + 8 + ID_BYTES, statementAt),
            content: unframe(bytes.subarray(contentAt, end)),
          };
    given.push({ statement: bytes.subarray(statementAt, contentAt), ends });
    at = end;
  }
  return given;
}

/** What has become of a statement. */
export interface Done {
  /** The envelope. */
  readonly entry: Uint8Array;
  /** Its place in the log; null where it was only to be signed. */
  readonly index: number | null;
}

/** `u32be length of the envelope ‖ f64be index`, which is -1 for none. */
const DONE_BYTES = 12;

/** What has become of an order's first statements, of all where nothing has failed. */
export function writeReport(all: readonly Done[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(all.reduce((sum, { entry }) => sum + DONE_BYTES + entry.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { entry, index } of all) {
    view.setUint32(at, entry.length);
    view.setFloat64(at + 4, index ?? -1);
    bytes.set(entry, at + DONE_BYTES);
    at += DONE_BYTES + entry.length;
  }
  return bytes;
}

/** Views of what {@link writeReport} has written. */
export function readReport(bytes: Uint8Array): Done[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const all: Done[] = [];
  for (let at = 0; at < bytes.length; ) {
    const start = at + DONE_BYTES;
    const end = start + view.getUint32(at);
    const index = view.getFloat64(at + 4);
    all.push({ entry: bytes.subarray(start, end), index: index < 0 ? null : index });
    at = end;
  }
  return all;
}

/** From so many bytes on, handing memory over costs less than copying it. */
const MUCH = 1 << 16;

/** What of a message is handed over instead of copied. */
export function handedOver({ buffer }: Uint8Array<ArrayBuffer>): ArrayBuffer[] {
  return buffer.byteLength < MUCH ? [] : [buffer];
}
