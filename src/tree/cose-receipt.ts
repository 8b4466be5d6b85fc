/**
 * COSE receipts of inclusion and consistency. Source: RFC 9942; the labels that it leaves to its users are in spec/cose.md.
 *
 * A receipt is `#6.18([protected, {396: {…proofs}}, null, signature])`. What is signed is the protected header with the root of the tree,
 * which the receipt does not carry: whoever verifies computes it from the entry and the proof. The header says nothing about the entry,
 * so that one signature serves all entries of a checkpoint; but it does say which log it is of, and how large the tree is. Without
 * these, receipts of two logs with one key could be exchanged, and a root could be given out as that of another size.
 */
import { type Cbor, type CborMap, decodeCbor, encodeCbor, Tagged } from '../bytes/cbor.js';
import { type Signer, verifyEd25519 } from '../bytes/cryptography.js';
import { equal, utf8 } from '../bytes/octets.js';
import type { Checkpoint } from '../note/checkpoint.js';
import { keyLabel, type VerifierKey } from '../note/key.js';
import { Failure } from '../reason.js';
import { HASH_SIZE } from './hash.js';
import { consistencyRoot, inclusionRoot } from './merkle.js';
import { isSize } from './range.js';

/** Labels of headers. Sources: RFC 9052 §3.1, RFC 9597, RFC 9942 §2. */
const LABEL = { algorithm: 1, critical: 2, keyId: 4, claims: 15, structure: 395, proofs: 396 } as const;
/** Ours: an unsigned integer. A text as label cannot collide with one that is registered as a number. */
const SIZE_LABEL = 'countersign.tree-size';
/** The claim that names who issued the receipt. Source: RFC 8392 §3.1.1. */
const ISSUER_CLAIM = 1;
/** Source: RFC 9053 §2.2. */
const EDDSA = -8;
/** The tree of RFC 9162 §2.1 with SHA-256. Source: RFC 9942 §5. */
const RFC9162_SHA256 = 1;
const PROOF = { inclusion: -1, consistency: -2 } as const;
const COSE_SIGN1 = 18;

/** A proof has at most 63 hashes, so that a receipt has about 3 KiB at most. */
const MAX_RECEIPT_BYTES = 1 << 14;
const MAX_HASHES = 63;

/**
 * Key of the option to take receipts whose signature does not cover origin or size, as RFC 9942 alone allows. It is a symbol so that no JSON can
 * set it.
 */
export const ALLOW_UNPROTECTED: unique symbol = Symbol('allow unprotected origin and size');

export interface CoseOptions {
  readonly [ALLOW_UNPROTECTED]?: true;
}

/** The log's signature over a tree, which all receipts under that checkpoint share. */
export interface CoseSignature {
  /** The protected header, exactly as it was signed. */
  readonly protectedHeader: Uint8Array;
  readonly signature: Uint8Array;
}

export interface InclusionProof {
  readonly kind: 'inclusion';
  readonly size: number;
  readonly index: number;
  readonly hashes: readonly Uint8Array[];
}

export interface ConsistencyProof {
  readonly kind: 'consistency';
  readonly oldSize: number;
  readonly size: number;
  readonly hashes: readonly Uint8Array[];
}

export interface CoseReceipt extends CoseSignature {
  /** The log's origin, where the signature covers it. */
  readonly origin: string | null;
  /** The key that is said to have signed; null where the signature does not cover that. */
  readonly keyId: Uint8Array | null;
  readonly proof: InclusionProof | ConsistencyProof;
}

/** Signs a tree with the log's Ed25519 key: once for each checkpoint, whatever the entries that are proven under it. */
export function signCose(checkpoint: Checkpoint, key: VerifierKey, signer: Signer): CoseSignature {
  const protectedHeader = encodeCbor(
    new Map<number | string, Cbor>([
      [LABEL.algorithm, EDDSA],
      [LABEL.keyId, utf8(keyLabel(key))],
      [LABEL.claims, new Map([[ISSUER_CLAIM, checkpoint.origin]])],
      [LABEL.structure, RFC9162_SHA256],
      [SIZE_LABEL, checkpoint.size],
    ]),
  );
  return { protectedHeader, signature: signer.sign(signedBytes(protectedHeader, checkpoint.root)) };
}

