/**
 * A copy of one log. Source: C2SP tlog-mirror, of which this is the meaning without the transport.
 *
 * Trusted: the mirror's own keys and its disk. Not trusted: the log, and whoever brings entries. A log may sign two histories and send
 * both; this copy stays on one of them, because every pending checkpoint extends the one before, and every entry is proven to be part of
 * a pending checkpoint before it is kept. The mirror's cosignature leaves only after all that it speaks of is durable.
 */
import { equal } from '../../bytes/octets.js';
import { MAX_PROOF_HASHES } from '../../note/add-checkpoint.js';
import { parseCheckpoint } from '../../note/checkpoint.js';
import type { Cosigner } from '../../note/cosignature.js';
import type { VerifierKey } from '../../note/key.js';
import type { NoteSignature } from '../../note/signature-line.js';
import { formatNote, parseNote, type SignedNote, verifyNote } from '../../note/signed-note.js';
import type { AddCheckpoint } from '../../note/witness.js';
import { Failure } from '../../reason.js';
import type { EntryPackage, MirrorInfo, PackagePlace, UploadHeader } from '../../tree/add-entries.js';
import { Frontier } from '../../tree/frontier.js';
import { emptyRoot, leafHash } from '../../tree/hash.js';
import { verifyConsistency } from '../../tree/merkle.js';
import { verifySubtree } from '../../tree/subtree.js';
import { TILE_WIDTH, type TileName } from '../../tree/tile.js';
import { type Disk, nodeDisk } from '../files/disk.js';
import { makeFoldersDurably } from '../files/durable.js';
import { EntryStore } from './entry-store.js';
import { InTurn } from './in-turn.js';
import { type KeptNote, keepNote, originHash, readNote } from './kept-notes.js';
import { Tickets } from './tickets.js';

/** Past pending checkpoints that entries are still taken up to without a ticket. */
const REMEMBERED_CHECKPOINTS = 64;
/** Entries that somebody may bring although they are here already: as many as one request should have. */
const MAX_EXCESS = 32 * TILE_WIDTH;

export interface MirroredLogOptions {
  /** Where the copy is kept; made when it is missing. The caller holds the lock of the data folder. */
  readonly folder: string;
  /** The log's keys, all under its origin. */
  readonly keys: readonly VerifierKey[];
  /** Keys that the log had before: what is kept may be under one of them, and nothing new is taken under any. */
  readonly retired?: readonly VerifierKey[];
  /** What the mirror signs with: one for each algorithm, at least one. No other cosigner has these keys. */
  readonly cosigners: readonly Cosigner[];
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly disk?: Disk;
}

/** A checkpoint that entries are taken up to. */
export type Target = Pick<KeptNote, 'checkpoint' | 'note'>;

/** The client should go on as the info says (HTTP 409). */
export interface Conflict {
  readonly status: 'conflict';
  readonly info: MirrorInfo;
}

export type Beginning = { readonly status: 'ready'; readonly target: Target } | Conflict;

export type Ending =
  | { readonly status: 'cosigned'; readonly cosignatures: readonly NoteSignature[] }
  | Conflict;

type Options = MirroredLogOptions & { readonly disk: Disk };

export class MirroredLog {
  readonly origin: string;
  /** How the log is named in paths. */
  readonly hash: string;
  readonly #options: Options;
  readonly #entries: EntryStore;
  readonly #turns = new InTurn();
  readonly #tickets = new Tickets();
  /** Pending checkpoints, present and past, by their sizes. */
  readonly #targets = new Map<number, Target>();
  #pending: Target | null;
  #mirrored: KeptNote | null;
  #fault: Failure | null = null;

  private constructor(
    options: Options,
    origin: string,
    entries: EntryStore,
    pending: Target | null,
    mirrored: KeptNote | null,
  ) {
    this.origin = origin;
    this.hash = originHash(origin);
    this.#options = options;
    this.#entries = entries;
    this.#mirrored = mirrored;
    this.#pending = null;
    if (pending !== null) this.#remember(pending);
  }

  /** Opens the copy in a folder, or begins one. Throws `log/corrupt` when it is not what this mirror has kept. */
  static async open(options: MirroredLogOptions): Promise<MirroredLog> {
    const { folder, keys, retired = [], cosigners, disk = nodeDisk } = options;
    const origin = keys[0]?.name;
    if (origin === undefined || keys.some(({ name }) => name !== origin))
      throw new RangeError('the keys of one log');
    await makeFoldersDurably(folder, disk);
    const own = cosigners.map(({ key }) => key);
    const known = [...keys, ...retired];
    const mirrored = await readNote(folder, 'checkpoint', known, own);
    const pending = await readNote(folder, 'pending', known, []);
    const covered = mirrored?.checkpoint ?? { size: 0, root: emptyRoot() };
    const entries = await EntryStore.open(folder, disk, covered);
    const most = pending?.checkpoint.size ?? 0;
    if (covered.size > most || entries.size > most)
      throw new Failure('log/corrupt', { field: 'pending', detail: 'it is behind the entries' });
    if (
      pending !== null &&
      entries.size === most &&
      !equal(await entries.settle(most), pending.checkpoint.root)
    )
      throw new Failure('log/corrupt', { field: 'pending', detail: `the ${most} entries have another root` });
    return new MirroredLog({ ...options, disk }, origin, entries, pending, mirrored);
  }

