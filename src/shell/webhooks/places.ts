/**
 * How far each subscriber has been told, kept over restarts and losses of power: one small file for each, however long it has been away. What is to be told
 * stands in the log, so that nothing is queued here, and nobody who is away fills the disk.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { canonicalize, parseCanonical } from '../../bytes/json.js';
import { Count, Time } from '../../receipt/shapes.js';
import { type Disk, nodeDisk } from '../files/disk.js';
import { makeFoldersDurably, readIfPresent, writeDurably } from '../files/durable.js';

const PlaceSchema = v.strictObject({
  /** Attempts that have failed since the last that did not. */
  failures: Count,
  /** The number of the notice that is to be sent next. */
  next: Count,
  /** Not before then, in milliseconds since 1970. */
  notBefore: Time,
});
export type Place = v.InferOutput<typeof PlaceSchema>;

export class Places {
  readonly #folder: string;
  readonly #disk: Disk;

  constructor(folder: string, disk: Disk = nodeDisk) {
    this.#folder = folder;
    this.#disk = disk;
  }

  /** Makes the folder, and forgets whoever is none of these: who comes back later is new. */
  async keepOnly(names: readonly string[]): Promise<void> {
    await makeFoldersDurably(this.#folder, this.#disk);
    for (const file of await readdir(this.#folder)) {
      const [, name] = /^([a-z0-9-]+)\.json$/.exec(file) ?? [];
      if (name !== undefined && !names.includes(name)) this.#disk.remove(join(this.#folder, file));
    }
  }

  /** Null for one that was never seen; `damaged` for a file that is none of ours. */
  async read(name: string): Promise<Place | 'damaged' | null> {
    const bytes = await readIfPresent(this.#pathOf(name));
    if (bytes === null) return null;
    try {
      return v.parse(PlaceSchema, parseCanonical(bytes));
    } catch {
      return 'damaged';
    }
  }

  /** Durable when it resolves. */
  write(name: string, place: Place): Promise<void> {
    return writeDurably(this.#pathOf(name), canonicalize(place), 0o600, this.#disk);
  }

  #pathOf(name: string): string {
    return join(this.#folder, `${name}.json`);
  }
}
