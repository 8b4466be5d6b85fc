/**
 * `add-entries`: takes the entries that a client uploads, package by package, as they come. Source: C2SP tlog-mirror, "add-entries".
 *
 * The client is not trusted, and may stop anywhere. Each package is proven and durable before the next is read, so that an upload that
 * breaks off has cost nothing but its last package; and while a client is waited for, nobody else waits.
 */
import { formatCosignatures } from '../../note/add-checkpoint.js';
import { Failure } from '../../reason.js';
import {
  formatMirrorInfo,
  MIRROR_INFO_TYPE,
  type MirrorInfo,
  packagesOf,
  readPackage,
  readUploadHeader,
} from '../../tree/add-entries.js';
import type { HttpAnswer, HttpRequest } from '../http/server.js';
import { BodyEnded, BodyReader } from './body-reader.js';
import type { MirroredLog } from './mirrored-log.js';
import type { UploadSlot, UploadSlots } from './upload-slots.js';

const UPLOAD_TYPE = 'application/octet-stream';
const HEADERS = { 'cache-control': 'no-store', 'accept-encoding': 'gzip' };

/**
 * Answers 200, 202 or 409. Throws `request/body-malformed` or `mirror/upload-cut-off` (400), `mirror/log-unknown` (404),
 * `request/encoded` (415), `mirror/nothing-pending` or `mirror/package-invalid` (422), or `mirror/unavailable` (503).
 */
export async function takeUpload(
  logs: ReadonlyMap<string, MirroredLog>,
  slots: UploadSlots,
  request: HttpRequest,
): Promise<HttpAnswer> {
  if (request.headers['content-type'] !== UPLOAD_TYPE)
    throw new Failure('request/body-malformed', { field: 'content-type', detail: `not ${UPLOAD_TYPE}` });
  const slot = slots.enter();
  const reader = new BodyReader(request.stream, request.headers['content-encoding'], slot.signal, bytes =>
    slot.hold(bytes),
  );
  try {
    return await answer(logs, reader, slot);
  } catch (error) {
    if (error instanceof BodyEnded) throw new Failure('mirror/upload-cut-off');
    throw error;
  } finally {
    slot.leave();
    reader.close();
  }
}

async function answer(
  logs: ReadonlyMap<string, MirroredLog>,
  reader: BodyReader,
  slot: UploadSlot,
): Promise<HttpAnswer> {
  const { origin, ...header } = await readUploadHeader(reader.take);
  const log = logs.get(origin);
  if (log === undefined) throw new Failure('mirror/log-unknown');
  const beginning = log.begin(header);
  if (beginning.status === 'conflict') return mirrorInfo(409, beginning.info);
  const { target } = beginning;
  for (const place of packagesOf(header)) {
    try {
      await log.add(target, place, await readPackage(place.end - place.start, reader.take));
    } catch (error) {
      if (error instanceof BodyEnded && place.start > header.start)
        return mirrorInfo(202, log.progress(target));
      throw error;
    }
    reader.release();
    slot.advance();
  }
  const ending = await log.finish(target);
  if (ending.status === 'conflict') return mirrorInfo(409, ending.info);
  return {
    status: 200,
    headers: { ...HEADERS, 'content-type': 'text/plain; charset=utf-8' },
    body: formatCosignatures(ending.cosignatures),
  };
}

function mirrorInfo(status: 202 | 409, info: MirrorInfo): HttpAnswer {
  return { status, headers: { ...HEADERS, 'content-type': MIRROR_INFO_TYPE }, body: formatMirrorInfo(info) };
}
