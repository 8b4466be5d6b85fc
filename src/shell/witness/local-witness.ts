/**
 * A witness in this process: it cosigns a log's checkpoint when that extends the one it cosigned last. Source: C2SP tlog-witness.
 *
 * Trusted: its own key, its clock not to run far ahead, and its disk not to change or lose what it has synced; a state file that its
 * keys have not signed stops it. Not trusted: the log. Whatever a log sends, this witness cosigns one history of it at most, across
 * crashes too, because the new state is durable before the cosignature leaves. What it can vouch for is limited by who runs it: beside
 * the log, it is the same controller as the log.
 */
import { join } from 'node:path';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { equal, utf8 } from '../../bytes/octets.js';
import { type Checkpoint, parseCheckpoint } from '../../note/checkpoint.js';
import type { Cosigner } from '../../note/cosignature.js';
import { keyLabel, type VerifierKey } from '../../note/key.js';
import type { NoteSignature } from '../../note/signature-line.js';
import { formatNote, parseNote, type SignedNote, verifyNote } from '../../note/signed-note.js';
import type { AddCheckpoint, AddCheckpointAnswer, Witness } from '../../note/witness.js';
import { Failure } from '../../reason.js';
import { emptyRoot } from '../../tree/hash.js';
import { verifyConsistency } from '../../tree/merkle.js';
import { type Disk, nodeDisk } from '../files/disk.js';
import { makeFoldersDurably, readIfPresent, writeDurably } from '../files/durable.js';

/** A tree of 2^63 entries has consistency proofs of 63 hashes. */
const MAX_PROOF = 63;

export interface LocalWitnessOptions {
  /** Where its state is kept, one file a log; made when it is missing. No other witness uses it. */
  readonly folder: string;
  /** What it signs with: one for each algorithm, at least one. */
  readonly cosigners: readonly Cosigner[];
  /** The logs that it cosigns; a key's name is its log's origin, and a log may have several keys. */
  readonly logs: readonly VerifierKey[];
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly disk?: Disk;
}

/** Throws `log/corrupt` when a state file is not one that this witness has written. */
export async function openLocalWitness(options: LocalWitnessOptions): Promise<Witness> {
  const { folder, cosigners, disk = nodeDisk } = options;
  const keys = cosigners.map(({ key }) => key);
  await makeFoldersDurably(folder, disk);
  const states = new Map<string, Checkpoint>();
  let latest = 0;
  for (const origin of new Set(options.logs.map(({ name }) => name))) {
    const logs = options.logs.filter(({ name }) => name === origin);
    const state = await readState(folder, keys, origin, logs);
    if (state === null) continue;
    states.set(origin, state.checkpoint);
    latest = Math.max(latest, state.time);
  }
  return new LocalWitness({ ...options, disk }, states, latest);
}

