/**
 * What may be read of a log: the retention policy, the minimum index, and the entries that are denied, kept as the acts that led there in
 * the file `retention.json` of the log's folder. Source: C2SP tlog-tiles, "Pruning" and "Retention Policies".
 *
 * Nothing is ever deleted and no hash is ever hidden but by pruning: the log still proves everything to its witnesses, and an act can be
 * undone. Trusted: the folder, and whoever holds its lock. Every act is logged too, so that its author answers for it; an act that a crash
 * has kept from being logged is in force all the same, and is logged at the next start.
 */
import { join } from 'node:path';
import * as v from 'valibot';
import { canonicalize, type Json, parseCanonical } from '../../bytes/json.js';
import { equal } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { Access, type DenialReason, RetentionPolicy } from '../../receipt/retention.js';
import { Count, Time } from '../../receipt/shapes.js';
import { TILE_WIDTH, type TileName } from '../../tree/tile.js';
import { type Disk, nodeDisk } from '../files/disk.js';
import { readIfPresent, writeDurably } from '../files/durable.js';

/** The most acts that a log keeps. */
const MAX_ACTS = 10_000;

const Act = v.strictObject({
  /** When it was decided, in milliseconds. */
  decided: Time,
  /** The index of its entry; null until it has one. */
  logged: v.nullable(Count),
  what: v.union([Access, v.strictObject({ act: v.literal('retain'), retention: RetentionPolicy })]),
});
/** An act of the operator: a retention policy, or something that is read or not read from now on. */
export type Act = v.InferOutput<typeof Act>;

const Acts = v.pipe(v.array(Act), v.maxLength(MAX_ACTS));

export interface PolicyInForce extends RetentionPolicy {
  /** From which entry on it is in force. */
  readonly logged: number;
}

export interface Denial {
  readonly index: number;
  readonly reason: DenialReason;
  /** The index of the entry that says so; null until it has one. */
  readonly logged: number | null;
}

export class Retention {
  readonly #folder: string;
  readonly #disk: Disk;
  #acts: readonly Act[];
  #minimum = 0;
  readonly #denials = new Map<number, Denial>();
  /** The denied entries of each bundle. */
  readonly #bundles = new Map<number, readonly number[]>();

  private constructor(folder: string, disk: Disk, acts: readonly Act[]) {
    this.#folder = folder;
    this.#disk = disk;
    this.#acts = acts;
    this.#understand();
  }

  /** Of the log in `folder`. Throws `log/retention-malformed`: what was decided must not be forgotten. */
  static async open(folder: string, disk: Disk = nodeDisk): Promise<Retention> {
    const bytes = await readIfPresent(pathOf(folder));
    return new Retention(folder, disk, bytes === null ? [] : parseActs(bytes));
  }

  /** In the order in which they were decided. */
  get acts(): readonly Act[] {
    return this.#acts;
  }

  /** Entries below it are not served. 0 in a log that was never pruned. */
  get minimum(): number {
    return this.#minimum;
  }

  /** Every policy that has been logged, the one in force last. */
  get policies(): readonly PolicyInForce[] {
    return this.#acts.flatMap(({ what, logged }) =>
      what.act === 'retain' && logged !== null ? { ...what.retention, logged } : [],
    );
  }

  get denials(): readonly Denial[] {
    return [...this.#denials.values()];
  }

  /** In force, durably, when it resolves. Throws `log/retention-full`. */
  async decide(what: Act['what'], decided: number): Promise<void> {
    if (this.#acts.length >= MAX_ACTS) throw new Failure('log/retention-full');
    await this.#keep([...this.#acts, { decided, logged: null, what }]);
  }

  /** Has every act logged that is not yet. `append` resolves to the index of the act's entry, once that is included. */
  async announce(append: (act: Act) => Promise<number>): Promise<void> {
    for (const [at, act] of this.#acts.entries()) {
      if (act.logged !== null) continue;
      const logged = await append(act);
      await this.#keep(this.#acts.map((known, place) => (place === at ? { ...known, logged } : known)));
    }
  }

  /** Why a tile or a bundle is not served: `log/entry-pruned` or `log/entry-denied`; null when it is. */
  refusal({ level, index, width }: TileName): Failure | null {
    const span = level === 'entries' ? TILE_WIDTH : TILE_WIDTH ** (level + 1);
    if ((index + 1) * span <= this.#minimum) return pruned(this.#minimum);
    if (level !== 'entries') return null;
    const denied = this.#bundles.get(index)?.find(entry => entry < index * TILE_WIDTH + width);
    return denied === undefined ? null : this.refusalOfEntry(denied);
  }

  /** The same for one entry. */
  refusalOfEntry(index: number): Failure | null {
    return index < this.#minimum ? pruned(this.#minimum) : this.denialOf(index);
  }

  /** `log/entry-denied` for an entry that is denied, whether it is old enough to be pruned or not. */
  denialOf(index: number): Failure | null {
    const denial = this.#denials.get(index);
    if (denial === undefined) return null;
    return new Failure('log/entry-denied', { field: `entry ${index}`, detail: denial.reason });
  }

  async #keep(acts: readonly Act[]): Promise<void> {
    await writeDurably(pathOf(this.#folder), canonicalize(acts as unknown as Json), 0o644, this.#disk);
    this.#acts = acts;
    this.#understand();
  }

  #understand(): void {
    this.#minimum = 0;
    this.#denials.clear();
    for (const { what, logged } of this.#acts) {
      if (what.act === 'prune') this.#minimum = what.minimum;
      if (what.act === 'deny')
        this.#denials.set(what.index, { index: what.index, reason: what.reason, logged });
      if (what.act === 'undeny') this.#denials.delete(what.index);
    }
    this.#bundles.clear();
    for (const index of [...this.#denials.keys()].sort((one, other) => one - other)) {
      const bundle = Math.floor(index / TILE_WIDTH);
      this.#bundles.set(bundle, [...(this.#bundles.get(bundle) ?? []), index]);
    }
  }
}

function parseActs(bytes: Uint8Array): readonly Act[] {
  const malformed = (detail: string) => new Failure('log/retention-malformed', { field: FILE, detail });
  let value: Json;
  try {
    value = parseCanonical(bytes);
  } catch (error) {
    throw error instanceof Failure ? malformed(error.code) : error;
  }
  const result = v.safeParse(Acts, value, { abortEarly: true });
  if (!result.success) throw malformed(v.getDotPath(result.issues[0]) ?? 'not a list of acts');
  if (!equal(canonicalize(result.output as unknown as Json), bytes))
    throw malformed('not what we would write');
  return result.output;
}

function pruned(minimum: number): Failure {
  return new Failure('log/entry-pruned', { detail: `minimum index ${minimum}` });
}

const FILE = 'retention.json';

function pathOf(folder: string): string {
  return join(folder, FILE);
}
