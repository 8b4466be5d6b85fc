import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reasonOf, reasonOfAsync } from '../../test/support/failure.js';
import { testKey } from '../../test/support/keys.js';
import { mutants, neighbours, parseOrRefuse } from '../../test/support/mutation.js';
import { entryAt, ReferenceTree } from '../../test/support/reference-tree.js';
import { thorough } from '../../test/support/thoroughness.js';
import { type Cbor, decodeCbor, encodeCbor, Tagged } from '../bytes/cbor.js';
import { toHex } from '../bytes/hex.js';
import { concat, utf8 } from '../bytes/octets.js';
import type { Checkpoint } from '../note/checkpoint.js';
import { keyLabel } from '../note/key.js';
import { Failure, type ReasonCode } from '../reason.js';
import {
  ALLOW_UNPROTECTED,
  type ConsistencyProof,
  type CoseOptions,
  formatCoseReceipt,
  type InclusionProof,
  parseCoseReceipt,
  signCose,
  verifyCoseConsistency,
  verifyCoseInclusion,
} from './cose-receipt.js';
import { leafHash } from './hash.js';

const LOG = testKey('log.example/cose', 1);
const TREE = new ReferenceTree(Array.from({ length: 20 }, (_, index) => entryAt(index)));
const FOREIGN: CoseOptions = { [ALLOW_UNPROTECTED]: true };

const checkpointOf = (size: number): Checkpoint => ({ origin: LOG.key.name, size, root: TREE.hash(0, size) });
const inclusionOf = (index: number, size: number): InclusionProof => ({
  kind: 'inclusion',
  size,
  index,
  hashes: TREE.path(index, size),
});
const consistencyOf = (oldSize: number, size: number): ConsistencyProof => ({
  kind: 'consistency',
  oldSize,
  size,
  hashes: TREE.proof(oldSize, size),
});
const signed = (size: number) => signCose(checkpointOf(size), LOG.key, LOG.signer);
const receiptOf = (index: number, size: number) => formatCoseReceipt(signed(size), inclusionOf(index, size));
const leafOf = (index: number) => leafHash(entryAt(index));
const verify = (bytes: Uint8Array, options?: CoseOptions, index = 5) =>
  verifyCoseInclusion(bytes, leafOf(index), LOG.key, options);

type Entry = [number | string, Cbor];
const GENUINE: readonly Entry[] = [
  [1, -8],
  [4, utf8(keyLabel(LOG.key))],
  [15, new Map([[1, LOG.key.name]])],
  [395, 1],
  ['countersign.tree-size', 13],
];
const PROOF = encodeCbor([13, 5, TREE.path(5, 13)]);
const without = (label: number | string) => GENUINE.filter(([own]) => own !== label);
const replaced = (label: number | string, value: Cbor) => [...without(label), [label, value] as Entry];

/** A receipt of entry 5 of 13 with some of its parts replaced, and genuinely signed. */
function make(parts: {
  header?: readonly Entry[] | Uint8Array;
  unprotected?: Cbor;
  payload?: Cbor;
  more?: readonly Cbor[];
  tag?: number;
}): Uint8Array {
  const { header = GENUINE, payload = null, more = [], tag = 18 } = parts;
  const protectedHeader = header instanceof Uint8Array ? header : encodeCbor(new Map(header));
  const unprotected = parts.unprotected ?? new Map([[396, new Map([[-1, [PROOF]]])]]);
  const message = encodeCbor(['Signature1', protectedHeader, new Uint8Array(), TREE.hash(0, 13)]);
  const members = [protectedHeader, unprotected, payload, LOG.signer.sign(message), ...more];
  return encodeCbor(new Tagged(tag, members));
}

