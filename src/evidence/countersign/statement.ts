/**
 * What a gateway of ours puts into its hardware's evidence: the digest of a statement of who it is. The statement itself goes beside the evidence,
 * as canonical JSON, so that whoever knows only some of what is in it can compare that. Source: spec/binding.md.
 */
import * as v from 'valibot';
import { fromHex, toHex } from '../../bytes/hex.js';
import { canonicalize, parseCanonical } from '../../bytes/json.js';
import { formatVerifierKey, parseVerifierKey, type VerifierKey } from '../../note/key.js';
import { Failure } from '../../reason.js';
import { Hash, Identifier } from '../../receipt/shapes.js';

export interface AttestedStatement {
  /** With which receipts are signed. */
  readonly issuer: VerifierKey;
  /** SHA-256 of the SubjectPublicKeyInfo that its TLS connections end at; null where something in front of it ends them. */
  readonly tls: Uint8Array | null;
  /** The run of the issuer; null before it has begun. */
  readonly epoch: string | null;
  /** What whoever asked has chosen, 16 to 64 bytes; null for a statement that nobody has asked for, such as one at the start. */
  readonly nonce: Uint8Array | null;
}

const TYPE = 'urn:countersign:attested:v1';

const Schema = v.strictObject({
  epoch: v.nullable(Identifier),
  issuer: v.pipe(v.string(), v.maxLength(512)),
  nonce: v.nullable(v.pipe(v.string(), v.regex(/^(?:[0-9a-f]{2}){16,64}$/))),
  tls: v.nullable(Hash),
  type: v.literal(TYPE),
});

const MAX_BYTES = 2048;

/** The bytes whose digest the evidence carries. */
export function formatAttested({ issuer, tls, epoch, nonce }: AttestedStatement): Uint8Array {
  return canonicalize({
    epoch,
    issuer: formatVerifierKey(issuer),
    nonce: nonce === null ? null : toHex(nonce),
    tls: tls === null ? null : toHex(tls),
    type: TYPE,
  });
}

/** Exactly what {@link formatAttested} writes. Throws `binding/statement-malformed`. */
export function parseAttested(bytes: Uint8Array): AttestedStatement {
  if (bytes.length > MAX_BYTES) throw malformed(`${bytes.length} bytes`);
  try {
    const result = v.safeParse(Schema, parseCanonical(bytes), { abortEarly: true });
    if (!result.success) throw malformed(result.issues[0].message);
    const { epoch, issuer, nonce, tls } = result.output;
    return { epoch, issuer: parseVerifierKey(issuer), nonce: octets(nonce), tls: octets(tls) };
  } catch (error) {
    if (!(error instanceof Failure) || error.code === 'binding/statement-malformed') throw error;
    throw malformed(error.code);
  }
}

const octets = (digits: string | null) => (digits === null ? null : fromHex(digits));

function malformed(detail: string): Failure {
  return new Failure('binding/statement-malformed', { detail });
}
