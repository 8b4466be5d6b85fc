/** COSE receipts as they are read; nothing is verified. */
import { array, byteString, integer, map, NULL, tagged, textString } from '../cbor.mjs';
import {
  base64,
  bytesOf,
  consistency,
  LOG,
  leaves,
  mth,
  ORIGIN,
  octets,
  path,
  profile,
  ROOT,
  SIZE,
  table,
} from '../make.mjs';
import { refusedMembers, refusedOctets } from './framing.mjs';
import { refusedHeaders, refusedWidths } from './headers.mjs';
import {
  ALG,
  CBOR,
  CLAIMS,
  CRIT,
  DETERMINISTIC,
  DOUBLED,
  extension,
  GENUINE,
  HEADER,
  headerOf,
  INCLUSION,
  INDEX,
  MALFORMED,
  OLD,
  PATH,
  proofOf,
  proofsOf,
  receipt,
  refusals,
  sigStructure,
  TREE_SIZE,
  UNKNOWN,
  UNPROTECTED,
  UNSUPPORTED,
  withProofs,
} from './parts.mjs';
import { refusedProofs } from './proofs.mjs';

export function coseReceipts() {
  const t = table(
    'cose-receipt',
    'RFC 9942 §5',
    'COSE receipts as octets. Nothing is verified. The value has the protected header and the signature as they stand, and origin and key id where the header has them.',
  );
  accepted(t);
  refusedOctets(t);
  refusedMembers(t);
  refusedHeaders(t);
  refusedWidths(t);
  refusedProofs(t);
  refusedUnprotected(t);
  return t.done();
}

/** Receipts that are read. */
function accepted(t) {
  const value = (
    bytesOfHeader,
    proof,
    { origin = ORIGIN, keyId = bytesOf(LOG.label), signature = null, root = ROOT } = {},
  ) => ({
    protectedHeader: base64(bytesOfHeader),
    signature: base64(signature ?? LOG.sign(sigStructure(bytesOfHeader, root))),
    origin,
    keyId: keyId === null ? null : base64(keyId),
    proof,
  });
  const included = (size, index, hashes) => ({ kind: 'inclusion', size, index, hashes: hashes.map(base64) });
  const extended = (oldSize, size, hashes) => ({
    kind: 'consistency',
    oldSize,
    size,
    hashes: hashes.map(base64),
  });
  const ok = (id, what, bytes, is, more) => t.accepted(id, what, octets(bytes), is, more);
  const plain = included(SIZE, INDEX, PATH);
  const grown = consistency(OLD, leaves(SIZE));
  ok('inclusion', 'a receipt of inclusion', GENUINE, value(headerOf(), plain));
  ok('consistency', 'a receipt of consistency', extension(), value(headerOf(), extended(OLD, SIZE, grown)));
  const sized = (size, root) => ({ header: headerOf({ size: [TREE_SIZE, integer(size)] }), root });
  for (const [id, what, size, index, hashes] of [
    ['index-0', 'the first entry', SIZE, 0, path(0, leaves(SIZE))],
    ['index-last', 'the last entry, whose path is short', SIZE, 12, path(12, leaves(SIZE))],
    ['size-256', 'a size that takes two octets', 256, 255, path(255, leaves(256))],
    ['2-53-minus-1', 'a size of 2^53 - 1', 9007199254740991, 9007199254740990, PATH],
    ['63-hashes', '63 hashes', SIZE, INDEX, Array(63).fill(ROOT)],
    [
      'index-outside',
      'an index outside of the tree, which only matters once it is verified',
      SIZE,
      SIZE,
      PATH,
    ],
  ]) {
    const of = sized(size, ROOT);
    const unprotected = proofsOf(INCLUSION, proofOf(size, index, hashes));
    ok(id, what, receipt({ ...of, unprotected }), value(of.header, included(size, index, hashes)));
  }
  const one = sized(1, mth(leaves(1)));
  ok(
    'one-entry',
    'a tree of one entry, whose path is empty',
    receipt({ ...one, unprotected: proofsOf(INCLUSION, proofOf(1, 0, [])) }),
    value(one.header, included(1, 0, []), { root: one.root }),
    profile('empty-path'),
  );
  ok(
    'same-tree',
    'consistency of a tree with itself',
    extension({ proof: proofOf(SIZE, SIZE, []) }),
    value(headerOf(), extended(SIZE, SIZE, [])),
    profile('empty-path'),
  );
  for (const [id, what, label, more] of [
    ['text', 'a text', UNKNOWN, textString('x')],
    ['nothing', 'null', UNKNOWN, NULL],
    ['truth', 'true', UNKNOWN, Buffer.from([0xf5])],
    ['u64', '2^64 - 1', UNKNOWN, integer(2n ** 64n - 1n)],
    ['minus-2-64', '-2^64', UNKNOWN, integer(-(2n ** 64n))],
    ['nested', 'lists and maps', UNKNOWN, array([map([[integer(1), array([])]])])],
    ['tag', 'a tag', UNKNOWN, tagged(1, integer(0))],
  ]) {
    const header = headerOf({}, [label, more]);
    ok(
      `other-header-${id}`,
      `a protected header that nobody knows: ${what}`,
      receipt({ header }),
      value(header, plain),
    );
  }
  for (const length of [0, 63, 65]) {
    const signature = Buffer.alloc(length, 1);
    ok(
      `signature-${length}`,
      `a signature of ${length} octets, which only matters once it is verified`,
      receipt({ signature }),
      value(headerOf(), plain, { signature }),
    );
  }
  const foreign = (id, what, replaced, has = {}) =>
    ok(
      `unprotected-${id}`,
      what,
      receipt(replaced),
      value(replaced.header ?? headerOf(), plain, has),
      UNPROTECTED,
    );
  foreign('none', 'a reader that would take less takes what is protected', {});
  foreign(
    'rfc-9942',
    'algorithm and structure, and nothing else',
    { header: map([HEADER.alg, HEADER.structure]) },
    { origin: null, keyId: null },
  );
  foreign('unsorted', 'keys in another order', { header: map(Object.values(HEADER).reverse()) });
  foreign('origin', 'no origin', { header: headerOf({ claims: null }) }, { origin: null });
  foreign(
    'claims',
    'claims without an issuer',
    { header: headerOf({ claims: [CLAIMS, map([[integer(2), textString('x')]])] }) },
    { origin: null },
  );
  foreign('size', 'no size', { header: headerOf({ size: null }) });
  foreign('kid', 'no key id', { header: headerOf({ kid: null }) }, { keyId: null });
  foreign(
    'others',
    'unprotected headers besides the proofs',
    { header: headerOf({ kid: null }), unprotected: withProofs(HEADER.kid, [integer(33), byteString([1])]) },
    { keyId: null },
  );
}

