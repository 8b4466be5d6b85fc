import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import { makeNitro, measurement, NITRO_CHAIN, nitroPayload } from '../../../test/support/evidence/nitro.js';
import { failureOf } from '../../../test/support/failure.js';
import { type Cbor, encodeCbor, Tagged } from '../../bytes/cbor.js';
import { fromHex, toHex } from '../../bytes/hex.js';
import { concat, concatAll, utf8 } from '../../bytes/octets.js';
import { MAX_DOCUMENT_BYTES, parseNitroDocument } from './document.js';

const hex = (digits: string) => fromHex(digits.replaceAll(' ', '')) ?? expect.fail(digits);
const detailOf = (bytes: Uint8Array): string => {
  const { code, detail } = failureOf(() => parseNitroDocument(bytes));
  expect(code).toBe('nitro/malformed');
  return detail ?? '';
};

describe('an attestation document', () => {
  it('is read as it was made', () => {
    const members = { public_key: utf8('key'), user_data: utf8(''), nonce: utf8('nonce') };
    const document = parseNitroDocument(makeNitro({ members }));
    expect(document.fields).toMatchObject({
      moduleId: 'i-0123456789abcdef0-enc0123456789abcdef',
      publicKey: utf8('key'),
      userData: utf8(''),
      nonce: utf8('nonce'),
    });
    expect([...document.fields.pcrs.keys()]).toEqual([0, 1, 2, 3, 4, 8]);
    expect(document.fields.pcrs.get(8)).toEqual(measurement(8));
    expect(document.algorithm).toBe(-35);
    expect(document.certificate).toEqual(NITRO_CHAIN.signer.certificate);
    expect(document.bundle).toHaveLength(3);
    expect(document.signature).toHaveLength(96);
  });

  it('RFC 9052 §4.4: what is signed is built around the bytes that were received', () => {
    // The payload's keys stand in another order than we would write them in.
    const entries = [...nitroPayload()].flatMap(([key, value]) => [encodeCbor(key), encodeCbor(value)]);
    const payload = concatAll([Uint8Array.of(0xa0 | (entries.length / 2)), ...entries]);
    const { signed } = parseNitroDocument(makeNitro({ payload }));
    const expected = concatAll([
      hex('84 6a 5369676e617475726531 44 a1013822 40 59'),
      Uint8Array.of(payload.length >> 8, payload.length & 0xff),
      payload,
    ]);
    expect(toHex(signed)).toBe(toHex(expected));
  });

  it('may stand under the tag of COSE_Sign1', () => {
    const bytes = makeNitro();
    expect(parseNitroDocument(concat(hex('d2'), bytes))).toEqual(parseNitroDocument(bytes));
    expect(detailOf(concat(hex('d1'), bytes))).toMatch(/four parts/);
    expect(detailOf(concat(hex('d2d2'), bytes))).toMatch(/four parts/);
  });

  it('may leave out what the enclave puts in, or have it as null', () => {
    for (const value of [null, undefined]) {
      const members = { public_key: value, user_data: value, nonce: value };
      expect(parseNitroDocument(makeNitro({ members })).fields).toMatchObject({
        publicKey: null,
        userData: null,
        nonce: null,
      });
    }
  });

  it('may have all 32 registers', () => {
    const pcrs = new Map(Array.from({ length: 32 }, (_, number) => [number, measurement(number)]));
    expect(parseNitroDocument(makeNitro({ members: { pcrs } })).fields.pcrs.size).toBe(32);
  });
});

