/** Signing notices, so that a receiver knows whose they are. Source: Standard Webhooks 1.0.0, "Signature scheme" and "Webhook headers". */
import { createHmac } from 'node:crypto';
import { fromBase64, toBase64 } from '../../bytes/base64.js';
import { concat, utf8 } from '../../bytes/octets.js';

const PREFIX = 'whsec_';
/** As the specification has it. */
const [LEAST_BYTES, MOST_BYTES] = [24, 64];

/** What is sent, under which name. No part of the name or of the time may hold a full stop. */
export interface Notice {
  /** The same however often it is sent: by it a receiver drops doubles. */
  readonly id: string;
  readonly body: Uint8Array;
}

/** The bytes of a secret as subscribers are given it, `whsec_` and base64 of 24 to 64 bytes; null for what is none. */
export function parseWebhookSecret(text: string): Uint8Array | null {
  const bytes = text.startsWith(PREFIX) ? fromBase64(text.slice(PREFIX.length)) : null;
  return bytes !== null && bytes.length >= LEAST_BYTES && bytes.length <= MOST_BYTES ? bytes : null;
}

/** The three headers. `time`: of this attempt, in Unix seconds. */
export function signedHeaders(
  { id, body }: Notice,
  secret: Uint8Array,
  time: number,
): Readonly<Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string>> {
  const signature = createHmac('sha256', secret)
    .update(concat(utf8(`${id}.${time}.`), body))
    .digest();
  return {
    'webhook-id': id,
    'webhook-timestamp': `${time}`,
    'webhook-signature': `v1,${toBase64(signature)}`,
  };
}
