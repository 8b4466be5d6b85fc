/** A receipt in which every member that may hold something holds something. */
import { toHex } from '../../src/bytes/hex.js';
import { utf8 } from '../../src/bytes/octets.js';
import { keyLabel } from '../../src/note/key.js';
import { commit, type Label } from '../../src/receipt/opening.js';
import type { Receipt } from '../../src/receipt/receipt.js';
import { ISSUER, OPERATOR, ORIGIN } from './parties.js';

export const OPENING = Uint8Array.from({ length: 32 }, (_, at) => 7 * at + 3);

/** When the sample's request came, in milliseconds. */
export const RECEIVED = Date.UTC(2026, 10, 21, 12);
export const COMPLETED = RECEIVED + 1500;
/** When the witnesses cosigned, in Unix seconds. */
export const COSIGNED = COMPLETED / 1000 + 2.5;
/** When the sample is judged unless a test says otherwise: before the promise's deadline. */
export const AS_OF = COMPLETED + 600_000;
export const DEADLINE = COMPLETED + 3_600_000;

/** What the sample's client sent as its nonce: sixteen zero bytes. */
export const NONCE = 'A'.repeat(22);

const committed = (label: Label, text: string) => toHex(commit(OPENING, label, utf8(text)));
const label = keyLabel(ISSUER.key);

export const SAMPLE_RECEIPT: Receipt = {
  attempts: [
    {
      ended: COMPLETED,
      outcome: 'answered',
      reason: null,
      started: RECEIVED + 10,
      status: 200,
      upstream: 'provider',
    },
  ],
  claims: [
    { about: 'answer', source: 'none', status: 'unknown' },
    { about: 'model', source: 'upstream', status: 'asserted' },
    { about: 'place', source: 'issuer', status: 'asserted' },
  ],
  client: 'clientclientclientclient22',
  counter: 7,
  epoch: 'epochepochepochepochepoch2',
  evidence: [
    {
      digest: '1'.repeat(64),
      mediaType: 'application/cbor',
      signedDigest: '2'.repeat(64),
      type: 'aws-nitro',
    },
  ],
  exchange: 'aaaaaaaaaaaaaaaaaaaaaaaaaa',
  issuer: label,
  log: { deadline: DEADLINE, origin: ORIGIN },
  model: { digest: '3'.repeat(64), requested: { name: 'sample-1' }, served: { name: 'sample-1' } },
  policy: { digest: '4'.repeat(64), index: 0 },
  previous: '5'.repeat(64),
  price: {
    currency: 'EUR',
    lines: [
      { amount: '0.03', payee: 'Provider', quantity: 30, unitPrice: '0.001', what: 'completion-token' },
    ],
  },
  request: {
    attachments: { commitments: [committed('attachment/0', 'an image')] },
    complete: true,
    nonce: committed('request/nonce', NONCE),
    parameters: { max_tokens: 100, reasoning_effort: 'low', stream: false, temperature: 0.5 },
    sent: committed('request/sent', 'the request as it was sent on'),
    surface: 'chat/completions',
    transforms: ['model-renamed'],
  },
  response: {
    finish: [{ name: 'stop' }, { commitment: committed('finish/1', 'a reason of its own') }],
    http: 200,
    reason: null,
    status: 'completed',
    tools: { count: 33, root: '6'.repeat(64) },
    usage: { completion_tokens: 30, prompt_tokens: 12, total_tokens: 42 },
  },
  responsibility: [
    { key: label, party: OPERATOR, role: 'operator' },
    { key: '8'.repeat(64), party: 'provider.example', role: 'host' },
  ],
  seen: { root: '7'.repeat(64), size: 3 },
  time: { clock: 'issuer', completed: COMPLETED, firstByte: RECEIVED + 900, received: RECEIVED },
  upstream: {
    origin: 'https://provider.example',
    requestId: committed('upstream/request-id', 'request-id-1'),
    signature: null,
    tlsSpki: '8'.repeat(64),
  },
};
