/** Attested Inference Receipts under a key of the tests, with the attestation that they name: right in every way unless a test says otherwise. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { type Cbor, encodeCbor, Tagged } from '../../../src/bytes/cbor.js';
import { sha256 } from '../../../src/bytes/cryptography.js';
import { concatAll, utf8 } from '../../../src/bytes/octets.js';
import { makeQuote, type QuoteChanges } from './dcap.js';
import { makeNitro, measurement } from './nitro.js';
import { DURING } from './x509-maker.js';

/** That of the published vectors. */
const SEED = new Uint8Array(32).fill(0x2a);
export const AIR_KEY = ed25519.getPublicKey(SEED);
export const REQUEST = utf8('what came in');
export const RESPONSE = utf8('what went out');
export const CHALLENGE = utf8('a challenge');

export const NITRO_ATTESTATION = makeNitro({ members: { public_key: AIR_KEY } });
const TD_SLOTS = { pcr0: 136, pcr1: 328, pcr2: 376, pcr3: 424, pcr4: 472 } as const;

/** A quote that carries the digest of the key, and has a register of its own in every slot. */
export function tdQuote(reportData: Uint8Array = sha256(AIR_KEY), changes: QuoteChanges = {}): Uint8Array {
  return makeQuote({
    ...changes,
    body: body => {
      for (const [at, offset] of Object.values(TD_SLOTS).entries()) body.set(measurement(at), offset);
      body.fill(0, 520, 584);
      body.set(reportData, 520);
      changes.body?.(body);
    },
  });
}

export const MEASURED = (kind: 'nitro-pcr' | 'tdx-mrtd-rtmr'): Map<string, Cbor> =>
  new Map<string, Cbor>([
    ['measurement_type', kind],
    ...(kind === 'nitro-pcr' ? [0, 1, 2, 3, 4, 8] : [0, 1, 2, 3, 4]).map((at): [string, Cbor] => [
      `pcr${at}`,
      measurement(at),
    ]),
  ]);

export interface AirOptions {
  readonly attestation?: Uint8Array;
  /** Claims that differ, by their key; undefined for one that is left out. */
  readonly claims?: ReadonlyMap<number, Cbor | undefined>;
  readonly header?: Uint8Array;
  readonly unprotected?: Cbor;
  /** The whole payload, in place of the claims. */
  readonly payload?: Uint8Array;
  readonly signature?: Uint8Array;
  readonly tag?: number | null;
}

/** In the order in which the authors of the draft write them, which is not the deterministic one. */
export function airClaims({
  attestation = NITRO_ATTESTATION,
  claims = new Map(),
}: AirOptions = {}): Map<number, Cbor> {
  const all = new Map<number, Cbor | undefined>([
    [-65548, 'production'],
    [-65547, 512],
    [-65546, 116],
    [-65545, 42],
    [-65544, 'policy'],
    [-65543, MEASURED('nitro-pcr')],
    [-65542, sha256(attestation)],
    [-65541, sha256(RESPONSE)],
    [-65540, sha256(REQUEST)],
    [-65539, new Uint8Array(32).fill(0xaa)],
    [-65538, '1.0.0'],
    [-65537, 'model'],
    [1, 'issuer.example'],
    [6, DURING - 60],
    [7, Uint8Array.from({ length: 16 }, (_, at) => at + 1)],
    [10, CHALLENGE],
    [265, 'https://spec.cyntrisec.com/air/v1'],
  ]);
  for (const [key, value] of claims) all.set(key, value);
  return new Map([...all].filter((entry): entry is [number, Cbor] => entry[1] !== undefined));
}

/** A map in the order in which it stands. */
export function inOrder(map: ReadonlyMap<number | string, Cbor>): Uint8Array {
  const [head] = encodeCbor(new Map([...map].map((_, at) => [at, 0])));
  const encoded = [...map].flatMap(([key, value]) => [
    encodeCbor(key),
    value instanceof Map ? inOrder(value as never) : encodeCbor(value),
  ]);
  return concatAll([Uint8Array.of(head as number), ...encoded]);
}

export function makeAir(options: AirOptions = {}): Uint8Array {
  const { unprotected = new Map(), tag = 18 } = options;
  // {1: -8, 3: 61}
  const header = options.header ?? Uint8Array.of(0xa2, 0x01, 0x27, 0x03, 0x18, 0x3d);
  const payload = options.payload ?? inOrder(airClaims(options));
  const signature =
    options.signature ?? ed25519.sign(encodeCbor(['Signature1', header, new Uint8Array(), payload]), SEED);
  const structure = [header, unprotected, payload, signature];
  return encodeCbor(tag === null ? structure : new Tagged(tag, structure));
}
