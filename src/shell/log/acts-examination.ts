/** Comparing what `retention.json` says was decided about reading with the entries that say so. */
import { canonicalize, type Json } from '../../bytes/json.js';
import { equal } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { readEntry } from '../../receipt/entry.js';
import { ACCESS, RETENTION } from '../../receipt/retention.js';
import { predicateTypeOf, readStatement } from '../../receipt/statement.js';
import type { Damage } from './damage.js';
import { type Act, Retention } from './retention.js';

const FILE = 'retention.json';
const ADVICE =
  'Put back a copy of it from a backup. Without one, decide again what the entries of the log say: countersign log retention, prune, deny.';

export class ActsExamination {
  readonly #damage: Damage | null;
  /** By the index of the entry that says so. */
  readonly #open = new Map<number, Act>();

  private constructor(acts: readonly Act[], damage: Damage | null) {
    this.#damage = damage;
    for (const act of acts) if (act.logged !== null) this.#open.set(act.logged, act);
  }

  /** Of the log in `folder`, which may have no such file. */
  static async open(folder: string): Promise<ActsExamination> {
    try {
      return new ActsExamination((await Retention.open(folder)).acts, null);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return new ActsExamination([], {
        file: FILE,
        what: `it cannot be read (${error.detail})`,
        advice: ADVICE,
      });
    }
  }

  /** Takes an entry of the log. */
  take(index: number, entry: Uint8Array): void {
    const act = this.#open.get(index);
    if (act !== undefined && says(entry, act)) this.#open.delete(index);
  }

  /** What is wrong once every entry was taken, or null. */
  finish(): Damage | null {
    const [index] = this.#open.keys();
    if (index === undefined) return this.#damage;
    return { file: FILE, what: `entry ${index} does not say what it should`, advice: ADVICE };
  }
}

function says(entry: Uint8Array, { decided, what }: Act): boolean {
  try {
    const envelope = readEntry(entry);
    const type = predicateTypeOf(envelope);
    if (type === ACCESS.predicateType) {
      const { predicate } = readStatement(ACCESS, envelope);
      return same({ decided, what }, { decided: predicate.decided, what: predicate.access });
    }
    if (type !== RETENTION.predicateType) return false;
    const { predicate } = readStatement(RETENTION, envelope);
    const stated = { act: 'retain', retention: predicate.retention };
    return same({ decided, what }, { decided: predicate.decided, what: stated });
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}

function same(one: Json, other: Json): boolean {
  return equal(canonicalize(one), canonicalize(other));
}
