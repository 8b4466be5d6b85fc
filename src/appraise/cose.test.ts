import { describe, expect, it } from 'vitest';
import { reasonOfAsync } from '../../test/support/failure.js';
import { testKey } from '../../test/support/keys.js';
import { LOG, ORIGIN, trustWith } from '../../test/support/parties.js';
import { entryAt, ReferenceTree } from '../../test/support/reference-tree.js';
import { formatVerifierKey, keyLabel } from '../note/key.js';
import { formatCoseReceipt, signCose } from '../tree/cose-receipt.js';
import { checkCose } from './cose.js';

const TREE = new ReferenceTree(Array.from({ length: 9 }, (_, index) => entryAt(index)));
/** The log's key before today's; it ended at a tree of seven entries. */
const EARLIER = testKey(ORIGIN, 150);
const trust = trustWith({
  retired: [
    {
      key: formatVerifierKey(EARLIER.key),
      role: 'log',
      why: 'rotated',
      until: 7,
      successor: keyLabel(LOG.key),
    },
  ],
});

function receiptBy({ key, signer }: typeof LOG, size: number): Uint8Array {
  const checkpoint = { origin: ORIGIN, size, root: TREE.hash(0, size) };
  const proof = { kind: 'inclusion', size, index: 2, hashes: TREE.path(2, size) } as const;
  return formatCoseReceipt(signCose(checkpoint, key, signer), proof);
}

describe('checkCose', () => {
  it('an entry under the key of today', async () => {
    const { checkpoint, proof } = await checkCose(receiptBy(LOG, 9), entryAt(2), trust);
    expect(checkpoint).toMatchObject({ origin: ORIGIN, size: 9 });
    expect(proof).toMatchObject({ kind: 'inclusion', index: 2 });
  });

  it('under an earlier key, up to the size at which it ended', async () => {
    for (const size of [3, 7])
      expect((await checkCose(receiptBy(EARLIER, size), entryAt(2), trust)).checkpoint.size).toBe(size);
    expect(await reasonOfAsync(() => checkCose(receiptBy(EARLIER, 8), entryAt(2), trust))).toBe(
      'cose/key-unknown',
    );
    expect(await reasonOfAsync(() => checkCose(receiptBy(EARLIER, 7), entryAt(2), trustWith()))).toBe(
      'cose/key-unknown',
    );
  });

  it('another entry', async () => {
    expect(await reasonOfAsync(() => checkCose(receiptBy(LOG, 9), entryAt(3), trust))).toBe(
      'cose/signature-invalid',
    );
  });
});
