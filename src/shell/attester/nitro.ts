/** Attestation documents as Nitro hypervisors make them. Source: AWS Nitro Enclaves attestation process, §3.2. */
import { type Cbor, encodeCbor } from '../../bytes/cbor.js';
import { concat, utf8 } from '../../bytes/octets.js';
import { type Identity, issue, signatureOf } from './certificates.js';
import { type Keys, type MakeKeys, SIMULATED } from './keys.js';

export interface NitroRequest {
  /** When the document is made, in Unix seconds. */
  readonly at: number;
  /** What the enclave puts in, each at most 1,024 bytes. */
  readonly nonce?: Uint8Array;
  readonly publicKey?: Uint8Array;
  readonly userData?: Uint8Array;
  /** Measurements (48 bytes) by the number of their register; some for 0 to 2 where there are none. */
  readonly pcrs?: ReadonlyMap<number, Uint8Array>;
}

export interface NitroHouse {
  readonly root: Identity;
  readonly instance: Identity;
  /** The enclave's, whose certificates live for hours. */
  readonly enclave: Keys;
}

const MEASURED = new Map([0, 1, 2].map(register => [register, new Uint8Array(48).fill(0x51 + register)]));
/** How long an enclave's certificate lives, in seconds. */
const LIFETIME = 3 * 3600;
/** {1: -35}, which is ES384. Source: RFC 9053 table 1. */
const HEADER = encodeCbor(new Map([[1, -35]]));

export function nitroHouse(keys: MakeKeys): NitroHouse {
  const root = issue({
    commonName: 'aws.nitro-enclaves',
    keys: keys('nitro root', 'P-384'),
    role: 'authority',
    serial: 1,
  });
  return {
    root,
    instance: issue({
      commonName: 'instance',
      keys: keys('nitro instance', 'P-384'),
      issuer: root,
      role: 'authority',
      serial: 2,
    }),
    enclave: keys('nitro enclave', 'P-384'),
  };
}

export function nitroDocument(
  { root, instance, enclave: keys }: NitroHouse,
  request: NitroRequest,
): Uint8Array {
  const notBefore = Math.floor(request.at);
  const enclave = issue({
    commonName: 'enclave',
    keys,
    issuer: instance,
    role: 'signer',
    serial: 3,
    notBefore,
    notAfter: notBefore + LIFETIME,
  });
  const payload = encodeCbor(
    new Map<string, Cbor>([
      ['module_id', `${SIMULATED}-enc0000000000000000`],
      ['digest', 'SHA384'],
      ['timestamp', Math.floor(request.at * 1000)],
      ['pcrs', request.pcrs ?? MEASURED],
      ['certificate', enclave.certificate],
      ['cabundle', [root.certificate, instance.certificate]],
      ['public_key', request.publicKey ?? null],
      ['user_data', request.userData ?? null],
      ['nonce', request.nonce ?? null],
    ]),
  );
  const signed = encodeCbor(['Signature1', HEADER, utf8(''), payload]);
  const signature = signatureOf(enclave.keys, signed);
  return concat(Uint8Array.of(0xd2), encodeCbor([HEADER, new Map(), payload, signature]));
}
