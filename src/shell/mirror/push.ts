/**
 * Brings a log's entries to somebody's mirror: for the log's operator, or for anybody who can read the log. Source: C2SP tlog-mirror.
 *
 * Neither side is trusted. The log's server can only make an upload fail; what the mirror answers is bounded, and its cosignatures count
 * only when they verify.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { concatAll } from '../../bytes/octets.js';
import { formatAddCheckpoint, parseCosignatures, parseTreeSize } from '../../note/add-checkpoint.js';
import { type Checkpoint, parseCheckpoint } from '../../note/checkpoint.js';
import type { VerifierKey } from '../../note/key.js';
import {
  formatNote,
  parseNote,
  type SignedNote,
  type VerifiedNote,
  verifyNote,
} from '../../note/signed-note.js';
import { Failure, isReasonCode } from '../../reason.js';
import {
  formatPackage,
  formatUploadHeader,
  type MirrorInfo,
  PACKAGES_PER_REQUEST,
  parseMirrorInfo,
} from '../../tree/add-entries.js';
import { proveConsistency } from '../../tree/prove.js';
import { TILE_WIDTH } from '../../tree/tile.js';
import { type Asked, ask } from '../http/client.js';
import type { RemoteLog } from '../tiles/remote-log.js';
import { remotePackages } from './remote-packages.js';

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
/** What a request may hold before it is compressed, beyond its last package. */
const REQUEST_BYTES = 8 * 2 ** 20;
/** Checkpoints of the log to try, when others bring the mirror later ones; and how long to wait in between, in milliseconds. */
const MAX_ATTEMPTS = 5;
const BETWEEN_ATTEMPTS = 1000;
/** Answers in a row after which the mirror has no more entries than before. */
const MAX_STANDSTILL = 5;
const MAX_ANSWER_BYTES = 1 << 18;

/**
 * Uploads until the mirror has cosigned the log's present checkpoint. Throws `peer/…`, `note/…`, `checkpoint/…`; `mirror/log-forked` when
 * the mirror has another history than the log shows.
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
  const { onProgress = () => undefined } = options;
  const { note, checkpoint } = await readLogCheckpoint(options);
  const { origin, size } = checkpoint;
  await offerCheckpoint(options, note, checkpoint);
  // Nothing to upload is what tells where to begin, when there is something.
  let info: MirrorInfo = { size, next: size, ticket: new Uint8Array() };
  let there = -1;
  for (let standstill = 0; standstill < MAX_STANDSTILL; standstill++) {
    const { next, ticket } = info;
    const answer = await sendEntries(options, origin, { start: Math.min(next, size), end: size }, ticket);
    if (answer.status === 200) {
      onProgress(size, size);
      return { checkpoint, cosigned: await readCosignatures(options, note, answer.body) };
    }
    info = parseMirrorInfo(answer.body);
    if (info.size !== size) return null;
    if (info.next > there) standstill = 0;
    there = Math.max(there, info.next);
    onProgress(Math.min(info.next, size), size);
  }
  throw new Failure('peer/answer-unexpected', { field: options.to, detail: 'the mirror does not go on' });
}

async function readLogCheckpoint({ from, log, signal }: PushOptions) {
  const bytes = await from.checkpoint(signal);
  if (bytes === null) throw new Failure('peer/answer-missing', { field: `${from.url}/checkpoint` });
  const note = parseNote(bytes);
  const checkpoint = parseCheckpoint(note.text);
  if (checkpoint.origin !== log[0]?.name) throw new Failure('checkpoint/origin-mismatch');
  if ((await verifyNote(note, log)).verified.length === 0)
    throw new Failure('checkpoint/log-signature-missing');
  return { note, checkpoint };
}

/** `add-checkpoint`, from the size that the mirror names. */
async function offerCheckpoint(options: PushOptions, note: SignedNote, { size }: Checkpoint): Promise<void> {
  const { from, log, signal } = options;
  // Other cosigners' lines are of no use to a mirror, and have a limit there.
  const byLog = note.signatures.filter(({ name }) => name === log[0]?.name);
  const checkpoint = formatNote({ text: note.text, signatures: byLog });
  let oldSize = 0;
  for (let attempt = 0; attempt < MAX_STANDSTILL; attempt++) {
    const proof = await proveConsistency(oldSize, size, from.subtrees(size, signal));
    const answer = await post(
      options,
      'add-checkpoint',
      formatAddCheckpoint({ oldSize, proof, checkpoint }),
      {},
    );
    if (answer.status === 200) return;
    if (answer.status === 422) throw new Failure('mirror/log-forked', { field: options.to });
    if (answer.status !== 409) throw unexpected(options.to, answer);
    oldSize = parseTreeSize(answer.body);
    // Then it may still lack entries below our size, and takes them if it remembers our checkpoint.
    if (oldSize > size) return;
  }
  throw new Failure('peer/answer-unexpected', {
    field: options.to,
    detail: 'its checkpoint changes too fast',
  });
}

/** `add-entries` with as many packages as a request should have. Resolves to a 200, 202 or 409. */
async function sendEntries(
  options: PushOptions,
  origin: string,
  { start, end }: { readonly start: number; readonly end: number },
  ticket: Uint8Array,
): Promise<Asked> {
  const parts = [formatUploadHeader({ origin, start, end, ticket })];
  const upTo = Math.min(end, start - (start % TILE_WIDTH) + PACKAGES_PER_REQUEST * TILE_WIDTH);
  let bytes = 0;
  const packages = remotePackages(options.from, { start, end: upTo }, end, options.signal);
  for await (const content of packages) {
    const part = formatPackage(content);
    parts.push(part);
    bytes += part.length;
    if (bytes > REQUEST_BYTES) break;
  }
  const answer = await post(options, 'add-entries', gzipSync(concatAll(parts)), {
    'content-type': 'application/octet-stream',
    'content-encoding': 'gzip',
  });
  if ([200, 202, 409].includes(answer.status)) return answer;
  throw unexpected(options.to, answer);
}

async function readCosignatures(
  { mirror }: PushOptions,
  { text }: SignedNote,
  body: Uint8Array,
): Promise<VerifiedNote> {
  return verifyNote({ text, signatures: parseCosignatures(body) }, mirror);
}

function post(
  { to, signal }: PushOptions,
  path: string,
  body: Uint8Array,
  headers: Readonly<Record<string, string>>,
): Promise<Asked> {
  return ask(`${to.replace(/\/+$/, '')}/${path}`, {
    method: 'POST',
    headers,
    body,
    limit: MAX_ANSWER_BYTES,
    timeout: PATIENCE,
    ...(signal && { signal }),
  });
}

function unexpected(to: string, { status, headers }: Asked): Failure {
  const reason = headers['countersign-reason'];
  const code = typeof reason === 'string' && isReasonCode(reason) ? `, ${reason}` : '';
  return new Failure('peer/answer-unexpected', { field: to, detail: `HTTP ${status}${code}` });
}
