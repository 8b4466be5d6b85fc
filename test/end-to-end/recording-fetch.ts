/** A `fetch` for SDKs that remembers the exact bytes of prompts and answers, as somebody who verifies receipts has to. */
import type { Trust } from '../../src/appraise/trust.js';
import type { Receipt } from '../../src/receipt/receipt.js';
import { receiptOf } from './receipts.js';

export interface Recorded {
  readonly request: Buffer;
  readonly status: number;
  readonly headers: Headers;
  /** Resolves when the answer has come to its end; rejects when it did not. */
  readonly body: Promise<Buffer>;
}

/** Adds every request of a surface to `recorded`. */
export function recordingFetch(recorded: Recorded[]): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    // A form becomes bytes only here, and other ones each time.
    const bytes = Buffer.from(await request.clone().arrayBuffer());
    const response = await fetch(request);
    if (request.method !== 'POST') return response;
    const body = response
      .clone()
      .arrayBuffer()
      .then(bytes => Buffer.from(bytes));
    body.catch(() => undefined);
    recorded.push({
      request: bytes,
      status: response.status,
      headers: response.headers,
      body,
    });
    return response;
  };
}

/** The receipt of a recorded exchange. Throws unless it verifies together with prompt and answer. */
export async function receiptOfRecorded(
  gateway: { readonly address: string; readonly trust: Trust },
  { request, status, headers, body }: Recorded,
): Promise<Receipt> {
  const answer = { status, headers: Object.fromEntries(headers), body: await body, request, broken: false };
  return receiptOf(gateway, answer);
}
