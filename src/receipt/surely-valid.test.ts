import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { SAMPLE_RECEIPT } from '../../test/support/sample-receipt.js';
import { thorough } from '../../test/support/thoroughness.js';
import { type Json, parseCanonical, sameJson } from '../bytes/json.js';
import { parseBundle } from './bundle.js';
import { RECEIPT, receiptSubject } from './receipt.js';
import { writeStatement } from './statement.js';
import { surelyValid } from './surely-valid.js';

const SUBJECT = receiptSubject('a'.repeat(64), { form: 'body', commitment: 'b'.repeat(64) });
const SAMPLE = parseCanonical(writeStatement(RECEIPT, { subject: SUBJECT, predicate: SAMPLE_RECEIPT }));

/** Whether the schema accepts a value and makes the same of it. */
function isValid(schema: v.GenericSchema, value: Json): boolean {
  const { success, output } = v.safeParse(schema, value);
  return success && sameJson(output as Json, value);
}

/** Values that schemas stumble over, in whatever place. */
const HOSTILE: readonly Json[] = [
  null,
  true,
  0,
  -1,
  0.5,
  2 ** 53,
  1e300,
  '',
  'x',
  'a'.repeat(64),
  'A'.repeat(64),
  `${'a'.repeat(64)}\n`,
  [],
  [[]],
  [null],
  {},
  { name: 'x' },
  JSON.parse('{"__proto__":1}') as Json,
  { length: 0 },
];

/** The value with another in the place that a walk of `turns` leads to, or without it, or with a member more beside it. */
function altered(value: Json, turns: readonly number[], change: (old: Json) => Json | undefined): Json {
  const [turn, ...others] = turns;
  if (turn === undefined || typeof value !== 'object' || value === null) return change(value) ?? null;
  const names = Object.keys(value);
  const name = names[turn % (names.length || 1)];
  if (name === undefined) return change(value) ?? null;
  const members = value as { readonly [name: string]: Json };
  if (others.length > 0) return withMember(value, name, altered(members[name] as Json, others, change));
  const next = change(members[name] as Json);
  return next === undefined ? withoutMember(value, name) : withMember(value, name, next);
}

function withMember(value: Json, name: string, member: Json): Json {
  if (Array.isArray(value)) return value.map((old, at) => (String(at) === name ? member : old));
  return { ...(value as object), [name]: member };
}

function withoutMember(value: Json, name: string): Json {
  const left = Object.entries(value as object).filter(([other]) => other !== name);
  return Array.isArray(value) ? left.map(([, member]) => member) : Object.fromEntries(left);
}

describe('what is surely valid', () => {
  it.each(
    readdirSync('test/receipts', { recursive: true, encoding: 'utf8' }).filter(name =>
      name.endsWith('bundle.json'),
    ),
  )('is the kept receipt %s', name => {
    const { envelope } = parseBundle(readFileSync(`test/receipts/${name}`));
    expect(RECEIPT.isSurely(parseCanonical(envelope.payload))).toBe(true);
  });

  it('is a receipt with everything in it; and nothing that its schema does not accept as it is', () => {
    expect(RECEIPT.isSurely(SAMPLE)).toBe(true);
    const anyTurns = fc.array(fc.nat(40), { minLength: 1, maxLength: 6 });
    const anyChange = fc.oneof(
      fc.constantFrom(...HOSTILE).map(value => () => value),
      fc.jsonValue({ maxDepth: 2 }).map(value => () => value as Json),
      fc.constant(() => undefined),
      fc.string().map(name => (old: Json) => ({ ...(typeof old === 'object' ? old : {}), [name]: 1 })),
    );
    let accepted = 0;
    fc.assert(
      fc.property(anyTurns, anyChange, (turns, change) => {
        const value = altered(SAMPLE, turns, change);
        const isSurely = RECEIPT.isSurely(value);
        if (isSurely) accepted++;
        expect(isSurely).toBe(isValid(RECEIPT.schema, value));
      }),
      { numRuns: thorough(20_000, 1500) },
    );
    expect(accepted).toBeGreaterThan(0);
  });

  const word = v.pipe(v.string(), v.minLength(1), v.maxLength(3), v.regex(/^[a-z]*$/));
  const count = v.pipe(v.pipe(v.number(), v.safeInteger()), v.minValue(0), v.maxValue(9));
  it.each<[string, v.GenericSchema]>([
    ['a string', v.string()],
    ['a number', v.number()],
    ['a boolean', v.boolean()],
    ['null', v.null()],
    ['one value', v.literal('x')],
    ['one of several', v.picklist(['x', '', 0.5])],
    ['what a function accepts', v.custom<string>(value => value === 'x')],
    ['a string within bounds', word],
    ['a number within bounds', count],
    ['a thing or nothing', v.nullable(v.string())],
    ['an array', v.array(v.nullable(v.string()))],
    ['a short array', v.pipe(v.array(v.any()), v.maxLength(0))],
    [
      'an array of which a function says more',
      v.pipe(
        v.array(v.null()),
        v.check(all => all.length > 0),
      ),
    ],
    ['a tuple', v.strictTuple([v.null()])],
    ['a tuple of nothing', v.strictTuple([])],
    ['an object', v.strictObject({ name: v.string() })],
    [
      'an object of optional members',
      v.strictObject({ name: v.exactOptional(v.string()), x: v.optional(v.null()) }),
    ],
    ['an object with a length', v.strictObject({ length: v.number() })],
    ['one or the other', v.union([v.strictObject({ name: v.string() }), v.null(), count])],
  ])('%s: is what the schema says', (_, schema) => {
    const isSurely = surelyValid(schema);
    const values = [...HOSTILE, ...HOSTILE.map(value => ({ name: value })), ...HOSTILE.map(value => [value])];
    expect(values.map(isSurely)).toEqual(values.map(value => isValid(schema, value)));
  });

  it.each<[string, v.GenericSchema, Json]>([
    [
      'what makes something else of it',
      v.pipe(
        v.string(),
        v.transform(text => text.trim()),
      ),
      'x',
    ],
    ['what has something else in its place', v.fallback(v.string(), 'y'), 'x'],
    ['what has something for nothing', v.nullable(v.string(), 'y'), 'x'],
    ['what is not known here', v.record(v.string(), v.string()), { x: 'x' }],
    ['an object that may have more', v.looseObject({}), {}],
    ['an expression that remembers', v.pipe(v.string(), v.regex(/x/g)), 'x'],
    ['a requirement that is not known here', v.pipe(v.string(), v.email()), 'a@example.org'],
    [
      'an empty array, of which the first of two makes an object',
      v.union([v.strictObject({ x: v.exactOptional(v.null()) }), v.array(v.null())]),
      {},
    ],
  ])('never is %s', (_, schema, value) => {
    expect(v.is(schema, value)).toBe(true);
    expect(surelyValid(schema)(value)).toBe(false);
  });
});
