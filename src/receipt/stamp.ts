/**
 * Stamps: "I was given this entry for that log at that time", signed by a mirror with a key of its own for stamps. With one, whoever holds
 * a receipt can show that it was submitted, even when the log will not hear of it. A stamp does not say that the entry is in any log.
 * Source: spec/mirror.md.
 */
import * as v from 'valibot';
import { toHex } from '../bytes/hex.js';
import { keyLabel, type VerifierKey } from '../note/key.js';
import { Failure } from '../reason.js';
import { type Envelope, envelopeIsSignedBy } from './envelope.js';
import { Hash, KeyLabel, Origin, Time } from './shapes.js';
import { readStatement, statementType, writeStatement } from './statement.js';

const Subject = v.strictTuple([
  v.strictObject({ digest: v.strictObject({ sha256: Hash }), name: v.literal('payload') }),
]);

const Predicate = v.strictObject({
  log: v.strictObject({ origin: Origin }),
  received: Time,
  stamper: KeyLabel,
});

export const STAMP = statementType({
  predicateType: 'urn:countersign:stamp:v1',
  subject: Subject,
  predicate: Predicate,
  malformed: 'stamp/malformed',
});

export interface Stamp {
  /** SHA-256 of the payload of the envelope that was submitted, hexadecimal. */
  readonly digest: string;
  /** The log that it was submitted for. */
  readonly origin: string;
  /** When it came, in milliseconds, as the stamper's clock had it. */
  readonly received: number;
  /** The stamper's key, as {@link keyLabel} writes it. */
  readonly stamper: string;
}

/** The statement that a payload with this SHA-256 came for the log of `origin` at `received` (milliseconds). */
export function stampStatement(
  digest: Uint8Array,
  origin: string,
  received: number,
  stamper: VerifierKey,
): Uint8Array {
  return writeStatement(STAMP, {
    subject: [{ digest: { sha256: toHex(digest) }, name: 'payload' }],
    predicate: { log: { origin }, received, stamper: keyLabel(stamper) },
  });
}

/** Reads an envelope as a stamp, without judging the signature. Throws `stamp/malformed`. */
export function readStamp(envelope: Envelope): Stamp {
  const { subject, predicate } = readStatement(STAMP, envelope);
  const { log, received, stamper } = predicate;
  if (envelope.keyId !== stamper)
    throw new Failure('stamp/malformed', { field: 'signatures.0.keyid', detail: 'not the stamper' });
  return { digest: subject[0].digest.sha256, origin: log.origin, received, stamper };
}

/**
 * Reads a stamp by one of these keys. Throws `stamp/malformed`, `stamp/stamper-unknown` or `stamp/signature-invalid`.
 *
 * @param stampers plain Ed25519 keys whose stamps count
 */
export async function verifyStamp(envelope: Envelope, stampers: readonly VerifierKey[]): Promise<Stamp> {
  const stamp = readStamp(envelope);
  const key = stampers.find(stamper => keyLabel(stamper) === stamp.stamper);
  if (key === undefined) throw new Failure('stamp/stamper-unknown', { field: stamp.stamper });
  if (!(await envelopeIsSignedBy(envelope, key.publicKey)))
    throw new Failure('stamp/signature-invalid', { field: stamp.stamper });
  return stamp;
}
