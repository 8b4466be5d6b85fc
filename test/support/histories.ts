/** Trees of logs, honest and forked, and what parties sign of them. */

import { type EvidenceJson, formatEvidence } from '../../src/court/misbehaviour/evidence.js';
import { type Judgement, judgeEvidence } from '../../src/court/misbehaviour/judge.js';
import { knownKeys } from '../../src/court/misbehaviour/known-keys.js';
import type { LogCopy } from '../../src/court/misbehaviour/log-copy.js';
import { formatCheckpoint } from '../../src/note/checkpoint.js';
import { cosign } from '../../src/note/cosignature.js';
import type { VerifierKey } from '../../src/note/key.js';
import { isCosignerType } from '../../src/note/key.js';
import { type SignedNote, signNote } from '../../src/note/signed-note.js';
import type { TestKey } from './keys.js';
import { FULL_TRUST_FILE, ORIGIN, trustWith } from './parties.js';
import { entryAt, ReferenceTree } from './reference-tree.js';

/** When things are signed unless a test says otherwise, in Unix seconds. */
export const NOW = 1_800_000_000;

/** The tree of `size` entries that has its own entries from `shared` on. */
export function branch(name: string, size: number, shared = 0): ReferenceTree {
  return new ReferenceTree(
    Array.from({ length: size }, (_, index) =>
      index < shared ? entryAt(index) : new TextEncoder().encode(`${name} ${index}`),
    ),
  );
}

export interface Signing {
  readonly by: readonly TestKey[];
  readonly origin?: string;
  /** Of those who state one, in Unix seconds. */
  readonly time?: number;
}

/** What some have signed of a tree's first `size` entries. */
export function signed(
  tree: ReferenceTree,
  size: number,
  { by, origin = ORIGIN, time = NOW }: Signing,
): SignedNote {
  return signedRoot(tree.hash(0, size), size, { by, origin, time });
}

export function signedRoot(
  root: Uint8Array,
  size: number,
  { by, origin = ORIGIN, time = NOW }: Signing,
): SignedNote {
  const text = formatCheckpoint({ origin, size, root });
  const signatures = by.map(({ key, signer }) =>
    isCosignerType(key.type) ? cosign(text, time, key, signer) : signNote(text, key, signer),
  );
  return { text, signatures };
}

export interface Judging {
  readonly trust?: Parameters<typeof trustWith>[0];
  readonly named?: readonly VerifierKey[];
  readonly stampers?: readonly VerifierKey[];
  readonly copy?: LogCopy | null;
}

/** Judges evidence by the trust file of the sample, in which every kind of key has a place. */
export function judged(evidence: EvidenceJson | null, options: Judging = {}): Promise<Judgement> {
  if (evidence === null) throw new Error('there is no evidence');
  const trust = trustWith({ ...FULL_TRUST_FILE, ...options.trust });
  return judgeEvidence(
    formatEvidence(evidence),
    knownKeys(trust, options.named, options.stampers),
    options.copy ?? null,
  );
}

/** A copy of a log that has these entries. */
export function copyOf(entries: readonly Uint8Array[]): LogCopy {
  return {
    entries: async function* (start, end) {
      yield* entries.slice(start, end);
    },
  };
}
