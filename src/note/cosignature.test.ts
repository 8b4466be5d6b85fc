import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reasonOf } from '../../test/support/failure.js';
import { testCosigner, testMlDsaCosigner } from '../../test/support/keys.js';
import { verifyMlDsa44 } from '../bytes/cryptography.js';
import { fromHex } from '../bytes/hex.js';
import { concat, u64be, utf8 } from '../bytes/octets.js';
import { formatCheckpoint } from './checkpoint.js';
import {
  type CosignedSubtree,
  cosign,
  cosignatureTime,
  cosignerOf,
  cosignSubtree,
  subtreeIsCosigned,
} from './cosignature.js';
import { verifierKey } from './key.js';

const CHECKPOINT = formatCheckpoint({ origin: 'example.com/log', size: 7, root: new Uint8Array(32).fill(1) });
const TIME = 1_679_315_147;
const { key, signer } = testCosigner('witness.example/w1', 4);

describe('tlog-cosignature, "Format" and "Ed25519 signed message"', () => {
  it('eight bytes of time, then an Ed25519 signature over a header, the time and the checkpoint', () => {
    const line = cosign(CHECKPOINT, TIME, key, signer);
    expect(line.name).toBe(key.name);
    expect(line.keyId).toEqual(key.id);
    expect(line.signature).toHaveLength(72);
    expect(line.signature.slice(0, 8)).toEqual(u64be(TIME));
    const message = `cosignature/v1\ntime 1679315147\n${CHECKPOINT}`;
    expect(line.signature.slice(8)).toEqual(new Uint8Array(signer.sign(utf8(message))));
  });

  it('the time that was signed is the time that is read', async () => {
    await fc.assert(
      fc.asyncProperty(fc.maxSafeNat(), async time => {
        const { signature } = cosign(CHECKPOINT, time, key, signer);
        expect(await cosignatureTime(CHECKPOINT, key, signature)).toBe(time);
      }),
      { numRuns: 50 },
    );
  });
});

describe('a cosignature that does not verify states no time', () => {
  const { signature } = cosign(CHECKPOINT, TIME, key, signer);

  it('any flipped bit, of the time as of the signature', async () => {
    for (let bit = 0; bit < 72 * 8; bit++) {
      const flipped = signature.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(await cosignatureTime(CHECKPOINT, key, flipped)).toBeNull();
    }
  });

  it.each([
    ['another checkpoint', CHECKPOINT.replace('\n7\n', '\n8\n')],
    ['another origin', CHECKPOINT.replace('example', 'exanple')],
    ['a checkpoint without its final line break', CHECKPOINT.slice(0, -1)],
    ['a checkpoint with an extension line', `${CHECKPOINT}extension\n`],
  ])('%s', async (_, checkpoint) => {
    expect(await cosignatureTime(checkpoint, key, signature)).toBeNull();
  });

  it('another key', async () => {
    expect(await cosignatureTime(CHECKPOINT, testCosigner(key.name, 5).key, signature)).toBeNull();
  });

  it.each([0, 8, 64, 71, 73, 144])('%d bytes', async length => {
    expect(await cosignatureTime(CHECKPOINT, key, concat(signature, signature).slice(0, length))).toBeNull();
  });

  it('a plain signature of the checkpoint, with a time before it', async () => {
    const plain = concat(u64be(TIME), signer.sign(utf8(CHECKPOINT)));
    expect(await cosignatureTime(CHECKPOINT, key, plain)).toBeNull();
  });

  it('a time that a number cannot hold, truly signed', async () => {
    const message = `cosignature/v1\ntime 9007199254740992\n${CHECKPOINT}`;
    const signed = concat(Uint8Array.of(0, 0x20, 0, 0, 0, 0, 0, 0), signer.sign(utf8(message)));
    expect(await cosignatureTime(CHECKPOINT, key, signed)).toBeNull();
  });
});

