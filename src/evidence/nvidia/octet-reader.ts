/** Reads little-endian fields one after another, from bytes that a stranger sent. */
import { Failure } from '../../reason.js';

export class OctetReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** How many octets have been read. */
  get place(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** The next octets, as a view. Throws `nvidia/malformed` when there are fewer. */
  take(count: number, what: string): Uint8Array {
    if (count > this.#bytes.length - this.#at) throw malformed(`it ends within ${what}`);
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  /** A number of up to four octets, the lowest first. */
  number(octets: 1 | 2 | 3 | 4, what: string): number {
    return littleEndian(this.take(octets, what));
  }

  /** Throws `nvidia/malformed` unless the next octet is this one. */
  expect(octet: number, what: string): void {
    const found = this.number(1, what);
    if (found !== octet) throw malformed(`${what} is ${found}, not ${octet}`);
  }
}

/** Up to six octets. */
export function littleEndian(octets: Uint8Array): number {
  return octets.reduceRight((sum, octet) => sum * 256 + octet, 0);
}

export function malformed(detail: string): Failure {
  return new Failure('nvidia/malformed', { detail });
}
