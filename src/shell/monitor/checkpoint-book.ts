/**
 * Every checkpoint that was seen, compared with every other. They need not all be kept: each is compared with the monitor's own tree, and
 * whichever contradicts it contradicts the largest checkpoint that the log has signed over that tree. Of witnesses a few cosignatures are
 * kept, for their times.
 *
 * Not trusted: whoever brings a checkpoint. Without a valid signature of a known key it is not looked at.
 */
import { equal } from '../../bytes/octets.js';
import type { EvidenceJson } from '../../court/misbehaviour/evidence.js';
import type { Prefix } from '../../court/misbehaviour/fork.js';
import type { KnownKeys } from '../../court/misbehaviour/known-keys.js';
import { makeLogFork } from '../../court/misbehaviour/log-fork.js';
import { makeRewrittenLog } from '../../court/misbehaviour/rewritten-log.js';
import {
  makeOtherHistoryFault,
  makeSameSizeFault,
  makeTimeFault,
} from '../../court/misbehaviour/witness-fault.js';
import { keyLabel, type VerifierKey } from '../../note/key.js';
import type { OwnTree } from '../tiles/own-tree.js';
import { readKept, type Seen } from '../tiles/signed-checkpoints.js';
import { NOTHING_SEEN, type Seen as SeenState } from './state.js';

/** The most checkpoints of each kind that are kept, so that nobody can make the monitor remember without end. */
const MAX_PENDING = 64;
const MAX_CONFLICTS = 16;
const MAX_OF_A_WITNESS = 16;

/** Says how a tree begins, and proves it. */
export interface Prover {
  /** Whose tree it knows: the monitor's own, or that of the checkpoint that contradicts it. */
  readonly of: 'own' | 'seen';
  prove(older: number, newer: number): Promise<Prefix>;
}

/** What a checkpoint that contradicts the tree comes to: what may be evidence, for a judge to say. */
export interface Contradiction {
  readonly seen: Seen;
  /** Whether the checkpoint is of another tree, and has not been met before. */
  readonly isFork: boolean;
  readonly evidence: readonly EvidenceJson[];
}

export class CheckpointBook {
  #latest: Seen | null = null;
  #pending: Seen[] = [];
  #conflicts: Seen[] = [];
  /** What a witness has cosigned of the tree, oldest first, by the key's label. */
  readonly #cosigned = new Map<string, Seen[]>();

