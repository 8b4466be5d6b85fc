/**
 * The key-change entry: a key of the log, of an issuer, of a witness or of a validator is rotated or revoked, a validator is admitted, or the
 * recovery key is named.
 *
 * An entry is judged in two steps. Here: is it well formed, and have the keys that it is about agreed to it? What it may do, given all that
 * was logged before it, is in `key-history.ts`. Source: spec/keys.md.
 */
import * as v from 'valibot';
import { fromBase64, toBase64 } from '../bytes/base64.js';
import { type Signer, sha256, verifyEd25519, verifyMlDsa44 } from '../bytes/cryptography.js';
import { toHex } from '../bytes/hex.js';
import { canonicalize } from '../bytes/json.js';
import { concat, utf8 } from '../bytes/octets.js';
import {
  formatVerifierKey,
  KEY_TYPE,
  type KeyType,
  keyLabel,
  parseVerifierKey,
  sameKey,
  type VerifierKey,
} from '../note/key.js';
import { Failure } from '../reason-core.js';
import { type Envelope, payloadDigest } from './envelope.js';
import { Count, Hash, KeyLabel, Origin, Time } from './shapes.js';
import { readStatement, statementType, writeStatement } from './statement.js';

/** What a key is for, and of which types it can be. */
const KEY_TYPES_OF = {
  issuer: [KEY_TYPE.ed25519],
  log: [KEY_TYPE.ed25519, KEY_TYPE.mlDsaCosignature],
  recovery: [KEY_TYPE.ed25519],
  validator: [KEY_TYPE.ed25519],
  witness: [KEY_TYPE.cosignature, KEY_TYPE.mlDsaCosignature],
} as const satisfies Record<string, readonly KeyType[]>;

export type KeyRole = keyof typeof KEY_TYPES_OF;

const VerifierKeyText = v.pipe(v.string(), v.maxLength(4096));
/** An Ed25519 or ML-DSA-44 signature. */
const SignatureText = v.pipe(v.string(), v.maxLength(4096));

const Subject = v.strictTuple([
  v.strictObject({ digest: v.strictObject({ sha256: Hash }), name: v.literal('key') }),
]);

export const KeyChangePredicate = v.strictObject({
  action: v.picklist(['add', 'revoke', 'rotate']),
  /** For a revocation by the recovery key: the index from which on the key no longer counts. Null: after this entry. */
  from: v.nullable(Count),
  /** The key that is added, rotated away or revoked, as C2SP signed-note writes verifier keys. */
  key: VerifierKeyText,
  /** The log in which this stands, so that it means nothing in another. */
  origin: Origin,
  /** The digest of the payload of the key change before it; null for the first. */
  previous: v.nullable(Hash),
  /** The signatures of `key` and of `successor` over {@link agreedBytes}. */
  proofs: v.strictObject({ key: v.nullable(SignatureText), successor: v.nullable(SignatureText) }),
  role: v.picklist(['issuer', 'log', 'recovery', 'validator', 'witness']),
  sequence: Count,
  /** Who signs the envelope: an issuer in force, or the recovery key. */
  signer: KeyLabel,
  successor: v.nullable(VerifierKeyText),
  time: Time,
});
type Predicate = v.InferOutput<typeof KeyChangePredicate>;

export const KEY_CHANGE = statementType({
  predicateType: 'urn:countersign:key-change:v1',
  subject: Subject,
  predicate: KeyChangePredicate,
  malformed: 'key/change-malformed',
});

/** What a key change says, before anybody has agreed to it. */
export interface ProposedKeyChange {
  readonly action: Predicate['action'];
  readonly role: KeyRole;
  readonly origin: string;
  /** 0 for the first of a log. */
  readonly sequence: number;
  /** The digest of the payload of the key change before it, hexadecimal. */
  readonly previous: string | null;
  readonly key: VerifierKey;
  readonly successor: VerifierKey | null;
  readonly from: number | null;
  /** The label of the key that signs the envelope. */
  readonly signer: string;
  /** Milliseconds since 1970, by the signer's clock. */
  readonly time: number;
}

export interface KeyChange extends ProposedKeyChange {
  /** The signatures of the keys concerned, where they are there: not yet checked. */
  readonly proofs: KeyProofs;
  /** SHA-256 of the payload, hexadecimal. */
  readonly digest: string;
}

/** Begins every message by which a key agrees to a change; nothing else that these keys sign begins with it. */
const AGREEMENT = utf8('countersign/key-change/v1\n');

/**
 * What the keys concerned sign: {@link AGREEMENT} and the canonical JSON of everything that the change says, the log, the sequence and
 * the signer included, so that an agreement can be used once and nowhere else.
 *
 * It can be no message of any other kind that the same keys sign: a checkpoint has a decimal number in its second line, cosigners sign
 * `cosignature/v1\n…` or `subtree/v1\n\0…`, and envelopes `DSSEv1 …`.
 */
export function agreedBytes(change: ProposedKeyChange): Uint8Array {
  return concat(AGREEMENT, canonicalize(said(change)));
}

/** Who agrees to a change. `key` may be absent only where the recovery key decides without it. */
export interface Agreeing {
  readonly key: Signer | null;
  readonly successor: Signer | null;
}

/** The payload of a change that the given keys agree to. */
export function keyChangePayload(change: ProposedKeyChange, agreeing: Agreeing): Uint8Array {
  return provenPayload(change, agreementOf(change, agreeing));
}

