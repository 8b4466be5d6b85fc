/**
 * Answers that were given before, in memory alone: whoever restarts the gateway has emptied it. Each belongs to the exchange that it was first given in, and
 * goes with it.
 */
import { toHex } from '../../../bytes/hex.js';
import type { AnswerFacts, Surface } from '../../../exchange/surface.js';

/** What is remembered of an exchange. */
export interface CachedAnswer {
  /** The exchange that it was given in, and the digest of its receipt's payload, hexadecimal. */
  readonly exchange: string;
  readonly receipt: string;
  /** The surface that its host was asked at. */
  readonly host: Surface;
  readonly form: 'body' | 'stream';
  readonly contentType: string;
  /** The body; or a stream's blocks, comments of ours aside. */
  readonly bytes: Uint8Array;
  readonly answer: AnswerFacts;
}

interface Entry {
  readonly cached: CachedAnswer;
  readonly kept: number;
}

export interface AnswerCacheOptions {
  /** The most bytes of answers. */
  readonly maximumBytes: number;
  /** How long an answer is kept, in milliseconds. */
  readonly lifetime: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** What an answer takes beside its bytes, about: its key, its facts, and the places that name it. */
const OVERHEAD = 2048;
/** No answer takes more of the room than this part. */
const LARGEST_PART = 1 / 8;
/** As many exchanges as are remembered to be erased, so that what was on its way while that happened is not kept afterwards. */
const MAX_ERASED = 10_000;

export class AnswerCache {
  readonly #options: AnswerCacheOptions;
  /** By their keys, the one first that was kept or given longest ago. */
  readonly #entries = new Map<string, Entry>();
  readonly #keys = new Map<string, string>();
  readonly #erased = new Set<string>();
  #bytes = 0;

  constructor(options: AnswerCacheOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The answer under a key; null where there is none, or none that is young enough. */
  find(key: Uint8Array): CachedAnswer | null {
    const name = toHex(key);
    const entry = this.#entries.get(name);
    if (entry === undefined) return null;
    if (this.#options.now() - entry.kept >= this.#options.lifetime) {
      this.#remove(name);
      return null;
    }
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    return entry.cached;
  }

  /** Keeps an answer, in place of one before it, unless it is too large. */
  keep(key: Uint8Array, cached: CachedAnswer): void {
    const { maximumBytes, now } = this.#options;
    const name = toHex(key);
    this.#remove(name);
    const size = sizeOf(cached);
    if (size > maximumBytes * LARGEST_PART || this.#erased.has(cached.exchange)) return;
    this.#entries.set(name, { cached, kept: now() });
    this.#keys.set(cached.exchange, name);
    this.#bytes += size;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= maximumBytes) break;
      this.#remove(oldest);
    }
  }

  /** The exchange is erased: its answer is given to nobody any more. */
  forget(exchange: string): void {
    const name = this.#keys.get(exchange);
    if (name !== undefined) this.#remove(name);
    this.#erased.add(exchange);
    if (this.#erased.size > MAX_ERASED) this.#erased.delete(this.#erased.values().next().value as string);
  }

  #remove(name: string): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    this.#entries.delete(name);
    this.#keys.delete(entry.cached.exchange);
    this.#bytes -= sizeOf(entry.cached);
  }
}

function sizeOf({ bytes, answer }: CachedAnswer): number {
  const calls = answer.toolCalls.reduce((sum, call) => sum + call.arguments.length + call.name.length, 0);
  return bytes.length + calls * 2 + OVERHEAD;
}
