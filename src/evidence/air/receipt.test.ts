import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import {
  AIR_KEY,
  type AirOptions,
  airClaims,
  CHALLENGE,
  inOrder,
  MEASURED,
  makeAir,
} from '../../../test/support/evidence/air.js';
import { DURING } from '../../../test/support/evidence/x509-maker.js';
import { failureOf } from '../../../test/support/failure.js';
import { type Cbor, encodeCbor } from '../../bytes/cbor.js';
import { fromHex, toHex } from '../../bytes/hex.js';
import { concat, utf8 } from '../../bytes/octets.js';
import { isAirSignature, parseAirReceipt } from './receipt.js';

const octets = (digits: string) => fromHex(digits) ?? expect.fail(digits);
const without = (key: number) => new Map<number, Cbor | undefined>([[key, undefined]]);
const withClaim = (key: number, value: Cbor): AirOptions => ({ claims: new Map([[key, value]]) });
const measured = (
  name: string,
  value: Cbor | undefined,
  kind: 'nitro-pcr' | 'tdx-mrtd-rtmr' = 'nitro-pcr',
): AirOptions => {
  const map = MEASURED(kind);
  if (value === undefined) map.delete(name);
  else map.set(name, value);
  return withClaim(-65543, map);
};

describe('a receipt', () => {
  it('is read as it was made', async () => {
    const receipt = parseAirReceipt(makeAir());
    expect(receipt.claims).toMatchObject({
      issuer: 'issuer.example',
      issuedAt: DURING - 60,
      nonce: CHALLENGE,
      model: { id: 'model', version: '1.0.0', scheme: null },
      measurements: { kind: 'nitro-pcr' },
      securityMode: 'production',
      sequence: 42,
    });
    expect([...receipt.claims.measurements.registers.keys()]).toEqual([
      'pcr0',
      'pcr1',
      'pcr2',
      'pcr3',
      'pcr4',
      'pcr8',
    ]);
    expect(await isAirSignature(receipt, AIR_KEY)).toBe(true);
  });

  it('may have its claims in the deterministic order as well, and leave out what is optional', () => {
    const claims = airClaims();
    expect(parseAirReceipt(makeAir({ payload: encodeCbor(claims) })).claims).toEqual(
      parseAirReceipt(makeAir()).claims,
    );
    expect(parseAirReceipt(makeAir({ claims: without(10) })).claims.nonce).toBeNull();
    for (const scheme of ['sha256-single', 'sha256-concat', 'sha256-manifest'])
      expect(parseAirReceipt(makeAir(withClaim(-65549, scheme))).claims.model.scheme).toBe(scheme);
  });

  it('no bit of it can be changed', async () => {
    const whole = makeAir();
    for (let at = 0; at < whole.length; at++) {
      const changed = whole.with(at, (whole[at] as number) ^ (1 << (at % 8)));
      let isSigned = false;
      try {
        isSigned = await isAirSignature(parseAirReceipt(changed), AIR_KEY);
      } catch {
        // Refused as no receipt.
      }
      expect(isSigned).toBe(false);
    }
  });

  it('a key of small order signs nothing', async () => {
    expect(await isAirSignature(parseAirReceipt(makeAir()), octets(`01${'00'.repeat(31)}`))).toBe(false);
  });
});

describe('the published vectors are what we make of the same claims', () => {
  // Source: cyntrisec/EphemeralML, spec/v1/vectors/valid; Ed25519 is deterministic, so that one signature stands for all bytes of the receipt.
  const fill = (octet: number, length: number) => new Uint8Array(length).fill(octet);
  const registers = (kind: string, ...values: readonly number[]) =>
    new Map<string, Cbor>([
      ['measurement_type', kind],
      ...values.map((value, at): [string, Cbor] => [`pcr${at}`, fill(value, 48)]),
    ]);
  it.each<readonly [string, Map<number, Cbor | undefined>, string]>([
    [
      'v1-nitro-no-nonce',
      new Map<number, Cbor | undefined>([
        [-65548, 'GatewayOnly'],
        [-65544, 'policy-2026.02'],
        [-65543, registers('nitro-pcr', 1, 2, 3)],
        [-65542, fill(0xdd, 32)],
        [-65541, fill(0xcc, 32)],
        [-65540, fill(0xbb, 32)],
        [-65537, 'minilm-l6-v2'],
        [1, 'cyntrisec.com'],
        [6, 1740500000],
        [7, octets('0102030405060708090a0b0c0d0e0f10')],
        [10, undefined],
      ]),
      '9cc5942a32bebd5da4b3c2a0cfc5e07c9ec5b62f5629a56bfc78d3286bf60fc479414b640e44c85d8326bdc4de90be12b0345e0b9654b86c9bdd62ebaf230000',
    ],
    [
      'v1-tdx-with-nonce',
      new Map<number, Cbor | undefined>([
        [-65548, 'ShieldMode'],
        [-65547, 8192],
        [-65546, 2500],
        [-65545, 1],
        [-65544, 'policy-2026.03'],
        [-65543, registers('tdx-mrtd-rtmr', 0x10, 0x20, 0x30)],
        [-65542, fill(0x88, 32)],
        [-65541, fill(0x77, 32)],
        [-65540, fill(0x66, 32)],
        [-65539, fill(0x55, 32)],
        [-65538, '2.0.0'],
        [-65537, 'llama-7b'],
        [1, 'cyntrisec.com'],
        [6, 1740500100],
        [7, octets('1112131415161718191a1b1c1d1e1f20')],
        [10, octets('deadbeefcafebabe')],
      ]),
      'd7ee450b3e29573251ad06440aac3c9aeb8f12a39a459f83df319669c8aad4b653334ec77309070bc56883364051dc85e3b0da5777a869218b26a47237995408',
    ],
  ])('%s', async (_, claims, signature) => {
    const receipt = parseAirReceipt(makeAir({ claims }));
    expect(toHex(receipt.signature)).toBe(signature);
    expect(await isAirSignature(receipt, AIR_KEY)).toBe(true);
  });
});

