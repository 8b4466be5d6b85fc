/**
 * The exchanges of a client: open ones, of which something is still to be checked, and settled ones, which are witnessed. Each exchange is
 * received once.
 */
import { sha256 } from '../bytes/cryptography.js';
import { toHex } from '../bytes/hex.js';
import { utf8 } from '../bytes/octets.js';
import { Failure } from '../reason.js';
import { formatKept, type KeptExchange, parseKept } from './kept-exchange.js';
import type { ReceiptStore } from './receipt-store.js';

const OPEN = 'open-';
/** How the names of settled exchanges begin: a store that has to let something go lets these go. */
export const SETTLED = 'settled-';
const CHECKPOINT = 'checkpoint-';

export class KeptExchanges {
  readonly #store: ReceiptStore;
  /** Exchanges whose answers are arriving, and of which the store may know nothing yet. */
  readonly #arriving = new Set<string>();

  constructor(store: ReceiptStore) {
    this.#store = store;
  }

  /** An answer of this exchange begins to arrive. Throws `client/receipt-replayed` when one has come before. */
  async begin(exchange: string): Promise<void> {
    if (this.#arriving.has(exchange)) throw new Failure('client/receipt-replayed');
    this.#arriving.add(exchange);
    try {
      const known = await this.#guarded(() => this.#read(exchange));
      if (known !== null) throw new Failure('client/receipt-replayed');
    } catch (error) {
      this.#arriving.delete(exchange);
      throw error;
    }
  }

  /** Nothing more of an exchange that {@link begin} has let in will arrive. */
  end(exchange: string): void {
    this.#arriving.delete(exchange);
  }

  async keep(kept: KeptExchange): Promise<void> {
    await this.#guarded(() => this.#store.put(OPEN + kept.exchange, formatKept(kept)));
  }

  /** Keeps it among those of which nothing is left to check. A crash in between leaves it under both names, and it is settled again. */
  async settle(kept: KeptExchange): Promise<void> {
    await this.#guarded(async () => {
      await this.#store.put(SETTLED + kept.exchange, formatKept(kept));
      await this.#store.delete(OPEN + kept.exchange);
    });
  }

  /** The ids of those of which something is still to be checked, except those that are arriving. */
  async open(): Promise<readonly string[]> {
    const names = await this.#guarded(() => this.#store.names(OPEN));
    return names.map(name => name.slice(OPEN.length)).filter(exchange => !this.#arriving.has(exchange));
  }

  /** An exchange, whether open or settled; null where none is kept. Throws `client/record-malformed`. */
  async find(exchange: string): Promise<KeptExchange | null> {
    const text = await this.#guarded(() => this.#read(exchange));
    if (text === null) return null;
    const kept = parseKept(text);
    if (kept.exchange !== exchange) throw new Failure('client/record-malformed', { field: 'exchange' });
    return kept;
  }

  /** The note of the largest tree that the log of this origin has shown; null before the first. */
  async checkpoint(origin: string): Promise<string | null> {
    return this.#guarded(() => this.#store.get(checkpointName(origin)));
  }

  async keepCheckpoint(origin: string, note: string): Promise<void> {
    await this.#guarded(() => this.#store.put(checkpointName(origin), note));
  }

  async #read(exchange: string): Promise<string | null> {
    return (await this.#store.get(SETTLED + exchange)) ?? (await this.#store.get(OPEN + exchange));
  }

  async #guarded<Value>(use: () => Promise<Value>): Promise<Value> {
    try {
      return await use();
    } catch (error) {
      if (error instanceof Failure) throw error;
      throw new Failure('client/store-unavailable', {
        detail: error instanceof Error ? error.name : 'no reason given',
      });
    }
  }
}

function checkpointName(origin: string): string {
  return CHECKPOINT + toHex(sha256(utf8(origin))).slice(0, 32);
}