describe('RFC 9942 §5.2: receipts of inclusion', () => {
  it('are COSE_Sign1 with the header protected, the proof unprotected and the root detached', () => {
    const bytes = receiptOf(5, 13);
    expect(bytes).toEqual(make({}));
    expect(toHex(bytes.subarray(0, 2))).toBe('d284');
    const { value } = decodeCbor(bytes) as Tagged;
    const [protectedHeader, unprotected, payload, signature] = value as Cbor[];
    expect(decodeCbor(protectedHeader as Uint8Array)).toEqual(new Map(GENUINE));
    expect(unprotected).toEqual(new Map([[396, new Map([[-1, [PROOF]]])]]));
    expect(payload).toBeNull();
    expect(signature).toHaveLength(64);
  });

  it('byte by byte: the protected header, and what is signed (RFC 9052 §4.4)', async () => {
    const { protectedHeader, signature } = signed(13);
    const label = toHex(utf8(keyLabel(LOG.key)));
    const origin = toHex(utf8('log.example/cose'));
    expect(toHex(protectedHeader)).toBe(
      [
        'a5', // a map of five
        '0127', // 1: -8, EdDSA
        `045819${label}`, // 4: the key id
        `0fa10170${origin}`, // 15: {1: origin}
        '19018b01', // 395: 1, RFC9162_SHA256
        `75${toHex(utf8('countersign.tree-size'))}0d`, // the size
      ].join(''),
    );
    const message = concat(
      Uint8Array.of(0x84, 0x6a),
      utf8('Signature1'),
      Uint8Array.of(0x58, protectedHeader.length),
      protectedHeader,
      Uint8Array.of(0x40, 0x58, 0x20),
      TREE.hash(0, 13),
    );
    expect(new Uint8Array(LOG.signer.sign(message))).toEqual(new Uint8Array(signature));
  });

  it('every entry of every tree up to 20, with one signature for all entries of a tree', async () => {
    for (let size = 1; size <= 20; size++) {
      const signature = signed(size);
      for (let index = 0; index < size; index++) {
        const bytes = formatCoseReceipt(signature, inclusionOf(index, size));
        const proven = await verify(bytes, {}, index);
        expect(proven.checkpoint).toEqual(checkpointOf(size));
        expect(proven.proof).toEqual(inclusionOf(index, size));
      }
    }
  });

  it('read back as what was signed', () => {
    expect(parseCoseReceipt(receiptOf(5, 13))).toEqual({
      ...signed(13),
      signature: new Uint8Array(signed(13).signature),
      origin: LOG.key.name,
      keyId: utf8(keyLabel(LOG.key)),
      proof: inclusionOf(5, 13),
    });
  });

  it('headers that we do not know may be signed along', async () => {
    expect((await verify(make({ header: [...GENUINE, [99, 'x'], [-5, 1]] }))).proof.kind).toBe('inclusion');
  });
});

describe('RFC 9942 §5.3: receipts of consistency', () => {
  it('every pair of trees up to 20, under the same signature', async () => {
    for (let size = 1; size <= 20; size++) {
      const signature = signed(size);
      for (let oldSize = 1; oldSize <= size; oldSize++) {
        const bytes = formatCoseReceipt(signature, consistencyOf(oldSize, size));
        const proven = await verifyCoseConsistency(bytes, checkpointOf(oldSize), LOG.key);
        expect(proven.checkpoint).toEqual(checkpointOf(size));
      }
    }
  });

  it.each<[what: string, old: Checkpoint, code: ReasonCode]>([
    ['another older root', { ...checkpointOf(7), root: new Uint8Array(32) }, 'tree/consistency-invalid'],
    ['another older tree', checkpointOf(8), 'tree/consistency-invalid'],
    ['the older root under another size', { ...checkpointOf(7), size: 8 }, 'tree/consistency-invalid'],
  ])('%s: %s', async (_, old, code) => {
    const bytes = formatCoseReceipt(signed(13), consistencyOf(7, 13));
    expect(await reasonOfAsync(() => verifyCoseConsistency(bytes, old, LOG.key))).toBe(code);
  });

  it('a root that does not follow is not the one that was signed', async () => {
    const proof = consistencyOf(7, 13);
    const wrong = (at: number) =>
      formatCoseReceipt(signed(13), { ...proof, hashes: proof.hashes.with(at, new Uint8Array(32)) });
    const judge = (bytes: Uint8Array) => verifyCoseConsistency(bytes, checkpointOf(7), LOG.key);
    expect(await reasonOfAsync(() => judge(wrong(0)))).toBe('tree/consistency-invalid');
    // The last hash is in the new tree alone: only the signature can tell.
    expect(await reasonOfAsync(() => judge(wrong(-1)))).toBe('cose/signature-invalid');
  });

  it('nothing follows from the empty tree', async () => {
    const bytes = formatCoseReceipt(signed(13), { kind: 'consistency', oldSize: 0, size: 13, hashes: [] });
    expect(await reasonOfAsync(() => verifyCoseConsistency(bytes, checkpointOf(0), LOG.key))).toBe(
      'tree/consistency-invalid',
    );
  });

  it('neither kind is taken for the other', async () => {
    const consistency = formatCoseReceipt(signed(13), consistencyOf(7, 13));
    expect(await reasonOfAsync(() => verify(consistency))).toBe('cose/malformed');
    expect(await reasonOfAsync(() => verifyCoseConsistency(receiptOf(5, 13), checkpointOf(5), LOG.key))).toBe(
      'cose/malformed',
    );
  });
});