/** The receipt that a signature and a proof under the same tree make. */
export function formatCoseReceipt(
  { protectedHeader, signature }: CoseSignature,
  proof: InclusionProof | ConsistencyProof,
): Uint8Array {
  const first = proof.kind === 'inclusion' ? [proof.size, proof.index] : [proof.oldSize, proof.size];
  const proofs = new Map<number, Cbor>([[PROOF[proof.kind], [encodeCbor([...first, proof.hashes])]]]);
  return encodeCbor(
    new Tagged(COSE_SIGN1, [protectedHeader, new Map([[LABEL.proofs, proofs]]), null, signature]),
  );
}

/**
 * Reads a receipt without judging it. Throws `cbor/malformed`, `cose/malformed`, `cose/algorithm-unsupported`, `cose/payload-attached`,
 * `cose/size-mismatch`, `cose/origin-unprotected` or `cose/size-unprotected`. Receipts in which those two are allowed to be unprotected
 * come from others, so that keys out of order and unprotected headers that we do not know are allowed as well.
 */
export function parseCoseReceipt(bytes: Uint8Array, options: CoseOptions = {}): CoseReceipt {
  if (bytes.length > MAX_RECEIPT_BYTES) throw malformed('over 16 KiB');
  const foreign = options[ALLOW_UNPROTECTED] === true;
  const keys = foreign ? 'in-any-order' : 'sorted';
  const whole = decodeCbor(bytes, { keys });
  if (!(whole instanceof Tagged) || whole.tag !== COSE_SIGN1) throw malformed('no COSE_Sign1 with its tag');
  const [protectedHeader, unprotectedHeader, payload, signature, ...surplus] = listOf(
    whole.value,
    'COSE_Sign1',
  );
  if (surplus.length > 0 || signature === undefined) throw malformed('not four members');
  if (payload !== null) throw new Failure('cose/payload-attached');
  const headerBytes = bytesOf(protectedHeader, 'protected');
  const header = mapOf(decodeCbor(headerBytes, { keys }), 'protected');
  const unprotected = mapOf(unprotectedHeader, 'unprotected');
  if (header.has(LABEL.critical) || unprotected.has(LABEL.critical))
    throw malformed('critical headers, of which we know none');
  // One reader would take the signed one of the two, and another the one that anybody can change. Source: RFC 9052 §3.
  if ([...unprotected.keys()].some(label => header.has(label)))
    throw malformed('a header both protected and unprotected');
  if (header.get(LABEL.algorithm) !== EDDSA)
    throw new Failure('cose/algorithm-unsupported', { field: 'algorithm' });
  if (header.get(LABEL.structure) !== RFC9162_SHA256)
    throw new Failure('cose/algorithm-unsupported', { field: 'verifiable data structure' });
  const origin = readOrigin(header, foreign);
  const size = header.get(SIZE_LABEL);
  if (size === undefined && !foreign) throw new Failure('cose/size-unprotected');
  if (!foreign && unprotected.size !== 1) throw malformed('an unprotected header besides the proofs');
  const proof = readProof(unprotected.get(LABEL.proofs), keys);
  if (size !== undefined && size !== proof.size) throw new Failure('cose/size-mismatch');
  const keyId = header.get(LABEL.keyId);
  if (keyId === undefined && !foreign) throw malformed('no key id');
  return {
    protectedHeader: headerBytes,
    signature: bytesOf(signature, 'signature'),
    origin,
    keyId: keyId === undefined ? null : bytesOf(keyId, 'key id'),
    proof,
  };
}

/** What a receipt has shown. */
export interface Proven {
  /** The tree that the log has signed. Where the signature covers no origin it is the log's own, and no size, the proof's. */
  readonly checkpoint: Checkpoint;
  readonly proof: CoseReceipt['proof'];
}

/**
 * Checks that an entry, by its leaf hash, is in the log. Throws what {@link parseCoseReceipt} throws, and `cose/key-unknown`,
 * `checkpoint/origin-mismatch`, `tree/…` or `cose/signature-invalid`.
 */
export async function verifyCoseInclusion(
  bytes: Uint8Array,
  leaf: Uint8Array,
  log: VerifierKey,
  options: CoseOptions = {},
): Promise<Proven> {
  const receipt = parseCoseReceipt(bytes, options);
  const { proof } = receipt;
  if (proof.kind !== 'inclusion') throw malformed('a proof of consistency where one of inclusion is needed');
  return verifyRoot(receipt, inclusionRoot(proof.index, proof.size, leaf, proof.hashes), log);
}

