/** Proofs: as files, and the hashes of inclusion, consistency and subtrees. */
import {
  BAD_DECIMALS,
  badBase64,
  base64,
  consistency,
  leaves,
  mth,
  NOTE,
  node,
  OVER_LIMIT,
  octets,
  parts,
  path,
  profile,
  ROOT,
  SIZE,
  sha256,
  subtreeProof,
  table,
} from './make.mjs';

export function tlogProofs() {
  const t = table(
    'tlog-proof',
    'tlog-proof, Format',
    'Proofs of inclusion as files. The value has the checkpoint as it stands; nothing is verified.',
  );
  const CODE = 'proof/malformed';
  const HEADER = 'c2sp.org/tlog-proof@v1';
  const hashes = path(9, leaves(SIZE)).map(base64);
  const lines = hashes.map(hash => `${hash}\n`).join('');
  const file = ({ header = HEADER, index = 'index 9', proof = lines, note = NOTE } = {}) =>
    `${header}\n${index}\n${proof}\n${note}`;
  const ok = (id, what, input, index, list) =>
    t.accepted(id, what, octets(input), { index, hashes: list, checkpoint: NOTE });
  const bad = (id, what, input, more) =>
    t.refused(id, what, typeof input === 'string' ? octets(input) : input, CODE, more);
  ok('plain', 'an index, hashes and a checkpoint', file(), 9, hashes);
  ok('index-0', 'the index 0', file({ index: 'index 0' }), 0, hashes);
  ok(
    'index-2-53-minus-1',
    'the index 2^53 - 1',
    file({ index: 'index 9007199254740991' }),
    9007199254740991,
    hashes,
  );
  ok('no-hashes', 'no hashes, as in a tree of one', file({ proof: '' }), 9, []);
  ok(
    '63-hashes',
    '63 hashes',
    file({ proof: `${base64(ROOT)}\n`.repeat(63) }),
    9,
    Array(63).fill(base64(ROOT)),
  );
  ok('same-hash-twice', 'one hash twice', file({ proof: `${hashes[0]}\n${hashes[0]}\n` }), 9, [
    hashes[0],
    hashes[0],
  ]);
  for (const [id, what, index] of BAD_DECIMALS)
    bad(`index-${id}`, `the index: ${what}`, file({ index: `index ${index}` }));
  for (const [id, what, index] of OVER_LIMIT)
    bad(`index-${id}`, `the index: ${what}`, file({ index: `index ${index}` }), profile('limits'));
  for (const [id, what, hash] of badBase64(hashes[0])) {
    // No hash at all is the blank line; then the checkpoint would begin with the others.
    if (id !== 'empty')
      bad(`hash-${id}`, `the first hash: ${what}`, file({ proof: `${hash}\n${hashes[1]}\n` }));
  }
  bad(
    '64-hashes',
    '64 hashes, more than any tree needs',
    file({ proof: `${base64(ROOT)}\n`.repeat(64) }),
    profile('limits'),
  );
  bad('hash-31', 'a hash of 31 octets', file({ proof: `${base64(ROOT.subarray(1))}\n` }));
  bad(
    'hash-33',
    'a hash of 33 octets',
    file({ proof: `${base64(Buffer.concat([ROOT, ROOT.subarray(0, 1)]))}\n` }),
  );
  bad('hashes-on-one-line', 'two hashes on one line', file({ proof: `${hashes[0]} ${hashes[1]}\n` }));
  bad(
    'extra',
    'an extra line, which nobody has signed',
    file({ header: `${HEADER}\nextra AAAA` }),
    profile('no-extra'),
  );
  bad('extra-empty', 'an empty extra line', file({ header: `${HEADER}\nextra ` }), profile('no-extra'));
  bad('extra-bad-base64', 'an extra line that is not base64', file({ header: `${HEADER}\nextra !` }));
  bad('extra-after-index', 'an extra line after the index', file({ index: 'index 9\nextra AAAA' }));
  bad('extra-twice', 'two extra lines', file({ header: `${HEADER}\nextra AAAA\nextra AAAA` }));
  bad('index-missing', 'no index', `${HEADER}\n${lines}\n${NOTE}`);
  bad('index-doubled', 'two indexes', file({ index: 'index 9\nindex 9' }));
  bad('index-after-hashes', 'the index after the hashes', `${HEADER}\n${lines}index 9\n\n${NOTE}`);
  bad('index-upper-case', 'Index', file({ index: 'Index 9' }));
  bad('index-equals', 'index=9', file({ index: 'index=9' }));
  bad('index-keyword-tab', 'a tab after index', file({ index: 'index\t9' }));
  bad('index-two-spaces', 'two spaces after index', file({ index: 'index  9' }));
  bad('header-v2', 'another version', file({ header: 'c2sp.org/tlog-proof@v2' }));
  bad('header-upper-case', 'the first line in upper case', file({ header: HEADER.toUpperCase() }));
  bad('header-url', 'the first line as a URL', file({ header: `https://${HEADER}` }));
  bad('header-trailing-space', 'a space after the first line', file({ header: `${HEADER} ` }));
  bad('header-missing', 'no first line', `index 9\n${lines}\n${NOTE}`);
  bad('header-doubled', 'the first line twice', file({ header: `${HEADER}\n${HEADER}` }));
  bad('byte-order-mark', 'a byte order mark', `\ufeff${file()}`);
  bad('blank-first', 'a blank line first', `\n${file()}`);
  bad('blank-after-header', 'a blank line after the first line', `${HEADER}\n\nindex 9\n${lines}\n${NOTE}`);
  bad(
    'no-blank-line',
    'no blank line before the checkpoint',
    `${HEADER}\nindex 9\n${lines}${NOTE.slice(0, NOTE.indexOf('\n\n'))}`,
  );
  bad('carriage-returns', 'lines that end in CR LF', file().replaceAll('\n', '\r\n'));
  bad('empty', 'nothing', '');
  bad('only-header', 'only the first line', `${HEADER}\n`);
  bad('checkpoint-only', 'a checkpoint', NOTE);
  bad(
    'oversized-proof',
    'a hundred thousand hashes',
    parts(
      { text: `${HEADER}\nindex 9\n` },
      { text: `${base64(ROOT)}\n`, times: 100_000 },
      { text: `\n${NOTE}` },
    ),
    profile('limits'),
  );
  return t.done();
}

