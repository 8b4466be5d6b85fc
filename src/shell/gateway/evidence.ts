/** `GET /v1/evidence/<digest>`: the exact bytes of what a receipt names as evidence. */
import type { ServerResponse } from 'node:http';
import { asFailure, type GatewayContext } from './context.js';
import { sendBody } from './respond.js';

export function handleEvidence(context: GatewayContext, digest: string, response: ServerResponse): void {
  let bytes: Uint8Array;
  try {
    bytes = context.archive.get(digest);
  } catch (error) {
    const failure = asFailure(context, error);
    // The operator's to repair, and nothing that a client could have brought about.
    if (failure.code !== 'archive/unknown') context.onProblem(failure.message);
    throw failure;
  }
  // What a digest names never changes.
  const headers = {
    'content-type': 'application/octet-stream',
    'cache-control': 'public, max-age=31536000, immutable',
  };
  sendBody(response, 200, headers, bytes);
}
