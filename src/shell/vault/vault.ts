/**
 * The vault: what was asked and answered, encrypted, in segments.
 *
 * The folder's contents are not trusted: whoever can write there can destroy content but not change or swap it, since every content is
 * authenticated together with its exchange's id. The vault key is trusted; whoever reads it can read everything. Each exchange has a data
 * key of its own, made of the vault key and a seed that is kept apart from the content, so that erasing those few bytes erases the content,
 * backups aside.
 */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fromBase32 } from '../../bytes/base32.js';
import { Failure } from '../../reason.js';
import type { ContentVault, ExchangeContent } from '../../receipt/content-vault.js';
import { openContent, sealContent } from './sealed-content.js';
import { SEGMENT_LIMITS, Segment, type SegmentLimits } from './segment.js';

export class Vault implements ContentVault {
  readonly #folder: string;
  readonly #key: Uint8Array;
  readonly #limits: SegmentLimits;
  /** The segment that is added to, and its number; null before anything has been added. */
  #latest: { readonly number: number; readonly segment: Segment } | null = null;

  /** `key`: 32 bytes of which every data key is made. `limits`: of one segment; a vault keeps those that it was made with. */
  constructor(folder: string, key: Uint8Array, limits: SegmentLimits = SEGMENT_LIMITS) {
    this.#folder = folder;
    this.#key = key;
    this.#limits = limits;
  }

  put(exchange: string, content: ExchangeContent): void {
    refuseOthers(exchange);
    const sealed = sealContent(this.#key, exchange, content);
    orUnavailable(() => this.#open().add(exchange, sealed));
  }

  get(exchange: string): ExchangeContent {
    const found = this.#find(exchange, 'r', segment => segment.read(exchange));
    if (found === null) throw new Failure('vault/unknown');
    if (found === 'erased') throw new Failure('vault/erased');
    try {
      return openContent(this.#key, exchange, found);
    } catch {
      throw new Failure('vault/corrupt');
    }
  }

  /** What there is of an exchange. The content is not looked at: what is damaged can be erased as well. Throws `vault/unavailable`. */
  state(exchange: string): 'kept' | 'erased' | 'unknown' {
    if (!isExchange(exchange)) return 'unknown';
    return this.#find(exchange, 'r', segment => segment.state(exchange)) ?? 'unknown';
  }

  /**
   * Destroys the data key of an exchange, and its content with it; erasing again changes nothing. When this returns, that survives a loss of
   * power. Both are overwritten where they stand, so that a file system that writes in place keeps none; what backups, snapshots or a disk's
   * own spare blocks hold is theirs. Throws `vault/unknown` or `vault/unavailable`.
   */
  erase(exchange: string): void {
    const done = this.#find(exchange, 'r+', segment => {
      if (segment.state(exchange) === null) return null;
      segment.erase(exchange);
      return true;
    });
    if (done === null) throw new Failure('vault/unknown');
  }

  /** Lets go of the files. */
  close(): void {
    this.#latest?.segment.close();
    this.#latest = null;
  }

  /** The segment that has room. */
  #open(): Segment {
    if (this.#latest !== null && !this.#latest.segment.isFull) return this.#latest.segment;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    let number = this.#latest === null ? (this.#numbers()[0] ?? 0) : this.#latest.number + 1;
    this.close();
    let segment = this.#segment(number, 'a');
    if (segment.isFull) {
      segment.close();
      number++;
      segment = this.#segment(number, 'a');
    }
    this.#latest = { number, segment };
    return segment;
  }

  /** Looks through the segments, the newest first, until `look` finds something. */
  #find<Found>(exchange: string, mode: 'r' | 'r+', look: (segment: Segment) => Found | null): Found | null {
    refuseOthers(exchange);
    return orUnavailable(() => {
      for (const number of this.#numbers()) {
        const segment = this.#segment(number, mode);
        try {
          const found = look(segment);
          if (found !== null) return found;
        } finally {
          segment.close();
        }
      }
      return null;
    });
  }

  /** The numbers of the segments, the newest first. */
  #numbers(): number[] {
    let names: string[];
    try {
      names = readdirSync(this.#folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
    const numbers = names.flatMap(name => /^([0-9]{8})\.content$/.exec(name)?.[1] ?? []).map(Number);
    return numbers.sort((one, other) => other - one);
  }

  #segment(number: number, mode: 'r' | 'r+' | 'a'): Segment {
    return new Segment(join(this.#folder, String(number).padStart(8, '0')), this.#limits, mode);
  }
}

function isExchange(text: string): boolean {
  return fromBase32(text)?.length === 16;
}

function refuseOthers(exchange: string): void {
  if (!isExchange(exchange)) throw new Failure('vault/unknown');
}

function orUnavailable<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof Failure) throw error;
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw new Failure('vault/unavailable', { detail: error instanceof RangeError ? 'kept before' : code });
  }
}
