/**
 * CBOR (RFC 8949) for the tables of the corpus: every function gives encoded octets and takes members that are encoded already, so that
 * one wrong piece can stand anywhere in a structure that is right.
 */
import { bytesOf } from './make.mjs';

/** The argument in as few octets as it takes, or in `width` of them (1, 2, 4 or 8), which may be more than it needs. */
export function head(major, argument, width = shortest(argument)) {
  if (width === 0) return Buffer.from([(major << 5) | Number(argument)]);
  const wide = Buffer.alloc(8);
  wide.writeBigUInt64BE(BigInt(argument));
  return Buffer.concat([Buffer.from([(major << 5) | (24 + Math.log2(width))]), wide.subarray(8 - width)]);
}

function shortest(argument) {
  const value = BigInt(argument);
  if (value < 24n) return 0;
  return [1, 2, 4, 8].find(width => value < 1n << BigInt(8 * width));
}

export const integer = (value, width) =>
  BigInt(value) < 0n ? head(1, -1n - BigInt(value), width) : head(0, value, width);
export const byteString = (bytes, width) => Buffer.concat([head(2, bytes.length, width), Buffer.from(bytes)]);
export const textString = (value, width) => {
  const bytes = typeof value === 'string' ? bytesOf(value) : Buffer.from(value);
  return Buffer.concat([head(3, bytes.length, width), bytes]);
};
export const array = (members, width) => Buffer.concat([head(4, members.length, width), ...members]);
/** The entries in the order in which they are given. */
export const map = (entries, width) => Buffer.concat([head(5, entries.length, width), ...entries.flat()]);
export const tagged = (tag, value, width) => Buffer.concat([head(6, tag, width), value]);
export const NULL = Buffer.from([0xf6]);
