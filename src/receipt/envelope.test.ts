import { createHash, createPublicKey, verify as nodeVerify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { replaced } from '../../test/support/edit.js';
import { failureOf, reasonOf } from '../../test/support/failure.js';
import { ISSUER, STRANGER } from '../../test/support/parties.js';
import { isAbout, wrongs } from '../../test/support/strictness.js';
import { toHex } from '../bytes/hex.js';
import { canonicalize, type Json, parseCanonical } from '../bytes/json.js';
import { concat, fromUtf8, utf8 } from '../bytes/octets.js';
import { Failure } from '../reason.js';
import {
  envelopeBytes,
  envelopeIsSignedBy,
  envelopeJson,
  PAYLOAD_TYPE,
  parseEnvelope,
  payloadDigest,
  preAuthenticationEncoding,
  readEnvelope,
  seal,
} from './envelope.js';

/** The protocol's pre-authentication encoding as its text defines it, for any type. */
function reference(type: string, body: Uint8Array): Uint8Array {
  const length = (bytes: Uint8Array) => String(bytes.length);
  const space = utf8(' ');
  return concat(
    utf8('DSSEv1'),
    space,
    utf8(length(utf8(type))),
    space,
    utf8(type),
    space,
    utf8(length(body)),
    space,
    body,
  );
}

const payload = utf8('{"a":1}');
const envelope = seal(payload, 'issuer.example+00000000', ISSUER.signer);
const json = envelopeJson(envelope);

describe('DSSE protocol 1.0.2, "Signature Definition"', () => {
  it("the reference of this test gives the protocol's own vector", () => {
    expect(fromUtf8(reference('http://example.com/HelloWorld', utf8('hello world')))).toBe(
      'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
    );
  });

  it('PAE of our type and the bytes of "hello world"', () => {
    expect(fromUtf8(preAuthenticationEncoding(utf8('hello world')))).toBe(
      'DSSEv1 28 application/vnd.in-toto+json 11 hello world',
    );
  });

  it('PAE of any payload is what the protocol says; lengths are in bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), body => {
        expect(preAuthenticationEncoding(body)).toEqual(reference(PAYLOAD_TYPE, body));
      }),
    );
  });

  it('the signature is plain Ed25519 over the PAE', () => {
    const key = createPublicKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(ISSUER.signer.publicKey).toString('base64url') },
      format: 'jwk',
    });
    expect(nodeVerify(null, reference(PAYLOAD_TYPE, payload), key, envelope.signature)).toBe(true);
  });
});

describe('sealing and judging', () => {
  it('only the key that signed, only the payload that was signed', async () => {
    expect(await envelopeIsSignedBy(envelope, ISSUER.signer.publicKey)).toBe(true);
    expect(await envelopeIsSignedBy(envelope, STRANGER.signer.publicKey)).toBe(false);
    const altered = { ...envelope, payload: utf8('{"a":2}') };
    expect(await envelopeIsSignedBy(altered, ISSUER.signer.publicKey)).toBe(false);
  });

  it('the payload alone is not what is signed', async () => {
    const bare = { ...envelope, signature: ISSUER.signer.sign(payload) };
    expect(await envelopeIsSignedBy(bare, ISSUER.signer.publicKey)).toBe(false);
  });

  it('the digest is of the payload, whoever signed it', () => {
    const other = seal(payload, 'other', STRANGER.signer);
    expect(payloadDigest(other)).toEqual(payloadDigest(envelope));
    expect(toHex(payloadDigest(envelope))).toBe(createHash('sha256').update(payload).digest('hex'));
  });
});

