/**
 * A witness in this process: it cosigns a log's checkpoint when that extends the one it cosigned last. Source: C2SP tlog-witness.
 *
 * Trusted: its own key, its clock not to run far ahead, and its disk not to change or lose what it has synced; a state file that its
 * keys have not signed stops it. Not trusted: the log, and whoever sends requests in its name. Whatever they send, this witness cosigns
 * one history of a log at most, across crashes too, because the new state is durable before the cosignature leaves. What it can vouch
 * for is limited by who runs it: beside the log, it is the same controller as the log.
 */
import { equal } from '../../bytes/octets.js';
import { MAX_PROOF_HASHES } from '../../note/add-checkpoint.js';
import { type Checkpoint, parseCheckpoint } from '../../note/checkpoint.js';
import type { Cosigner } from '../../note/cosignature.js';
import type { VerifierKey } from '../../note/key.js';
import type { NoteSignature } from '../../note/signature-line.js';
import { formatNote, parseNote, type SignedNote, verifyNote } from '../../note/signed-note.js';
import type { AddCheckpoint, AddCheckpointAnswer, Witness } from '../../note/witness.js';
import { Failure } from '../../reason.js';
import { emptyRoot } from '../../tree/hash.js';
import { verifyConsistency } from '../../tree/merkle.js';
import { type Disk, nodeDisk } from '../files/disk.js';
import { makeFoldersDurably } from '../files/durable.js';
import type { EvidenceFolder } from './evidence.js';
import { keepState, readState } from './kept-state.js';
import { Turns } from './turns.js';

/** Requests about one log that may wait: more than an honest log ever has under way. */
const MAX_WAITING = 32;

/** What a witness checks of a tree before it cosigns it, beyond that it extends the last one. */
export interface TreeCheck {
  /** Resolves when the witness may vouch for this tree; throws the failure that the log is told. */
  confirm(checkpoint: Checkpoint): Promise<void>;
}

export interface LocalWitnessOptions {
  /** Where its state is kept, one file a log; made when it is missing. No other witness uses it. */
  readonly folder: string;
  /** What it signs with: one for each algorithm, at least one. */
  readonly cosigners: readonly Cosigner[];
  /** The logs that it cosigns; a key's name is its log's origin, and a log may have several keys. */
  readonly logs: readonly VerifierKey[];
  /** Keys that these logs had before, under which their last checkpoint may have been cosigned; they sign no new one. */
  readonly formerLogs?: readonly VerifierKey[];
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** What its published statement promises beyond consistency; left out for nothing. */
  readonly check?: TreeCheck;
  /** Where it keeps requests that may prove a log's misbehaviour; left out for nowhere. */
  readonly evidence?: EvidenceFolder;
  readonly disk?: Disk;
}

/** Throws `witness/state-corrupt` when a state file is not one that this witness has written. */
export async function openLocalWitness(options: LocalWitnessOptions): Promise<LocalWitness> {
  const keys = options.cosigners.map(({ key }) => key);
  const disk = options.disk ?? nodeDisk;
  await makeFoldersDurably(options.folder, disk);
  const logs = new Map<string, WatchedLog>();
  let latest = 0;
  for (const origin of new Set(options.logs.map(({ name }) => name))) {
    const logKeys = options.logs.filter(({ name }) => name === origin);
    const kept = await readState(options.folder, origin, keys, [...logKeys, ...(options.formerLogs ?? [])]);
    latest = Math.max(latest, kept?.time ?? 0);
    const cosigned = kept && { ...kept, lines: null };
    logs.set(origin, { keys: logKeys, turns: new Turns(MAX_WAITING), cosigned, renewal: null });
  }
  return new LocalWitness({ ...options, disk }, logs, latest);
}

/** A tree that was cosigned, and the note that says so. */
interface Cosigned {
  readonly checkpoint: Checkpoint;
  readonly note: Uint8Array;
  /** As its cosignatures state it, in Unix seconds. */
  readonly time: number;
  /** By each of its keys; null for what an earlier process has signed, perhaps with other ones. */
  readonly lines: readonly NoteSignature[] | null;
}

interface WatchedLog {
  readonly keys: readonly VerifierKey[];
  readonly turns: Turns;
  cosigned: Cosigned | null;
  /** The unchanged tree of that size being signed again, for all who ask for it meanwhile. */
  renewal: { readonly size: number; readonly answer: Promise<AddCheckpointAnswer> } | null;
}

/** A request that the log itself has signed. */
interface SignedRequest {
  readonly request: AddCheckpoint;
  readonly note: SignedNote;
  readonly checkpoint: Checkpoint;
  readonly log: WatchedLog;
}

export class LocalWitness implements Witness {
  readonly keys: readonly VerifierKey[];
  readonly #options: LocalWitnessOptions & { readonly disk: Disk };
  readonly #logs: ReadonlyMap<string, WatchedLog>;
  /** The latest time that it has stated, in Unix seconds. */
  #latest: number;
  #closed = false;

  constructor(
    options: LocalWitnessOptions & { readonly disk: Disk },
    logs: ReadonlyMap<string, WatchedLog>,
    latest: number,
  ) {
    this.keys = options.cosigners.map(({ key }) => key);
    this.#options = options;
    this.#logs = logs;
    this.#latest = latest;
  }

