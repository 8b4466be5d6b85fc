import { constants, sign } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 as nobleSha512 } from '@noble/hashes/sha2.js';
import { shake128 } from '@noble/hashes/sha3.js';
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type Deviation,
  deviantSignature,
  fromLittleEndian,
  GROUP_ORDER,
  littleEndian,
  SMALL_POINTS,
  unsoundPublicKeys,
} from '../../test/support/ed25519.js';
import { signDocument, type TestKeys, testKeys } from '../../test/support/evidence/x509-maker.js';
import { mlDsaSignerFromSeed, nodeCryptography, signerFromSeed } from '../shell/node.js';
import {
  type Cryptography,
  hmacSha256,
  install,
  ML_DSA_44,
  portable,
  type SignatureScheme,
  sha256,
  sha384,
  sha512,
  verifyEd25519,
  verifyForeign,
  verifyMlDsa44,
} from './cryptography.js';
import { ecdsaFromDer } from './der.js';
import { isSoundPublicKey } from './ed25519.js';
import { fromHex, toHex } from './hex.js';
import { concat, utf8 } from './octets.js';

const hex = (text: string): Uint8Array => fromHex(text) ?? expect.fail(`not hexadecimal: ${text}`);

/** Every implementation that may serve; one suite for all of them. */
const PROVIDERS: { name: string; cryptography: Cryptography; webCryptoLacksEd25519: boolean }[] = [
  { name: 'portable, with WebCrypto', cryptography: portable, webCryptoLacksEd25519: false },
  { name: 'portable, without Ed25519 in WebCrypto', cryptography: portable, webCryptoLacksEd25519: true },
  { name: 'node:crypto', cryptography: nodeCryptography, webCryptoLacksEd25519: false },
];