describe('AWS, attestation process §3.2: refused as no document', () => {
  const structure = (...parts: Cbor[]) => encodeCbor(parts);
  const payload = encodeCbor(nitroPayload());
  const header = hex('a1013822');

  it.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(), /too soon/],
    ['bytes behind it', concat(makeNitro(), hex('00')), /behind/],
    ['more bytes than any has', new Uint8Array(MAX_DOCUMENT_BYTES + 1), /17409 bytes/],
    ['another structure', encodeCbor(new Map()), /four parts/],
    ['three parts', structure(header, new Map(), payload), /four parts/],
    ['five parts', structure(header, new Map(), payload, utf8('s'), utf8('s')), /four parts/],
    ['an indefinite length', concat(hex('9f'), makeNitro().subarray(1), hex('ff')), /indefinite/],
    ['a length in more bytes than it needs', concat(hex('9804'), makeNitro().subarray(1)), /more bytes/],
    [
      'a protected header that is a map',
      structure(new Map(), new Map(), payload, utf8('s')),
      /protected header/,
    ],
    ['an empty protected header', makeNitro({ header: utf8('') }), /protected header/],
    ['a protected header that is none', makeNitro({ header: hex('01') }), /something else/],
    ['a protected header without members', makeNitro({ header: hex('a0') }), /something else/],
    ['a protected header with more', makeNitro({ header: hex('a2 013822 0402') }), /something else/],
    ['a protected header of another', makeNitro({ header: hex('a1 0402') }), /something else/],
    ['an algorithm as text', makeNitro({ header: hex('a1 01 61 61') }), /something else/],
    ['a key of the protected header twice', makeNitro({ header: hex('a2 013822 013822') }), /a key twice/],
    ['an unprotected header', makeNitro({ unprotectedHeader: new Map([[4, utf8('k')]]) }), /not protected/],
    ['an unprotected header that is no map', makeNitro({ unprotectedHeader: utf8('') }), /not protected/],
    ['no payload', structure(header, new Map(), null, utf8('s')), /the payload/],
    ['an empty payload', makeNitro({ payload: utf8('') }), /the payload/],
    ['a payload of more than 16 KiB', makeNitro({ payload: new Uint8Array(16 * 1024 + 1) }), /the payload/],
    ['a payload that is no map', makeNitro({ payload: hex('80') }), /no map/],
    ['a payload with bytes behind it', makeNitro({ payload: concat(payload, hex('00')) }), /behind/],
    ['a payload of an indefinite length', makeNitro({ payload: hex('bf ff') }), /indefinite/],
    ['a payload with a key twice', makeNitro({ payload: hex('a2 6161 01 6161 01') }), /a key twice/],
    [
      'a payload within itself',
      makeNitro({ payload: concat(new Uint8Array(20).fill(0x81), hex('00')) }),
      /within/,
    ],
    ['a payload of a thousand million', makeNitro({ payload: hex('9a 40000000') }), /too soon/],
    ['a signature that is empty', makeNitro({ signature: utf8('') }), /the signature/],
    ['a signature of more than 1 KiB', makeNitro({ signature: new Uint8Array(1025) }), /the signature/],
    ['a signature that is text', structure(header, new Map(), payload, 's'), /the signature/],
  ])('%s', (_, bytes, detail) => {
    expect(detailOf(bytes)).toMatch(detail);
  });

  it.each<[string, Cbor | undefined, RegExp]>([
    ['surplus', 1, /members|member that/],
    ['module_id', undefined, /^module_id$/],
    ['module_id', '', /^module_id$/],
    ['module_id', 'i'.repeat(257), /^module_id$/],
    ['module_id', utf8('i'), /^module_id$/],
    ['digest', undefined, /^digest$/],
    ['digest', 'SHA256', /^digest$/],
    ['timestamp', undefined, /^timestamp$/],
    ['timestamp', 0, /^timestamp$/],
    ['timestamp', -1, /^timestamp$/],
    ['timestamp', 8.64e15 + 1, /^timestamp$/],
    ['timestamp', 2n ** 63n, /^timestamp$/],
    ['timestamp', '1', /^timestamp$/],
    ['pcrs', undefined, /^pcrs$/],
    ['pcrs', [], /^pcrs$/],
    ['pcrs', new Map(), /^pcrs$/],
    ['pcrs', new Map([[32, measurement(0)]]), /^pcrs$/],
    ['pcrs', new Map([[-1, measurement(0)]]), /^pcrs$/],
    ['pcrs', new Map([['0', measurement(0)]]), /^pcrs$/],
    ['pcrs', new Map([[0, 'a'.repeat(48)]]), /^pcrs$/],
    ['pcrs', new Map([[0, new Uint8Array(32)]]), /^pcrs$/],
    ['certificate', undefined, /^certificate$/],
    ['certificate', utf8(''), /^certificate$/],
    ['certificate', new Uint8Array(1025), /^certificate$/],
    ['certificate', 'text', /^certificate$/],
    ['cabundle', undefined, /^cabundle$/],
    ['cabundle', [], /^cabundle$/],
    ['cabundle', [utf8('')], /^cabundle$/],
    ['cabundle', [new Uint8Array(1025)], /^cabundle$/],
    ['cabundle', ['text'], /^cabundle$/],
    ['cabundle', new Map(), /^cabundle$/],
    ['public_key', utf8(''), /^public_key$/],
    ['public_key', new Uint8Array(1025), /^public_key$/],
    ['public_key', 'text', /^public_key$/],
    ['user_data', new Uint8Array(1025), /^user_data$/],
    ['user_data', false, /^user_data$/],
    ['nonce', new Uint8Array(1025), /^nonce$/],
    ['nonce', new Tagged(2, utf8('1')), /^nonce$/],
  ])('%s: %o', (name, value, detail) => {
    expect(detailOf(makeNitro({ members: { [name]: value } }))).toMatch(detail);
  });

  it('a member whose name is a number', () => {
    const payload = encodeCbor(new Map<string | number, Cbor>([...nitroPayload(), [1, 1]]));
    expect(detailOf(makeNitro({ payload }))).toMatch(/member that/);
  });

  it('every beginning of one', () => {
    const whole = makeNitro();
    for (let length = 0; length < whole.length; length++) detailOf(whole.subarray(0, length));
  });
});