describe('origin and size have to be protected', () => {
  const sizeOutside = new Map<number | string, Cbor>([
    [396, new Map([[-1, [PROOF]]])],
    ['countersign.tree-size', 13],
  ]);
  const originOutside = new Map<number, Cbor>([
    [15, new Map([[1, LOG.key.name]])],
    [396, new Map([[-1, [PROOF]]])],
  ]);

  it.each<[what: string, bytes: Uint8Array, code: ReasonCode]>([
    ['no claims', make({ header: without(15) }), 'cose/origin-unprotected'],
    [
      'claims without an issuer',
      make({ header: replaced(15, new Map([[2, 'x']])) }),
      'cose/origin-unprotected',
    ],
    ['no size', make({ header: without('countersign.tree-size') }), 'cose/size-unprotected'],
    [
      'origin unprotected',
      make({ header: without(15), unprotected: originOutside }),
      'cose/origin-unprotected',
    ],
    [
      'size unprotected',
      make({ header: without('countersign.tree-size'), unprotected: sizeOutside }),
      'cose/size-unprotected',
    ],
  ])('%s: %s', async (_, bytes, code) => {
    expect(await reasonOfAsync(() => verify(bytes))).toBe(code);
    expect((await verify(bytes, FOREIGN)).proof.kind).toBe('inclusion');
  });

  it('only a symbol allows it, so that no JSON can', async () => {
    const options = JSON.parse('{"ALLOW_UNPROTECTED":true,"Symbol(allow unprotected origin and size)":true}');
    expect(await reasonOfAsync(() => verify(make({ header: without(15) }), options))).toBe(
      'cose/origin-unprotected',
    );
    expect(JSON.stringify(FOREIGN)).toBe('{}');
  });

  it('a receipt as RFC 9942 alone has it: algorithm and structure, and keys out of order', async () => {
    const header: readonly Entry[] = [
      [1, -8],
      [395, 1],
    ];
    expect((await verify(make({ header }), FOREIGN)).checkpoint.origin).toBe(LOG.key.name);
    const unsorted = concat(Uint8Array.of(0xa2, 0x19, 0x01, 0x8b, 0x01, 0x01, 0x27));
    expect((await verify(make({ header: unsorted }), FOREIGN)).proof.kind).toBe('inclusion');
    expect(await reasonOfAsync(() => verify(make({ header: unsorted })))).toBe('cbor/malformed');
  });

  it('what is protected counts, also where it need not be', async () => {
    const elsewhere = make({ header: replaced(15, new Map([[1, 'other.example']])) });
    const larger = make({ header: replaced('countersign.tree-size', 14) });
    for (const options of [{}, FOREIGN]) {
      expect(await reasonOfAsync(() => verify(elsewhere, options))).toBe('checkpoint/origin-mismatch');
      expect(await reasonOfAsync(() => verify(larger, options))).toBe('cose/size-mismatch');
    }
  });
});

