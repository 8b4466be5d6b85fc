import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import { type BatchOptions, makeBatch } from '../../../test/support/evidence/opengradient.js';
import { failureOf, reasonOf } from '../../../test/support/failure.js';
import { fromHex, toHex } from '../../bytes/hex.js';
import { utf8 } from '../../bytes/octets.js';
import { checkLeaves, checkTree, leafHash, parseBatch } from './batch.js';

const batch = (options?: BatchOptions) => parseBatch(makeBatch(options));
const octets = (digits: string) => fromHex(digits) ?? expect.fail(digits);

describe('a leaf', () => {
  it('is the hash of the hash of what the ABI makes of its columns', () => {
    // Computed with Python: eth_abi's encoding written down by hand, and a Keccak of our own.
    const item = {
      teeId: octets('11'.repeat(32)),
      requestHash: octets('22'.repeat(32)),
      outputHash: octets('33'.repeat(32)),
    };
    expect(toHex(leafHash({ ...item, signature: octets('1234'), timestamp: 1741809483 }))).toBe(LEAF);
    expect(toHex(leafHash({ ...item, signature: octets(''), timestamp: 0 }))).not.toBe(LEAF);
  });
});

const LEAF = '16c7b6a26a53e82029a6ddf7219d45560b3e0b90fba55d4da5a19830070b08e0';

describe('a batch', () => {
  it.each([1, 2, 3, 4, 5, 20])('of %i is a whole tree', count => {
    const items = Array.from({ length: count }, (_, at) => ({
      question: `${at}`,
      signature: Uint8Array.of(at),
    }));
    const parsed = batch({ items });
    expect(parsed.items).toHaveLength(count);
    checkTree(parsed);
    checkLeaves(parsed);
  });

  it.each<readonly [string, (dump: { tree: string[]; values: { treeIndex: number }[] }) => void, string]>([
    [
      'an inner node',
      ({ tree }) => {
        tree[1] = tree[2] as string;
      },
      'opengradient/tree-mismatch',
    ],
    [
      'the root',
      ({ tree }) => {
        tree[0] = tree[2] as string;
      },
      'opengradient/tree-mismatch',
    ],
    [
      'a number of nodes that no tree has',
      ({ tree }) => void tree.push(tree[0] as string),
      'opengradient/tree-mismatch',
    ],
  ])('refused: %s', (_, change, code) => {
    expect(reasonOf(() => checkTree(batch({ change })))).toBe(code);
  });

  it.each<
    readonly [
      string,
      (dump: { tree: string[]; values: { treeIndex: number; value: string[] }[] }) => void,
      string,
    ]
  >([
    [
      'an item that was changed',
      ({ values }) => {
        (values[0] as { value: string[] }).value[4] = '1';
      },
      'opengradient/leaf-mismatch',
    ],
    [
      'an item at an inner node',
      ({ values }) => {
        (values[0] as { treeIndex: number }).treeIndex = 0;
      },
      'opengradient/leaf-mismatch',
    ],
    [
      'an item behind the tree',
      ({ values }) => {
        (values[0] as { treeIndex: number }).treeIndex = 99;
      },
      'opengradient/leaf-mismatch',
    ],
    ['an item that was left out', ({ values }) => void values.pop(), 'opengradient/leaves-incomplete'],
    ['an item twice', ({ values }) => void values.push(values[0] as never), 'opengradient/leaves-incomplete'],
  ])('refused: %s', (_, change, code) => {
    expect(reasonOf(() => checkLeaves(batch({ change })))).toBe(code);
  });

  // biome-ignore lint/suspicious/noExplicitAny: broken in ways that no type has.
  it.each<readonly [string, (dump: any) => void]>([
    [
      'another format',
      dump => {
        dump.format = 'simple-v1';
      },
    ],
    [
      'other columns',
      dump => {
        dump.leafEncoding[3] = 'string';
      },
    ],
    ['fewer columns', dump => void dump.leafEncoding.pop()],
    [
      'no tree',
      dump => {
        dump.tree = [];
      },
    ],
    [
      'a node that is none',
      dump => {
        dump.tree[0] = '0x00';
      },
    ],
    [
      'no items',
      dump => {
        dump.values = [];
      },
    ],
    ['an item of four', dump => void dump.values[0].value.pop()],
    ['an item of six', dump => void dump.values[0].value.push('x')],
    [
      'a signature that is longer than any',
      dump => {
        dump.values[0].value[3] = `0x${'ab'.repeat(1025)}`;
      },
    ],
    [
      'a time that is none',
      dump => {
        dump.values[0].value[4] = '01';
      },
    ],
    [
      'a time beyond all times',
      dump => {
        dump.values[0].value[4] = '99999999999999999';
      },
    ],
    [
      'a place that is none',
      dump => {
        dump.values[0].treeIndex = -1;
      },
    ],
    [
      'more items than anybody has',
      dump => {
        dump.values = new Array(4097).fill(dump.values[0]);
      },
    ],
  ])('malformed: %s', (_, change) => {
    expect(failureOf(() => batch({ change })).code).toBe('opengradient/batch-malformed');
  });

  // Signatures of RSA-PSS differ each time.
  const ITEMS = [{ signature: Uint8Array.of(1, 2) }, { signature: Uint8Array.of(3) }];
  it('tolerates members that it does not know, and times as numbers', () => {
    // biome-ignore lint/suspicious/noExplicitAny: as above.
    const change = (dump: any) => {
      dump.note = 'x';
      for (const { value } of dump.values) value[4] = Number(value[4]);
    };
    expect(batch({ change, items: ITEMS })).toEqual(batch({ items: ITEMS }));
    expect(reasonOf(() => parseBatch(utf8('[]')))).toBe('opengradient/batch-malformed');
  });
});
