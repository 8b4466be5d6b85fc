/** What every reader of bytes owes to whoever sends them, and how it is tried. */
import fc from 'fast-check';
import { toBase64 } from '../../src/bytes/base64.js';
import { concat, concatAll, equal, utf8 } from '../../src/bytes/octets.js';
import { Failure, type ReasonCode } from '../../src/reason.js';

export interface Reader {
  readonly name: string;
  /** Inputs that must be read. */
  readonly genuine: readonly Uint8Array[];
  /** More to make damage from: inputs that are refused. */
  readonly others?: readonly Uint8Array[];
  /** Every code with which it may refuse. */
  readonly codes: readonly ReasonCode[];
  /**
   * Reads bytes and writes what it has read; null where it refuses without a code. Whatever it does besides must not throw either.
   */
  readonly writeBack: (bytes: Uint8Array) => Uint8Array | null | Promise<Uint8Array | null>;
  /**
   * `exact`: it writes the very bytes that it has read. `normal`: people write these files, so that one meaning has several texts; what
   * it writes is read, and written as the same again.
   */
  readonly form?: 'exact' | 'normal';
  /** Damage that knows the format; without it only bytes, words and lines are damaged. */
  readonly damage?: fc.Arbitrary<Uint8Array>;
  /** How many inputs cost about as much as one of a plain reader; 1 when it is left out. */
  readonly cost?: number;
}

export type Fate = 'read' | 'refused';

/** What becomes of an input. Throws where the reader breaks its word. */
export async function fateOf(reader: Reader, bytes: Uint8Array): Promise<Fate> {
  const written = await attempt(reader, bytes);
  if (written === null) return 'refused';
  if (reader.form !== 'normal') {
    if (!equal(written, bytes)) throw new Error(`${reader.name}: read, but never written: ${shown(bytes)}`);
    return 'read';
  }
  const again = await attempt(reader, written);
  if (again === null || !equal(again, written))
    throw new Error(`${reader.name}: what it writes is read otherwise: ${shown(bytes)}`);
  return 'read';
}

async function attempt({ codes, writeBack }: Reader, bytes: Uint8Array): Promise<Uint8Array | null> {
  try {
    return await writeBack(bytes);
  } catch (error) {
    if (error instanceof Failure && codes.includes(error.code)) return null;
    throw error;
  }
}

function shown(bytes: Uint8Array): string {
  return bytes.length > 2000 ? `${bytes.length} bytes` : toBase64(bytes);
}

/** Random octets, and what a stranger makes of a sample without looking at it. */
export const noise: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.string({ unit: 'binary', maxLength: 300 }).map(utf8),
);

/** Inputs that are large, or the same thing again and again: no reader may need more than its time for them, nor fail of them. */
export function* hostile(samples: readonly Uint8Array[]): Generator<Uint8Array> {
  const times = (part: Uint8Array, count: number) => concatAll(Array.from({ length: count }, () => part));
  for (const byte of [0x00, 0x0a, 0x20, 0x22, 0x2b, 0x2d, 0x30, 0x41, 0x5b, 0x7b, 0x81, 0xa1, 0xd2, 0xff])
    yield new Uint8Array(1 << 20).fill(byte);
  for (const sample of samples.slice(0, 3)) {
    const lines = linesOf(sample);
    yield times(sample, Math.min(1000, Math.ceil((1 << 21) / (sample.length + 1))));
    for (const line of lines.slice(0, 8)) {
      const many = times(line, Math.min(20_000, Math.ceil((1 << 21) / line.length)));
      const at = lines.indexOf(line);
      yield concatAll([...lines.slice(0, at), many, ...lines.slice(at + 1)]);
    }
    const middle = sample.length >> 1;
    yield concatAll([
      sample.subarray(0, middle),
      new Uint8Array(1 << 20).fill(0x41),
      sample.subarray(middle),
    ]);
  }
}

function linesOf(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(0x0a, start);
    const next = end < 0 ? bytes.length : end + 1;
    lines.push(concat(bytes.subarray(start, next), new Uint8Array()));
    start = next;
  }
  return lines;
}
