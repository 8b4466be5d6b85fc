/** The tokens of NVIDIA's attestation service: JSON Web Tokens in their compact form (RFC 7519, RFC 7515 §7.1), signed with ES384 and nothing else. */
import { fromBase64Url } from '../../../bytes/base64.js';
import { hasDoubledName } from '../../../bytes/json-names.js';
import { fromUtf8, utf8 } from '../../../bytes/octets.js';
import { Failure } from '../../../reason.js';

export interface NrasToken {
  /** `overall`, or the device's name in the answer. */
  readonly name: string;
  readonly text: string;
  /** The algorithm that the header names; null where the header has a member that would change how the signature is to be read. */
  readonly algorithm: string | null;
  readonly keyName: string;
  readonly claims: Readonly<Record<string, unknown>>;
  /** The header and the claims, as they were signed. */
  readonly signedBytes: Uint8Array;
  readonly signature: Uint8Array;
}

/** Genuine ones have some 3 KB. */
const MAX_TOKEN_LENGTH = 32 * 1024;
const HEADER_MEMBERS: readonly string[] = ['alg', 'kid', 'typ'];

/** Throws `nras/malformed`, with the token's name as the field. */
export function parseToken(text: string, name: string): NrasToken {
  const parts = text.length > MAX_TOKEN_LENGTH ? [] : text.split('.');
  const [header, claims, signature] = parts;
  const octets = signature === undefined || parts.length > 3 ? null : fromBase64Url(signature);
  if (octets === null) throw malformed('no token of three parts', name);
  const head = objectOf(header as string, name);
  if (typeof head.kid !== 'string') throw malformed('no name of a key', name);
  const isPlain = Object.keys(head).every(member => HEADER_MEMBERS.includes(member));
  return {
    name,
    text,
    algorithm: isPlain && typeof head.alg === 'string' ? head.alg : null,
    keyName: head.kid,
    claims: objectOf(claims as string, name),
    signedBytes: utf8(`${header}.${claims}`),
    signature: octets,
  };
}

/** A claim that is an integer: Unix seconds. Null for any other. */
export function timeOf({ claims }: NrasToken, claim: 'exp' | 'iat' | 'nbf'): number | null {
  const value = Object.hasOwn(claims, claim) ? claims[claim] : null;
  return Number.isSafeInteger(value) ? (value as number) : null;
}

/** A claim that is a text. Null for any other. */
export function textOf({ claims }: NrasToken, claim: string): string | null {
  const value = Object.hasOwn(claims, claim) ? claims[claim] : null;
  return typeof value === 'string' ? value : null;
}

function objectOf(part: string, name: string): Record<string, unknown> {
  const bytes = fromBase64Url(part);
  const text = bytes === null ? null : fromUtf8(bytes);
  return parseObject(text ?? '', detail => malformed(detail, name));
}

/** A JSON object without doubled names. Throws what `failure` makes. */
export function parseObject(text: string, failure: (detail: string) => Failure): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw failure('no JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw failure('no object');
  if (hasDoubledName(text)) throw failure('a member twice');
  return value as Record<string, unknown>;
}

function malformed(detail: string, field: string): Failure {
  return new Failure('nras/malformed', { detail, field });
}
