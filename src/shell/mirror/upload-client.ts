/**
 * The client's side of `add-entries`: uploads until a mirror has all entries of a checkpoint that it has taken. Source: C2SP tlog-mirror.
 *
 * The mirror is not trusted. Its answers are bounded in size and time, and it is left when it does not go on: every few requests it has to
 * have taken at least one more package than ever before, so that no answers keep a client busy for ever. Nothing but the question where
 * to begin is sent before it has answered as a mirror does.
 */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { concatAll } from '../../bytes/octets.js';
import { parseCosignatures } from '../../note/add-checkpoint.js';
import type { Checkpoint } from '../../note/checkpoint.js';
import type { NoteSignature } from '../../note/signature-line.js';
import { Failure, isReasonCode } from '../../reason.js';
import {
  formatPackage,
  formatUploadHeader,
  type MirrorInfo,
  PACKAGES_PER_REQUEST,
  parseMirrorInfo,
} from '../../tree/add-entries.js';
import type { EntrySource } from '../../tree/policy-member.js';
import { TILE_WIDTH } from '../../tree/tile.js';
import { type Asked, ask } from '../http/client.js';

export interface Upload {
  /** The mirror's submission prefix. */
  readonly to: string;
  /** Which the mirror has taken. */
  readonly checkpoint: Pick<Checkpoint, 'origin' | 'size'>;
  readonly entries: EntrySource;
  /** Where the mirror is thought to go on; null when nobody knows. It says so itself when it does not. */
  readonly next: number | null;
  /** Told up to which entry the mirror has everything, whenever that is more than before. */
  readonly onProgress?: ((next: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type Uploaded =
  /** The mirror has everything. Nobody has judged its lines. */
  | { readonly status: 'complete'; readonly cosignatures: readonly NoteSignature[] }
  /** It takes entries towards another checkpoint only. */
  | { readonly status: 'stale'; readonly size: number };

/** For one request, in milliseconds. */
const PATIENCE = 60_000;
/** What a request may hold before it is compressed, beyond its last package: with a few copies of it, what an upload takes of memory. */
const REQUEST_BYTES = 2 * 2 ** 20;
/** Answers in a row after which the mirror has taken no more than before. */
const MAX_STANDSTILL = 5;
const MAX_ANSWER_BYTES = 1 << 18;

const compress = promisify(gzip);

/** Throws `peer/…`, and what the source of the entries throws. */
export async function upload(given: Upload): Promise<Uploaded> {
  const { size } = given.checkpoint;
  // Nothing to upload is what tells where to begin, when there is something.
  let info: MirrorInfo = { size, next: given.next ?? size, ticket: new Uint8Array() };
  let most = 0;
  for (let standstill = 0; standstill < MAX_STANDSTILL; standstill++) {
    const start = Math.min(info.next, size);
    const answer = await sendEntries(given, start, info.ticket);
    if (answer.status === 200) return { status: 'complete', cosignatures: parseCosignatures(answer.body) };
    info = parseMirrorInfo(answer.body);
    if (info.size !== size) return { status: 'stale', size: info.size };
    const next = Math.min(info.next, size);
    if (next <= most || next < endOfPackage(start, size)) continue;
    most = next;
    standstill = 0;
    given.onProgress?.(next);
  }
  throw new Failure('peer/answer-unexpected', { field: given.to, detail: 'the mirror does not go on' });
}

/** Where the package ends that begins with an entry. */
function endOfPackage(start: number, size: number): number {
  return Math.min(size, start - (start % TILE_WIDTH) + TILE_WIDTH);
}

/** As many packages as a request should have. Resolves to a 200, 202 or 409. */
async function sendEntries(given: Upload, start: number, ticket: Uint8Array): Promise<Asked> {
  const { to, entries, signal } = given;
  const { origin, size: end } = given.checkpoint;
  const parts = [formatUploadHeader({ origin, start, end, ticket })];
  const upTo = Math.min(end, start - (start % TILE_WIDTH) + PACKAGES_PER_REQUEST * TILE_WIDTH);
  let bytes = 0;
  for await (const content of entries.packages({ start, end: upTo }, end)) {
    const part = formatPackage(content);
    parts.push(part);
    bytes += part.length;
    if (bytes > REQUEST_BYTES) break;
  }
  const answer = await postToMirror(to, 'add-entries', await compress(concatAll(parts)), PATIENCE, {
    headers: { 'content-type': 'application/octet-stream', 'content-encoding': 'gzip' },
    signal,
  });
  if ([200, 202, 409].includes(answer.status)) return answer;
  throw unexpectedAnswer(to, answer);
}

/** Asks a mirror something, whatever its status is. Throws `peer/unreachable` or `peer/answer-too-large`. */
export function postToMirror(
  to: string,
  path: string,
  body: Uint8Array,
  timeout: number,
  {
    headers = {},
    signal,
  }: {
    readonly headers?: Readonly<Record<string, string>>;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Asked> {
  return ask(`${to.replace(/\/+$/, '')}/${path}`, {
    method: 'POST',
    headers,
    body,
    limit: MAX_ANSWER_BYTES,
    timeout,
    ...(signal && { signal }),
  });
}

export function unexpectedAnswer(to: string, { status, headers }: Asked): Failure {
  const reason = headers['countersign-reason'];
  const code = typeof reason === 'string' && isReasonCode(reason) ? `, ${reason}` : '';
  return new Failure('peer/answer-unexpected', { field: to, detail: `HTTP ${status}${code}` });
}
