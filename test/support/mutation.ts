/** Damage done to genuine samples: every parser is shown all of it, because forged input looks almost right. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { concat, equal, fromUtf8, utf8 } from '../../src/bytes/octets.js';
import { Failure, type ReasonCode } from '../../src/reason.js';

/** Bytes that mean something to one of our formats: control characters, separators, digits, base64's edges, an em dash's first byte. */
const MEANINGFUL = [
  0x00, 0x09, 0x0a, 0x0d, 0x20, 0x22, 0x23, 0x2b, 0x2d, 0x2f, 0x30, 0x31, 0x3d, 0x41, 0x5f, 0x7f, 0x80, 0xe2,
  0xff,
];

/** Every text or byte string at one byte's distance from the sample: flipped bits, replaced, deleted and inserted bytes. */
export function* neighbours(sample: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at <= sample.length; at++) {
    const before = sample.subarray(0, at);
    for (const byte of MEANINGFUL) yield concat(before, Uint8Array.of(byte), sample.subarray(at));
    if (at === sample.length) return;
    const after = sample.subarray(at + 1);
    yield concat(before, after);
    const own = sample[at] as number;
    const others = new Set([...MEANINGFUL, ...Array.from({ length: 8 }, (_, bit) => own ^ (1 << bit))]);
    others.delete(own);
    for (const byte of others) yield concat(before, Uint8Array.of(byte), after);
  }
}

/** Several rounds of cutting, repeating, splicing and overwriting. */
export function mutants(samples: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const place = fc.double({ min: 0, max: 1, noNaN: true });
  const step = fc.tuple(
    fc.constantFrom('cut', 'repeat', 'splice', 'overwrite', 'insert'),
    place,
    place,
    fc.oneof(fc.constantFrom(...MEANINGFUL), fc.nat(255)),
    fc.constantFrom(...samples),
  );
  return fc
    .tuple(fc.constantFrom(...samples), fc.array(step, { minLength: 1, maxLength: 4 }))
    .map(([sample, steps]) => {
      let bytes = sample;
      for (const [kind, from, to, byte, other] of steps) {
        const [start, end] = [from, to].map(part => Math.floor(part * bytes.length)).sort((a, b) => a - b);
        const [head, middle, tail] = [bytes.slice(0, start), bytes.slice(start, end), bytes.slice(end)];
        if (kind === 'cut') bytes = concat(head, tail);
        else if (kind === 'repeat') bytes = concat(head, middle, middle, tail);
        else if (kind === 'splice') bytes = concat(head, other.slice(Math.floor(to * other.length)));
        else if (kind === 'insert') bytes = concat(head, Uint8Array.of(byte), middle, tail);
        else bytes = concat(head, middle.fill(byte), tail);
      }
      return bytes;
    });
}

/** The value, or undefined when `parse` refused it as it may: with a Failure of one of the codes. Anything else thrown passes through. */
export function parseOrRefuse<Value>(parse: () => Value, codes: readonly ReasonCode[]): Value | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof Failure && codes.includes(error.code)) return undefined;
    throw error;
  }
}

export interface TextFormat<Value> {
  readonly parse: (text: string) => Value;
  readonly format: (value: Value) => string;
  /** Every code with which `parse` may refuse. */
  readonly codes: readonly ReasonCode[];
}

/**
 * Throws unless every neighbour of the sample is refused or stands for another value, and for one that is written as exactly that
 * neighbour: then no two texts stand for one value.
 */
export function assertOneTextPerValue<Value>(format: TextFormat<Value>, sample: string): void {
  const original = format.parse(sample);
  if (format.format(original) !== sample) throw new Error('the sample is not what its value is written as');
  for (const neighbour of neighbours(utf8(sample))) {
    const text = fromUtf8(neighbour);
    if (text === null) continue;
    const value = parseOrRefuse(() => format.parse(text), format.codes);
    if (value === undefined) continue;
    if (isDeepStrictEqual(value, original))
      throw new Error(`another text for the same value: ${JSON.stringify(text)}`);
    if (format.format(value) !== text) throw new Error(`accepted but never written: ${JSON.stringify(text)}`);
  }
}

/** Throws unless every mutant of the samples is either refused with one of the codes or written back as it was. */
export function assertRefusedOrWrittenBack<Value>(
  format: TextFormat<Value>,
  samples: readonly string[],
  runs: number,
): void {
  fc.assert(
    fc.property(mutants(samples.map(utf8)), bytes => {
      const text = fromUtf8(bytes);
      if (text === null) return true;
      const value = parseOrRefuse(() => format.parse(text), format.codes);
      return value === undefined || equal(utf8(format.format(value)), bytes);
    }),
    { numRuns: runs },
  );
}
