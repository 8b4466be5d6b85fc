/** Reading a request's body within limits. The client is not trusted: it may announce one length and send another, or never end. */
import type { IncomingMessage } from 'node:http';
import { ByteCollector } from '../../bytes/collector.js';
import { type BodyBudget, isMuch } from '../http/body-budget.js';
import type { Turns } from '../http/turns.js';

/** What a receipt can be given for. */
export type AcceptableBody =
  | { readonly kind: 'whole'; readonly bytes: Uint8Array }
  /** Over the limit; `bytes` is what had been read. The rest was not waited for. */
  | { readonly kind: 'too-large'; readonly bytes: Uint8Array };

export type ReadBody =
  | AcceptableBody
  /** Too much is being read for others already. */
  | { readonly kind: 'busy' }
  /** The client went away before it had sent everything. */
  | { readonly kind: 'gone' };

/**
 * `limit`: the most bytes to read. What is read is taken from `budget`; the caller gives it back when it lets go of the bytes. Of a large body
 * the next part is read when the one before has had its turn.
 */
export function readBody(
  request: IncomingMessage,
  limit: number,
  budget: BodyBudget,
  turns: Turns,
): Promise<ReadBody> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limit) return Promise.resolve({ kind: 'too-large', bytes: new Uint8Array() });
  return new Promise(resolve => {
    const body = new ByteCollector();
    /** Bytes taken from the budget: those of the body, and of a part that waits for its turn. */
    let taken = 0;
    let finished = false;
    let stopWaiting: (() => void) | null = null;
    const finish = (result: ReadBody) => {
      if (finished) return;
      finished = true;
      request.removeListener('data', onData);
      stopWaiting?.();
      const kept = result.kind === 'whole' || result.kind === 'too-large' ? result.bytes.length : 0;
      budget.give(taken - kept);
      resolve(result);
    };
    const onData = (chunk: Uint8Array) => {
      if (taken + chunk.length > limit) return finish({ kind: 'too-large', bytes: body.bytes });
      if (!budget.take(chunk.length, taken)) return finish({ kind: 'busy' });
      taken += chunk.length;
      if (isMuch(taken)) stopWaiting ??= budget.await(() => finish({ kind: 'busy' }));
      if (turns.take(chunk.length, () => body.add(chunk))) return;
      request.pause();
      turns.run(() => request.resume());
    };
    request.on('data', onData);
    request.once('end', () => finish({ kind: 'whole', bytes: body.bytes }));
    request.once('close', () => finish({ kind: 'gone' }));
  });
}

/** Reads and drops a little of what is still coming, so that the client sees the answer instead of a broken connection. */
export function discardRest(request: IncomingMessage): void {
  request.resume();
  setTimeout(() => request.destroy(), 2000).unref();
}
