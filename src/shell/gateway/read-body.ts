/** Reading a request's body within limits. The client is not trusted: it may announce one length and send another, or never end. */
import type { IncomingMessage } from 'node:http';
import { ByteCollector } from '../../bytes/collector.js';
import type { BodyBudget } from '../http/body-budget.js';

export type ReadBody =
  | { readonly kind: 'whole'; readonly bytes: Uint8Array }
  /** Over the limit; `bytes` is what had been read. The rest was not waited for. */
  | { readonly kind: 'too-large'; readonly bytes: Uint8Array }
  /** Too much is being read for others already. */
  | { readonly kind: 'busy' }
  /** The client went away before it had sent everything. */
  | { readonly kind: 'gone' };

/** `limit`: the most bytes to read. What is read is taken from `budget`; the caller gives it back when it lets go of the bytes. */
export function readBody(request: IncomingMessage, limit: number, budget: BodyBudget): Promise<ReadBody> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limit) return Promise.resolve({ kind: 'too-large', bytes: new Uint8Array() });
  return new Promise(resolve => {
    const body = new ByteCollector();
    let finished = false;
    const finish = (result: ReadBody) => {
      if (finished) return;
      finished = true;
      request.removeListener('data', onData);
      if (result.kind === 'busy' || result.kind === 'gone') budget.give(body.length);
      resolve(result);
    };
    const onData = (chunk: Uint8Array) => {
      if (body.length + chunk.length > limit) finish({ kind: 'too-large', bytes: body.bytes });
      else if (budget.take(chunk.length, body.length)) body.add(chunk);
      else finish({ kind: 'busy' });
    };
    request.on('data', onData);
    request.once('end', () => finish({ kind: 'whole', bytes: body.bytes }));
    request.once('close', () => finish({ kind: 'gone' }));
  });
}