/** Numbers that are no sizes; as inputs they are decimals in text, because JSON's numbers round. */
const NO_SIZES = [
  ['2-53', '9007199254740992'],
  ['2-63', '9223372036854775808'],
  ['2-64', '18446744073709551616'],
  ['minus-1', '-1'],
];

/** All of these have no octets as input, but what a verifier is called with. */
const claim = fields => ({ claim: fields });
const list = hashes => hashes.map(base64);

export function inclusions() {
  const t = table(
    'inclusion',
    'RFC 6962 §2.1.1',
    'Claims that a leaf hash stands at an index in a tree. Numbers are decimals in text, hashes are base64; the value is empty.',
  );
  const [INVALID, RANGE] = ['tree/inclusion-invalid', 'tree/index-out-of-range'];
  const give = (index, size) => {
    const all = leaves(size);
    return {
      index: String(index),
      size: String(size),
      leaf: base64(all[index]),
      proof: list(path(index, all)),
      root: base64(mth(all)),
    };
  };
  for (const [index, size] of [
    [0, 1],
    [0, 2],
    [1, 2],
    [2, 3],
    [0, 7],
    [6, 7],
    [3, 8],
    [7, 8],
    [8, 9],
    [9, 13],
    [12, 13],
    [255, 256],
    [256, 257],
    [299, 300],
  ])
    t.accepted(`${index}-of-${size}`, `entry ${index} of ${size}`, claim(give(index, size)), {});
  const good = give(9, SIZE);
  const bad = (id, what, change, code = INVALID) => t.refused(id, what, claim({ ...good, ...change }), code);
  bad('no-proof', 'no hashes', { proof: [] });
  bad('first-missing', 'the first hash is missing', { proof: good.proof.slice(1) });
  bad('last-missing', 'the last hash is missing', { proof: good.proof.slice(0, -1) });
  bad('surplus', 'a hash too many', { proof: [...good.proof, base64(ROOT)] });
  bad('surplus-first', 'a hash too many at the start', { proof: [good.leaf, ...good.proof] });
  bad('doubled', 'a hash twice', { proof: [good.proof[0], ...good.proof] });
  bad('reversed', 'the hashes in reverse', { proof: good.proof.toReversed() });
  bad('swapped', 'two hashes exchanged', { proof: [good.proof[1], good.proof[0], ...good.proof.slice(2)] });
  bad('short-hash', 'a hash of 31 octets', { proof: [base64(Buffer.alloc(31)), ...good.proof.slice(1)] });
  bad('long-hash', 'a hash of 33 octets', { proof: [base64(Buffer.alloc(33)), ...good.proof.slice(1)] });
  bad('empty-hash', 'an empty hash', { proof: ['', ...good.proof.slice(1)] });
  bad('joined-hashes', 'two hashes as one of 64 octets', {
    proof: [
      base64(Buffer.concat(good.proof.slice(0, 2).map(hash => Buffer.from(hash, 'base64')))),
      ...good.proof.slice(2),
    ],
  });
  bad('other-leaf', 'another leaf', { leaf: base64(leaves(1)[0]) });
  bad('entry-for-leaf', 'the hash of the entry without the prefix of leaves', {
    leaf: base64(sha256(Buffer.from('entry 9'))),
  });
  bad('other-root', 'another root', { root: base64(mth(leaves(12))) });
  bad('short-root', 'a root of 31 octets', { root: base64(ROOT.subarray(1)) });
  bad('empty-root', 'an empty root', { root: '' });
  bad('other-index', 'the neighbour', { index: '8' });
  bad('larger-size', 'a larger tree', { size: '17' });
  bad('smaller-size', 'a smaller tree', { size: '10' });
  bad('index-is-size', 'the index is the size', { index: '13' }, RANGE);
  bad('index-over-size', 'an index beyond the tree', { index: '14' }, RANGE);
  bad(
    'empty-tree',
    'a tree without entries',
    { index: '0', size: '0', proof: [], root: base64(sha256()), leaf: base64(sha256()) },
    RANGE,
  );
  for (const [id, number] of NO_SIZES) {
    bad(`index-${id}`, `the index ${number}`, { index: number }, RANGE);
    t.refused(
      `size-${id}`,
      `the size ${number}`,
      claim({ ...good, size: number }),
      RANGE,
      id === '2-53' || id === '2-63' ? profile('limits') : {},
    );
  }
  // A node of the tree that is passed off as a leaf: the classic second preimage, of which the prefixes take care.
  const all = leaves(4);
  t.refused(
    'node-as-leaf',
    'an inner node as the leaf of a smaller tree, under the root of the larger',
    claim({
      index: '0',
      size: '4',
      leaf: base64(node(all[0], all[1])),
      proof: [base64(node(all[2], all[3]))],
      root: base64(mth(all)),
    }),
    INVALID,
  );
  t.refused(
    '64-hashes',
    '64 hashes for the largest index',
    claim({
      ...good,
      index: '9007199254740990',
      size: '9007199254740991',
      proof: Array(64).fill(base64(ROOT)),
    }),
    INVALID,
  );
  return t.done();
}

