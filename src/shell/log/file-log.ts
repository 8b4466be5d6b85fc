/**
 * The transparency log as files in one folder, written by one process.
 *
 * Trusted: the log's own key; the disk, not to change or lose what it has synced (recovery and every proof check that it did not); the
 * caller, to append only what `accepts` accepts, for recovery cuts the rest. Not trusted: witnesses, whose cosignatures are verified and
 * whose silence only delays; an entry's content, which the log never interprets; readers, who get published bytes and nothing else. A
 * witness that claims to have seen more than the log has can keep the log from starting, never make it sign anything.
 *
 * How an entry becomes part of the log: `append` writes it to its bundle at once, since its caller may promise that it will be in the log;
 * what only asks to be included is written by the group commit. This syncs all that was written since the last one, reads it back, hashes what it read, and signs one checkpoint for the batch; only then is `included` told. What arrives
 * during a commit is the next batch. Nothing is signed before the entries that it covers are durable, and an index, once published, is
 * never given to other content: recovery keeps every synced entry in its place (see `recover.ts`), and after a write that failed, when
 * nobody can know what is on disk, the log takes nothing more until it is opened again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Signer } from '../../bytes/cryptography.js';
import { equal, fromUtf8 } from '../../bytes/octets.js';
import type { Checkpoint } from '../../note/checkpoint.js';
import type { VerifierKey } from '../../note/key.js';
import type { NoteSignature } from '../../note/signature-line.js';
import { formatNote, parseNote } from '../../note/signed-note.js';
import { Failure } from '../../reason.js';
import { formatCoseReceipt } from '../../tree/cose-receipt.js';
import { leafHash } from '../../tree/hash.js';
import type { Appended, Stage, WritableLog } from '../../tree/log.js';
import { verifyInclusion } from '../../tree/merkle.js';
import { proveConsistency, proveInclusion } from '../../tree/prove.js';
import { MAX_ENTRY_BYTES, TILE_WIDTH, type TileName } from '../../tree/tile.js';
import { formatTlogProof } from '../../tree/tlog-proof.js';
import type { Bundles } from '../tiles/bundles.js';
import type { HashTiles } from '../tiles/hash-tiles.js';
import type { KeyIndex } from '../tiles/key-index.js';
import { Batch } from './batch.js';
import { CheckedStore } from './checked-store.js';
import { CoseSignatures } from './cose-signatures.js';
import { greased } from './grease.js';
import { LogEntries } from './log-entries.js';
import { Scrub } from './scrub.js';
import type { Publication } from './serve.js';
import { type SignedCheckpoint, signCheckpoint } from './signed-checkpoint.js';
import { Waiters } from './waiters.js';
import { type WitnessedLog, Witnessing, type WitnessingOptions } from './witnessing.js';

/** What {@link FileLog} is made of; `openLog` puts it together. */
export interface LogParts extends WitnessingOptions {
  /** Its name is the log's origin. */
  readonly key: VerifierKey;
  readonly signer: Signer;
  /** The 16-byte keys that an entry is filed under. Must be the same whenever it is asked. */
  readonly keysOf: (entry: Uint8Array) => readonly Uint8Array[];
  readonly bundles: Bundles;
  readonly tiles: HashTiles;
  readonly index: KeyIndex;
  /** The kept checkpoint where it is witnessed under the quorum of today. */
  readonly witnessed: { readonly checkpoint: Checkpoint; readonly note: Uint8Array } | null;
  /** Resolves when the note is durable. */
  readonly keep: (note: Uint8Array) => Promise<void>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Whether an entry is denied to readers, and so to mirrors. */
  readonly isDenied: (index: number) => boolean;
  /**
   * Milliseconds between the beginnings of two group commits, at least: who commits less often commits more together, and what is appended
   * is included that much later.
   */
  readonly commitSpacing: number;
  /** Told whenever there is another signed or witnessed checkpoint, and when the log takes nothing more. */
  readonly onChange: () => void;
  /** Milliseconds between a bundle that is read again for damage and the next; null to leave what is at rest alone. */
  readonly scrubSpacing: number | null;
}

/** A witnessed checkpoint. */
interface Published {
  readonly checkpoint: Checkpoint;
  /** With lines by known keys alone, as it is kept and as proofs carry it. */
  readonly note: string;
  /** With grease, as it is served. */
  readonly served: Uint8Array;
}

