/** Answers and batches as OpenGradient's gateway and settlement make them, under a key and a root of the tests: right in every way unless a test says otherwise. */
import { constants, sign } from 'node:crypto';
import { toBase64 } from '../../../src/bytes/base64.js';
import { keccak256, sha256 } from '../../../src/bytes/cryptography.js';
import { toHex } from '../../../src/bytes/hex.js';
import { concatAll, utf8 } from '../../../src/bytes/octets.js';
import { leafHash, pairHash } from '../../../src/evidence/opengradient/batch.js';
import { messageHash } from '../../../src/evidence/opengradient/signing-key.js';
import { makeNitro } from './nitro.js';
import { DURING, type TestKeys, testKeys } from './x509-maker.js';

export const ENCLAVE: TestKeys = testKeys('RSA-2048');
export const OTHER_ENCLAVE: TestKeys = testKeys('RSA-2048');
/** DER that nobody reads: only its digest counts. */
export const TLS_CERTIFICATE = utf8('a certificate of TLS');

/** What was sent, and the bytes that the gateway makes of it, written down by hand. */
export const REQUEST = utf8(
  '{"model":"gpt-4.1","messages":[{"role":"user","content":"Hello! é"}],"temperature":1,"top_p":0.5}',
);
export const HASHED =
  '{"messages": [{"content": "Hello! \\u00e9", "role": "user"}], "model": "gpt-4.1", "temperature": 1.0}';
export const TEXT = 'Hi ☃';
export const SIGNED_AT = DURING - 60;

export function signPss(keys: TestKeys, message: Uint8Array, saltLength = 32): Uint8Array {
  return new Uint8Array(
    sign('sha256', message, { key: keys.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }),
  );
}

export interface AnswerOptions {
  readonly keys?: TestKeys;
  /** What is hashed of the request and of the answer. */
  readonly hashed?: string;
  readonly output?: string;
  readonly timestamp?: number;
  /** The answer itself, by default with the text that is hashed. */
  readonly choice?: Readonly<Record<string, unknown>>;
  /** Members that differ; undefined for one that is left out. */
  readonly members?: Readonly<Record<string, unknown>>;
}

/** What the enclave adds to an answer. */
export function signedMembers(options: AnswerOptions = {}): Record<string, unknown> {
  const { keys = ENCLAVE, hashed = HASHED, output = TEXT, timestamp = SIGNED_AT } = options;
  const [requestHash, outputHash] = [keccak256(utf8(hashed)), keccak256(utf8(output))];
  return {
    tee_signature: toBase64(signPss(keys, messageHash(requestHash, outputHash, timestamp))),
    tee_request_hash: toHex(requestHash),
    tee_output_hash: toHex(outputHash),
    tee_timestamp: timestamp,
    tee_id: `0x${toHex(keccak256(keys.spki))}`,
    ...options.members,
  };
}

export function makeAnswer(options: AnswerOptions = {}): Uint8Array {
  const choice = options.choice ?? {
    index: 0,
    message: { role: 'assistant', content: TEXT },
    finish_reason: 'stop',
  };
  return utf8(
    JSON.stringify({
      id: 'chatcmpl-1',
      model: 'gpt-4.1',
      choices: [choice],
      usage: {},
      ...signedMembers(options),
    }),
  );
}

/** A stream of these frames, the signed members in the last one. */
export function makeStream(
  deltas: readonly Readonly<Record<string, unknown>>[] = [
    { role: 'assistant' },
    { content: 'Hi ' },
    { content: '☃' },
  ],
  options: AnswerOptions & { readonly finish?: string } = {},
): Uint8Array {
  const { finish = 'stop' } = options;
  const frames = deltas.map(delta => ({ choices: [{ index: 0, delta, finish_reason: null }] }));
  const last = { choices: [{ index: 0, delta: {}, finish_reason: finish }], ...signedMembers(options) };
  const lines = [...frames, last].map(frame => `data: ${JSON.stringify(frame)}\n\n`);
  return utf8(`${lines.join('')}data: [DONE]\n\n`);
}

export function keyPem({ spki }: TestKeys): string {
  const lines = toBase64(spki).match(/.{1,64}/g) ?? [];
  return `-----BEGIN PUBLIC KEY-----\n${lines.join('\n')}\n-----END PUBLIC KEY-----\n`;
}

export const KEY = utf8(keyPem(ENCLAVE));

/** The digests that an enclave puts into its document. */
export function userData(certificate: Uint8Array = TLS_CERTIFICATE, keys: TestKeys = ENCLAVE): Uint8Array {
  const prefix = Uint8Array.of(0x12, 0x20);
  return concatAll([prefix, sha256(certificate), prefix, sha256(keys.spki)]);
}

export function makeAttestation(
  user_data: Uint8Array | null = userData(),
  nonce: Uint8Array | null = null,
): Uint8Array {
  return makeNitro({ members: { user_data, nonce } });
}

export interface ItemOptions {
  readonly keys?: TestKeys;
  readonly question?: string;
  readonly signature?: Uint8Array;
}

export interface BatchOptions {
  readonly items?: readonly ItemOptions[];
  /** Changes the dump before it is written. */
  // biome-ignore lint/suspicious/noExplicitAny: tests break it in ways that no type has.
  readonly change?: (dump: any) => void;
}

/** A tree over items as `StandardMerkleTree` makes it, leaves sorted. */
export function makeBatch({
  items = [{ question: 'a' }, { question: 'b' }, { question: 'c' }],
  change,
}: BatchOptions = {}): Uint8Array {
  const values = items.map(({ keys = ENCLAVE, question = '', signature }) => {
    const [requestHash, outputHash] = [keccak256(utf8(question)), keccak256(utf8(`${question}!`))];
    return {
      teeId: keccak256(keys.spki),
      requestHash,
      outputHash,
      signature: signature ?? signPss(keys, messageHash(requestHash, outputHash, SIGNED_AT)),
      timestamp: SIGNED_AT,
    };
  });
  const leaves = values.map((value, at) => ({ at, hash: leafHash(value) }));
  leaves.sort((a, b) => (toHex(a.hash) < toHex(b.hash) ? -1 : 1));
  const tree: Uint8Array[] = new Array(2 * leaves.length - 1);
  const places = new Map<number, number>();
  for (const [index, { at, hash }] of leaves.entries()) {
    tree[tree.length - 1 - index] = hash;
    places.set(at, tree.length - 1 - index);
  }
  for (let at = tree.length - 1 - leaves.length; at >= 0; at--)
    tree[at] = pairHash(tree[2 * at + 1] as Uint8Array, tree[2 * at + 2] as Uint8Array);
  const hex = (bytes: Uint8Array) => `0x${toHex(bytes)}`;
  const dump = {
    format: 'standard-v1',
    leafEncoding: ['bytes32', 'bytes32', 'bytes32', 'bytes', 'uint256'],
    tree: tree.map(hex),
    values: values.map(({ teeId, requestHash, outputHash, signature, timestamp }, at) => ({
      value: [hex(teeId), hex(requestHash), hex(outputHash), hex(signature), `${timestamp}`],
      treeIndex: places.get(at),
    })),
  };
  change?.(dump);
  return utf8(JSON.stringify(dump));
}