  /** The logs that it cosigns. */
  get origins(): readonly string[] {
    return [...this.#logs.keys()];
  }

  /** The checkpoint of a log that it cosigned last, as a note under the log's lines and its own; null before the first. */
  cosigned(origin: string): Uint8Array | null {
    return this.#logs.get(origin)?.cosigned?.note ?? null;
  }

  /** As {@link Witness} says; also throws `witness/busy`, `witness/closing`, and whatever its check of the tree throws. */
  async addCheckpoint(request: AddCheckpoint, signal?: AbortSignal): Promise<AddCheckpointAnswer> {
    if (this.#closed) throw new Failure('witness/closing');
    // What does not depend on the state is checked before the turn, so that strangers wait for nobody and hold up nobody.
    const signed = await this.#checkSigned(request);
    return asksAgain(signed)
      ? this.#again(signed)
      : signed.log.turns.take(() => this.#answer(signed), signal);
  }

  /** Takes no more requests; resolves when those under way have ended. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#logs.values()].map(({ turns }) => turns.ended()));
  }

  /**
   * The tree that was cosigned last, once more. What a log has published anybody can bring, and as often as he likes: all who do in one
   * second share one signature and one turn, so that they do not keep the log itself waiting.
   */
  async #again(signed: SignedRequest): Promise<AddCheckpointAnswer> {
    const { log } = signed;
    const { size } = signed.checkpoint;
    const { time, lines = null } = log.cosigned ?? {};
    if (lines !== null && time === this.#time()) return { status: 'cosigned', cosignatures: lines };
    if (log.renewal?.size === size) return log.renewal.answer;
    const renewal = { size, answer: log.turns.take(() => this.#answer(signed)) };
    log.renewal = renewal;
    try {
      return await renewal.answer;
    } finally {
      if (log.renewal === renewal) log.renewal = null;
    }
  }

  /** Looks for the log's own signature: 404, then 403, then 400. */
  async #checkSigned(request: AddCheckpoint): Promise<SignedRequest> {
    const note = parseNote(request.checkpoint);
    const checkpoint = parseCheckpoint(note.text);
    const log = this.#logs.get(checkpoint.origin);
    if (log === undefined) throw new Failure('checkpoint/origin-mismatch');
    const { verified } = await verifyNote(note, log.keys);
    if (verified.length === 0) throw new Failure('checkpoint/log-signature-missing');
    // A size that is no size is larger than any, so that it goes no further than this.
    if (!(request.oldSize >= 0 && request.oldSize <= checkpoint.size))
      throw new Failure('witness/old-size-too-large');
    return { request, note, checkpoint, log };
  }

  /** Compares with what was cosigned last: 409, then 422. */
  async #answer(signed: SignedRequest): Promise<AddCheckpointAnswer> {
    const { request, checkpoint, log } = signed;
    const size = log.cosigned?.checkpoint.size ?? 0;
    if (request.oldSize !== size) return { status: 'stale', size };
    try {
      checkExtends(log.cosigned?.checkpoint.root ?? emptyRoot(), size, checkpoint, request.proof);
    } catch (error) {
      await this.#options.evidence?.keep(request, checkpoint, log.cosigned);
      throw error;
    }
    await this.#options.check?.confirm(checkpoint);
    return { status: 'cosigned', cosignatures: await this.#cosign(signed) };
  }

  /** The cosignature leaves only after the state that it is part of is durable. */
  async #cosign({ note: { text, signatures }, checkpoint, log }: SignedRequest): Promise<NoteSignature[]> {
    const { folder, cosigners, disk } = this.#options;
    const time = this.#time();
    this.#latest = time;
    const cosignatures = await Promise.all(cosigners.map(cosigner => cosigner.cosign(text, time)));
    const byLog = signatures.filter(line => log.keys.some(key => isBy(key, line)));
    const note = formatNote({ text, signatures: [...byLog, ...cosignatures] });
    await keepState(folder, checkpoint.origin, note, disk);
    log.cosigned = { checkpoint, note, time, lines: cosignatures };
    return cosignatures;
  }

  /** A clock that went back does not make this witness contradict itself. A time of zero would say nothing. */
  #time(): number {
    return Math.max(Math.floor(this.#options.now() / 1000), this.#latest, 1);
  }
}

/** Whether all that is asked for is the cosigned tree once more. */
function asksAgain({ request, checkpoint, log }: SignedRequest): boolean {
  const known = log.cosigned?.checkpoint;
  return (
    known !== undefined &&
    request.oldSize === known.size &&
    checkpoint.size === known.size &&
    equal(checkpoint.root, known.root) &&
    request.proof.length === 0
  );
}

function isBy(key: VerifierKey, line: NoteSignature): boolean {
  return key.name === line.name && equal(key.id, line.keyId);
}

function checkExtends(
  oldRoot: Uint8Array,
  oldSize: number,
  checkpoint: Checkpoint,
  proof: readonly Uint8Array[],
): void {
  const invalid = () => new Failure('witness/consistency-invalid', { field: checkpoint.origin });
  if (proof.length > MAX_PROOF_HASHES) throw invalid();
  try {
    verifyConsistency(oldSize, checkpoint.size, oldRoot, checkpoint.root, proof);
  } catch {
    throw invalid();
  }
}