/** RFC 8032 §7.1, tests 1 to 3: seed, public key, message, signature. */
const RFC_8032 = [
  [
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
] as const;

describe.each(PROVIDERS)('$name', ({ cryptography, webCryptoLacksEd25519 }) => {
  beforeEach(() => {
    install(cryptography);
    if (webCryptoLacksEd25519)
      vi.spyOn(crypto.subtle, 'importKey').mockRejectedValue(new DOMException('', 'NotSupportedError'));
  });
  afterEach(() => {
    vi.restoreAllMocks();
    install(nodeCryptography);
  });

  it.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    ],
  ])('FIPS 180-4: SHA-256(%j)', (text, digest) => {
    expect(toHex(sha256(utf8(text)))).toBe(digest);
  });

  it.each([
    ['', '38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b'],
    [
      'abc',
      'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7',
    ],
  ])('FIPS 180-4: SHA-384(%j)', (text, digest) => {
    expect(toHex(sha384(utf8(text)))).toBe(digest);
    expect(Object.getPrototypeOf(sha384(utf8(text)))).toBe(Uint8Array.prototype);
  });

  it.each([
    ['1', '0b'.repeat(20), 'Hi There', 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
    [
      '2',
      toHex(utf8('Jefe')),
      'what do ya want for nothing?',
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ],
    [
      '6, a key longer than the block',
      'aa'.repeat(131),
      'Test Using Larger Than Block-Size Key - Hash Key First',
      '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    ],
  ])('RFC 4231 §4, test case %s', (_, key, data, mac) => {
    expect(toHex(hmacSha256(hex(key), utf8(data)))).toBe(mac);
  });

  it('hashes as the other providers do, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 150 }), (data, key) => {
        expect(toHex(sha256(data))).toBe(toHex(portable.sha256(data)));
        expect(toHex(sha384(data))).toBe(toHex(portable.sha384(data)));
        expect(toHex(hmacSha256(key, data))).toBe(toHex(portable.hmacSha256(key, data)));
      }),
    );
  });

  it('gives digests that share no memory with each other', () => {
    const first = sha256(utf8('a'));
    const copy = first.slice();
    sha256(utf8('b')).fill(0);
    expect(toHex(first)).toBe(toHex(copy));
  });

  it('gives plain byte strings, whose slices are copies as everywhere', () => {
    for (const digest of [sha256(utf8('a')), hmacSha256(utf8('a'), utf8('b'))]) {
      expect(Object.getPrototypeOf(digest)).toBe(Uint8Array.prototype);
      expect(digest).toHaveLength(32);
    }
  });

  describe.each(RFC_8032)('RFC 8032 §7.1, seed %s', (seed, publicKey, message, signature) => {
    const verify = (key: Uint8Array, text: Uint8Array, mark: Uint8Array) => verifyEd25519(key, text, mark);

    it('the key, the signature and its verification', async () => {
      const signer = signerFromSeed(hex(seed));
      expect(toHex(signer.publicKey)).toBe(publicKey);
      expect(toHex(signer.sign(hex(message)))).toBe(signature);
      expect(await verify(hex(publicKey), hex(message), hex(signature))).toBe(true);
    });

    it('any flipped bit of the signature is not valid', async () => {
      for (let bit = 0; bit < 512; bit += 5) {
        const flipped = hex(signature).slice();
        flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(await verify(hex(publicKey), hex(message), flipped)).toBe(false);
      }
    });

    it('another message or key is not valid', async () => {
      expect(await verify(hex(publicKey), concat(hex(message), Uint8Array.of(0)), hex(signature))).toBe(
        false,
      );
      const other = signerFromSeed(new Uint8Array(32).fill(9)).publicKey;
      expect(await verify(other, hex(message), hex(signature))).toBe(false);
    });

    it.each([0, 31, 33, 64])('a public key of %d bytes is not valid', async length => {
      const key = concat(hex(publicKey), hex(publicKey)).slice(0, length);
      expect(await verify(key, hex(message), hex(signature))).toBe(false);
    });

    it.each([0, 63, 65, 128])('a signature of %d bytes is not valid', async length => {
      const mark = concat(hex(signature), hex(signature)).slice(0, length);
      expect(await verify(hex(publicKey), hex(message), mark)).toBe(false);
    });

    it('accepts views into larger memory', async () => {
      const memory = concat(Uint8Array.of(7), hex(publicKey), hex(signature), Uint8Array.of(7));
      expect(await verify(memory.subarray(1, 33), hex(message), memory.subarray(33, 97))).toBe(true);
    });
  });

  it('RFC 8032 §5.1.7: S of the group order or more is not valid, so a signature has one form', async () => {
    const [, publicKey, message, signature] = RFC_8032[2];
    const second = concat(
      hex(signature).subarray(0, 32),
      littleEndian(fromLittleEndian(hex(signature).subarray(32)) + GROUP_ORDER),
    );
    expect(await verifyEd25519(hex(publicKey), hex(message), second)).toBe(false);
  });

  it('RFC 8032 §5.1.3: bytes that are no point are not a valid key, and nothing is thrown', async () => {
    const noPoint = littleEndian(2n);
    expect(await verifyEd25519(noPoint, utf8('a'), hex(RFC_8032[0][3]))).toBe(false);
    expect(await verifyEd25519(new Uint8Array(32).fill(0xff), utf8('a'), new Uint8Array(64))).toBe(false);
  });

  it('random bytes are never a valid signature, and nothing is thrown', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ minLength: 64, maxLength: 64 }),
        async (key, signature) => {
          fc.pre(key.some(byte => byte !== 0));
          expect(await verifyEd25519(key, utf8('message'), signature)).toBe(false);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('FIPS 204: an ML-DSA-44 signature, and nothing near it', async () => {
    const signer = mlDsaSignerFromSeed(new Uint8Array(32).fill(5));
    const message = utf8('message');
    const signature = signer.sign(message);
    expect(signature).toHaveLength(ML_DSA_44.signatureBytes);
    expect(await verifyMlDsa44(signer.publicKey, message, signature)).toBe(true);
    expect(await verifyMlDsa44(signer.publicKey, utf8('messagf'), signature)).toBe(false);
    expect(await verifyMlDsa44(signer.publicKey.toReversed(), message, signature)).toBe(false);
    const flipped = signature.slice();
    flipped[1000] = (flipped[1000] as number) ^ 1;
    expect(await verifyMlDsa44(signer.publicKey, message, flipped)).toBe(false);
    for (const length of [0, 64, 2419, 2421]) {
      const bytes = concat(signature, signature).slice(0, length);
      expect(await verifyMlDsa44(signer.publicKey, message, bytes)).toBe(false);
    }
    for (const length of [0, 32, 1311, 1313]) {
      const key = concat(signer.publicKey, signer.publicKey).slice(0, length);
      expect(await verifyMlDsa44(key, message, signature)).toBe(false);
    }
    for (const byte of [0x00, 0xff])
      expect(await verifyMlDsa44(signer.publicKey, message, new Uint8Array(2420).fill(byte))).toBe(false);
  });

  it('FIPS 204, algorithm 2: a signature for a context is none without it', async () => {
    const { publicKey, secretKey } = ml_dsa44.keygen(new Uint8Array(32).fill(5));
    const signature = ml_dsa44.sign(utf8('message'), secretKey, { context: utf8('context') });
    expect(await verifyMlDsa44(publicKey, utf8('message'), signature)).toBe(false);
  });

  it('signs and verifies whatever the message', async () => {
    const signer = signerFromSeed(new Uint8Array(32).fill(5));
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async message => {
        expect(await verifyEd25519(signer.publicKey, message, signer.sign(message))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});

it('FIPS 180-4: SHA-512', () => {
  const digests = [
    [
      '',
      'cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e',
    ],
    [
      'abc',
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
    ],
  ] as const;
  for (const [text, digest] of digests) expect(toHex(sha512(utf8(text)))).toBe(digest);
});

describe('ML-DSA-44', () => {
  it('C2SP CCTV, accumulated: a hundred keys and signatures are those of other implementations', async () => {
    const seeds = shake128.create();
    const accumulated = shake128.create();
    for (let count = 0; count < 100; count++) {
      const seed = seeds.xof(32);
      const { publicKey, secretKey } = ml_dsa44.keygen(seed);
      const signature = ml_dsa44.sign(new Uint8Array(), secretKey, { extraEntropy: false });
      accumulated.update(publicKey).update(signature);
      expect(mlDsaSignerFromSeed(seed).publicKey).toEqual(publicKey);
      expect(await verifyMlDsa44(publicKey, new Uint8Array(), signature)).toBe(true);
    }
    expect(toHex(accumulated.xof(32))).toBe(
      'd51148e1f9f4fa1a723a6cf42e25f2a99eb5c1b378b3d2dbbd561b1203beeae4',
    );
  });

  it('the lengths are those of FIPS 204, table 2', () => {
    expect(ml_dsa44.lengths).toMatchObject({
      publicKey: ML_DSA_44.publicKeyBytes,
      signature: ML_DSA_44.signatureBytes,
    });
  });
});

describe('the signatures of others', () => {
  afterEach(() => install(nodeCryptography));

  const KEYS = (['P-256', 'P-384', 'P-521', 'RSA-2048'] as const).map(type => testKeys(type));
  const HASHES = ['SHA-256', 'SHA-384', 'SHA-512'] as const;
  const message = utf8('what the hardware has signed');

  /** Every scheme that fits the key, each with a signature made under it. */
  const signatures = KEYS.flatMap(keys =>
    HASHES.flatMap((hash): Signed[] => {
      const { type, spki } = keys;
      const signedWith = (how: object) =>
        new Uint8Array(sign(hash.replace('-', ''), message, { key: keys.privateKey, ...how }));
      if (type !== 'RSA-2048') {
        const scheme = { name: 'ECDSA', curve: type as 'P-256', hash } as const;
        return [
          { name: `ECDSA, ${type}, ${hash}`, scheme, spki, signature: signDocument(keys, message, hash) },
        ];
      }
      const padding = constants.RSA_PKCS1_PSS_PADDING;
      return [
        ...[0, 20, 48].map(saltBytes => ({
          name: `RSA-PSS, ${hash}, a salt of ${saltBytes} bytes`,
          scheme: { name: 'RSA-PSS', hash, saltBytes } as const,
          spki,
          signature: signedWith({ padding, saltLength: saltBytes }),
        })),
        {
          name: `RSASSA-PKCS1-v1_5, ${hash}`,
          scheme: { name: 'RSASSA-PKCS1-v1_5', hash } as const,
          spki,
          signature: signedWith({}),
        },
      ];
    }),
  );

  interface Signed {
    readonly name: string;
    readonly scheme: SignatureScheme;
    readonly spki: Uint8Array;
    readonly signature: Uint8Array;
  }

  /** The verdict of both providers, which must be one. */
  const verdict = async (
    scheme: SignatureScheme,
    spki: Uint8Array,
    text: Uint8Array,
    signature: Uint8Array,
  ): Promise<boolean> => {
    install(portable);
    const first = await verifyForeign(scheme, spki, text, signature);
    install(nodeCryptography);
    const second = await verifyForeign(scheme, spki, text, signature);
    expect(second).toBe(first);
    return first;
  };

  it.each(signatures)('$name: valid, and nothing near it is', async ({ scheme, spki, signature }) => {
    expect(await verdict(scheme, spki, message, signature)).toBe(true);
    expect(await verdict(scheme, spki, message, Buffer.from(signature))).toBe(true);
    expect(await verdict(scheme, spki, concat(message, utf8('.')), signature)).toBe(false);
    for (const at of [0, 1, signature.length >> 1, signature.length - 1]) {
      const flipped = signature.slice();
      flipped[at] = (flipped[at] as number) ^ 1;
      expect(await verdict(scheme, spki, message, flipped)).toBe(false);
    }
    for (const other of [
      new Uint8Array(),
      signature.slice(1),
      signature.slice(0, -1),
      concat(signature, Uint8Array.of(0)),
      concat(Uint8Array.of(0), signature),
      new Uint8Array(signature.length),
      new Uint8Array(signature.length).fill(0xff),
    ])
      expect(await verdict(scheme, spki, message, other)).toBe(false);
  });

  it('counts under its own key and scheme alone', async () => {
    for (const one of signatures)
      for (const other of signatures) {
        const isSame = one.name === other.name;
        expect(await verdict(other.scheme, other.spki, message, one.signature), other.name).toBe(isSame);
        // The same key, another scheme: also one that no key of its kind could have.
        expect(await verdict(other.scheme, one.spki, message, one.signature), other.name).toBe(isSame);
      }
  });

  it('ECDSA signatures in DER are none: they are numbers side by side', async () => {
    const [keys] = KEYS as [TestKeys, ...TestKeys[]];
    const scheme = { name: 'ECDSA', curve: 'P-256', hash: 'SHA-256' } as const;
    const signature = new Uint8Array(sign('sha256', message, keys.privateKey));
    expect(await verdict(scheme, keys.spki, message, signature)).toBe(false);
    expect(await verdict(scheme, keys.spki, message, ecdsaFromDer(signature, 32))).toBe(true);
  });

  it('a key that is none makes no signature valid, and nothing is thrown', async () => {
    for (const { scheme, spki, signature } of signatures) {
      for (const key of [new Uint8Array(), new Uint8Array(100), spki.slice(1), spki.slice(0, -1)])
        expect(await verdict(scheme, key, message, signature)).toBe(false);
      const damaged = spki.slice();
      damaged[40] = (damaged[40] as number) ^ 1;
      expect(await verdict(scheme, damaged, message, signature)).toBe(false);
    }
  });

  it('node:crypto forgets keys of strangers, and reads them again', async () => {
    const [first] = signatures as [Signed, ...Signed[]];
    for (let count = 0; count < 300; count++) {
      const { spki } = testKeys('P-256');
      expect(await verifyForeign(first.scheme, spki, message, first.signature)).toBe(false);
    }
    expect(await verifyForeign(first.scheme, first.spki, message, first.signature)).toBe(true);
  });
});

describe('one verdict, whoever verifies', () => {
  afterEach(() => {
    vi.restoreAllMocks();
    install(nodeCryptography);
  });

  const SEED = new Uint8Array(32).fill(5);
  const KEY = signerFromSeed(SEED).publicKey;
  const MESSAGE = utf8('message');

  /** The verdict of all providers, or each of theirs when they differ. */
  const verdict = async (key: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<unknown> => {
    const all: Record<string, boolean> = {};
    for (const { name, cryptography, webCryptoLacksEd25519 } of PROVIDERS) {
      if (webCryptoLacksEd25519)
        vi.spyOn(crypto.subtle, 'importKey').mockRejectedValue(new DOMException('', 'NotSupportedError'));
      install(cryptography);
      all[name] = await verifyEd25519(key, message, signature);
      vi.restoreAllMocks();
    }
    const different = new Set(Object.values(all));
    return different.size === 1 ? [...different][0] : all;
  };

  const deviations: { name: string; deviation: Deviation; valid: boolean }[] = [
    { name: 'no deviation', deviation: {}, valid: true },
    ...Array.from({ length: 7 }, (_, i) => ({
      name: `R of mixed order, with small point ${i + 1}`,
      deviation: { smallPoint: i + 1 },
      valid: false,
    })),
    ...Array.from({ length: 7 }, (_, i) => ({
      name: `R of small order, point ${i + 1}`,
      deviation: { nonce: 0n, smallPoint: i + 1 },
      valid: false,
    })),
    ...unsoundPublicKeys()
      .filter(({ name }) => name.includes('y = '))
      .map(({ name, publicKey }) => ({
        name: `R is the identity, written as the bytes of ${name}`,
        deviation: { nonce: 0n, encodedPoint: publicKey },
        valid: false,
      })),
    { name: 'R is no point', deviation: { encodedPoint: littleEndian(2n) }, valid: false },
    ...[1n, 2n, 7n, 8n, 14n].map(times => ({
      name: `S over the group order, by ${times} times`,
      deviation: { surplus: times * GROUP_ORDER },
      valid: false,
    })),
  ];

  it.each(deviations)('a sound key, and a signature with $name: $valid', async ({ deviation, valid }) => {
    expect(await verdict(KEY, MESSAGE, deviantSignature(SEED, MESSAGE, deviation))).toBe(valid);
  });

  // Web Cryptography refuses an R of small order, and so do newer versions of Node (nodejs/node#64026); older ones accept this one.
  it('a sound key, and a signature whose R is the identity: false', async () => {
    expect(await verdict(KEY, MESSAGE, deviantSignature(SEED, MESSAGE, { nonce: 0n }))).toBe(false);
  });

  it('any sound key, and any deviation', async () => {
    const deviation = fc.record(
      {
        nonce: fc.bigInt({ min: 1n, max: GROUP_ORDER - 1n }),
        smallPoint: fc.constantFrom(0, 0, 0, 1, 4, 7),
        surplus: fc.constantFrom(0n, 0n, 0n, GROUP_ORDER, 1n),
      },
      { requiredKeys: [] },
    );
    const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });
    await fc.assert(
      fc.asyncProperty(
        seed,
        fc.uint8Array({ maxLength: 50 }),
        deviation,
        async (secret, message, deviates) => {
          const key = signerFromSeed(secret).publicKey;
          const valid = !deviates.smallPoint && !deviates.surplus;
          expect(await verdict(key, message, deviantSignature(secret, message, deviates))).toBe(valid);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('a key of mixed order, which is not sound: the cofactor is multiplied in nowhere', async () => {
    const { Point } = ed25519;
    const secret = 123_456_789n;
    const key = Point.BASE.multiply(secret)
      .add(SMALL_POINTS[1] as (typeof SMALL_POINTS)[number])
      .toBytes();
    expect(isSoundPublicKey(key)).toBe(false);
    const verdicts: unknown[] = [];
    for (let nonce = 77n; nonce < 97n; nonce++) {
      const commitment = Point.BASE.multiply(nonce).toBytes();
      const challenge = fromLittleEndian(nobleSha512(concat(commitment, key, MESSAGE))) % GROUP_ORDER;
      const signature = concat(commitment, littleEndian((nonce + challenge * secret) % GROUP_ORDER));
      verdicts.push(await verdict(key, MESSAGE, signature));
    }
    expect(new Set(verdicts)).toEqual(new Set([true, false]));
  });
});
