/**
 * A log in memory that includes what it was given only when it is told to, so that a test can stop the world in between: what a loss of
 * power leaves of it is what was included, and what the death of the process leaves is all that was appended.
 */
import { entryKeys } from '../../src/receipt/entry.js';
import type { Appended, WritableLog } from '../../src/tree/log.js';
import { LOG } from './log.js';

export class MemoryLog
  implements Pick<WritableLog, 'append' | 'include' | 'find' | 'entry' | 'size' | 'writable' | 'origin'>
{
  readonly origin = LOG.key.name;
  readonly writable = true;
  readonly #entries: Uint8Array[];
  readonly #index = new Map<string, number>();
  #waiting: (() => void)[] = [];
  #size: number;
  /** Whether everything is included at once. */
  readonly #isPrompt: boolean;

  constructor(entries: readonly Uint8Array[] = [], isPrompt = false) {
    this.#entries = [];
    this.#isPrompt = isPrompt;
    for (const entry of entries) this.#file(entry);
    this.#size = entries.length;
  }

  get size(): number {
    return this.#size;
  }

  append(entry: Uint8Array): Appended {
    const index = this.#file(entry);
    const included = new Promise<void>(resolve => this.#waiting.push(resolve));
    if (this.#isPrompt) this.commit();
    return { index, included };
  }

  async include(entry: Uint8Array): Promise<number> {
    const { index, included } = this.append(entry);
    await included;
    return index;
  }

  /** Includes all that was appended. */
  commit(): void {
    this.#size = this.#entries.length;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async find(key: Uint8Array): Promise<number | null> {
    return this.#index.get(Buffer.from(key).toString('hex')) ?? null;
  }

  async entry(index: number): Promise<Uint8Array> {
    return this.#entries[index] as Uint8Array;
  }

  /** What is left of it after a loss of power, or after the death of the process alone. */
  remains(isPowerLost: boolean): MemoryLog {
    return new MemoryLog(isPowerLost ? this.#entries.slice(0, this.#size) : this.#entries, true);
  }

  get asLog(): WritableLog {
    return this as unknown as WritableLog;
  }

  #file(entry: Uint8Array): number {
    const index = this.#entries.push(entry) - 1;
    for (const key of entryKeys(entry)) {
      const name = Buffer.from(key).toString('hex');
      if (!this.#index.has(name)) this.#index.set(name, index);
    }
    return index;
  }
}
