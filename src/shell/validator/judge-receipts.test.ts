import { describe, expect, it } from 'vitest';
import { MAX_PIECE_BYTES } from '../../appraise/kept/roles.js';
import { MAX_PACKAGE_BYTES } from '../../appraise/verdict/verdict-package.js';
import { MAX_EVIDENCE } from '../../receipt/verdict.js';
import { MAX_ENTRY_BYTES } from '../../tree/tile.js';
import { ENOUGH_BYTES } from './judge-receipts.js';

describe('a package', () => {
  it('leaves room for the longest that may come last', () => {
    const inBase64 = (bytes: number) => Math.ceil(bytes / 3) * 4;
    const evidence = MAX_EVIDENCE * (inBase64(MAX_PIECE_BYTES) + 1024);
    // With the verdict, its proof, and the batch and checkpoint in front.
    const longest = MAX_ENTRY_BYTES + evidence + (1 << 20);
    expect(ENOUGH_BYTES + longest).toBeLessThan(MAX_PACKAGE_BYTES);
  });
});
