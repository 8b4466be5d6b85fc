/**
 * Signature lines by keys that nobody has, added to every checkpoint that is published, as TLS does it (RFC 8701). C2SP signed-note has
 * clients ignore unknown keys; one that does not would go unnoticed until a log rotates a key or gains a witness, and then break. With
 * these lines it breaks on its first day.
 *
 * They belong to a publication and not to a checkpoint: they are never kept on disk, where nothing vouches for them and a changed bit
 * in them would go unnoticed, and never in a proof, where a reader might take them for something (see decision 2).
 */
import { randomBytes } from 'node:crypto';
import { toHex } from '../../bytes/hex.js';
import { concat, equal, u64be } from '../../bytes/octets.js';
import type { VerifierKey } from '../../note/key.js';
import type { NoteSignature } from '../../note/signature-line.js';

/** Gives that many random bytes. */
export type Random = (count: number) => Uint8Array;

/** The lengths of what comes after the key id: of every assigned type of signature, and of one that no one has assigned. */
const SIGNATURE_BYTES = {
  /** Type 01. */
  ed25519: 64,
  /** Type 02: an ECDSA signature in DER. */
  ecdsa: 71,
  /** Type 04, after its time. */
  cosignature: 64,
  /** Type 06, after its time. */
  mlDsaCosignature: 2420,
  /** Type ff. */
  unassigned: 197,
} as const;
const KINDS = Object.keys(SIGNATURE_BYTES) as (keyof typeof SIGNATURE_BYTES)[];

/**
 * These lines with one or two more among them, anywhere. Some of the added ones share a name with the log's key, or a key id, but never
 * both.
 *
 * @param time in Unix seconds, for the kinds that carry one
 */
export function greased(
  lines: readonly NoteSignature[],
  log: VerifierKey,
  time: number,
  random: Random = randomBytes,
): NoteSignature[] {
  const result = [...lines];
  for (let count = 1 + below(2, random); count > 0; count--) {
    result.splice(below(result.length + 1, random), 0, greaseLine(lines, log, time, random));
  }
  return result;
}

function greaseLine(
  lines: readonly NoteSignature[],
  log: VerifierKey,
  time: number,
  random: Random,
): NoteSignature {
  const stranger = `${toHex(random(3))}.invalid/${toHex(random(4))}`;
  const likeness = below(4, random);
  const keyId = likeness === 1 ? log.id : random(4);
  // The log may have signed with more than one key under its name.
  const isKnown = [log.id, ...lines.map(line => line.keyId)].some(known => equal(known, keyId));
  const name = likeness === 2 && !isKnown ? log.name : stranger;
  const kind = KINDS[below(KINDS.length, random)] as (typeof KINDS)[number];
  const signature = random(SIGNATURE_BYTES[kind]);
  const isTimed = kind === 'cosignature' || kind === 'mlDsaCosignature';
  return { name, keyId, signature: isTimed ? concat(u64be(time), signature) : signature };
}

function below(limit: number, random: Random): number {
  return (random(1)[0] as number) % limit;
}
