/** `GET /v1/attestation[?nonce=<hex>]`: what the gateway shows of its own machine. */
import type { ServerResponse } from 'node:http';
import { fromHex } from '../../bytes/hex.js';
import { Failure } from '../../reason.js';
import type { GatewayContext } from './context.js';
import { sendBody } from './respond.js';

/** Throws `attestation/none`, `attestation/nonce-malformed`, and what `OwnAttestation.answer` rejects with. */
export async function handleAttestation(
  { attestation = null, onProblem }: GatewayContext,
  query: URLSearchParams,
  response: ServerResponse,
): Promise<void> {
  const nonce = nonceIn(query);
  if (attestation === null) throw new Failure('attestation/none');
  let body: Uint8Array;
  try {
    body = await attestation.answer(nonce);
  } catch (error) {
    // The operator's to look into, and nothing that whoever asks could have brought about.
    if (error instanceof Failure && error.code.startsWith('attester/')) {
      onProblem(error.message);
      throw new Failure('attester/unavailable');
    }
    throw error;
  }
  sendBody(response, 200, { 'content-type': 'application/json', 'cache-control': 'no-store' }, body);
}

function nonceIn(query: URLSearchParams): Uint8Array | null {
  const names = [...query.keys()];
  if (names.length === 0) return null;
  const digits = query.get('nonce') ?? '';
  if (names.length > 1 || !/^(?:[0-9a-f]{2}){16,64}$/.test(digits))
    throw new Failure('attestation/nonce-malformed', { field: 'nonce' });
  return fromHex(digits);
}