describe('refused as no receipt', () => {
  const detail = (bytes: Uint8Array): string => {
    const { code, detail } = failureOf(() => parseAirReceipt(bytes));
    expect(code).toBe('air/malformed');
    return detail ?? '';
  };

  it.each<readonly [string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(), /too soon/],
    ['bytes behind it', concat(makeAir(), utf8('x')), /behind/],
    ['more than any has', new Uint8Array(65_537), /65537 bytes/],
    ['no tag', makeAir({ tag: null }), /under its tag/],
    ['another tag', makeAir({ tag: 17 }), /under its tag/],
    ['something in the other header', makeAir({ unprotected: new Map([[4, utf8('k')]]) }), /not protected/],
    ['an unprotected header that is none', makeAir({ unprotected: utf8('') }), /not protected/],
    ['another algorithm', makeAir({ header: octets('a2012603183d') }), /protected header/],
    ['another content', makeAir({ header: octets('a2012703183c') }), /protected header/],
    ['a header with less', makeAir({ header: octets('a10127') }), /protected header/],
    ['a header with more', makeAir({ header: octets('a3012703183d0441aa') }), /protected header/],
    ['an algorithm twice', makeAir({ header: octets('a301270127 03183d'.replace(' ', '')) }), /a key twice/],
    ['bytes behind the header', makeAir({ header: octets('a2012703183d00') }), /behind/],
    ['a signature of 63 bytes', makeAir({ signature: new Uint8Array(63) }), /signature/],
    ['claims that are no map', makeAir({ payload: octets('80') }), /no map/],
    ['bytes behind the claims', makeAir({ payload: concat(inOrder(airClaims()), utf8('x')) }), /behind/],
    ['a claim twice', makeAir({ payload: octets('a2016161016161') }), /a key twice/],
  ])('%s', (_, bytes, expected) => {
    expect(detail(bytes)).toMatch(expected);
  });

  it.each<readonly [string, AirOptions]>([
    ['a claim that there is not', withClaim(-65550, 1)],
    ['a claim by name', { payload: concat(octets('a1'), encodeCbor('iss'), encodeCbor('x')) }],
    ['iss', { claims: without(1) }],
    ['iss', withClaim(1, '')],
    ['iss', withClaim(1, 'i'.repeat(1025))],
    ['iat', withClaim(6, 0)],
    ['iat', withClaim(6, -1)],
    ['iat', withClaim(6, 2n ** 60n)],
    ['cti', withClaim(7, new Uint8Array(15))],
    ['eat_nonce', withClaim(10, new Uint8Array(7))],
    ['eat_nonce', withClaim(10, new Uint8Array(65))],
    ['model_id', withClaim(-65537, utf8('m'))],
    ['model_version', { claims: without(-65538) }],
    ['model_hash', withClaim(-65539, new Uint8Array(32))],
    ['model_hash', withClaim(-65539, new Uint8Array(31))],
    ['model_hash_scheme', withClaim(-65549, 'md5')],
    ['request_hash', { claims: without(-65540) }],
    ['response_hash', withClaim(-65541, 'x')],
    ['attestation_doc_hash', withClaim(-65542, new Uint8Array(48))],
    ['policy_version', { claims: without(-65544) }],
    ['sequence_number', withClaim(-65545, 'x')],
    ['execution_time_ms', { claims: without(-65546) }],
    ['memory_peak_mb', { claims: without(-65547) }],
    ['security_mode', { claims: without(-65548) }],
    ['enclave_measurements', { claims: without(-65543) }],
    ['enclave_measurements.measurement_type', measured('measurement_type', 'sev-snp')],
    ['enclave_measurements.pcr0', measured('pcr0', new Uint8Array(32))],
    ['enclave_measurements.pcr5', measured('pcr5', new Uint8Array(48))],
    ['enclave_measurements.pcr8', measured('pcr8', new Uint8Array(48), 'tdx-mrtd-rtmr')],
    ['enclave_measurements', measured('pcr2', undefined)],
  ])('%s', (name, options) => {
    const found = detail(makeAir(options));
    if (!name.includes(' ')) expect(found).toBe(name);
  });

  it('of another profile', () => {
    const { code } = failureOf(() =>
      parseAirReceipt(makeAir(withClaim(265, 'https://spec.cyntrisec.com/air/v2'))),
    );
    expect(code).toBe('air/profile-unsupported');
  });

  it('every beginning of one', () => {
    const whole = makeAir();
    for (let length = 0; length < whole.length; length++) detail(whole.subarray(0, length));
  });
});
