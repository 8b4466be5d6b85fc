/**
 * Brings a log's entries to somebody's mirror: for the log's operator, or for anybody who can read the log. Source: C2SP tlog-mirror.
 *
 * Neither side is trusted. The log's server can only make an upload fail; what the mirror answers is bounded, and its cosignatures count
 * only when they verify.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { formatAddCheckpoint, parseTreeSize } from '../../note/add-checkpoint.js';
import { type Checkpoint, parseCheckpoint } from '../../note/checkpoint.js';
import type { VerifierKey } from '../../note/key.js';
import {
  formatNote,
  parseNote,
  type SignedNote,
  type VerifiedNote,
  verifyNote,
} from '../../note/signed-note.js';
import { Failure } from '../../reason.js';
import { proveConsistency } from '../../tree/prove.js';
import type { RemoteLog } from '../tiles/remote-log.js';
import { remotePackages } from './remote-packages.js';
import { postToMirror, unexpectedAnswer, upload } from './upload-client.js';

export interface PushOptions {
  readonly from: RemoteLog;
  /** The mirror's submission prefix. */
  readonly to: string;
  /** The log's keys, all under its origin. */
  readonly log: readonly VerifierKey[];
  /** The mirror's keys, as far as they are known. */
  readonly mirror: readonly VerifierKey[];
  /** Told how many entries the mirror has, of how many. */
  readonly onProgress?: (there: number, size: number) => void;
  readonly signal?: AbortSignal;
}

export interface Pushed {
  readonly checkpoint: Checkpoint;
  /** What the mirror said of it: signatures that verify, and lines by keys that were not given. */
  readonly cosigned: VerifiedNote;
}

/** For one request, in milliseconds. */
const PATIENCE = 60_000;
/** Checkpoints of the log to try, when others bring the mirror later ones; and how long to wait in between, in milliseconds. */
const MAX_ATTEMPTS = 5;
const BETWEEN_ATTEMPTS = 1000;
/** How often the mirror may name another size to start from. */
const MAX_OFFERS = 5;

/**
 * Uploads until the mirror has cosigned the log's present checkpoint. Throws `peer/…`, `note/…`, `checkpoint/…`; `mirror/log-key-unknown` when
 * none of the log's given keys has signed it, and `mirror/log-forked` when the mirror has another history than the log shows.
 */
export async function push(options: PushOptions): Promise<Pushed> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const pushed = await pushCheckpoint(options);
    if (pushed !== null) return pushed;
    await sleep(BETWEEN_ATTEMPTS, undefined, options.signal && { signal: options.signal });
  }
  throw new Failure('peer/answer-unexpected', {
    field: options.to,
    detail: 'the mirror is ahead of what the log shows',
  });
}

/** Uploads towards the checkpoint that the log shows now; null when others have brought the mirror a later one. */
async function pushCheckpoint(options: PushOptions): Promise<Pushed | null> {
  const { from, to, mirror, onProgress = () => undefined, signal } = options;
  const { note, checkpoint } = await readLogCheckpoint(options);
  const { size } = checkpoint;
  await offerCheckpoint(options, note, checkpoint);
  const uploaded = await upload({
    to,
    checkpoint,
    entries: { packages: (interval, end) => remotePackages(from, interval, end, signal) },
    next: null,
    onProgress: there => onProgress(there, size),
    signal,
  });
  if (uploaded.status === 'stale') return null;
  onProgress(size, size);
  const cosigned = { text: note.text, signatures: uploaded.cosignatures };
  return { checkpoint, cosigned: await verifyNote(cosigned, mirror) };
}

async function readLogCheckpoint({ from, log, signal }: PushOptions) {
  const bytes = await from.checkpoint(signal);
  if (bytes === null) throw new Failure('peer/checkpoint-missing', { field: `${from.url}/checkpoint` });
  const note = parseNote(bytes);
  const checkpoint = parseCheckpoint(note.text);
  if (checkpoint.origin !== log[0]?.name) throw new Failure('checkpoint/origin-mismatch');
  if ((await verifyNote(note, log)).verified.length === 0)
    throw new Failure('mirror/log-key-unknown', { field: from.url });
  return { note, checkpoint };
}

/** `add-checkpoint`, from the size that the mirror names. */
async function offerCheckpoint(options: PushOptions, note: SignedNote, { size }: Checkpoint): Promise<void> {
  const { from, to, log, signal } = options;
  // Other cosigners' lines are of no use to a mirror, and have a limit there.
  const byLog = note.signatures.filter(({ name }) => name === log[0]?.name);
  const checkpoint = formatNote({ text: note.text, signatures: byLog });
  let oldSize = 0;
  for (let attempt = 0; attempt < MAX_OFFERS; attempt++) {
    const proof = await proveConsistency(oldSize, size, from.subtrees(size, signal));
    const body = formatAddCheckpoint({ oldSize, proof, checkpoint });
    const answer = await postToMirror(to, 'add-checkpoint', body, PATIENCE, { signal });
    if (answer.status === 200) return;
    if (answer.status === 422) throw new Failure('mirror/log-forked', { field: to });
    if (answer.status !== 409) throw unexpectedAnswer(to, answer);
    oldSize = parseTreeSize(answer.body);
    // Then it may still lack entries below our size, and takes them if it remembers our checkpoint.
    if (oldSize > size) return;
  }
  throw new Failure('peer/answer-unexpected', { field: to, detail: 'its checkpoint changes too fast' });
}