describe('refusals', () => {
  const proofs = (...entries: [number, Cbor][]) => ({ unprotected: new Map([[396, new Map(entries)]]) });
  const proof = (value: Cbor) => proofs([-1, [encodeCbor(value)]]);
  const path = TREE.path(5, 13);

  it.each<[what: string, bytes: Uint8Array, code: ReasonCode]>([
    ['nothing', new Uint8Array(), 'cbor/malformed'],
    ['JSON', utf8('{"envelope":null}'), 'cbor/malformed'],
    ['over 16 KiB', new Uint8Array((1 << 14) + 1), 'cose/malformed'],
    ['bytes behind it', concat(make({}), Uint8Array.of(0)), 'cbor/malformed'],
    ['no tag', make({}).subarray(1), 'cose/malformed'],
    ['another tag', make({ tag: 98 }), 'cose/malformed'],
    ['three members', encodeCbor(new Tagged(18, [new Uint8Array(), new Map(), null])), 'cose/malformed'],
    ['five members', make({ more: [null] }), 'cose/malformed'],
    ['a map in place of the list', encodeCbor(new Tagged(18, new Map())), 'cose/malformed'],
    ['the root as payload', make({ payload: TREE.hash(0, 13) }), 'cose/payload-attached'],
    ['an empty payload', make({ payload: new Uint8Array() }), 'cose/payload-attached'],
    ['false in place of the payload', make({ payload: false }), 'cose/payload-attached'],
    ['an empty header', make({ header: new Uint8Array() }), 'cbor/malformed'],
    ['a header that is no map', make({ header: encodeCbor([]) }), 'cose/malformed'],
    ['a header twice over', make({ header: Uint8Array.of(0xa2, 1, 0x27, 1, 0x27) }), 'cbor/malformed'],
    ['ES256', make({ header: replaced(1, -7) }), 'cose/algorithm-unsupported'],
    ['no algorithm', make({ header: without(1) }), 'cose/algorithm-unsupported'],
    ['the algorithm by its name', make({ header: replaced(1, 'EdDSA') }), 'cose/algorithm-unsupported'],
    ['another structure', make({ header: replaced(395, 2) }), 'cose/algorithm-unsupported'],
    ['no structure', make({ header: without(395) }), 'cose/algorithm-unsupported'],
    ['critical headers', make({ header: [...GENUINE, [2, [99]]] }), 'cose/malformed'],
    ['no key id', make({ header: without(4) }), 'cose/malformed'],
    ['a key id as text', make({ header: replaced(4, keyLabel(LOG.key)) }), 'cose/malformed'],
    ['another key id', make({ header: replaced(4, utf8('other.example+00000000')) }), 'cose/key-unknown'],
    ['an issuer that is no text', make({ header: replaced(15, new Map([[1, 1]])) }), 'cose/malformed'],
    ['claims that are no map', make({ header: replaced(15, LOG.key.name) }), 'cose/malformed'],
    [
      'a size that is no number',
      make({ header: replaced('countersign.tree-size', '13') }),
      'cose/size-mismatch',
    ],
    ['no proofs', make({ unprotected: new Map() }), 'cose/malformed'],
    ['other headers in place of the proofs', make({ unprotected: new Map([[4, null]]) }), 'cose/malformed'],
    [
      'another header beside the proofs',
      make({
        unprotected: new Map<number, Cbor>([
          [4, null],
          [396, new Map([[-1, [PROOF]]])],
        ]),
      }),
      'cose/malformed',
    ],
    ['the proofs as a list', make({ unprotected: new Map([[396, [PROOF]]]) }), 'cose/malformed'],
    ['an empty list of proofs', make(proofs([-1, []])), 'cose/malformed'],
    ['two proofs', make(proofs([-1, [PROOF, PROOF]])), 'cose/malformed'],
    ['proofs of both kinds', make(proofs([-2, [PROOF]], [-1, [PROOF]])), 'cose/malformed'],
    ['a proof of another kind', make(proofs([-3, [PROOF]])), 'cose/malformed'],
    ['a proof that is not wrapped', make(proofs([-1, [[13, 5, path]]])), 'cose/malformed'],
    ['a proof that is no CBOR', make(proofs([-1, [Uint8Array.of(0xff)]])), 'cbor/malformed'],
    ['a proof without hashes', make(proof([13, 5])), 'cose/malformed'],
    ['a proof with a fourth member', make(proof([13, 5, path, 0])), 'cose/malformed'],
    ['a negative index', make(proof([13, -1, path])), 'cose/malformed'],
    ['a size as text', make(proof(['13', 5, path])), 'cose/malformed'],
    ['a size of 2^63', make(proof([2n ** 63n, 5, path])), 'cose/malformed'],
    ['a hash of 31 bytes', make(proof([13, 5, [new Uint8Array(31)]])), 'cose/malformed'],
    ['a hash as text', make(proof([13, 5, ['a'.repeat(32)]])), 'cose/malformed'],
    [
      '64 hashes',
      make(proof([13, 5, Array.from({ length: 64 }, () => new Uint8Array(32))])),
      'cose/malformed',
    ],
    ['an index beyond the tree', make(proof([13, 13, path])), 'tree/index-out-of-range'],
    ['a hash too few', make(proof([13, 5, path.slice(1)])), 'tree/inclusion-invalid'],
    ['a hash too many', make(proof([13, 5, [...path, path[0] as Uint8Array]])), 'tree/inclusion-invalid'],
    ['another hash', make(proof([13, 5, path.with(0, new Uint8Array(32))])), 'cose/signature-invalid'],
    ['another index', make(proof([13, 4, path])), 'cose/signature-invalid'],
    ['another size', make(proof([14, 5, path])), 'cose/size-mismatch'],
  ])('%s: %s', async (_, bytes, code) => {
    expect(await reasonOfAsync(() => verify(bytes))).toBe(code);
  });

  it('another entry, or another log', async () => {
    expect(await reasonOfAsync(() => verify(receiptOf(5, 13), {}, 6))).toBe('cose/signature-invalid');
    const renamed = testKey('other.example', 1).key;
    const sameName = testKey(LOG.key.name, 2).key;
    const judge = (log: typeof renamed) => verifyCoseInclusion(receiptOf(5, 13), leafOf(5), log);
    expect(await reasonOfAsync(() => judge(renamed))).toBe('checkpoint/origin-mismatch');
    expect(await reasonOfAsync(() => judge(sameName))).toBe('cose/key-unknown');
  });

  it("a signed checkpoint is no receipt's signature, nor the reverse", async () => {
    const note = LOG.signer.sign(utf8(`${LOG.key.name}\n13\n`));
    const bytes = formatCoseReceipt({ ...signed(13), signature: note }, inclusionOf(5, 13));
    expect(await reasonOfAsync(() => verify(bytes))).toBe('cose/signature-invalid');
  });

  it('a signature of another length', async () => {
    for (const length of [0, 63, 65]) {
      const bytes = formatCoseReceipt(
        { ...signed(13), signature: new Uint8Array(length) },
        inclusionOf(5, 13),
      );
      expect(await reasonOfAsync(() => verify(bytes))).toBe('cose/signature-invalid');
    }
  });
});

