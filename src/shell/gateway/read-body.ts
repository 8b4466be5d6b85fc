/** Reading a request's body within a limit. The client is not trusted: it may announce one length and send another, or never end. */
import type { IncomingMessage } from 'node:http';

export type ReadBody =
  | { readonly kind: 'whole'; readonly bytes: Uint8Array }
  /** Over the limit; `bytes` is what had been read. The rest was not waited for. */
  | { readonly kind: 'too-large'; readonly bytes: Uint8Array }
  /** The client went away before it had sent everything. */
  | { readonly kind: 'gone' };

/** `limit`: the most bytes to read. */
export function readBody(request: IncomingMessage, limit: number): Promise<ReadBody> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limit) return Promise.resolve({ kind: 'too-large', bytes: new Uint8Array() });
  return new Promise(resolve => {
    const chunks: Uint8Array[] = [];
    let length = 0;
    const finish = (result: ReadBody) => {
      request.removeListener('data', onData);
      resolve(result);
    };
    const onData = (chunk: Uint8Array) => {
      length += chunk.length;
      if (length > limit) return finish({ kind: 'too-large', bytes: Buffer.concat(chunks) });
      chunks.push(chunk);
    };
    request.on('data', onData);
    request.once('end', () =>
      finish({
        kind: 'whole',
        bytes: chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks),
      }),
    );
    request.once('close', () => finish({ kind: 'gone' }));
    request.once('error', () => finish({ kind: 'gone' }));
  });
}