export function consistencies() {
  const t = table(
    'consistency',
    'RFC 6962 §2.1.2',
    'Claims that a tree extends an older one. Numbers are decimals in text, hashes are base64; the value is empty.',
  );
  const CODE = 'tree/consistency-invalid';
  const give = (oldSize, newSize) => {
    const all = leaves(newSize);
    return {
      oldSize: String(oldSize),
      newSize: String(newSize),
      oldRoot: base64(mth(all.slice(0, oldSize))),
      newRoot: base64(mth(all)),
      proof: list(oldSize === 0 ? [] : consistency(oldSize, all)),
    };
  };
  for (const [oldSize, newSize] of [
    [0, 0],
    [0, 1],
    [0, 13],
    [1, 1],
    [1, 2],
    [2, 3],
    [3, 7],
    [4, 7],
    [6, 7],
    [7, 7],
    [4, 8],
    [7, 8],
    [8, 13],
    [9, 13],
    [12, 13],
    [256, 300],
    [255, 257],
    [1, 300],
  ])
    t.accepted(
      `${oldSize}-to-${newSize}`,
      `from ${oldSize} to ${newSize} entries`,
      claim(give(oldSize, newSize)),
      {},
    );
  const good = give(9, SIZE);
  const bad = (id, what, change, more) => t.refused(id, what, claim({ ...good, ...change }), CODE, more);
  bad('no-proof', 'no hashes', { proof: [] });
  bad('first-missing', 'the first hash is missing', { proof: good.proof.slice(1) });
  bad('last-missing', 'the last hash is missing', { proof: good.proof.slice(0, -1) });
  bad('surplus', 'a hash too many', { proof: [...good.proof, base64(ROOT)] });
  bad('reversed', 'the hashes in reverse', { proof: good.proof.toReversed() });
  bad('short-hash', 'a hash of 31 octets', { proof: [base64(Buffer.alloc(31)), ...good.proof.slice(1)] });
  bad('other-old-root', 'another old root', { oldRoot: base64(mth(leaves(8))) });
  bad('other-new-root', 'another new root', { newRoot: base64(mth(leaves(12))) });
  bad('roots-exchanged', 'old and new root exchanged', { oldRoot: good.newRoot, newRoot: good.oldRoot });
  bad('empty-roots', 'empty roots', { oldRoot: '', newRoot: '' });
  bad('other-old-size', 'another old size', { oldSize: '10' });
  bad('other-new-size', 'another new size', { newSize: '20' });
  bad('shrinks', 'the new tree is smaller', { oldSize: '13', newSize: '9' });
  const same = give(13, 13);
  t.refused(
    'same-size-other-root',
    'one size, two roots: a split view',
    claim({ ...same, newRoot: base64(mth([...leaves(12), sha256()])) }),
    CODE,
  );
  t.refused('same-size-proof', 'one size and a proof', claim({ ...same, proof: [base64(ROOT)] }), CODE);
  const empty = give(0, 13);
  t.refused('empty-proof', 'a proof from the empty tree', claim({ ...empty, proof: [base64(ROOT)] }), CODE, {
    source: 'tlog-witness, add-checkpoint',
  });
  t.refused(
    'empty-other-root',
    'an empty tree with another root than it has',
    claim({ ...empty, oldRoot: base64(ROOT) }),
    CODE,
  );
  t.refused(
    'empty-zero-root',
    'an empty tree with a root of zeros',
    claim({ ...empty, oldRoot: base64(Buffer.alloc(32)) }),
    CODE,
  );
  const power = give(8, 13);
  t.refused(
    'power-of-two-with-root',
    'an old tree of 8 whose root stands in the proof',
    claim({ ...power, proof: [power.oldRoot, ...power.proof] }),
    CODE,
  );
  for (const [id, number] of NO_SIZES) {
    const limit = id === '2-53' || id === '2-63' ? profile('limits') : {};
    bad(`old-size-${id}`, `the old size ${number}`, { oldSize: number });
    bad(`new-size-${id}`, `the new size ${number}`, { newSize: number }, limit);
  }
  return t.done();
}

