/** A log in memory that grows as a test says, of entries that a witness which checks entries takes; each can be spoilt. */
import { keyLabel } from '../../src/note/key.js';
import { Failure } from '../../src/reason.js';
import { envelopeBytes, seal } from '../../src/receipt/envelope.js';
import { epochStatement } from '../../src/receipt/epoch.js';
import { KeyHistory } from '../../src/receipt/key-history.js';
import type { EntrySource } from '../../src/shell/witness/entry-follower.js';
import { Frontier } from '../../src/tree/frontier.js';
import { leafHash } from '../../src/tree/hash.js';
import { TILE_WIDTH } from '../../src/tree/tile.js';
import { ISSUER, LOG, ORIGIN } from './parties.js';

/** An entry that no other index has. */
export function epochEntry(index: number, by = ISSUER): Uint8Array {
  const known = by === ISSUER ? ENTRIES.get(index) : undefined;
  if (known !== undefined) return known;
  const { key, signer } = by;
  const payload = epochStatement(key, 'epochepochepochepochepoch2', index);
  const entry = envelopeBytes(seal(payload, keyLabel(key), signer));
  if (by === ISSUER) ENTRIES.set(index, entry);
  return entry;
}

/** Those that were made before: signing takes most of a test's time. */
const ENTRIES = new Map<number, Uint8Array>();

export const BEGINNING = KeyHistory.begin(ORIGIN, [
  { role: 'log', key: LOG.key },
  { role: 'issuer', key: ISSUER.key },
]);

export class GrowingLog implements EntrySource {
  readonly entries: Uint8Array[] = [];
  /** Which bundles were asked for, as `index/width`. */
  readonly asked: string[] = [];
  /** What is served in an entry's place. */
  readonly spoilt = new Map<number, Uint8Array>();
  /** Entries that are not shown. */
  readonly denied = new Set<number>();
  /** Waited for before every answer. */
  hold: Promise<unknown> = Promise.resolve();
  /** What it says of its size, where that is not nothing. */
  published: number | null = null;
  /** How often it was asked for its size. */
  looks = 0;
  /** The most questions that were open at a time. */
  most = 0;
  #open = 0;

  growTo(size: number): this {
    while (this.entries.length < size) this.entries.push(epochEntry(this.entries.length));
    return this;
  }

  /** The checkpoint of its tree at a size. */
  at(size: number) {
    const tree = new Frontier();
    for (const entry of this.entries.slice(0, size)) tree.push(leafHash(entry));
    return { origin: ORIGIN, size, root: tree.root() };
  }

  async size(): Promise<number | null> {
    this.looks++;
    return this.published;
  }

  async part(
    index: number,
    from: number,
    width: number,
    signal: AbortSignal,
  ): Promise<readonly Uint8Array[]> {
    this.asked.push(`${index}/${width}`);
    this.most = Math.max(this.most, ++this.#open);
    let leave = () => {};
    const gone = new Promise<never>((_, reject) => {
      leave = () => reject(new Failure('peer/unreachable'));
    });
    signal.addEventListener('abort', leave);
    await Promise.race([this.hold, gone]).finally(() => {
      this.#open--;
      signal.removeEventListener('abort', leave);
    });
    const first = index * TILE_WIDTH;
    if (this.entries.length < first + width) throw new Failure('peer/answer-missing');
    const places = Array.from({ length: width - from }, (_, at) => first + from + at);
    if (places.some(place => this.denied.has(place))) throw new Failure('peer/answer-denied');
    return places.map(place => this.spoilt.get(place) ?? (this.entries[place] as Uint8Array));
  }
}