/** Checks that the log has signed a tree that extends the one of `old`. Throws as {@link verifyCoseInclusion} does. */
export async function verifyCoseConsistency(
  bytes: Uint8Array,
  old: Pick<Checkpoint, 'size' | 'root'>,
  log: VerifierKey,
  options: CoseOptions = {},
): Promise<Proven> {
  const receipt = parseCoseReceipt(bytes, options);
  const { proof } = receipt;
  if (proof.kind !== 'consistency')
    throw malformed('a proof of inclusion where one of consistency is needed');
  if (proof.oldSize !== old.size)
    throw new Failure('tree/consistency-invalid', { detail: 'another older size' });
  return verifyRoot(receipt, consistencyRoot(proof.oldSize, proof.size, old.root, proof.hashes), log);
}

async function verifyRoot(receipt: CoseReceipt, root: Uint8Array, log: VerifierKey): Promise<Proven> {
  const { origin, keyId, protectedHeader, signature, proof } = receipt;
  if (origin !== null && origin !== log.name) throw new Failure('checkpoint/origin-mismatch');
  if (keyId !== null && !equal(keyId, utf8(keyLabel(log)))) throw new Failure('cose/key-unknown');
  if (!(await verifyEd25519(log.publicKey, signedBytes(protectedHeader, root), signature)))
    throw new Failure('cose/signature-invalid');
  return { checkpoint: { origin: log.name, size: proof.size, root }, proof };
}

/** `Sig_structure` of a COSE_Sign1 without external data, around the header as it came. Source: RFC 9052 §4.4. */
function signedBytes(protectedHeader: Uint8Array, root: Uint8Array): Uint8Array {
  return encodeCbor(['Signature1', protectedHeader, new Uint8Array(), root]);
}

function readOrigin(header: CborMap, foreign: boolean): string | null {
  const claims = header.get(LABEL.claims);
  const origin = claims === undefined ? undefined : mapOf(claims, 'claims').get(ISSUER_CLAIM);
  if (origin === undefined && foreign) return null;
  if (origin === undefined) throw new Failure('cose/origin-unprotected');
  if (typeof origin !== 'string') throw malformed('claims');
  return origin;
}

/** Exactly one proof: a receipt is about one entry, or one pair of trees. */
function readProof(value: Cbor | undefined, keys: 'sorted' | 'in-any-order'): CoseReceipt['proof'] {
  const proofs = mapOf(value, 'proofs');
  const kind = proofs.has(PROOF.inclusion) ? 'inclusion' : 'consistency';
  const [encoded, ...others] = listOf(proofs.get(PROOF[kind]), 'proofs');
  if (proofs.size !== 1 || others.length > 0) throw malformed('not exactly one proof');
  const proof = listOf(decodeCbor(bytesOf(encoded, 'proof'), { keys }), 'proof');
  if (proof.length !== 3) throw malformed('proof');
  const [first, second] = [sizeOf(proof[0]), sizeOf(proof[1])];
  const hashes = listOf(proof[2], 'hashes').map(hash => bytesOf(hash, 'hashes'));
  if (hashes.length > MAX_HASHES || hashes.some(hash => hash.length !== HASH_SIZE)) throw malformed('hashes');
  return kind === 'inclusion'
    ? { kind, size: first, index: second, hashes }
    : { kind, oldSize: first, size: second, hashes };
}

function sizeOf(value: Cbor | undefined): number {
  if (typeof value !== 'number' || !isSize(value)) throw malformed('sizes');
  return value;
}

function bytesOf(value: Cbor | undefined, field: string): Uint8Array {
  if (!(value instanceof Uint8Array)) throw malformed(field);
  return value;
}

function listOf(value: Cbor | undefined, field: string): readonly Cbor[] {
  if (!Array.isArray(value)) throw malformed(field);
  return value;
}

function mapOf(value: Cbor | undefined, field: string): CborMap {
  if (!(value instanceof Map)) throw malformed(field);
  return value;
}

function malformed(field: string): Failure {
  return new Failure('cose/malformed', { field });
}
