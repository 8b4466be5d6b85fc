/** Reading and writing the JSON of a translation. */
import { inexactNumbers } from '../../bytes/json-numbers.js';
import { fromUtf8, utf8 } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import type { StreamEvent } from '../surface.js';
import { Place } from './place.js';

/** The JSON of a request. Throws `request/untranslatable` for bytes that are none. */
export function readRequest(body: Uint8Array): Place {
  try {
    const text = fromUtf8(body) ?? '';
    return Place.outermost(JSON.parse(text), 'request/untranslatable', inexactNumbers(text));
  } catch (error) {
    throw error instanceof Failure ? error : new Failure('request/untranslatable', { detail: 'not JSON' });
  }
}

/** The JSON of an event's data. Throws `upstream/untranslatable` for data that are none. */
export function readData(data: string | null): Place {
  const text = data ?? '';
  try {
    return Place.outermost(JSON.parse(text), 'upstream/untranslatable', inexactNumbers(text));
  } catch (error) {
    throw error instanceof Failure
      ? error
      : new Failure('upstream/untranslatable', { detail: 'an event without JSON' });
  }
}

export function writeJson(value: object): Uint8Array {
  return utf8(JSON.stringify(value));
}

/** Adds each to a list. A stranger decides how many there are, and an engine limits how many arguments a call may have. */
export function addAll<Value>(list: Value[], values: readonly Value[]): void {
  for (const value of values) list.push(value);
}

/** One event without a name, as OpenAI's streams have them. */
export function dataBlock(value: object | '[DONE]'): Uint8Array {
  return utf8(`data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`);
}

/** An event that {@link dataBlock} has written, for whoever reads it in our own place. */
export function eventOfBlock(block: Uint8Array): StreamEvent {
  return { type: null, data: fromUtf8(block)?.slice('data: '.length, -2) ?? null };
}

/** One event named by the type in its data, as Anthropic's streams have them. */
export function namedBlock(value: { readonly type: string; readonly [name: string]: unknown }): Uint8Array {
  return utf8(`event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`);
}
