/**
 * The transparency log as files in one folder, written by one process.
 *
 * Trusted: the log's own key; the disk, not to change or lose what it has synced (recovery and every proof check that it did not); the
 * caller, to append only what `accepts` accepts, for recovery cuts the rest. Not trusted: witnesses, whose cosignatures are verified and
 * whose silence only delays; an entry's content, which the log never interprets; readers, who get published bytes and nothing else. A
 * witness that claims to have seen more than the log has can keep the log from starting, never make it sign anything.
 *
 * How an entry becomes part of the log: `append` writes it to its bundle at once. A group commit then syncs all that was written since
 * the last one, reads it back, hashes what it read, and signs one checkpoint for the batch; only then is `included` told. What arrives
 * during a commit is the next batch. Nothing is signed before the entries that it covers are durable, and an index, once published, is
 * never given to other content: recovery keeps every synced entry in its place (see `recover.ts`), and after a write that failed, when
 * nobody can know what is on disk, the log takes nothing more until it is opened again.
 */
import type { Signer } from '../../bytes/cryptography.js';
import { equal, fromUtf8 } from '../../bytes/octets.js';
import { type Checkpoint, formatCheckpoint } from '../../note/checkpoint.js';
import type { VerifierKey } from '../../note/key.js';
import type { Quorum } from '../../note/policy.js';
import { formatNote, signNote } from '../../note/signed-note.js';
import type { Witness } from '../../note/witness.js';
import { Failure } from '../../reason.js';
import { leafHash } from '../../tree/hash.js';
import type { Appended, Stage, TransparencyLog } from '../../tree/log.js';
import { verifyInclusion } from '../../tree/merkle.js';
import { proveConsistency, proveInclusion } from '../../tree/prove.js';
import { frameEntry, TILE_WIDTH, type TileName } from '../../tree/tile.js';
import { formatTlogProof } from '../../tree/tlog-proof.js';
import type { Bundles } from '../tiles/bundles.js';
import type { HashTiles } from '../tiles/hash-tiles.js';
import type { KeyIndex } from '../tiles/key-index.js';
import { Batch } from './batch.js';
import type { Publication } from './serve.js';
import { Waiters } from './waiters.js';
import { type SignedCheckpoint, type WitnessedLog, Witnessing, type WitnessTiming } from './witnessing.js';

/** What {@link FileLog} is made of; `openLog` puts it together. */
export interface LogParts {
  /** Its name is the log's origin. */
  readonly key: VerifierKey;
  readonly signer: Signer;
  readonly witnesses: readonly Witness[];
  readonly quorum: Quorum;
  readonly timing: WitnessTiming;
  /** The 16-byte keys that an entry is filed under. Must be the same whenever it is asked. */
  readonly keysOf: (entry: Uint8Array) => readonly Uint8Array[];
  /** Told, in a sentence, what an operator should look at. */
  readonly onProblem: (message: string) => void;
  readonly bundles: Bundles;
  readonly tiles: HashTiles;
  readonly index: KeyIndex;
  /** The size of the kept checkpoint, from which witnesses are first asked to go on. */
  readonly keptSize: number;
  /** The kept checkpoint where it is witnessed under the quorum of today. */
  readonly witnessed: { readonly checkpoint: Checkpoint; readonly note: Uint8Array } | null;
  /** Resolves when the note is durable. */
  readonly keep: (note: Uint8Array) => Promise<void>;
}

export class FileLog implements TransparencyLog, Publication {
  readonly origin: string;
  readonly #parts: LogParts;
  readonly #witnessing: Witnessing;
  readonly #waiting = { included: new Waiters(), witnessed: new Waiters() };
  #signed: SignedCheckpoint;
  #witnessed: { readonly checkpoint: Checkpoint; readonly note: Uint8Array } | null;
  #batch = new Batch();
  #committing: Promise<void> | null = null;
  #indexProblem = false;
  #closed = false;
  /** What went wrong on disk, after which nothing more can be appended. */
  #failure: Failure | null = null;