describe('spec/receipt.md §4: the envelope', () => {
  it('as canonical JSON, letter for letter', () => {
    const encode = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
    expect(fromUtf8(envelopeBytes(envelope))).toBe(
      `{"payload":"${encode(payload)}","payloadType":"application/vnd.in-toto+json","signatures":[{"keyid":"issuer.example+00000000","sig":"${encode(envelope.signature)}"}]}`,
    );
  });

  it('any payload comes back as the same bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.string(), (bytes, keyId) => {
        const sealed = seal(bytes, keyId, ISSUER.signer);
        expect(readEnvelope(envelopeJson(sealed))).toEqual({
          ...sealed,
          signature: new Uint8Array(sealed.signature),
        });
      }),
      { numRuns: 50 },
    );
  });

  it.each([...wrongs(json)].map(({ what, ...wrong }) => [what, wrong] as const))(
    'envelope/malformed: %s',
    (_, { path, value }) => {
      expect(failureOf(() => readEnvelope(value)).code).toBe('envelope/malformed');
      expect(isAbout(failureOf(() => readEnvelope(value)).field, path)).toBe(true);
    },
  );

  const encoded = Buffer.from(payload).toString('base64');
  it.each([
    ['payload', 'base64url', '-_8='],
    ['payload', 'no padding', encoded.replaceAll('=', '')],
    ['payload', 'too much padding', `${encoded}====`],
    ['payload', 'white space', `${encoded}\n`],
    ['payload', 'bits that stand for nothing', 'AB=='],
    ['signatures.0.sig', 'not base64', '!'],
    ['signatures.0.sig', 'nothing', ''],
    ['signatures.0.sig', '63 bytes', Buffer.alloc(63).toString('base64')],
    ['signatures.0.sig', '65 bytes', Buffer.alloc(65).toString('base64')],
  ])('envelope/malformed: %s: %s', (path, _, value) => {
    expect(failureOf(() => readEnvelope(replaced(json, path, value)))).toMatchObject({
      code: 'envelope/malformed',
      field: path,
    });
  });

  it('envelope/malformed: two signatures', () => {
    const [signature] = (json as { signatures: Json[] }).signatures as [Json];
    expect(failureOf(() => readEnvelope(replaced(json, 'signatures', [signature, signature]))).code).toBe(
      'envelope/malformed',
    );
  });

  it.each(['application/vnd.in-toto+JSON', 'application/json', '', `${PAYLOAD_TYPE} `])(
    'envelope/type-unknown: %s',
    type => {
      expect(reasonOf(() => readEnvelope(replaced(json, 'payloadType', type)))).toBe('envelope/type-unknown');
    },
  );

  it('an entry is its canonical bytes: what is read is written back the same', () => {
    expect(canonicalize(envelopeJson(readEnvelope(json)))).toEqual(envelopeBytes(envelope));
  });
});

describe('the canonical bytes of an envelope', () => {
  /** The long way: as JSON, and then as an envelope. */
  const outcomeOf = (read: (bytes: Uint8Array) => unknown, bytes: Uint8Array) => {
    try {
      return { read: read(bytes) };
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return { code: error.code, field: error.field };
    }
  };
  const expectSame = (bytes: Uint8Array) => {
    const expected = outcomeOf(read => readEnvelope(parseCanonical(read)), bytes);
    expect(outcomeOf(parseEnvelope, bytes)).toEqual(expected);
    return expected;
  };

  it.each([
    '',
    'issuer.example+00000000',
    'a b',
    'tab\t',
    'a"b',
    'a\\b',
    'ä',
    '\u007f',
    '\u{1f600}',
    '","sig":"',
  ])('are read whatever the key is called (%j)', keyId => {
    const bytes = envelopeBytes({ ...envelope, keyId });
    expect(bytes).toEqual(canonicalize(envelopeJson({ ...envelope, keyId })));
    const signature = new Uint8Array(envelope.signature);
    expect(expectSame(bytes)).toEqual({ read: { ...envelope, keyId, signature } });
  });

  it.each([0, 1, 2, 3, 4, 3000])('are read with a payload of %i bytes', length => {
    const bytes = envelopeBytes({ ...envelope, payload: new Uint8Array(length).fill(255) });
    expect(expectSame(bytes)).toMatchObject({ read: { payload: new Uint8Array(length).fill(255) } });
  });

  it('with one change anywhere are what the longer way says they are', () => {
    const bytes = envelopeBytes(envelope);
    const octets = [...utf8('"\\=}]A:,'), 0, 10, 0x7f, 0xc3, 0xff];
    for (let at = 0; at < bytes.length; at++) {
      for (const octet of octets) expectSame(bytes.with(at, octet));
      expectSame(concat(bytes.subarray(0, at), bytes.subarray(at + 1)));
      expectSame(concat(bytes.subarray(0, at), Uint8Array.of(bytes[at] as number), bytes.subarray(at)));
      expectSame(bytes.subarray(0, at));
    }
  });

  it('with many changes are what the longer way says they are', () => {
    const parts = [
      '{"payload":"',
      '","payloadType":"',
      PAYLOAD_TYPE,
      '","signatures":[{"keyid":"',
      '","sig":"',
      '"}]}',
    ];
    const word = fc.oneof(
      fc.constantFrom(...parts, 'AAAA', 'AA==', 'AB==', 'A'.repeat(86), '=='),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), words => {
        expectSame(utf8(words.join('')));
      }),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(word, word, word, (first, second, third) => {
        const text = [parts[0], first, parts.slice(1, 4).join(''), second, parts[4], third, parts[5]].join(
          '',
        );
        expectSame(utf8(text));
      }),
      { numRuns: 2000 },
    );
  });
});
