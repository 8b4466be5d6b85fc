/**
 * A mirror over HTTP. Source: C2SP tlog-mirror; submission and monitoring prefix are the same. What is ours is in spec/mirror.md.
 *
 * Nobody who asks is trusted: checkpoints count by the log's signature, entries by proofs, and submissions by an issuer's signature. A
 * path becomes a file's name only after it was read as a tile's name and found to be exactly what we would write.
 */
import {
  formatCosignatures,
  formatTreeSize,
  MAX_ADD_CHECKPOINT_BYTES,
  parseAddCheckpoint,
  TREE_SIZE_TYPE,
} from '../../note/add-checkpoint.js';
import { parseCheckpoint } from '../../note/checkpoint.js';
import { formatVerifierKey, type VerifierKey } from '../../note/key.js';
import { parseNote } from '../../note/signed-note.js';
import { Failure, type ReasonCode } from '../../reason.js';
import { MAX_ENTRY_BYTES, parseTilePath } from '../../tree/tile.js';
import { type HttpAnswer, type HttpRequest, type Route, text } from '../http/server.js';
import type { MirroredLog } from './mirrored-log.js';
import type { Stamps } from './stamps.js';
import { type SubtreeCosigner, signSubtree } from './subtree-cosigner.js';
import { takeUpload } from './upload.js';
import type { UploadSlots } from './upload-slots.js';

const TEXT = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };

export interface MirrorParts {
  /** The mirror's keys, which cosign. */
  readonly keys: readonly VerifierKey[];
  readonly logs: readonly MirroredLog[];
  /** By the log's origin; a log that is not here is submitted to elsewhere. */
  readonly stamps: ReadonlyMap<string, Stamps>;
  /** Those of `keys` that can sign parts of a tree. */
  readonly subtreeCosigners: readonly SubtreeCosigner[];
  readonly slots: UploadSlots;
}

export function mirrorRoutes(parts: MirrorParts): Route[] {
  const { logs, stamps, subtreeCosigners, slots } = parts;
  const byOrigin = new Map(logs.map(log => [log.origin, log]));
  const byHash = new Map(logs.map(log => [log.hash, log]));
  const find = (hash: string): MirroredLog => {
    const log = byHash.get(hash);
    if (log === undefined) throw new Failure('mirror/log-unknown');
    return log;
  };
  const routes: Route[] = [
    { method: 'POST', path: '/add-checkpoint', handle: request => addCheckpoint(byOrigin, request) },
    { method: 'POST', path: '/add-entries', handle: request => takeUpload(byOrigin, slots, request) },
    {
      method: 'GET',
      path: /^\/([0-9a-f]{64})\/(checkpoint|tile\/.*)$/,
      handle: (_, hash = '', path = '') => read(find(hash), path),
    },
    {
      method: 'POST',
      path: /^\/([0-9a-f]{64})\/entries$/,
      handle: (request, hash = '') => stamp(stamps.get(find(hash).origin), request),
    },
    { method: 'GET', path: '/', handle: () => ({ status: 200, headers: TEXT, body: describeMirror(parts) }) },
  ];
  if (subtreeCosigners.length === 0) return routes;
  const handle = (request: HttpRequest) => signSubtree(byOrigin, subtreeCosigners, request);
  return [...routes, { method: 'POST', path: '/sign-subtree', handle }];
}

/** The status of tlog-mirror and tlog-witness for each failure; 503 where they have none and the client should come again. */
export function mirrorStatus(code: ReasonCode): number | undefined {
  return STATUS.get(code) ?? MALFORMED.find(family => code.startsWith(family.prefix))?.status;
}

const STATUS: ReadonlyMap<ReasonCode, number> = new Map<ReasonCode, number>([
  ['mirror/upload-cut-off', 400],
  ['witness/old-size-too-large', 400],
  ['checkpoint/log-signature-missing', 403],
  ['note/signature-invalid', 403],
  ['witness/cosignature-missing', 403],
  ['envelope/issuer-unknown', 403],
  ['envelope/signature-invalid', 403],
  ['checkpoint/origin-mismatch', 404],
  ['mirror/log-unknown', 404],
  ['log/entry-too-large', 413],
  ['request/encoded', 415],
  ['mirror/nothing-pending', 422],
  ['mirror/package-invalid', 422],
  ['witness/consistency-invalid', 422],
  ['tree/subtree-invalid', 422],
  ['tree/interval-invalid', 400],
  ['mirror/unavailable', 503],
  ['log/corrupt', 503],
  ['log/unavailable', 503],
  ['stamp/store-full', 503],
]);

/** Whatever else is wrong with what was sent: it is not in its form. */
const MALFORMED = ['note/', 'checkpoint/', 'json/', 'envelope/', 'entry/', 'receipt/', 'acceptance/'].map(
  prefix => ({ prefix, status: 400 }),
);

/** Who the mirror is, for people: its keys, its logs, and what its cosignatures say. */
export function describeMirror({ keys, logs, stamps }: MirrorParts): string {
  const stampers = new Set([...stamps.values()].map(({ key }) => formatVerifierKey(key)));
  return [
    'This is a transparency log mirror (C2SP tlog-mirror).',
    '',
    'Keys. A cosignature by one of them says that the mirror has durably stored every entry of the',
    'tree and serves it, as well as what every cosignature says (C2SP tlog-cosignature):',
    ...keys.map(key => `  ${formatVerifierKey(key)}`),
    '',
    'Logs, each with the path of its copy:',
    ...logs.map(log => `  ${log.origin}  /${log.hash}/checkpoint  (${log.size} entries)`),
    '',
    ...(stampers.size === 0
      ? []
      : [
          'Stamps of submissions, which say when an entry was handed in and nothing else, are signed with:',
          ...[...stampers].map(key => `  ${key}`),
          '',
        ]),
  ].join('\n');
}

async function addCheckpoint(
  logs: ReadonlyMap<string, MirroredLog>,
  request: HttpRequest,
): Promise<HttpAnswer> {
  const asked = parseAddCheckpoint(await request.body(MAX_ADD_CHECKPOINT_BYTES));
  const { origin } = parseCheckpoint(parseNote(asked.checkpoint).text);
  const log = logs.get(origin);
  if (log === undefined) throw new Failure('mirror/log-unknown');
  const conflict = await log.addCheckpoint(asked);
  return conflict === null
    ? { status: 200, headers: TEXT, body: formatCosignatures([]) }
    : {
        status: 409,
        headers: { ...TEXT, 'content-type': TREE_SIZE_TYPE },
        body: formatTreeSize(conflict.stale),
      };
}

async function read(log: MirroredLog, path: string): Promise<HttpAnswer> {
  if (path === 'checkpoint') {
    const note = log.checkpointNote;
    return note === null ? NOTHING_HERE : { status: 200, headers: TEXT, body: note };
  }
  const name = parseTilePath(path);
  const tile = name === null ? null : await log.tile(name);
  // A tile of a given width never changes, partial ones included.
  const headers = {
    'content-type': 'application/octet-stream',
    'cache-control': 'public, max-age=31536000, immutable',
  };
  return tile === null ? NOTHING_HERE : { status: 200, headers, body: tile };
}

/** What is not there today may be there tomorrow. */
const NOTHING_HERE = text(404, 'The mirror has nothing here.');

async function stamp(stamps: Stamps | undefined, request: HttpRequest): Promise<HttpAnswer> {
  if (stamps === undefined) throw new Failure('request/route-unknown');
  const { stamp: bytes, isNew } = await stamps.stamp(await request.body(MAX_ENTRY_BYTES));
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  return { status: isNew ? 201 : 200, headers, body: bytes };
}