  private constructor(parts: LogParts, signed: SignedCheckpoint) {
    this.origin = parts.key.name;
    this.#parts = parts;
    this.#signed = signed;
    this.#witnessed = parts.witnessed;
    const witnessedLog: WitnessedLog = {
      signed: () => this.#signed,
      witnessed: () => this.witnessed,
      proveConsistency: (oldSize, newSize) => proveConsistency(oldSize, newSize, parts.tiles.subtree),
      publish: (checkpoint, note) => this.#publish(checkpoint, note),
    };
    const { witnesses, quorum, timing, onProblem, keptSize } = parts;
    this.#witnessing = new Witnessing(witnessedLog, witnesses, quorum, keptSize, timing, onProblem);
  }

  /**
   * Signs the tree as it is and shows it to the witnesses, before anything is added. Throws `log/behind-witness` when one of them has
   * seen a larger tree, `log/corrupt` when one has seen another, and `log/witnesses-silent` when too few answer to know.
   */
  static async start(parts: LogParts): Promise<FileLog> {
    const log = new FileLog(parts, await signTree(parts));
    for (const { code, field, detail } of await log.#witnessing.round(parts.timing.patienceAtStart)) {
      const context = { ...(field && { field }), ...(detail && { detail }) };
      if (code === 'log/behind-witness') throw new Failure(code, context);
      if (code === 'witness/consistency-invalid') {
        throw new Failure('log/corrupt', { ...context, detail: 'this witness has cosigned another history' });
      }
    }
    // Silence at the start is no answer: a witness that says nothing may be the one that has seen more.
    if (parts.quorum.kind !== 'none' && log.witnessed?.size !== log.signed.size) {
      throw new Failure('log/witnesses-silent');
    }
    log.#witnessing.wake();
    return log;
  }

  get witnessed(): Checkpoint | null {
    return this.#witnessed?.checkpoint ?? null;
  }

  get checkpointNote(): Uint8Array | null {
    return this.#witnessed?.note ?? null;
  }

  /** The latest checkpoint that the log itself has signed: what is included. */
  get signed(): Checkpoint {
    return this.#signed.checkpoint;
  }

  get writable(): boolean {
    return this.#failure === null && !this.#closed;
  }

