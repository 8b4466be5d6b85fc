import fc from 'fast-check';
import { expect, it } from 'vitest';
import { toBase64 } from '../bytes/base64.js';
import { utf8 } from '../bytes/octets.js';
import { BlockProofs } from './block-proofs.js';
import { leafHash } from './hash.js';
import { verifyInclusion } from './merkle.js';
import { proveInclusion, rootHash } from './prove.js';
import { subtreesOf } from './subtrees-of.js';

it('gives for each leaf of a block the proof that is made for it alone', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 4 }),
      fc.integer({ min: 0, max: 5 }),
      fc.integer({ min: 0, max: 40 }),
      async (height, block, beyond) => {
        const width = 2 ** height;
        const start = block * width;
        const size = start + width + beyond;
        const leaves = Array.from({ length: size }, (_, at) => leafHash(utf8(`leaf ${at}`)));
        const subtrees = subtreesOf(leaves);
        const root = await rootHash(size, subtrees);
        const above = (await proveInclusion(start, size, subtrees)).slice(height);
        const proofs = new BlockProofs(leaves.slice(start, start + width), above);
        for (let place = 0; place < width; place++) {
          const alone = await proveInclusion(start + place, size, subtrees);
          expect(proofs.hashes(place)).toEqual(alone);
          expect(proofs.texts(place)).toEqual(alone.map(toBase64));
          verifyInclusion(
            start + place,
            size,
            leaves[start + place] as Uint8Array,
            proofs.hashes(place),
            root,
          );
        }
      },
    ),
    { numRuns: 50 },
  );
});