  /** The index of the first entry that is not here. */
  get next(): number {
    return this.#entries.size;
  }

  /** The latest checkpoint that this copy extends to or is being filled up to; null before the first. */
  get pending(): Target | null {
    return this.#pending;
  }

  /** The size up to which everything is here and cosigned. */
  get size(): number {
    return this.#mirrored?.checkpoint.size ?? 0;
  }

  /** The checkpoint that the mirror has cosigned, as a note; null before the first. */
  get checkpointNote(): Uint8Array | null {
    return this.#mirrored === null ? null : formatNote(this.#mirrored.note);
  }

  /** Whether a note carries a signature by a key of this mirror. Throws `note/…` as {@link verifyNote} does. */
  async isOurs(note: SignedNote): Promise<boolean> {
    const keys = this.#options.cosigners.map(({ key }) => key);
    return (await verifyNote(note, keys)).verified.length > 0;
  }

  /** A tile or bundle under the mirror's checkpoint, or null. Throws `log/corrupt`; from then on nothing more is cosigned. */
  async tile(name: TileName): Promise<Uint8Array | null> {
    try {
      return await this.#entries.tile(name, this.size);
    } catch (error) {
      if (error instanceof Failure && error.code === 'log/corrupt') this.#fault ??= error;
      throw error;
    }
  }

  /**
   * Takes a checkpoint as the pending one, as a witness would, but cosigns nothing. Resolves to null when it is kept, and to the size to
   * start from when the client believed in another one (HTTP 409).
   *
   * Throws `note/malformed`, `checkpoint/malformed`, `checkpoint/origin-mismatch` (404), `checkpoint/log-signature-missing` or
   * `note/signature-invalid` (403), `witness/old-size-too-large` (400), `witness/consistency-invalid` (422) or `mirror/unavailable`.
   */
  async addCheckpoint(request: AddCheckpoint): Promise<{ readonly stale: number } | null> {
    const target = await this.#checkSigned(request.checkpoint);
    const { size, root } = target.checkpoint;
    if (request.oldSize > size) throw new Failure('witness/old-size-too-large');
    return this.#changing(async () => {
      const old = this.#pending?.checkpoint ?? { size: 0, root: emptyRoot() };
      if (request.oldSize !== old.size) return { stale: old.size };
      if (!extendsTree(old, target.checkpoint, request.proof))
        throw new Failure('witness/consistency-invalid', { field: this.origin });
      // The same tree once more tells nothing new.
      if (this.#pending !== null && size === old.size && equal(root, old.root)) return null;
      await keepNote(this.#options.folder, 'pending', formatNote(target.note), this.#options.disk);
      this.#remember(target);
      return null;
    });
  }

  /** Whether entries can be taken as a client announces them. Throws `mirror/nothing-pending`. */
  begin({ start, end, ticket }: Omit<UploadHeader, 'origin'>): Beginning {
    if (this.#pending === null) throw new Failure('mirror/nothing-pending', { field: this.origin });
    const target = this.#targetOf(end, ticket);
    if (target === null || end < this.size) return this.#conflict(this.#pending);
    const excess = Math.min(end, this.next) - start;
    if (start > this.next || excess > MAX_EXCESS) return this.#conflict(target);
    return { status: 'ready', target };
  }

  /**
   * Takes a package once it is proven to be part of the target, and resolves when it is durable. Entries that are here already are
   * skipped. Throws `mirror/package-invalid` or `mirror/unavailable`.
   */
  async add(target: Target, place: PackagePlace, { entries, proof }: EntryPackage): Promise<void> {
    const { size, root } = target.checkpoint;
    const subtree = new Frontier();
    for (const leaf of await this.#entries.leaves(place.subtreeStart, place.start)) subtree.push(leaf);
    for (const entry of entries) subtree.push(leafHash(entry));
    try {
      verifySubtree({ start: place.subtreeStart, end: place.end }, size, proof, subtree.root(), root);
    } catch {
      throw new Failure('mirror/package-invalid', { field: `entries ${place.start} to ${place.end}` });
    }
    await this.#changing(async () => {
      // Another client may have brought some of them since: they are the same, for they are part of the same tree.
      if (this.next < place.end) await this.#entries.append(entries.slice(this.next - place.start));
    });
  }

