/** Things written in one of several ways, each with the one way in which a translation there and back again leaves it. */
import fc from 'fast-check';

export interface Pair<Value = unknown> {
  readonly written: Value;
  readonly normal: Value;
}

export type Pairs<Value = unknown> = fc.Arbitrary<Pair<Value>>;

/** Written in one way only. */
export function same<Value>(values: fc.Arbitrary<Value>): Pairs<Value> {
  return values.map(value => ({ written: value, normal: value }));
}

/** `undefined` stands for a member that is not there. */
export function pair<Value>(written: Value, normal: Value): Pair<Value> {
  return { written, normal };
}

/** Lists of pairs as a pair of lists. */
export function listOf<Value>(
  values: Pairs<Value>,
  constraints: fc.ArrayConstraints = {},
): Pairs<readonly Value[]> {
  return fc.array(values, constraints).map(list => ({
    written: list.map(({ written }) => written),
    normal: list.map(({ normal }) => normal),
  }));
}

type Members = Readonly<Record<string, unknown>>;

/** Objects of which each member is a pair, or a pair of several members at once; members that are undefined are left out. */
export function objectOf(...members: readonly Pairs<Members>[]): Pairs<Members> {
  return fc.tuple(...members).map(pairs => ({
    written: joined(pairs.map(({ written }) => written)),
    normal: joined(pairs.map(({ normal }) => normal)),
  }));
}

export function memberOf(name: string, values: Pairs): Pairs<Members> {
  return values.map(({ written, normal }) => ({ written: { [name]: written }, normal: { [name]: normal } }));
}

function joined(parts: readonly Members[]): Members {
  const entries = parts.flatMap(part => Object.entries(part)).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries);
}

/** Texts with what JSON must escape. */
export const text = fc.string({ unit: fc.constantFrom('a', 'B', ' ', '"', '\\', '\n', 'é', '😀', '\u2028') });
export const someText = text.filter(value => value !== '');
export const name = fc.stringMatching(/^[a-z_]{1,8}$/);
export const base64 = fc.constantFrom('', 'AA==', 'AAAA', 'iVBORw0KGgo=');

/** JSON objects whose numbers every reader takes for the same. */
export const plainObject = fc.dictionary(
  fc.string({ maxLength: 4 }),
  fc.oneof(
    fc.integer(),
    fc.boolean(),
    text,
    fc.constant(null),
    fc.array(fc.integer(), { maxLength: 2 }),
    fc.constant({ a: 1 }),
  ),
  { maxKeys: 3, noNullPrototype: true },
);
