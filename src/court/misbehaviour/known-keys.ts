/**
 * Whom evidence can accuse, and whom it can call as a witness: the keys that its reader knows from elsewhere. A key that only the evidence
 * names is nobody's.
 */
import type { RetiredKey, Trust } from '../../appraise/trust.js';
import { KEY_TYPE, keyLabel, type VerifierKey } from '../../note/key.js';
import { Failure } from '../../reason.js';

export interface KnownKey {
  readonly key: VerifierKey;
  /** How it ended; null for a key in force. */
  readonly retired: Pick<RetiredKey, 'why' | 'until'> | null;
}

export interface KnownKeys {
  /** The keys with which logs sign, those that state a time among them. A key's name is its log's origin. */
  readonly logs: readonly KnownKey[];
  readonly witnesses: readonly KnownKey[];
  readonly issuers: readonly KnownKey[];
  /** Whose verdicts count. */
  readonly validators: readonly KnownKey[];
  /** The mirrors and second logs whose stamps count: plain Ed25519 keys. */
  readonly stampers: readonly VerifierKey[];
}

/**
 * The keys of a trust file, with those that the reader names beside it. A key that is named so is taken for whatever a key of its type can
 * be: the reader says that its owner answers for it.
 */
export function knownKeys(
  trust: Trust | null,
  named: readonly VerifierKey[] = [],
  stampers: readonly VerifierKey[] = [],
): KnownKeys {
  const ofType = (...types: readonly number[]) =>
    named.filter(({ type }) => types.includes(type)).map(inForce);
  const retired = (role: RetiredKey['role']) => (trust?.retired ?? []).filter(known => known.role === role);
  const { ed25519, cosignature, mlDsaCosignature } = KEY_TYPE;
  return {
    logs: [
      ...ofType(ed25519, mlDsaCosignature),
      ...(trust === null
        ? []
        : [trust.log, trust.logCosigner].flatMap(key => (key === null ? [] : [inForce(key)]))),
      ...retired('log').map(ended),
    ],
    witnesses: [
      ...ofType(cosignature, mlDsaCosignature),
      ...[...(trust?.policy.witnesses.values() ?? [])].map(({ key }) => inForce(key)),
      ...retired('witness').map(ended),
    ],
    issuers: [...ofType(ed25519), ...(trust?.issuers ?? []).map(inForce), ...retired('issuer').map(ended)],
    validators: [
      ...ofType(ed25519),
      ...(trust?.validators ?? []).map(inForce),
      ...retired('validator').map(ended),
    ],
    stampers,
  };
}

/** The keys that a label may stand for. Throws `misbehaviour/key-unknown` when there is none: a key id is short, so there may be several. */
export function keysWithLabel(label: string, known: readonly KnownKey[]): readonly KnownKey[] {
  const found = known.filter(({ key }) => keyLabel(key) === label);
  if (found.length === 0) throw new Failure('misbehaviour/key-unknown', { field: label });
  return found;
}

/**
 * Throws `misbehaviour/key-retired` when nobody answers for what the key signs there: a key that was stolen signs whatever the thief likes,
 * trees of any size among it, and one that was rotated counts up to a size.
 *
 * @param size of the tree that was signed; null for a statement that has no place in a tree
 */
export function checkAnswersFor({ key, retired }: KnownKey, size: number | null): void {
  if (retired === null) return;
  if (retired.why === 'revoked' || (size !== null && size > retired.until))
    throw new Failure('misbehaviour/key-retired', { field: keyLabel(key) });
}

function inForce(key: VerifierKey): KnownKey {
  return { key, retired: null };
}

function ended({ key, why, until }: RetiredKey): KnownKey {
  return { key, retired: { why, until } };
}