  append(entry: Uint8Array, known?: readonly Uint8Array[]): Appended {
    if (this.#failure !== null) throw this.#failure;
    if (this.#closed) throw new Failure('log/unavailable', { detail: 'the log is closed' });
    if (entry.length === 0) throw new RangeError('an entry is never empty');
    const framed = frameEntry(entry);
    const keys = known ?? this.#parts.keysOf(entry);
    let index: number;
    try {
      index = this.#parts.bundles.append(framed);
    } catch (error) {
      throw this.#fail(error);
    }
    this.#parts.index.add(keys);
    this.#batch.framed.push(framed);
    // Everything that is appended before the event loop comes round is one batch; nobody waits for a timer.
    this.#committing ??= new Promise(resolve => setImmediate(() => resolve(this.#commitAll())));
    return { index, included: this.#batch.included };
  }

  async find(key: Uint8Array): Promise<number | null> {
    const recent = this.#parts.index.recent(key);
    if (recent !== null) return recent;
    for (const index of await this.#parts.index.candidates(key)) {
      if (index >= this.#parts.bundles.size) continue;
      const keys = this.#parts.keysOf(await this.entry(index));
      if (keys.some(known => equal(known, key))) return index;
    }
    return null;
  }

  /** Throws `tree/index-out-of-range`, or `log/corrupt` when the entry is not the one that stands in the tree. */
  async entry(index: number): Promise<Uint8Array> {
    const { bundles, tiles } = this.#parts;
    if (!isIndex(index) || index >= bundles.size) throw new Failure('tree/index-out-of-range');
    const entry = await bundles.entry(index);
    if (index < this.signed.size && !equal(leafHash(entry), await tiles.subtree({ level: 0, index }))) {
      throw new Failure('log/corrupt', { detail: `entry ${index} is not the one that was signed` });
    }
    return entry;
  }

  async reached(index: number, stage: Stage, timeout: number, signal?: AbortSignal): Promise<boolean> {
    const size = stage === 'included' ? this.signed.size : (this.witnessed?.size ?? 0);
    if (index < size) return true;
    if (!this.writable && index >= this.signed.size) return false;
    return this.#waiting[stage].wait(index, timeout, signal);
  }

  /** Throws `log/corrupt` rather than handing out a proof that does not verify. */
  async prove(index: number): Promise<string | null> {
    const strongest = [this.#witnessed, published(this.#signed)];
    const under = strongest.find(candidate => candidate !== null && index < candidate.checkpoint.size);
    if (!under || !isIndex(index)) return null;
    const { size, root } = under.checkpoint;
    const { subtree } = this.#parts.tiles;
    const hashes = await proveInclusion(index, size, subtree);
    try {
      verifyInclusion(index, size, await subtree({ level: 0, index }), hashes, root);
    } catch {
      throw new Failure('log/corrupt', { detail: `the tiles do not prove entry ${index}` });
    }
    return formatTlogProof({ index, hashes, checkpoint: fromUtf8(under.note) ?? '' });
  }

  async tile({ level, index, width }: TileName): Promise<Uint8Array | null> {
    const { bundles, tiles } = this.#parts;
    const count = Math.floor(this.signed.size / TILE_WIDTH ** (level === 'entries' ? 0 : level));
    if (index * TILE_WIDTH + width > count) return null;
    return level === 'entries'
      ? bundles.prefix(index, width)
      : (await tiles.nodes(level, index)).bytes(width);
  }

  /** Commits what was appended, ends the rounds of witnessing, and lets go of the files. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#committing;
    await this.#witnessing.stop();
    for (const waiters of Object.values(this.#waiting)) waiters.abandon(0);
    await this.#parts.index.close();
    this.#parts.bundles.close();
  }

  async #commitAll(): Promise<void> {
    while (this.#batch.framed.length > 0) {
      const batch = this.#batch;
      this.#batch = new Batch();
      try {
        if (this.#failure !== null) throw this.#failure;
        await this.#commit(batch);
        batch.resolve();
      } catch (error) {
        batch.reject(this.#fail(error));
      }
    }
    this.#committing = null;
  }

  async #commit({ framed }: Batch): Promise<void> {
    const { bundles, tiles, index } = this.#parts;
    await bundles.makeDurable(bundles.takeUnsynced());
    // What is signed is what the files hold, not what memory says was written to them.
    for (const entry of bundles.readBack(tiles.size, framed)) tiles.append(leafHash(entry));
    this.#signed = await signTree(this.#parts);
    bundles.release(tiles.size);
    this.#waiting.included.advance(tiles.size);
    this.#witnessing.wake();
    void this.#writeIndex(() => index.flush(tiles.size));
  }

  async #publish(checkpoint: Checkpoint, note: Uint8Array): Promise<void> {
    try {
      await this.#parts.tiles.makeDurable();
      await this.#parts.keep(note);
    } catch (error) {
      throw this.#fail(error);
    }
    this.#witnessed = { checkpoint, note };
    this.#waiting.witnessed.advance(checkpoint.size);
  }

  /** The index can be made again, so that a disk that refuses it alone does not stop the log. */
  async #writeIndex(write: () => Promise<void>): Promise<void> {
    try {
      await write();
      this.#indexProblem = false;
    } catch (error) {
      if (!this.#indexProblem) this.#parts.onProblem(`The key index could not be written: ${String(error)}`);
      this.#indexProblem = true;
    }
  }

  /** For good: after a write or a sync that failed, only a new start can find out what is on disk. */
  #fail(error: unknown): Failure {
    if (this.#failure !== null) return this.#failure;
    const detail = error instanceof Failure ? (error.detail ?? error.code) : String(error);
    this.#failure = new Failure('log/unavailable', { detail });
    this.#parts.onProblem(this.#failure.message);
    for (const waiters of Object.values(this.#waiting)) waiters.abandon(this.signed.size);
    return this.#failure;
  }
}

async function signTree({ key, signer, tiles }: LogParts): Promise<SignedCheckpoint> {
  const size = tiles.size;
  const checkpoint = { origin: key.name, size, root: await tiles.root() };
  const text = formatCheckpoint(checkpoint);
  return { checkpoint, text, signature: signNote(text, key, signer) };
}

function published({ checkpoint, text, signature }: SignedCheckpoint): {
  readonly checkpoint: Checkpoint;
  readonly note: Uint8Array;
} {
  return { checkpoint, note: formatNote({ text, signatures: [signature] }) };
}

function isIndex(index: number): boolean {
  return Number.isSafeInteger(index) && index >= 0;
}
