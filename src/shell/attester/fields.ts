/** Fields of fixed length, and numbers with their lowest octet first, as hardware writes them. */
import { utf8 } from '../../bytes/octets.js';
import { SIMULATED } from './keys.js';

/** The octets with zeros behind them. Throws a `RangeError` for more than there is room for. */
export function padded(octets: Uint8Array, length: number): Uint8Array {
  const field = new Uint8Array(length);
  field.set(octets);
  return field;
}

/** `simulated`, with zeros behind it. */
export function mark(length: number): Uint8Array {
  return padded(utf8(SIMULATED), length);
}

export function littleEndian(value: number, octets: number): Uint8Array {
  return Uint8Array.from({ length: octets }, (_, place) => Math.floor(value / 2 ** (8 * place)) % 0x100);
}
