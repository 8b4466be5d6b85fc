/**
 * Fills a mirror from the log itself: fetches the checkpoint, and the entries that are not here yet, every few seconds.
 *
 * The log's server is not trusted for anything: what it serves goes the same way as what a stranger uploads.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseCheckpoint } from '../../note/checkpoint.js';
import { parseNote } from '../../note/signed-note.js';
import { Failure } from '../../reason.js';
import { proveConsistency } from '../../tree/prove.js';
import type { RemoteLog } from '../tiles/remote-log.js';
import type { MirroredLog } from './mirrored-log.js';
import { remotePackages } from './remote-packages.js';

export interface FollowerOptions {
  readonly log: MirroredLog;
  readonly remote: RemoteLog;
  /** Between two looks, in milliseconds. */
  readonly interval: number;
  /** Told how many entries are here, of how many, after every package. */
  readonly onProgress?: (here: number, size: number) => void;
  /** Told, in a sentence, what keeps the copy from growing; once until it grows again. */
  readonly onProblem: (message: string) => void;
}

export class Follower {
  readonly #options: FollowerOptions;
  readonly #end = new AbortController();
  #running: Promise<void> | null = null;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async close(): Promise<void> {
    this.#end.abort();
    await this.#running;
  }

  /** Looks once, and takes what there is. Throws `peer/…`, `note/…`, `checkpoint/…`, and `mirror/…` or `log/corrupt`. */
  async look(): Promise<void> {
    const { log, remote, onProgress = () => undefined } = this.#options;
    const { signal } = this.#end;
    const note = await remote.checkpoint(signal);
    if (note !== null) await this.#addCheckpoint(note);
    const target = log.pending;
    if (target === null) throw new Failure('peer/checkpoint-missing', { field: `${remote.url}/checkpoint` });
    const { size } = target.checkpoint;
    // While it is behind what others have brought, it cannot be asked for the rest.
    const served = note === null ? 0 : parseCheckpoint(parseNote(note).text).size;
    if (served < size) return;
    for await (const { place, ...content } of remotePackages(
      remote,
      { start: log.next, end: size },
      size,
      signal,
    )) {
      await log.add(target, place, content);
      onProgress(log.next, size);
    }
    await log.finish(target);
  }

  async #addCheckpoint(note: Uint8Array): Promise<void> {
    const { log, remote } = this.#options;
    const { size } = parseCheckpoint(parseNote(note).text);
    const oldSize = log.pending?.checkpoint.size ?? 0;
    if (size < oldSize) return;
    const proof = await proveConsistency(oldSize, size, remote.subtrees(size, this.#end.signal));
    try {
      // When another client has been faster, the next look begins from there.
      await log.addCheckpoint({ oldSize, proof, checkpoint: note });
    } catch (error) {
      if (error instanceof Failure && error.code === 'witness/consistency-invalid')
        throw new Failure('mirror/log-forked', { field: log.origin, detail: `sizes ${oldSize} and ${size}` });
      if (error instanceof Failure && error.code === 'checkpoint/log-signature-missing')
        throw new Failure('mirror/log-key-unknown', { field: remote.url });
      throw error;
    }
  }

  async #run(): Promise<void> {
    const { interval, onProblem } = this.#options;
    let told = '';
    while (!this.#end.signal.aborted) {
      try {
        await this.look();
        told = '';
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        if (!this.#end.signal.aborted && message !== told) onProblem(message);
        told = message;
      }
      await sleep(interval, undefined, { signal: this.#end.signal }).catch(() => undefined);
    }
  }
}
