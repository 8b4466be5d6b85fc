/** Answers as their readers get them: a copy of what came, with another body. */
import { Failure } from '../reason.js';

/** Statuses with which the Fetch Standard allows no body. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/** The status of a copy of an answer whose own the Fetch Standard does not let anybody make: it is an error, whatever else. */
const BEYOND = 502;

function isStatus(status: number): boolean {
  return status >= 200 && status <= 599;
}

/** What reads a body as a whole. A runtime lacks those that are newer than it is. */
const READERS = ['arrayBuffer', 'blob', 'bytes', 'formData', 'json', 'text'] as const;

/** What of an answer is copied. */
type Head = Pick<Response, 'status' | 'statusText' | 'headers' | 'url'>;

/** @param failed the failure of a body that fails while it is read; null for one that has not */
export function copyOf(
  { status, statusText, headers, url }: Head,
  body: Uint8Array | ReadableStream<Uint8Array> | null,
  failed: () => Failure | null = () => null,
): Response {
  const copied = new Headers(headers);
  // The body has been decoded, and has another length than on its way.
  for (const name of ['content-encoding', 'content-length']) copied.delete(name);
  const given = BODILESS.has(status) ? null : body instanceof Uint8Array ? new Uint8Array(body) : body;
  const copy = new Response(given, {
    status: isStatus(status) ? status : BEYOND,
    statusText,
    headers: copied,
  });
  // A response that was not fetched has no address, and its reader may look at it.
  Object.defineProperty(copy, 'url', { value: url });
  if (body instanceof ReadableStream) tellWhy(copy, failed);
  return copy;
}

/** An answer whose body cannot be read, for this reason. */
export function unreadable({ status, statusText, headers, url }: Response, failure: Failure): Response {
  const body = new ReadableStream<Uint8Array>({ pull: controller => controller.error(failure) });
  // Of an answer without a body there would be nothing to read, and SDKs take some of them for done.
  const told = BODILESS.has(status) || !isStatus(status) ? 200 : status;
  const copy = copyOf({ status: told, statusText, headers, url }, body, () => failure);
  // SDKs ask again after some errors; the next answer would hide that this one was not genuine.
  copy.headers.set('x-should-retry', 'false');
  return copy;
}

/** Browsers put an error of their own in the place of the one that a body has failed with, and nobody would know what happened. */
function tellWhy(copy: Response, failed: () => Failure | null): void {
  for (const name of READERS) {
    const read = (copy as unknown as Record<string, unknown>)[name];
    if (typeof read !== 'function') continue;
    const telling = () =>
      (read.call(copy) as Promise<unknown>).catch((error: unknown) => {
        throw error instanceof Failure ? error : (failed() ?? error);
      });
    Object.defineProperty(copy, name, { value: telling });
  }
}
