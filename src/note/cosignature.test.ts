import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testCosigner } from '../../test/support/keys.js';
import { concat, u64be, utf8 } from '../bytes/octets.js';
import { formatCheckpoint } from './checkpoint.js';
import { cosign, cosignatureTime } from './cosignature.js';

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