  /** Where a client goes on that uploads towards this target. */
  progress(target: Target): MirrorInfo {
    return { size: target.checkpoint.size, next: this.next, ticket: this.#tickets.issue(target.note) };
  }

  /** Cosigns the target, whose entries must all be here, unless a larger one has been. Throws `log/corrupt` or `mirror/unavailable`. */
  finish(target: Target): Promise<Ending> {
    return this.#changing(async () => {
      const { size, root } = target.checkpoint;
      if (size < this.size) return this.#conflict(this.#pending ?? target);
      const kept = this.#mirrored === null || size > this.size ? null : this.#ownLines(this.#mirrored);
      // A key that was added since has not signed the kept checkpoint yet.
      if (kept?.length === this.#options.cosigners.length) return { status: 'cosigned', cosignatures: kept };
      if (!equal(await this.#entries.settle(size), root))
        throw new Failure('log/corrupt', { field: this.origin, detail: `${size} entries have another root` });
      return { status: 'cosigned', cosignatures: this.#ownLines(await this.#cosign(target)) };
    });
  }

  /** Resolves when the changes under way have ended. */
  ended(): Promise<void> {
    return this.#turns.ended();
  }

  async #cosign({ checkpoint, note }: Target): Promise<KeptNote> {
    const { folder, keys, cosigners, now, disk } = this.#options;
    // A clock that went back does not make this mirror contradict itself. A time of zero would say nothing.
    const time = Math.max(Math.floor(now() / 1000), this.#mirrored?.time ?? 0, 1);
    const cosignatures = await Promise.all(cosigners.map(cosigner => cosigner.cosign(note.text, time)));
    const byLog = note.signatures.filter(line => isByOneOf(keys, line));
    const signed = { text: note.text, signatures: [...byLog, ...cosignatures] };
    await keepNote(folder, 'checkpoint', formatNote(signed), disk);
    this.#mirrored = { checkpoint, note: signed, time };
    return this.#mirrored;
  }

  #ownLines({ note }: Target): NoteSignature[] {
    const keys = this.#options.cosigners.map(({ key }) => key);
    return note.signatures.filter(line => isByOneOf(keys, line));
  }

  /** Looks for the log's own signature: 404, then 403. */
  async #checkSigned(bytes: Uint8Array): Promise<Target> {
    const { keys } = this.#options;
    const note = parseNote(bytes);
    const checkpoint = parseCheckpoint(note.text);
    if (checkpoint.origin !== this.origin) throw new Failure('checkpoint/origin-mismatch');
    const { verified } = await verifyNote(note, keys);
    if (verified.length === 0) throw new Failure('checkpoint/log-signature-missing');
    // Whoever carries a note may add lines to it: those of strangers are not passed on.
    const byLog = note.signatures.filter(line => isByOneOf(keys, line));
    return { checkpoint, note: { text: note.text, signatures: byLog } };
  }

  #remember(target: Target): void {
    this.#pending = target;
    this.#targets.set(target.checkpoint.size, target);
    const [oldest] = this.#targets.keys();
    if (this.#targets.size > REMEMBERED_CHECKPOINTS && oldest !== undefined) this.#targets.delete(oldest);
  }

  #targetOf(size: number, ticket: Uint8Array): Target | null {
    if (this.#mirrored?.checkpoint.size === size) return this.#mirrored;
    const known = this.#targets.get(size);
    if (known !== undefined) return known;
    const note = this.#tickets.read(ticket);
    const checkpoint = note === null ? null : parseCheckpoint(note.text);
    return note !== null && checkpoint?.size === size ? { checkpoint, note } : null;
  }

  #conflict(target: Target): Conflict {
    return { status: 'conflict', info: this.progress(target) };
  }

  /** One change at a time; after one that failed half way, none until the mirror is started again. */
  #changing<Value>(change: () => Promise<Value>): Promise<Value> {
    return this.#turns.take(async () => {
      if (this.#fault !== null) throw this.#fault;
      try {
        return await change();
      } catch (error) {
        if (error instanceof Failure && error.code !== 'log/corrupt') throw error;
        const detail = error instanceof Error ? error.message : 'the disk failed';
        this.#fault = error instanceof Failure ? error : new Failure('mirror/unavailable', { detail });
        throw this.#fault;
      }
    });
  }
}

function isByOneOf(keys: readonly VerifierKey[], line: NoteSignature): boolean {
  return keys.some(({ name, id }) => name === line.name && equal(id, line.keyId));
}

function extendsTree(
  old: { readonly size: number; readonly root: Uint8Array },
  { size, root }: { readonly size: number; readonly root: Uint8Array },
  proof: readonly Uint8Array[],
): boolean {
  if (proof.length > MAX_PROOF_HASHES) return false;
  try {
    verifyConsistency(old.size, size, old.root, root, proof);
    return true;
  } catch {
    return false;
  }
}
