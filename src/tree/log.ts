/** What the rest of the house needs of a transparency log, whoever keeps it and wherever it is. */
import type { Checkpoint } from '../note/checkpoint.js';

/**
 * How firmly the log holds an entry: `included` once the entry is durable and under the log's own signature, `witnessed` once a quorum
 * of witnesses has cosigned a tree that contains it.
 */
export type Stage = 'included' | 'witnessed';

export interface Appended {
  /** Fixed from now on: the entry has been written, though it is not durable before `included` resolves. */
  readonly index: number;
  /** Resolves after the group commit; rejects with `log/unavailable` when the log could not keep the entry. */
  readonly included: Promise<void>;
}

export interface TransparencyLog {
  readonly origin: string;
  /** How many entries are included. */
  readonly size: number;
  /** The latest witnessed checkpoint, or null before the first. */
  readonly witnessed: Checkpoint | null;
  /** Whether entries can be appended; false after a write has failed. */
  readonly writable: boolean;
  /**
   * Takes an entry that nobody is promised anything about before it is included, so that it can be written together with others; nobody
   * may change its bytes until then. Entries get their places in the order in which they are given. Resolves to its index once it is included;
   * rejects with `log/unavailable` or `log/entry-too-large`.
   *
   * @param known the keys to file the entry under, from a caller that has just computed them; the log finds them itself otherwise
   */
  include(entry: Uint8Array, known?: readonly Uint8Array[]): Promise<number>;
  /** The index of the first entry that is filed under a 16-byte key, or null. */
  find(key: Uint8Array): Promise<number | null>;
  /** The bytes of an entry that has been appended. */
  entry(index: number): Promise<Uint8Array>;
  /** Resolves to true when the entry has reached the stage, or to false after `timeout` milliseconds or when `signal` aborts. */
  reached(index: number, stage: Stage, timeout: number, signal?: AbortSignal): Promise<boolean>;
  /** The `tlog-proof` of an entry under the strongest checkpoint that contains it, or null when it is not yet included. */
  prove(index: number): Promise<string | null>;
  /** The COSE receipt (RFC 9942) of an entry under the same checkpoint, or null when it is not yet included. No witness signs it. */
  proveCose(index: number): Promise<Uint8Array | null>;
}

/** A log that is kept where it is asked: an entry can be written at once. */
export interface WritableLog extends TransparencyLog {
  /**
   * Takes an entry. When this returns, the entry survives the death of this process; when `included` resolves, it survives the loss of
   * power. Throws `log/unavailable` or `log/entry-too-large`.
   *
   * @param known the keys to file the entry under, from a caller that has just computed them; the log finds them itself otherwise
   */
  append(entry: Uint8Array, known?: readonly Uint8Array[]): Appended;
}