export function subtrees() {
  const t = table(
    'subtree',
    'draft-ietf-plants-merkle-tree-certs-03 §4.1, §4.4',
    'Claims that a subtree is part of a tree. Numbers are decimals in text, hashes are base64; the value is empty.',
  );
  const [INVALID, INTERVAL] = ['tree/subtree-invalid', 'tree/interval-invalid'];
  const give = (start, end, size) => {
    const all = leaves(size);
    return {
      start: String(start),
      end: String(end),
      size: String(size),
      hash: base64(mth(all.slice(start, end))),
      proof: list(subtreeProof(start, end, all)),
      root: base64(mth(all)),
    };
  };
  for (const [start, end, size] of [
    [0, 1, 1],
    [0, 13, 13],
    [0, 8, 13],
    [0, 6, 13],
    [8, 13, 14],
    [8, 12, 13],
    [8, 13, 13],
    [12, 13, 13],
    [4, 8, 8],
    [4, 6, 7],
    [256, 300, 300],
    [128, 200, 300],
  ])
    t.accepted(
      `${start}-${end}-of-${size}`,
      `[${start}, ${end}) of ${size}`,
      claim(give(start, end, size)),
      {},
    );
  const good = give(8, 13, 14);
  const bad = (id, what, change, code = INVALID, more = {}) =>
    t.refused(id, what, claim({ ...good, ...change }), code, more);
  bad('no-proof', 'no hashes', { proof: [] });
  bad('first-missing', 'the first hash is missing', { proof: good.proof.slice(1) });
  bad('last-missing', 'the last hash is missing', { proof: good.proof.slice(0, -1) });
  bad('surplus', 'a hash too many', { proof: [...good.proof, base64(ROOT)] });
  bad('reversed', 'the hashes in reverse', { proof: good.proof.toReversed() });
  bad('short-hash', 'a hash of 31 octets', { proof: [base64(Buffer.alloc(31)), ...good.proof.slice(1)] });
  bad('other-hash', 'another hash of the subtree', { hash: base64(ROOT) });
  bad('other-root', 'another root', { root: base64(ROOT) });
  bad('other-start', 'another subtree', { start: '0', end: '5' });
  bad('misaligned', 'a start that is no multiple', { start: '4' }, INTERVAL);
  bad('misaligned-odd', 'an odd start of two entries', { start: '9', end: '11' }, INTERVAL);
  bad('reversed-interval', 'an end before the start', { start: '13', end: '8' }, INTERVAL);
  bad('beyond', 'an end beyond the tree', { end: '15' }, INTERVAL);
  for (const [id, number] of NO_SIZES) bad(`end-${id}`, `the end ${number}`, { end: number }, INTERVAL);
  return t.done();
}
