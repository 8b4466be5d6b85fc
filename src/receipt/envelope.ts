/**
 * DSSE envelopes with exactly one Ed25519 signature, as canonical JSON. An envelope is what the log holds as an entry.
 *
 * The signature covers the payload's exact bytes, and those bytes are kept: nothing is ever written again before it is checked.
 * Source: DSSE protocol 1.0.2.
 */
import * as v from 'valibot';
import { base64Bytes, fromBase64, toBase64 } from '../bytes/base64.js';
import { type Signer, sha256, verifyEd25519 } from '../bytes/cryptography.js';
import { canonicalize, type Json, parseCanonical } from '../bytes/json.js';
import { concat, fromUtf8, utf8 } from '../bytes/octets.js';
import { Failure } from '../reason-core.js';

/** What all our payloads are: in-toto statements. */
export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/** How an envelope is written whose key id needs no escapes, which is every one of ours. */
const BEFORE_PAYLOAD = '{"payload":"';
const BEFORE_KEY_ID = `","payloadType":"${PAYLOAD_TYPE}","signatures":[{"keyid":"`;
const BEFORE_SIGNATURE = '","sig":"';
const AFTER_SIGNATURE = '"}]}';
const BEGINNING = utf8(BEFORE_PAYLOAD);
const PLAIN = /^[ !#-[\]-~]*$/;

export const EnvelopeSchema = v.strictObject({
  payload: v.string(),
  payloadType: v.string(),
  signatures: v.strictTuple([v.strictObject({ keyid: v.string(), sig: v.string() })]),
});

export interface Envelope {
  /** The signed statement's exact bytes. */
  readonly payload: Uint8Array;
  /** Which key the envelope says has signed: a hint, to be compared with what the signed statement says. */
  readonly keyId: string;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

/** DSSE's pre-authentication encoding: `DSSEv1 SP len(type) SP type SP len(payload) SP payload`. */
export function preAuthenticationEncoding(payload: Uint8Array): Uint8Array {
  return concat(utf8(`DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `), payload);
}

export function seal(payload: Uint8Array, keyId: string, signer: Signer): Envelope {
  return { payload, keyId, signature: signer.sign(preAuthenticationEncoding(payload)) };
}

export function envelopeIsSignedBy(envelope: Envelope, publicKey: Uint8Array): boolean | Promise<boolean> {
  return verifyEd25519(publicKey, preAuthenticationEncoding(envelope.payload), envelope.signature);
}

/** The envelope as a JSON value; {@link canonicalize} of it is the log entry. */
export function envelopeJson(envelope: Envelope): Json {
  return {
    payload: toBase64(envelope.payload),
    payloadType: PAYLOAD_TYPE,
    signatures: [{ keyid: envelope.keyId, sig: toBase64(envelope.signature) }],
  };
}

/** The canonical bytes of an envelope: the log entry. */
export function envelopeBytes(envelope: Envelope): Uint8Array {
  const { payload, keyId, signature } = envelope;
  if (!PLAIN.test(keyId)) return canonicalize(envelopeJson(envelope));
  const end = utf8(BEFORE_KEY_ID + keyId + BEFORE_SIGNATURE + toBase64(signature) + AFTER_SIGNATURE);
  return concat(BEGINNING, base64Bytes(payload), end);
}

/** Reads a JSON value as an envelope. Throws `envelope/malformed` or `envelope/type-unknown`. */
export function readEnvelope(value: Json): Envelope {
  const result = v.safeParse(EnvelopeSchema, value, { abortEarly: true });
  if (!result.success) {
    const field = v.getDotPath(result.issues[0]);
    throw new Failure('envelope/malformed', field === null ? {} : { field });
  }
  const { payload, payloadType, signatures } = result.output;
  if (payloadType !== PAYLOAD_TYPE) throw new Failure('envelope/type-unknown', { field: 'payloadType' });
  const [{ keyid, sig }] = signatures;
  const bytes = fromBase64(payload);
  const signature = fromBase64(sig);
  if (bytes === null) throw new Failure('envelope/malformed', { field: 'payload' });
  if (signature?.length !== 64) throw new Failure('envelope/malformed', { field: 'signatures.0.sig' });
  return { payload: bytes, keyId: keyid, signature };
}

/**
 * Reads the canonical bytes of an envelope. Throws `json/…`, and as {@link readEnvelope} does.
 */
export function parseEnvelope(bytes: Uint8Array): Envelope {
  return parseUsual(fromUtf8(bytes) ?? '') ?? readEnvelope(parseCanonical(bytes));
}

/**
 * The envelope in a text of the form that every one has whose key id needs no escapes, which takes half the time. Null for any other:
 * that may be an envelope too, or else has a reason why it is not.
 */
function parseUsual(text: string): Envelope | null {
  if (!text.startsWith(BEFORE_PAYLOAD) || !text.endsWith(AFTER_SIGNATURE)) return null;
  const payloadEnd = text.indexOf('"', BEFORE_PAYLOAD.length);
  if (!text.startsWith(BEFORE_KEY_ID, payloadEnd)) return null;
  const keyIdStart = payloadEnd + BEFORE_KEY_ID.length;
  const keyIdEnd = text.indexOf('"', keyIdStart);
  if (!text.startsWith(BEFORE_SIGNATURE, keyIdEnd)) return null;
  const keyId = text.slice(keyIdStart, keyIdEnd);
  if (!PLAIN.test(keyId)) return null;
  const payload = fromBase64(text, BEFORE_PAYLOAD.length, payloadEnd);
  const signature = fromBase64(
    text,
    keyIdEnd + BEFORE_SIGNATURE.length,
    text.length - AFTER_SIGNATURE.length,
  );
  return payload === null || signature?.length !== 64 ? null : { payload, keyId, signature };
}

/** What identifies a statement everywhere: SHA-256 of the payload, however it was signed. */
export function payloadDigest(envelope: Envelope): Uint8Array {
  return sha256(envelope.payload);
}
