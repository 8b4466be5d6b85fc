/** The readers of what a tree is served as: tiles, proofs, uploads to a mirror, COSE receipts. */
import fc from 'fast-check';
import { toBase64 } from '../../src/bytes/base64.js';
import { decodeCbor, encodeCbor } from '../../src/bytes/cbor.js';
import { concat, concatAll, fromUtf8, utf8 } from '../../src/bytes/octets.js';
import type { VerifierKey } from '../../src/note/key.js';
import type { ReasonCode } from '../../src/reason.js';
import {
  type EntryPackage,
  formatMirrorInfo,
  formatPackage,
  formatUploadHeader,
  parseMirrorInfo,
  readPackage,
  readUploadHeader,
  type Take,
} from '../../src/tree/add-entries.js';
import {
  ALLOW_UNPROTECTED,
  type CoseOptions,
  formatCoseReceipt,
  parseCoseReceipt,
  verifyCoseInclusion,
} from '../../src/tree/cose-receipt.js';
import { leafHash } from '../../src/tree/hash.js';
import { parseTilePath, readBundle, tilePath, writeBundle } from '../../src/tree/tile.js';
import { formatTlogProof, parseTlogProof } from '../../src/tree/tlog-proof.js';
import { mutants } from '../support/mutation.js';
import { entryAt, ReferenceTree } from '../support/reference-tree.js';
import { ofText } from './notes.js';
import type { Reader } from './reader.js';
import { keysOf, seedsOf } from './seeds.js';

/** The body ended too soon. */
class Ended extends Error {}

/** Reads from the front of bytes, and says at the end what is left of them. */
function takeFrom(bytes: Uint8Array): { readonly take: Take; rest(): Uint8Array } {
  let at = 0;
  return {
    take: async count => {
      if (at + count > bytes.length) throw new Ended();
      at += count;
      return bytes.subarray(at - count, at);
    },
    rest: () => bytes.subarray(at),
  };
}

/** Reads the front of a body, and writes it with what follows; null where the body ends before that. */
async function front<Value>(
  bytes: Uint8Array,
  read: (take: Take) => Promise<Value>,
  format: (value: Value) => Uint8Array,
): Promise<Uint8Array | null> {
  const { take, rest } = takeFrom(bytes);
  try {
    return concat(format(await read(take)), rest());
  } catch (error) {
    if (error instanceof Ended) return null;
    throw error;
  }
}

const tree = new ReferenceTree(Array.from({ length: 20 }, (_, index) => entryAt(index)));
const ticket = utf8('a ticket');
const upload = { origin: 'log.example/a', start: 3, end: 300, ticket };
const PACKAGE: EntryPackage = { entries: [0, 1, 2].map(entryAt), proof: tree.path(5, 13) };

const COSE_CODES: readonly ReasonCode[] = [
  'cbor/malformed',
  'cose/malformed',
  'cose/algorithm-unsupported',
  'cose/payload-attached',
  'cose/origin-unprotected',
  'cose/size-unprotected',
  'cose/size-mismatch',
];
const FOREIGN: CoseOptions = { [ALLOW_UNPROTECTED]: true };
const receipts = seedsOf('cose-receipt');
const ENTRY = utf8('entry 5');
const LOG = keysOf('cose-inclusion')[0] as VerifierKey;

/** The three parts of a receipt that hold something, as octets: its protected header, its unprotected one, its signature. */
function partsOf(receipt: Uint8Array): [Uint8Array, Uint8Array, Uint8Array] {
  const { protectedHeader, signature } = parseCoseReceipt(receipt, FOREIGN);
  // Before them stand a tag and the head of a list, before the signature null.
  const unprotected = receipt.subarray(
    2 + encodeCbor(protectedHeader).length,
    receipt.length - 1 - encodeCbor(signature).length,
  );
  return [protectedHeader, unprotected, signature];
}

/** Damage inside of the parts of a receipt: the lengths around them are right again afterwards. */
export const partsDamage: fc.Arbitrary<Uint8Array> = fc
  .constantFrom(...receipts.genuine.map(partsOf))
  .chain(parts => fc.tuple(fc.constant(parts), fc.nat(2), mutants(parts)))
  .map(([parts, at, damaged]) => {
    const [header, unprotected, signature] = parts.with(at, damaged) as typeof parts;
    return concatAll([
      Uint8Array.of(0xd2, 0x84),
      encodeCbor(header),
      unprotected,
      Uint8Array.of(0xf6),
      encodeCbor(signature),
    ]);
  });