/** What a reader refuses also when it takes receipts that leave origin and size unprotected. */
function refusedUnprotected(t) {
  const { bad } = refusals(t);
  const badForeign = (id, what, replaced, code, more = {}) =>
    bad(`unprotected-${id}`, what, replaced, code, { ...UNPROTECTED, ...more });
  badForeign('alg-missing', 'no algorithm', { header: map([HEADER.structure]) }, UNSUPPORTED);
  badForeign('structure-missing', 'no structure', { header: map([HEADER.alg]) }, UNSUPPORTED);
  badForeign(
    'doubled',
    'the algorithm twice',
    { header: map([HEADER.alg, HEADER.structure, HEADER.alg]) },
    CBOR,
    DOUBLED,
  );
  badForeign(
    'wide',
    'an algorithm in more octets than it needs',
    { header: map([[ALG, integer(-8, 1)], HEADER.structure]) },
    CBOR,
    DETERMINISTIC,
  );
  badForeign(
    'size-mismatch',
    'a protected size that is not that of the proof',
    { header: headerOf({ size: [TREE_SIZE, integer(14)] }) },
    'cose/size-mismatch',
  );
  badForeign(
    'origin-number',
    'a number as origin',
    { header: headerOf({ claims: [CLAIMS, map([[integer(1), integer(1)]])] }) },
    MALFORMED,
  );
  badForeign(
    'critical',
    'a critical header',
    { header: map([HEADER.alg, HEADER.structure, [CRIT, array([integer(99)])]]) },
    MALFORMED,
  );
  badForeign(
    'critical-outside',
    'a critical header that is not protected, where it must be',
    { header: map([HEADER.alg, HEADER.structure]), unprotected: withProofs([CRIT, array([integer(99)])]) },
    MALFORMED,
    { source: 'RFC 9052 §3.1' },
  );
  badForeign(
    'in-both',
    'an algorithm that is protected, and another that is not',
    { header: map([HEADER.alg, HEADER.structure]), unprotected: withProofs([ALG, integer(-7)]) },
    MALFORMED,
    { source: 'RFC 9052 §3' },
  );
  badForeign(
    'proofs-missing',
    'no proofs',
    { header: map([HEADER.alg, HEADER.structure]), unprotected: map([]) },
    MALFORMED,
  );
  badForeign(
    'payload',
    'an attached payload',
    { header: map([HEADER.alg, HEADER.structure]), payload: byteString(ROOT) },
    'cose/payload-attached',
    profile('detached-payload'),
  );
}