/** Tiles that may be waiting to be made durable; more are not left to the next publication, which may be long in coming. */
const MAX_UNSYNCED_TILES = 256;

export class FileLog implements WritableLog, Publication {
  readonly origin: string;
  readonly #parts: LogParts;
  readonly #store: CheckedStore;
  readonly #entries: LogEntries;
  readonly #witnessing: Witnessing;
  readonly #waiting = { included: new Waiters(), witnessed: new Waiters() };
  readonly #coseSignatures: CoseSignatures;
  #scrub: Scrub | null = null;
  #signed: SignedCheckpoint;
  #witnessed: Published | null;
  #batch = new Batch();
  #committing: Promise<void> | null = null;
  /** When the last commit began, by the process's own clock. */
  #began = Number.NEGATIVE_INFINITY;
  #indexProblem = false;
  #closed = false;
  /** What went wrong on disk, after which nothing more can be appended. */
  #failure: Failure | null = null;

  private constructor(parts: LogParts, signed: SignedCheckpoint) {
    this.origin = parts.key.name;
    this.#parts = parts;
    this.#store = new CheckedStore(parts.bundles, parts.tiles);
    this.#entries = new LogEntries({
      store: this.#store,
      tiles: parts.tiles,
      isDenied: parts.isDenied,
      guard: read => this.#guarded(read),
    });
    this.#coseSignatures = new CoseSignatures(parts.key, parts.signer);
    this.#signed = signed;
    const { witnessed } = parts;
    this.#witnessed = witnessed && this.#greased(witnessed.checkpoint, witnessed.note);
    const witnessedLog: WitnessedLog = {
      signed: () => this.#signed,
      witnessed: () => this.witnessed,
      proveConsistency: (oldSize, newSize) =>
        this.#guarded(() => proveConsistency(oldSize, newSize, parts.tiles.subtree)),
      entries: this.#entries,
      prepare: () => this.#makeTilesDurable(),
      publish: (published, signatures) => this.#publish(published, signatures),
    };
    this.#witnessing = new Witnessing(witnessedLog, parts);
  }

  /**
   * Signs the tree as it is and shows it to the witnesses, before anything is added. Throws `log/behind-witness` when one of them has
   * seen a larger tree, `log/corrupt` when one has seen another, and `log/witnesses-silent` when too few answer to know.
   */
  static async start(parts: LogParts): Promise<FileLog> {
    const log = new FileLog(parts, await signTree(parts));
    try {
      await log.#witnessing.begin();
    } catch (error) {
      await log.#entries.close();
      throw error;
    }
    if (log.#failure !== null) throw log.#failure;
    log.#witnessing.wake();
    if (parts.scrubSpacing !== null) {
      log.#scrub = new Scrub({
        store: log.#store,
        size: () => log.signed.size,
        spacing: parts.scrubSpacing,
        onCorrupt: failure => void log.#fail(failure),
      });
    }
    return log;
  }

  get witnessed(): Checkpoint | null {
    return this.#witnessed?.checkpoint ?? null;
  }

  /** With signature lines by keys that nobody has, other ones in each publication. */
  get checkpointNote(): Uint8Array | null {
    return this.#witnessed?.served ?? null;
  }

  /** The latest checkpoint that the log itself has signed: what is included. */
  get signed(): Checkpoint {
    return this.#signed.checkpoint;
  }

  get size(): number {
    return this.signed.size;
  }

  get writable(): boolean {
    return this.#failure === null && !this.#closed;
  }

  append(entry: Uint8Array, known?: readonly Uint8Array[]): Appended {
    const appended = this.#take(entry, known);
    try {
      this.#parts.bundles.write();
    } catch (error) {
      throw this.#fail(error);
    }
    return appended;
  }

  async include(entry: Uint8Array, known?: readonly Uint8Array[]): Promise<number> {
    const { index, included } = this.#take(entry, known);
    await included;
    return index;
  }

  async find(key: Uint8Array): Promise<number | null> {
    const { index: keys } = this.#parts;
    // Asked before the files are, since a key may move there in the meantime; and counted after them, since the first entry is meant.
    const recent = keys.recent(key);
    if (!keys.mayHave(key)) return recent;
    for (const index of await keys.candidates(key)) {
      if (index >= this.#parts.bundles.size) continue;
      const keys = this.#parts.keysOf(await this.entry(index));
      if (keys.some(known => equal(known, key))) return index;
    }
    return recent;
  }

  /** Throws `tree/index-out-of-range`, or `log/corrupt` when the entry is not the one that stands in the tree. */
  async entry(index: number): Promise<Uint8Array> {
    const { bundles } = this.#parts;
    if (!isIndex(index) || index >= bundles.size) throw new Failure('tree/index-out-of-range');
    // What is not committed yet has no place in the tree that it could be compared with.
    return this.#guarded(() => (index < this.signed.size ? this.#store.entry(index) : bundles.entry(index)));
  }

  async reached(index: number, stage: Stage, timeout: number, signal?: AbortSignal): Promise<boolean> {
    const size = stage === 'included' ? this.signed.size : (this.witnessed?.size ?? 0);
    if (index < size) return true;
    if (!this.writable && index >= this.signed.size) return false;
    return this.#waiting[stage].wait(index, timeout, signal);
  }

  /**
   * Throws `log/corrupt` rather than handing out a proof that does not verify. Its checkpoint has no lines but the log's and its
   * witnesses', since a bundle may have no other.
   */
  async prove(index: number): Promise<string | null> {
    const under = this.#strongest(index);
    if (under === null) return null;
    const { size, root } = under.checkpoint;
    const hashes = await this.#guarded(() => this.#inclusion(index, size, root));
    return formatTlogProof({ index, hashes, checkpoint: under.note() });
  }

  /** Throws `log/corrupt` as {@link prove} does. The log signs no other tree for it than those that it has signed before. */
  async proveCose(index: number): Promise<Uint8Array | null> {
    const under = this.#strongest(index);
    if (under === null) return null;
    const { size, root } = under.checkpoint;
    const hashes = await this.#guarded(() => this.#inclusion(index, size, root));
    return formatCoseReceipt(this.#coseSignatures.of(under.checkpoint), {
      kind: 'inclusion',
      size,
      index,
      hashes,
    });
  }

  /** Throws `log/corrupt` rather than handing out what was not signed. */
  async tile({ level, index, width }: TileName): Promise<Uint8Array | null> {
    const count = Math.floor(this.signed.size / TILE_WIDTH ** (level === 'entries' ? 0 : level));
    if (index * TILE_WIDTH + width > count) return null;
    return this.#guarded(() =>
      level === 'entries' ? this.#store.bundle(index, width) : this.#store.tile(level, index, width),
    );
  }

  /** Commits what was appended, ends the rounds of witnessing, and lets go of the files. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#committing;
    await this.#scrub?.stop();
    await this.#witnessing.stop();
    await this.#entries.close();
    for (const waiters of Object.values(this.#waiting)) waiters.abandon(0);
    await this.#parts.tiles.settled();
    await this.#parts.index.close();
    this.#parts.bundles.close();
  }

  #take(entry: Uint8Array, known: readonly Uint8Array[] | undefined): Appended {
    if (this.#failure !== null) throw this.#failure;
    if (this.#closed) throw new Failure('log/unavailable', { detail: 'the log is closed' });
    if (entry.length === 0) throw new RangeError('an entry is never empty');
    if (entry.length > MAX_ENTRY_BYTES) throw new Failure('log/entry-too-large');
    const keys = known ?? this.#parts.keysOf(entry);
    const index = this.#parts.bundles.append(entry);
    this.#parts.index.add(keys);
    this.#batch.size++;
    // Everything that is appended before the event loop comes round is one batch; nobody waits for a timer.
    this.#committing ??= new Promise(resolve => setImmediate(() => resolve(this.#commitAll())));
    return { index, included: this.#batch.included };
  }

  async #commitAll(): Promise<void> {
    while (this.#batch.size > 0) {
      await this.#nextCommit();
      const batch = this.#batch;
      this.#batch = new Batch();
      try {
        if (this.#failure !== null) throw this.#failure;
        await this.#commit();
        batch.resolve();
      } catch (error) {
        batch.reject(this.#fail(error));
      }
    }
    this.#committing = null;
  }

  /** Resolves when the next commit may begin. */
  async #nextCommit(): Promise<void> {
    const wait = this.#began + this.#parts.commitSpacing - performance.now();
    if (wait > 0) await sleep(wait);
    this.#began = performance.now();
  }

  async #commit(): Promise<void> {
    const { bundles, tiles, index } = this.#parts;
    bundles.write();
    const unsynced = bundles.takeUnsynced();
    await bundles.makeDurable(unsynced);
    // What is signed is what the files hold, not what memory says was written to them.
    for (const entry of bundles.readBack(unsynced)) tiles.append(leafHash(entry));
    this.#signed = await signTree(this.#parts);
    bundles.release(tiles.size);
    this.#waiting.included.advance(tiles.size);
    this.#parts.onChange();
    this.#witnessing.wake();
    void this.#writeIndex(() => index.flush(tiles.size));
    if (tiles.unsynced > MAX_UNSYNCED_TILES) this.#makeTilesDurable().catch(() => undefined);
  }

  async #makeTilesDurable(): Promise<void> {
    try {
      await this.#parts.tiles.makeDurable();
    } catch (error) {
      throw this.#fail(error);
    }
  }

  /** The witnessed checkpoint where it covers the entry, else the one that the log has signed; null where neither does. */
  #strongest(index: number): { readonly checkpoint: Checkpoint; readonly note: () => string } | null {
    const [witnessed, signed] = [this.#witnessed, this.#signed];
    if (!isIndex(index) || index >= signed.checkpoint.size) return null;
    return witnessed !== null && index < witnessed.checkpoint.size
      ? { checkpoint: witnessed.checkpoint, note: () => witnessed.note }
      : { checkpoint: signed.checkpoint, note: () => noteText(signed, []) };
  }

  async #inclusion(index: number, size: number, root: Uint8Array): Promise<readonly Uint8Array[]> {
    const { subtree } = this.#parts.tiles;
    const hashes = await proveInclusion(index, size, subtree);
    try {
      verifyInclusion(index, size, await subtree({ level: 0, index }), hashes, root);
    } catch {
      throw new Failure('log/corrupt', { detail: `the tiles do not prove entry ${index}` });
    }
    return hashes;
  }

  async #publish(signed: SignedCheckpoint, signatures: readonly NoteSignature[]): Promise<void> {
    const note = noteOf(signed, signatures);
    try {
      await this.#parts.keep(note);
    } catch (error) {
      throw this.#fail(error);
    }
    this.#witnessed = this.#greased(signed.checkpoint, note);
    this.#waiting.witnessed.advance(signed.checkpoint.size);
    this.#parts.onChange();
  }

  #greased(checkpoint: Checkpoint, note: Uint8Array): Published {
    const { key, now } = this.#parts;
    const { text, signatures } = parseNote(note);
    const lines = greased(signatures, key, Math.floor(now() / 1000));
    return { checkpoint, note: fromUtf8(note) ?? '', served: formatNote({ text, signatures: lines }) };
  }

  /** Whoever comes upon damage in the store stops the log: what it holds is not what it has signed. */
  async #guarded<Value>(read: () => Promise<Value>): Promise<Value> {
    try {
      return await read();
    } catch (error) {
      if (error instanceof Failure && error.code === 'log/corrupt') this.#fail(error);
      throw error;
    }
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

  /** For good: after a write or a sync that failed, or over a store that is damaged, only a new start can find out what is on disk. */
  #fail(error: unknown): Failure {
    if (this.#failure !== null) return this.#failure;
    const isCorrupt = error instanceof Failure && error.code === 'log/corrupt';
    const detail = error instanceof Failure ? whatFailed(error) : String(error);
    this.#failure = new Failure('log/unavailable', { detail });
    this.#parts.onProblem(isCorrupt ? error.message : this.#failure.message);
    // Checkpoints over a damaged store would bear witness to what nobody can be shown.
    if (isCorrupt) this.#witnessing.halt();
    for (const waiters of Object.values(this.#waiting)) waiters.abandon(this.signed.size);
    this.#parts.onChange();
    return this.#failure;
  }
}

async function signTree({ key, signer, tiles }: LogParts): Promise<SignedCheckpoint> {
  const size = tiles.size;
  return signCheckpoint({ origin: key.name, size, root: await tiles.root() }, key, signer);
}

function noteOf({ text, signature }: SignedCheckpoint, others: readonly NoteSignature[]): Uint8Array {
  return formatNote({ text, signatures: [signature, ...others] });
}

function noteText(signed: SignedCheckpoint, others: readonly NoteSignature[]): string {
  return fromUtf8(noteOf(signed, others)) ?? '';
}

/** The file comes first: whoever reads it has to know which. */
function whatFailed({ code, field, detail }: Failure): string {
  const what = detail ?? code;
  return field === undefined ? what : `${field}: ${what}`;
}

function isIndex(index: number): boolean {
  return Number.isSafeInteger(index) && index >= 0;
}
