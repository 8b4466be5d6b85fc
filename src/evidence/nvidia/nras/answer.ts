/**
 * The form of the attestation service's answer: a detached bundle of entity attestation tokens (RFC 9711 §4.2.18, draft names of it) as JSON, the
 * overall token first, then one token for each device by name. The overall token holds the digest of each.
 */

import { isWithinExtent, type JsonExtent } from '../../../bytes/json-extent.js';
import { hasDoubledName } from '../../../bytes/json-names.js';
import { fromUtf8 } from '../../../bytes/octets.js';
import { Failure } from '../../../reason.js';
import type { ByteRange } from '../../report.js';
import { type NrasToken, parseToken } from './token.js';

export interface NrasAnswer {
  readonly overall: NrasToken;
  readonly devices: readonly NrasToken[];
  /** The white space, which nobody signs. */
  readonly uncovered: readonly ByteRange[];
}

/** Sixteen devices have some 60 KB. */
const MAX_BYTES = 512 * 1024;
const MAX_DEVICES = 32;
/** The list, the overall token's and the object of devices, with a comma less than each has values. */
const EXTENT: JsonExtent = { containers: 3, members: MAX_DEVICES + 3, values: MAX_DEVICES + 6 };
const DEVICE_NAME = /^(?:GPU|SWITCH)-[0-9]{1,2}$/;

/** Throws `nras/malformed`. Nothing is verified yet. */
export function parseAnswer(bytes: Uint8Array): NrasAnswer {
  const text = bytes.length > MAX_BYTES ? null : fromUtf8(bytes);
  if (text === null) throw malformed('too long, or no text');
  const [overall, devices, ...more] = listOf(text);
  const [kind, token, ...others] = Array.isArray(overall) ? (overall as unknown[]) : [];
  if (kind !== 'JWT' || typeof token !== 'string' || others.length > 0 || more.length > 0)
    throw malformed('no overall token');
  if (typeof devices !== 'object' || devices === null || Array.isArray(devices))
    throw malformed('no tokens of devices');
  const named = Object.entries(devices as Record<string, unknown>);
  if (named.length === 0 || named.length > MAX_DEVICES) throw malformed(`${named.length} devices`);
  return {
    overall: parseToken(token, 'overall'),
    devices: named.map(([name, value]) => {
      if (!DEVICE_NAME.test(name) || typeof value !== 'string') throw malformed('a device of another form');
      return parseToken(value, name);
    }),
    uncovered: whiteSpace(text),
  };
}

function listOf(text: string): readonly unknown[] {
  // Characters in other spellings would be bytes that nobody signs.
  if (text.includes('\\') || !/^[\n\r\t -~]*$/.test(text)) throw malformed('other spellings of characters');
  if (!isWithinExtent(text, EXTENT)) throw malformed('more lists or members than any has');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed('no JSON');
  }
  if (!Array.isArray(value) || hasDoubledName(text)) throw malformed('no list, or a member twice');
  return value;
}

/** White space is between strings only: no string of an answer holds any. */
function whiteSpace(text: string): readonly ByteRange[] {
  return [...text.matchAll(/\s+/g)].map(({ index, 0: { length } }) => ({
    from: index,
    to: index + length,
    what: 'white space between tokens',
  }));
}

function malformed(detail: string): Failure {
  return new Failure('nras/malformed', { detail });
}