class LocalWitness implements Witness {
  readonly keys: readonly VerifierKey[];
  readonly #options: Required<LocalWitnessOptions>;
  readonly #states: Map<string, Checkpoint>;
  /** The latest time that it has stated, in Unix seconds. */
  #latest: number;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: Required<LocalWitnessOptions>, states: Map<string, Checkpoint>, latest: number) {
    this.keys = options.cosigners.map(({ key }) => key);
    this.#options = options;
    this.#states = states;
    this.#latest = latest;
  }

  /** One request after another: between the look at the state and its change nothing else may happen. */
  addCheckpoint(request: AddCheckpoint): Promise<AddCheckpointAnswer> {
    const answer = this.#queue.then(() => this.#answer(request));
    this.#queue = answer.catch(() => undefined);
    return answer;
  }

  async #answer({ oldSize, proof, checkpoint: bytes }: AddCheckpoint): Promise<AddCheckpointAnswer> {
    const note = parseNote(bytes);
    const checkpoint = parseCheckpoint(note.text);
    const logSignatures = await this.#logSignatures(note, checkpoint.origin);
    // A size that is no size (the request may come from a network) is larger than any, so that it goes no further than this.
    if (!(oldSize >= 0 && oldSize <= checkpoint.size)) throw new Failure('witness/old-size-too-large');
    const state = this.#states.get(checkpoint.origin);
    const size = state?.size ?? 0;
    if (oldSize !== size) return { status: 'stale', size };
    checkExtends(state?.root ?? emptyRoot(), size, checkpoint, proof);
    return { status: 'cosigned', cosignatures: await this.#cosign(note.text, checkpoint, logSignatures) };
  }

  /** The lines by the log's own keys, all of which verify. */
  async #logSignatures(note: SignedNote, origin: string): Promise<NoteSignature[]> {
    const keys = this.#options.logs.filter(({ name }) => name === origin);
    if (keys.length === 0) throw new Failure('checkpoint/origin-mismatch');
    const { verified } = await verifyNote(note, keys);
    if (verified.length === 0) throw new Failure('checkpoint/log-signature-missing');
    return note.signatures.filter(({ name, keyId }) =>
      keys.some(key => key.name === name && equal(key.id, keyId)),
    );
  }

  /** The cosignature leaves only after the state that it is part of is durable. */
  async #cosign(
    text: string,
    checkpoint: Checkpoint,
    logSignatures: readonly NoteSignature[],
  ): Promise<readonly NoteSignature[]> {
    const { folder, cosigners, now, disk } = this.#options;
    // A clock that went back does not make this witness contradict itself.
    const time = Math.max(Math.floor(now() / 1000), this.#latest);
    const cosignatures = await Promise.all(cosigners.map(cosigner => cosigner.cosign(text, time)));
    const state = formatNote({ text, signatures: [...logSignatures, ...cosignatures] });
    await writeDurably(statePath(folder, checkpoint.origin), state, 0o644, disk);
    this.#latest = time;
    this.#states.set(checkpoint.origin, checkpoint);
    return cosignatures;
  }
}

function checkExtends(
  oldRoot: Uint8Array,
  oldSize: number,
  checkpoint: Checkpoint,
  proof: readonly Uint8Array[],
): void {
  try {
    if (proof.length > MAX_PROOF) throw new Failure('tree/consistency-invalid');
    verifyConsistency(oldSize, checkpoint.size, oldRoot, checkpoint.root, proof);
  } catch {
    throw new Failure('witness/consistency-invalid', { field: checkpoint.origin });
  }
}

/** What was cosigned last, as a note under the log's signature and the witness's own, which carries the time. */
async function readState(
  folder: string,
  keys: readonly VerifierKey[],
  origin: string,
  logs: readonly VerifierKey[],
): Promise<{ checkpoint: Checkpoint; time: number } | null> {
  const bytes = await readIfPresent(statePath(folder, origin));
  if (bytes === null) return null;
  const field = keys.map(keyLabel).join(', ');
  const corrupt = (detail: string) => new Failure('log/corrupt', { field, detail });
  try {
    const note = parseNote(bytes);
    const checkpoint = parseCheckpoint(note.text);
    const { verified } = await verifyNote(note, [...logs, ...keys]);
    // A key that was added since has not signed it yet; one of each side must have.
    const times = verified.flatMap(({ key, time }) => (keys.includes(key) && time !== null ? [time] : []));
    const isByLog = verified.some(({ key }) => logs.includes(key));
    if (times.length === 0 || !isByLog) throw corrupt('a state without both signatures');
    if (checkpoint.origin !== origin) throw corrupt('the state of another log');
    return { checkpoint, time: Math.max(...times) };
  } catch (error) {
    throw error instanceof Failure && error.code !== 'log/corrupt' ? corrupt(error.code) : error;
  }
}

/** An origin may hold any character that a key's name may, so it is not made a file name itself. */
function statePath(folder: string, origin: string): string {
  return join(folder, toHex(sha256(utf8(origin))));
}
