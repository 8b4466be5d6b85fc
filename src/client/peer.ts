/** Asking gateways, logs and mirrors about what is kept. None of them is trusted: answers have a length and a status, and the rest is checked. */
import { Failure } from '../reason.js';
import { readUpTo } from './bounded-body.js';

/** How a shell lets this room speak HTTP, within a time of the shell's choosing. */
export type Ask = (url: string, init: RequestInit) => Promise<Response>;

/** A checkpoint has a few lines of signatures, of which those by ML-DSA-44 have some three thousand characters. */
export const MAX_CHECKPOINT_BYTES = 1 << 17;

export interface Answered {
  readonly status: number;
  readonly bytes: Uint8Array;
}

/** Rejects with `peer/unreachable` or `peer/answer-too-large`. */
export async function askPeer(
  ask: Ask,
  url: string,
  limit: number,
  init: RequestInit = {},
): Promise<Answered> {
  try {
    // A redirect could lead anywhere, and none of these paths has one.
    const response = await ask(url, { ...init, redirect: 'error' });
    const read = await readUpTo(response.body, limit);
    if (read.kind === 'whole') return { status: response.status, bytes: read.bytes };
    await read.rest.cancel();
  } catch (error) {
    throw new Failure('peer/unreachable', {
      field: url,
      detail: error instanceof Error ? error.name : 'no reason given',
    });
  }
  throw new Failure('peer/answer-too-large', { field: url });
}