export const TREE_READERS: readonly Reader[] = [
  {
    name: 'tile path',
    ...seedsOf('tile-path'),
    codes: [],
    writeBack: bytes => {
      const name = parseTilePath(fromUtf8(bytes) ?? '');
      return name === null ? null : utf8(tilePath(name));
    },
  },
  {
    name: 'entry bundle',
    ...seedsOf('entry-bundle'),
    codes: [],
    writeBack: bytes => {
      const { entries, length } = readBundle(bytes);
      return concatAll([writeBundle(entries), bytes.subarray(length)]);
    },
  },
  {
    name: 'tlog-proof',
    ...seedsOf('tlog-proof'),
    codes: ['proof/malformed'],
    writeBack: ofText(parseTlogProof, formatTlogProof),
  },
  {
    name: 'mirror info',
    genuine: [
      utf8(formatMirrorInfo({ size: 300, next: 256, ticket })),
      utf8(formatMirrorInfo({ size: 0, next: 0, ticket: new Uint8Array() })),
    ],
    codes: ['peer/answer-malformed'],
    writeBack: bytes => utf8(formatMirrorInfo(parseMirrorInfo(bytes))),
  },
  {
    name: 'add-entries header',
    genuine: [
      formatUploadHeader(upload),
      formatUploadHeader({ ...upload, start: 0, end: 0, ticket: new Uint8Array() }),
      concat(formatUploadHeader(upload), formatPackage(PACKAGE)),
    ],
    codes: ['request/body-malformed'],
    writeBack: bytes =>
      front(bytes, readUploadHeader, header => {
        // Beyond what a number holds there is nothing to write; the header is as long as it is, whatever the numbers say.
        const length = 2 + utf8(header.origin).length + 16 + 2 + header.ticket.length;
        return Number.isFinite(header.end) ? formatUploadHeader(header) : bytes.subarray(0, length);
      }),
  },
  {
    name: 'add-entries package',
    genuine: [formatPackage(PACKAGE), formatPackage({ ...PACKAGE, proof: [] })],
    codes: ['mirror/package-invalid'],
    writeBack: bytes => front(bytes, take => readPackage(3, take), formatPackage),
  },
  {
    name: 'CBOR',
    ...receipts,
    // Receipts are sorted unless the reader says otherwise, and this one does not.
    genuine: receipts.genuine.filter(isSorted),
    codes: ['cbor/malformed'],
    damage: partsDamage,
    writeBack: bytes => encodeCbor(decodeCbor(bytes)),
  },
  {
    name: 'CBOR in any order',
    ...receipts,
    codes: ['cbor/malformed'],
    form: 'normal',
    damage: partsDamage,
    writeBack: bytes => encodeCbor(decodeCbor(bytes, { keys: 'in-any-order' })),
  },
  {
    name: 'COSE receipt',
    genuine: seedsOf('cose-receipt', ({ context }) => context?.unprotected !== true).genuine,
    others: receipts.others,
    codes: COSE_CODES,
    damage: partsDamage,
    writeBack: bytes => {
      const receipt = parseCoseReceipt(bytes);
      return formatCoseReceipt(receipt, receipt.proof);
    },
  },
  {
    name: 'COSE receipt of others',
    ...receipts,
    codes: COSE_CODES,
    damage: partsDamage,
    // What others have sorted in their own way is kept as it was signed, and written in ours around that.
    form: 'normal',
    writeBack: bytes => {
      const receipt = parseCoseReceipt(bytes, FOREIGN);
      return formatCoseReceipt(receipt, receipt.proof);
    },
  },
  {
    name: 'COSE receipt, verified',
    ...seedsOf(
      'cose-inclusion',
      ({ context }) => context?.unprotected !== true && context?.entry === toBase64(ENTRY),
    ),
    codes: [
      ...COSE_CODES,
      'cose/key-unknown',
      'cose/signature-invalid',
      'checkpoint/origin-mismatch',
      'tree/index-out-of-range',
      'tree/inclusion-invalid',
    ],
    damage: partsDamage,
    cost: 3,
    writeBack: async bytes => {
      const { proof, checkpoint } = await verifyCoseInclusion(bytes, leafHash(ENTRY), LOG);
      if (proof.kind !== 'inclusion' || proof.index !== 5)
        throw new Error(`proves that entry 5 is another one: ${toBase64(checkpoint.root)}`);
      const receipt = parseCoseReceipt(bytes);
      return formatCoseReceipt(receipt, receipt.proof);
    },
  },
];

function isSorted(bytes: Uint8Array): boolean {
  try {
    return encodeCbor(decodeCbor(bytes)).length === bytes.length;
  } catch {
    return false;
  }
}
