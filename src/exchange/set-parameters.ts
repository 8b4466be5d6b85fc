/** The parameters that a client has set: which a receipt may state, and of which it says no more than that they were set. */
import * as v from 'valibot';
import { Failure } from '../reason.js';
import {
  isActedOn,
  PARAMETERS,
  type ParameterName,
  type Parameters,
  type UnstatedName,
} from './parameters.js';

/** In place of what a host alone can make something of, as an object in which a parameter should stand and that is none. */
export const UNREAD = Symbol('unread');

/** What a client has set. */
export interface SetParameters {
  /** Those that may be public. */
  readonly parameters: Parameters;
  /** In order, those whose values may not: another word, another range, another kind. The commitment to the request covers them. */
  readonly unstated: readonly UnstatedName[];
}

export const NOTHING_SET: SetParameters = { parameters: {}, unstated: [] };

/**
 * Tells what may be stated from what may not. `placeOf`: how the API writes the place of a parameter. Throws `request/parameter-invalid`, naming
 * the place, where the gateway would have to act on a value that it does not understand.
 */
export function parametersOf(
  set: Readonly<Record<string, unknown>>,
  placeOf: (name: ParameterName) => string,
): SetParameters {
  const parameters: Record<string, unknown> = {};
  const unstated: UnstatedName[] = [];
  // In the order in which a receipt has them.
  for (const name of Object.keys(set).sort() as ParameterName[]) {
    if (v.is(PARAMETERS[name], set[name])) parameters[name] = set[name];
    else if (isActedOn(name)) throw new Failure('request/parameter-invalid', { field: placeOf(name) });
    else unstated.push(name);
  }
  return { parameters, unstated };
}

/** For each member of a request that is an object with parameters in it, under which name a receipt has each of its members. */
export type NestedParameters = Readonly<Record<string, Readonly<Record<string, ParameterName>>>>;

/** The parameters that one surface knows. */
export interface ParameterSet {
  /** Those that are members of the request itself. */
  readonly names: readonly ParameterName[];
  /** Those that are members of an object in it. */
  readonly nested: NestedParameters;
}
