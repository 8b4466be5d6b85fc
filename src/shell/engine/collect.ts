/** Gathers what an upstream answers to one request, for callers that want it whole. */

import type { Upstream, UpstreamFailure, UpstreamHead } from '../../exchange/upstream.js';

export interface Collected {
  /** Null where the upstream failed before it answered. */
  readonly head: UpstreamHead | null;
  readonly chunks: readonly Uint8Array[];
  /** Null where the answer is complete. */
  readonly failure: UpstreamFailure | null;
}

/** Sends a chat request and resolves when the answer ends or fails; never rejects for a failing upstream. */
export function collectChat(upstream: Upstream, request: object): Promise<Collected> {
  return new Promise(resolve => {
    let head: UpstreamHead | null = null;
    const chunks: Uint8Array[] = [];
    const body = Buffer.from(JSON.stringify(request));
    const headers = { 'content-type': 'application/json' };
    upstream.send(
      { surface: 'chat/completions', path: '/chat/completions', headers, credentials: {}, key: null, body },
      {
        head: received => {
          head = received;
        },
        data: chunk => chunks.push(chunk),
        end: () => resolve({ head, chunks, failure: null }),
        fail: failure => resolve({ head, chunks, failure }),
      },
    );
  });
}

/** The text of a whole (not streamed) answer. Throws TypeError where there is none. */
export function answerText(collected: Collected): string {
  const completion = JSON.parse(Buffer.concat(collected.chunks).toString());
  const content: unknown = completion?.choices?.[0]?.message?.content;
  if (typeof content !== 'string') throw new TypeError(`no answer: ${JSON.stringify(completion)}`);
  return content;
}