describe('properties', () => {
  const CODES: ReasonCode[] = [
    'cbor/malformed',
    'cose/malformed',
    'cose/algorithm-unsupported',
    'cose/origin-unprotected',
    'cose/size-unprotected',
    'cose/size-mismatch',
    'cose/payload-attached',
  ];
  const sample = receiptOf(5, 13);
  const other = formatCoseReceipt(signed(13), consistencyOf(7, 13));
  /** A receipt that is read is written back, with headers that nobody knows kept as they were signed. */
  const writtenBack = (bytes: Uint8Array) => {
    const receipt = parseOrRefuse(() => parseCoseReceipt(bytes), CODES);
    if (receipt !== undefined) expect(toHex(formatCoseReceipt(receipt, receipt.proof))).toBe(toHex(bytes));
    return receipt;
  };

  it('one encoding for one receipt: neighbours and mutants are refused or written back as they were', () => {
    for (const neighbour of neighbours(sample)) writtenBack(neighbour);
    fc.assert(
      fc.property(mutants([sample, other]), bytes => void writtenBack(bytes)),
      { numRuns: thorough(2000, 300) },
    );
  });

  it('whoever does not sort is not misread: no mutant throws anything else', () => {
    fc.assert(
      fc.property(mutants([sample, other]), bytes => {
        parseOrRefuse(() => parseCoseReceipt(bytes, FOREIGN), CODES);
      }),
      { numRuns: thorough(1000, 300) },
    );
  });

  it('no flipped bit leaves a receipt that verifies, protected or not', async () => {
    for (let bit = 0; bit < sample.length * 8; bit++) {
      const flipped = sample.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      const outcome = await verify(flipped).catch(error => {
        if (error instanceof Failure) return null;
        throw error;
      });
      expect(outcome, `bit ${bit}`).toBeNull();
    }
  });

  it('the genuine ones are read, so that the above says something', () => {
    for (const bytes of [sample, other]) expect(writtenBack(bytes)).toBeDefined();
    expect(reasonOf(() => parseCoseReceipt(sample.subarray(1)))).toBe('cose/malformed');
  });
});
