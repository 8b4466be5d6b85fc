/** A conformance verb: what it is called, what it reads, and how it answers. */
import type * as v from 'valibot';
import type { ConformanceAnswer } from './answer.js';
import { readInputObject } from './input.js';

export interface Verb {
  readonly name: string;
  /** What it is about, in the words of the help. */
  readonly about: string;
  readonly schema: v.GenericSchema;
  /** Throws `conformance/input-malformed`. */
  readonly answer: (input: Uint8Array) => Promise<ConformanceAnswer>;
}

export function verb<Schema extends v.GenericSchema>(
  name: string,
  about: string,
  schema: Schema,
  answer: (input: v.InferOutput<Schema>) => Promise<ConformanceAnswer>,
): Verb {
  return { name, about, schema, answer: async input => answer(readInputObject(input, schema)) };
}