/** What the keys concerned have signed: raw signatures, null where a key has not agreed. */
export interface KeyProofs {
  readonly key: Uint8Array | null;
  readonly successor: Uint8Array | null;
}

/** The signatures by which the given keys agree to a change. */
export function agreementOf(change: ProposedKeyChange, { key, successor }: Agreeing): KeyProofs {
  const bytes = agreedBytes(change);
  return { key: key?.sign(bytes) ?? null, successor: successor?.sign(bytes) ?? null };
}

/** The payload of a change to which keys that are elsewhere have agreed. */
export function provenPayload(change: ProposedKeyChange, proofs: KeyProofs): Uint8Array {
  return writeStatement(KEY_CHANGE, {
    subject: [{ digest: { sha256: toHex(sha256(change.key.publicKey)) }, name: 'key' }],
    predicate: changePredicate(change, proofs),
  });
}

/** All that a change says, with the signatures of those who agree to it. */
export function changePredicate(change: ProposedKeyChange, { key, successor }: KeyProofs): Predicate {
  const text = (proof: Uint8Array | null) => (proof === null ? null : toBase64(proof));
  return { ...said(change), proofs: { key: text(key), successor: text(successor) } };
}

/** Reads a key change and checks that its members fit together. Throws `key/change-malformed` or `envelope/issuer-mismatch`. */
export function readKeyChange(envelope: Envelope): KeyChange {
  const { subject, predicate } = readStatement(KEY_CHANGE, envelope);
  if (predicate.signer !== envelope.keyId)
    throw new Failure('envelope/issuer-mismatch', { field: 'predicate.signer' });
  const change: KeyChange = { ...changeOf(predicate), digest: toHex(payloadDigest(envelope)) };
  checkMembers(change);
  if (subject[0].digest.sha256 !== toHex(sha256(change.key.publicKey)))
    throw malformed('subject.0.digest.sha256');
  return change;
}

/** What a predicate says, its keys and signatures read. Throws `key/change-malformed`. */
export function changeOf({
  proofs,
  ...members
}: Predicate): ProposedKeyChange & { readonly proofs: KeyProofs } {
  return {
    ...members,
    key: readKey(members.key, 'predicate.key'),
    successor: members.successor === null ? null : readKey(members.successor, 'predicate.successor'),
    proofs: {
      key: readProof(proofs.key, 'predicate.proofs.key'),
      successor: readProof(proofs.successor, 'predicate.proofs.successor'),
    },
  };
}

/** Whether each of the keys concerned that is said to have agreed did. Throws `key/proof-invalid`. */
export async function checkProofs(change: KeyChange): Promise<void> {
  const bytes = agreedBytes(change);
  const { key, successor, proofs } = change;
  if (proofs.key !== null && !(await agrees(key, bytes, proofs.key)))
    throw new Failure('key/proof-invalid', { field: 'predicate.proofs.key' });
  if (
    proofs.successor !== null &&
    (successor === null || !(await agrees(successor, bytes, proofs.successor)))
  )
    throw new Failure('key/proof-invalid', { field: 'predicate.proofs.successor' });
}

function agrees(key: VerifierKey, bytes: Uint8Array, proof: Uint8Array): boolean | Promise<boolean> {
  const verify = key.type === KEY_TYPE.mlDsaCosignature ? verifyMlDsa44 : verifyEd25519;
  return verify(key.publicKey, bytes, proof);
}

function said(change: ProposedKeyChange): Omit<Predicate, 'proofs'> {
  const { action, from, key, origin, previous, role, sequence, signer, successor, time } = change;
  return {
    action,
    from,
    key: formatVerifierKey(key),
    origin,
    previous,
    role,
    sequence,
    signer,
    successor: successor === null ? null : formatVerifierKey(successor),
    time,
  };
}

function checkMembers({ action, role, key, successor, from, proofs, sequence, previous, origin }: KeyChange) {
  const types: readonly KeyType[] = KEY_TYPES_OF[role];
  if (!types.includes(key.type) || (role === 'log' && key.name !== origin)) throw malformed('predicate.key');
  if ((previous === null) !== (sequence === 0)) throw malformed('predicate.previous');
  // A recovery key is never revoked: nobody stands above it. Of the others, only validators come from elsewhere.
  const impossible = role === 'recovery' ? 'revoke' : role === 'validator' ? null : 'add';
  if (action === impossible) throw malformed('predicate.action');
  // What validators sign names them by these words, in the log, for ever.
  if (role === 'validator' && !v.is(KeyLabel, keyLabel(key))) throw malformed('predicate.key');
  if (from !== null && action !== 'revoke') throw malformed('predicate.from');
  if (action === 'add' ? successor !== null : action === 'rotate' && successor === null)
    throw malformed('predicate.successor');
  if (
    successor !== null &&
    (successor.type !== key.type || successor.name !== key.name || sameKey(successor, key))
  )
    throw malformed('predicate.successor');
  // A new key always shows that somebody holds it.
  if ((successor === null) !== (proofs.successor === null)) throw malformed('predicate.proofs.successor');
  if (action === 'add' && proofs.key === null) throw malformed('predicate.proofs.key');
}

function readKey(text: string, field: string): VerifierKey {
  try {
    return parseVerifierKey(text);
  } catch {
    throw malformed(field);
  }
}

function readProof(text: string | null, field: string): Uint8Array | null {
  if (text === null) return null;
  const bytes = fromBase64(text);
  if (bytes === null) throw malformed(field);
  return bytes;
}

function malformed(field: string): Failure {
  return new Failure('key/change-malformed', { field });
}