  static async open(state: SeenState, origin: string, known: KnownKeys): Promise<CheckpointBook> {
    const book = new CheckpointBook();
    // What a key that has ended since has signed no longer counts, and is left out.
    const read = async (texts: readonly string[]) => {
      const all = await Promise.all(texts.map(text => readKept(text, origin, known).catch(() => null)));
      return all.filter(seen => seen !== null);
    };
    [book.#latest = null] = await read(state.latest === null ? [] : [state.latest]);
    book.#pending = await read(state.pending);
    book.#conflicts = await read(state.conflicts);
    for (const [label, texts] of Object.entries(state.witnesses))
      book.#cosigned.set(label, await read(texts));
    return book;
  }

  state(): SeenState {
    const texts = (seen: readonly Seen[]) => seen.map(({ text }) => text);
    const witnesses = [...this.#cosigned].map(([label, seen]) => [label, texts(seen)] as const);
    return {
      ...NOTHING_SEEN,
      latest: this.#latest?.text ?? null,
      pending: texts(this.#pending),
      conflicts: texts(this.#conflicts),
      witnesses: Object.fromEntries(witnesses),
    };
  }

  /** The largest checkpoint that the log has signed over the monitor's tree; null before the first. */
  get latest(): Seen | null {
    return this.#latest;
  }

  /** Checkpoints that are larger than the tree, smallest first. */
  get pending(): readonly Seen[] {
    return this.#pending;
  }

  /** Keeps a checkpoint that the tree does not reach yet. Where it contradicts another one by itself, no tree is needed to say so. */
  wait(seen: Seen): Contradiction | null {
    if (this.#pending.some(({ text }) => text === seen.text)) return null;
    const rivals = this.#pending.filter(other => isOtherTree(seen, other));
    const evidence: EvidenceJson[] = [];
    for (const rival of rivals) {
      for (const key of seen.byLog) evidence.push(...some(makeLogFork([rival.note, seen.note], key)));
      for (const { key } of seen.cosigners)
        evidence.push(...some(makeSameSizeFault([rival.note, seen.note], key)));
    }
    for (const { key } of seen.cosigners) {
      const others = [...this.#pending, ...(this.#cosigned.get(keyLabel(key)) ?? [])];
      for (const other of others.filter(known => hasCosigned(known, key) && isBackInTime(seen, known, key)))
        evidence.push(...some(makeTimeFault(bySize(seen, other), key)));
    }
    this.#pending = [...this.#pending, seen]
      .sort((one, other) => sizeOf(one) - sizeOf(other))
      .slice(0, MAX_PENDING);
    const isFork = rivals.length > 0 && this.#pending.includes(seen);
    return isFork || evidence.length > 0 ? { seen, isFork, evidence } : null;
  }

  forget(seen: Seen): void {
    this.#pending = this.#pending.filter(other => other !== seen);
  }

  /** Compares a checkpoint that is no larger than the tree with it, and with all that is kept. */
  async compare(seen: Seen, tree: OwnTree): Promise<Contradiction | null> {
    const prover: Prover = {
      of: 'own',
      prove: async (older, newer) => ({
        root: await tree.root(older),
        proof: await tree.prove(older, newer),
      }),
    };
    if (!equal(await tree.root(seen.checkpoint.size), seen.checkpoint.root))
      return this.contradict(seen, prover);
    if (seen.byLog.length > 0 && seen.checkpoint.size >= (this.#latest?.checkpoint.size ?? 0))
      this.#latest = seen;
    const evidence: EvidenceJson[] = [];
    for (const { key } of seen.cosigners) {
      const before = this.#cosigned.get(keyLabel(key)) ?? [];
      for (const other of before) {
        if (isBackInTime(seen, other, key)) evidence.push(...some(makeTimeFault(bySize(seen, other), key)));
      }
      for (const conflict of this.#conflicts) {
        if (conflict.checkpoint.size <= seen.checkpoint.size && hasCosigned(conflict, key))
          evidence.push(...(await witnessFork(conflict, seen, key, prover)));
      }
      this.#remember(key, seen);
    }
    return evidence.length === 0 ? null : { seen, isFork: false, evidence };
  }

  /** What a checkpoint comes to that contradicts the tree. */
  async contradict(seen: Seen, prover: Prover): Promise<Contradiction> {
    const evidence: EvidenceJson[] = [];
    // A proof leads from the smaller tree to the larger one, and the prover knows one of the two.
    const isWithin = (other: Seen) =>
      prover.of === 'own' ? sizeOf(other) >= sizeOf(seen) : sizeOf(other) <= sizeOf(seen);
    if (this.#latest !== null && isWithin(this.#latest)) {
      for (const key of seen.byLog) evidence.push(...(await logFork(seen, this.#latest, key, prover)));
    }
    for (const { key } of seen.cosigners) {
      const others = (this.#cosigned.get(keyLabel(key)) ?? []).filter(isWithin);
      for (const other of others) evidence.push(...(await witnessFork(seen, other, key, prover)));
    }
    const isFork = !this.#conflicts.some(({ text }) => text === seen.text);
    if (isFork) this.#conflicts = [...this.#conflicts, seen].slice(-MAX_CONFLICTS);
    return { seen, isFork, evidence };
  }

  #remember(key: VerifierKey, seen: Seen): void {
    const known = this.#cosigned.get(keyLabel(key)) ?? [];
    if (known.some(({ text }) => text === seen.text)) return;
    this.#cosigned.set(keyLabel(key), [...known, seen].slice(-MAX_OF_A_WITNESS));
  }
}

async function logFork(a: Seen, b: Seen, key: VerifierKey, prover: Prover): Promise<EvidenceJson[]> {
  const [older, newer] = bySize(a, b);
  const sizes = [sizeOf(a), sizeOf(b)].sort((one, other) => one - other) as [number, number];
  if (sizes[0] === sizes[1]) return some(makeLogFork([older, newer], key));
  return sizes[0] === 0 ? [] : some(makeRewrittenLog([older, newer], await prover.prove(...sizes), key));
}

async function witnessFork(a: Seen, b: Seen, key: VerifierKey, prover: Prover): Promise<EvidenceJson[]> {
  const [older, newer] = bySize(a, b);
  const sizes = [sizeOf(a), sizeOf(b)].sort((one, other) => one - other) as [number, number];
  if (sizes[0] === sizes[1]) return some(makeSameSizeFault([older, newer], key));
  return sizes[0] === 0 ? [] : some(makeOtherHistoryFault([older, newer], await prover.prove(...sizes), key));
}

function bySize(a: Seen, b: Seen): [Seen['note'], Seen['note']] {
  return sizeOf(a) <= sizeOf(b) ? [a.note, b.note] : [b.note, a.note];
}

/** Whether the two are of one size and have two roots. */
function isOtherTree({ checkpoint: a }: Seen, { checkpoint: b }: Seen): boolean {
  return a.size === b.size && !equal(a.root, b.root);
}

function sizeOf({ checkpoint }: Seen): number {
  return checkpoint.size;
}

function hasCosigned({ cosigners }: Seen, key: VerifierKey): boolean {
  return cosigners.some(other => keyLabel(other.key) === keyLabel(key));
}

function some(evidence: EvidenceJson | null): EvidenceJson[] {
  return evidence === null ? [] : [evidence];
}

/** Whether the larger of the two was cosigned at an earlier time: a judge looks at the rest. */
function isBackInTime(a: Seen, b: Seen, key: VerifierKey): boolean {
  const [smaller, larger] = sizeOf(a) <= sizeOf(b) ? [a, b] : [b, a];
  return sizeOf(smaller) < sizeOf(larger) && timeOf(larger, key) < timeOf(smaller, key);
}

function timeOf({ cosigners }: Seen, key: VerifierKey): number {
  return cosigners.find(other => keyLabel(other.key) === keyLabel(key))?.time ?? 0;
}