describe('tlog-cosignature, "ML-DSA-44 signed message"', () => {
  const mlDsa = testMlDsaCosigner('witness.example/w1', 5);
  const ROOT = new Uint8Array(32).fill(1);
  const { signature: genuine } = cosign(CHECKPOINT, TIME, mlDsa.key, mlDsa.signer);

  const flipped = (bit: number) => {
    const copy = genuine.slice();
    copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
    return copy;
  };
  const renamed = (name: string) => verifierKey(name, mlDsa.key.type, mlDsa.key.publicKey);
  const checkpointOf = (origin: string) => formatCheckpoint({ origin, size: 7, root: ROOT });

  it('eight bytes of time, then 2,420 of a signature over cosigned_message, byte by byte', async () => {
    const line = cosign(CHECKPOINT, TIME, mlDsa.key, mlDsa.signer);
    expect(line.name).toBe('witness.example/w1');
    expect(line.keyId).toEqual(mlDsa.key.id);
    expect(line.signature).toHaveLength(8 + 2420);
    expect(line.signature.slice(0, 8)).toEqual(u64be(TIME));
    const message = fromHex(
      [
        '737562747265652f76310a00', // label[12], "subtree/v1\n\0"
        '12', // the length of cosigner_name
        '7769746e6573732e6578616d706c652f7731', // cosigner_name
        '00000000641850cb', // timestamp
        '0f', // the length of log_origin
        '6578616d706c652e636f6d2f6c6f67', // log_origin
        '0000000000000000', // start
        '0000000000000007', // end
        '01'.repeat(32), // hash
      ].join(''),
    );
    expect(await verifyMlDsa44(mlDsa.key.publicKey, message as Uint8Array, line.signature.slice(8))).toBe(
      true,
    );
    expect(await cosignatureTime(CHECKPOINT, mlDsa.key, line.signature)).toBe(TIME);
  });

  it('a cosigner is its key and a way to sign', async () => {
    const { signature } = await cosignerOf(mlDsa.key, mlDsa.signer).cosign(CHECKPOINT, TIME);
    expect(await cosignatureTime(CHECKPOINT, mlDsa.key, signature)).toBe(TIME);
  });

  it('"MAY be zero": the tree is consistent, and nothing is said of when', async () => {
    const { signature } = cosign(CHECKPOINT, 0, mlDsa.key, mlDsa.signer);
    expect(await cosignatureTime(CHECKPOINT, mlDsa.key, signature)).toBe(0);
  });

  it('it commits to the name, so that one key may serve two cosigners and neither for the other', async () => {
    expect(await cosignatureTime(CHECKPOINT, renamed('witness.example/w2'), genuine)).toBeNull();
  });

  it.each([
    ['another size', CHECKPOINT.replace('\n7\n', '\n8\n')],
    ['another origin', CHECKPOINT.replace('example', 'exanple')],
    ['another root', CHECKPOINT.replace('AQEB', 'AQEC')],
    ['no checkpoint at all', 'a\n'],
  ])('%s: no time', async (_, checkpoint) => {
    expect(await cosignatureTime(checkpoint, mlDsa.key, genuine)).toBeNull();
  });

  it('another key: no time', async () => {
    const other = testMlDsaCosigner(mlDsa.key.name, 6).key;
    expect(await cosignatureTime(CHECKPOINT, other, genuine)).toBeNull();
  });

  it('any flipped bit of the time, and bits throughout the signature: no time', async () => {
    const bits = [
      ...Array(64).keys(),
      ...Array.from({ length: 195 }, (_, step) => 64 + step * 99),
      2428 * 8 - 1,
    ];
    for (const bit of bits)
      expect(await cosignatureTime(CHECKPOINT, mlDsa.key, flipped(bit)), `${bit}`).toBeNull();
  });

  it.each([0, 7, 8, 72, 2420, 2427, 2429, 4856])('%d bytes: no time', async length => {
    const bytes = concat(genuine, genuine).slice(0, length);
    expect(await cosignatureTime(CHECKPOINT, mlDsa.key, bytes)).toBeNull();
  });

  it('neither algorithm is taken for the other', async () => {
    const ed25519 = cosign(CHECKPOINT, TIME, key, signer).signature;
    expect(await cosignatureTime(CHECKPOINT, mlDsa.key, ed25519)).toBeNull();
    expect(await cosignatureTime(CHECKPOINT, key, genuine)).toBeNull();
  });

  it('what is signed without the structure, as Ed25519 would, states no time', async () => {
    const text = utf8(`cosignature/v1\ntime ${TIME}\n${CHECKPOINT}`);
    const signature = concat(u64be(TIME), mlDsa.signer.sign(text));
    expect(await cosignatureTime(CHECKPOINT, mlDsa.key, signature)).toBeNull();
  });

  it('names and origins have 1 to 255 bytes, counted in bytes', async () => {
    const longest = '\u00e9'.repeat(127);
    const atLimit = renamed(`${longest}a`);
    const { signature } = cosign(checkpointOf(`${longest}b`), TIME, atLimit, mlDsa.signer);
    expect(await cosignatureTime(checkpointOf(`${longest}b`), atLimit, signature)).toBe(TIME);

    const over = renamed(`${longest}ab`);
    expect(reasonOf(() => cosign(CHECKPOINT, TIME, over, mlDsa.signer))).toBe('checkpoint/malformed');
    expect(await cosignatureTime(CHECKPOINT, over, genuine)).toBeNull();
    const overlong = checkpointOf(`${longest}ab`);
    expect(reasonOf(() => cosign(overlong, TIME, mlDsa.key, mlDsa.signer))).toBe('checkpoint/malformed');
    expect(await cosignatureTime(overlong, mlDsa.key, genuine)).toBeNull();
  });

  it('only a checkpoint is cosigned as one', () => {
    expect(reasonOf(() => cosign('a\n', TIME, mlDsa.key, mlDsa.signer))).toBe('checkpoint/malformed');
  });

  describe('subtrees', () => {
    const SUBTREE: CosignedSubtree = { origin: 'example.com/log', start: 4, end: 7, hash: ROOT };
    const { signature } = cosignSubtree(SUBTREE, mlDsa.key, mlDsa.signer);

    it('"If start is not zero, timestamp MUST be zero"', async () => {
      expect(signature.slice(0, 8)).toEqual(new Uint8Array(8));
      expect(await subtreeIsCosigned(SUBTREE, mlDsa.key, signature)).toBe(true);
      const timed = concat(u64be(TIME), signature.slice(8));
      expect(await subtreeIsCosigned(SUBTREE, mlDsa.key, timed)).toBe(false);
    });

    it.each<[string, Partial<CosignedSubtree>]>([
      ['origin', { origin: 'example.com/other' }],
      ['start', { start: 5 }],
      ['start of the whole tree', { start: 0 }],
      ['end', { end: 8 }],
      ['hash', { hash: new Uint8Array(32).fill(2) }],
    ])('another %s is not cosigned', async (_, change) => {
      expect(await subtreeIsCosigned({ ...SUBTREE, ...change }, mlDsa.key, signature)).toBe(false);
    });

    it('nor under an Ed25519 key, nor in other lengths', async () => {
      expect(await subtreeIsCosigned(SUBTREE, key, signature)).toBe(false);
      for (const length of [0, 7, 8, 2427])
        expect(await subtreeIsCosigned(SUBTREE, mlDsa.key, signature.slice(0, length))).toBe(false);
    });

    it('a part of a tree is never taken for a checkpoint of its last size', async () => {
      for (const start of [1, 4, 6]) {
        const part = cosignSubtree({ ...SUBTREE, start }, mlDsa.key, mlDsa.signer);
        expect(await cosignatureTime(CHECKPOINT, mlDsa.key, part.signature)).toBeNull();
        const timed = concat(u64be(TIME), part.signature.slice(8));
        expect(await cosignatureTime(CHECKPOINT, mlDsa.key, timed)).toBeNull();
      }
    });

    it('a subtree from the first entry on is the same structure as a checkpoint without a time', async () => {
      const whole = cosignSubtree({ ...SUBTREE, start: 0 }, mlDsa.key, mlDsa.signer);
      expect(await cosignatureTime(CHECKPOINT, mlDsa.key, whole.signature)).toBe(0);
      const timed = concat(u64be(TIME), whole.signature.slice(8));
      expect(await cosignatureTime(CHECKPOINT, mlDsa.key, timed)).toBeNull();
    });

    it('a cosigned checkpoint is no subtree of its own: it states a time', async () => {
      expect(await subtreeIsCosigned({ ...SUBTREE, start: 0 }, mlDsa.key, genuine)).toBe(false);
    });
  });
});
