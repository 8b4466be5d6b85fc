/** COSE receipts as they are verified: of inclusion, and of consistency. */
import { array, byteString, integer, map, tagged, textString } from '../cbor.mjs';
import { identitySignature, littleEndian, ORDER, scalarOf } from '../curve.mjs';
import {
  base64,
  bytesOf,
  consistency,
  keyNamed,
  LOG,
  leaves,
  mth,
  NOTE,
  ORIGIN,
  OTHER_LOG,
  octets,
  path,
  profile,
  ROOT,
  SIZE,
  STRANGER,
  table,
} from '../make.mjs';
import {
  CLAIMS,
  ENTRY,
  extension,
  GENUINE,
  HEADER,
  headerOf,
  INCLUSION,
  INDEX,
  KID,
  MALFORMED,
  OLD,
  PATH,
  proofOf,
  proofsOf,
  receipt,
  sigStructure,
  TREE_SIZE,
  UNKNOWN,
} from './parts.mjs';

const FORGED = 'cose/signature-invalid';
const ANOTHER = keyNamed(ORIGIN, 1, 2);

/** Signatures under which no receipt may pass, for a receipt whose signed bytes are these. */
function* badSignatures(header, root) {
  const message = sigStructure(header, root);
  const genuine = LOG.sign(message);
  const flipped = at => {
    const bytes = Buffer.from(genuine);
    bytes[at] ^= 1;
    return bytes;
  };
  yield ['flipped-first', 'a flipped bit at its start', flipped(0)];
  yield ['flipped-last', 'a flipped bit at its end', flipped(63)];
  yield ['empty', 'nothing', Buffer.alloc(0)];
  yield ['63', 'an octet too few', genuine.subarray(0, -1)];
  yield ['65', 'an octet too many', Buffer.concat([genuine, Buffer.alloc(1)])];
  yield ['zeros', 'zeros', Buffer.alloc(64)];
  yield ['stranger', "a stranger's signature", STRANGER.sign(message)];
  yield ['root-alone', 'a signature of the root alone', LOG.sign(root)];
  yield [
    'note',
    "the signature of the log's checkpoint",
    Buffer.from(NOTE.trimEnd().split(' ').at(-1), 'base64').subarray(4),
  ];
  yield ['context', 'signed as COSE_Sign', LOG.sign(sigStructure(header, root, 'Signature'))];
  yield [
    'external',
    'signed with external data',
    LOG.sign(sigStructure(header, root, 'Signature1', bytesOf('x'))),
  ];
  yield [
    'unwrapped',
    'signed over a header that is no byte string',
    LOG.sign(array([textString('Signature1'), header, byteString([]), byteString(root)])),
  ];
  yield [
    'root-base64',
    'signed over the root in base64',
    LOG.sign(sigStructure(header, bytesOf(base64(root)))),
  ];
  yield ['tagged', 'signed with the tag of COSE_Sign1', LOG.sign(tagged(18, message))];
  yield [
    's-unreduced',
    'S plus the order of the group',
    Buffer.concat([genuine.subarray(0, 32), littleEndian(scalarOf(genuine.subarray(32)) + ORDER)]),
    { source: 'RFC 8032 §5.1.7' },
  ];
  yield [
    'r-identity',
    'R the identity, and S that fits',
    identitySignature(1, message),
    profile('sound-signatures'),
  ];
}

export function coseInclusions() {
  const t = table(
    'cose-inclusion',
    'RFC 9942 §5.2',
    'COSE receipts of inclusion, with the key of the log and the entry. The value says which tree the log has signed, and where in it the entry stands.',
  );
  const of = (more = {}) => ({ context: { keys: [LOG.vkey], entry: base64(ENTRY), ...more } });
  const about = (size, index, root) => ({ origin: ORIGIN, size, root: base64(root), index });
  for (const size of [1, 2, 3, 7, 8, SIZE])
    for (const index of new Set([0, size >> 1, size - 1])) {
      const root = mth(leaves(size));
      const made = receipt({
        header: headerOf({ size: [TREE_SIZE, integer(size)] }),
        unprotected: proofsOf(INCLUSION, proofOf(size, index, path(index, leaves(size)))),
        root,
      });
      t.accepted(`${index}-of-${size}`, `entry ${index} of ${size}`, octets(made), about(size, index, root), {
        ...of({ entry: base64(bytesOf(`entry ${index}`)) }),
        ...(size === 1 && profile('empty-path')),
      });
    }
  const header = headerOf({}, [UNKNOWN, textString('x')]);
  t.accepted(
    'other-header',
    'a protected header that nobody knows',
    octets(receipt({ header })),
    about(SIZE, INDEX, ROOT),
    of(),
  );
  const bare = map([HEADER.alg, HEADER.structure]);
  t.accepted(
    'unprotected',
    'algorithm and structure alone, for a reader that takes it',
    octets(receipt({ header: bare })),
    about(SIZE, INDEX, ROOT),
    of({ unprotected: true }),
  );

  const bad = (id, what, bytes, code, more = {}, source = {}) =>
    t.refused(id, what, octets(bytes), code, { ...of(more), ...source });
  const withProof = (size, index, hashes) =>
    receipt({ unprotected: proofsOf(INCLUSION, proofOf(size, index, hashes)) });
  bad('entry-other', 'another entry', GENUINE, FORGED, { entry: base64(bytesOf('entry 6')) });
  bad('entry-empty', 'an empty entry', GENUINE, FORGED, { entry: '' });
  bad('entry-newline', 'the entry with a newline after it', GENUINE, FORGED, {
    entry: base64(bytesOf(`entry ${INDEX}\n`)),
  });
  bad('entry-is-node', 'two hashes as entry, whose hash is that of a node', GENUINE, FORGED, {
    entry: base64(Buffer.concat([leaves(SIZE)[4], leaves(SIZE)[5]])),
  });
  bad('index-other', 'another index', withProof(SIZE, 4, PATH), FORGED);
  bad('index-outside', 'an index that is the size', withProof(SIZE, SIZE, PATH), 'tree/index-out-of-range');
  bad(
    'index-2-53-minus-1',
    'an index of 2^53 - 1',
    withProof(SIZE, 9007199254740991, PATH),
    'tree/index-out-of-range',
  );
  bad(
    'size-0',
    'an empty tree',
    receipt({
      header: headerOf({ size: [TREE_SIZE, integer(0)] }),
      unprotected: proofsOf(INCLUSION, proofOf(0, 0, [])),
    }),
    'tree/index-out-of-range',
  );
  bad('hashes-none', 'no hashes', withProof(SIZE, INDEX, []), 'tree/inclusion-invalid');
  bad('hashes-fewer', 'a hash too few', withProof(SIZE, INDEX, PATH.slice(1)), 'tree/inclusion-invalid');
  bad('hashes-more', 'a hash too many', withProof(SIZE, INDEX, [...PATH, ROOT]), 'tree/inclusion-invalid');
  bad('hashes-63', '63 hashes', withProof(SIZE, INDEX, Array(63).fill(ROOT)), 'tree/inclusion-invalid');
  bad('hashes-reversed', 'the hashes from the root down', withProof(SIZE, INDEX, PATH.toReversed()), FORGED);
  bad('hash-zero', 'a hash of zeros', withProof(SIZE, INDEX, PATH.with(0, Buffer.alloc(32))), FORGED);
  bad(
    'size-relabelled',
    'header and proof say 14, the signature is of 13',
    receipt({
      header: headerOf({ size: [TREE_SIZE, integer(14)] }),
      unprotected: proofsOf(INCLUSION, proofOf(14, INDEX, PATH)),
      signature: LOG.sign(sigStructure(headerOf(), ROOT)),
    }),
    FORGED,
  );
  bad(
    'header-added',
    'a protected header that was not signed',
    receipt({ header, signature: LOG.sign(sigStructure(headerOf(), ROOT)) }),
    FORGED,
  );
  bad(
    'header-removed',
    'a protected header that was signed and is gone',
    receipt({ signature: LOG.sign(sigStructure(header, ROOT)) }),
    FORGED,
  );
  for (const [id, what, signature, source] of badSignatures(headerOf(), ROOT))
    bad(`signature-${id}`, `the signature: ${what}`, receipt({ signature }), FORGED, {}, source);
  bad('kind', 'a receipt of consistency', extension(), MALFORMED);
  bad('log-other', 'the key of another log', GENUINE, 'checkpoint/origin-mismatch', {
    keys: [OTHER_LOG.vkey],
  });
  bad('log-same-name', 'another key of the same name', GENUINE, 'cose/key-unknown', { keys: [ANOTHER.vkey] });
  const from = (origin, keyId = LOG.label) =>
    receipt({
      header: headerOf({
        claims: [CLAIMS, map([[integer(1), textString(origin)]])],
        kid: [KID, byteString(bytesOf(keyId))],
      }),
    });
  bad('origin-other', 'another origin', from(OTHER_LOG.name), 'checkpoint/origin-mismatch');
  bad('origin-empty', 'an empty origin', from(''), 'checkpoint/origin-mismatch');
  bad('origin-space', 'an origin with a space after it', from(`${ORIGIN} `), 'checkpoint/origin-mismatch');
  bad(
    'origin-newline',
    'an origin with a newline after it',
    from(`${ORIGIN}\n`),
    'checkpoint/origin-mismatch',
  );
  bad(
    'origin-upper-case',
    'an origin in upper case',
    from(ORIGIN.toUpperCase()),
    'checkpoint/origin-mismatch',
  );
  bad('kid-other', 'the id of another key', from(ORIGIN, OTHER_LOG.label), 'cose/key-unknown');
  bad('kid-empty', 'an empty key id', from(ORIGIN, ''), 'cose/key-unknown');
  bad('kid-newline', 'a key id with a newline after it', from(ORIGIN, `${LOG.label}\n`), 'cose/key-unknown');
  bad(
    'kid-upper-case',
    'a key id in upper case',
    from(ORIGIN, `${LOG.name}+${LOG.id.toString('hex').toUpperCase()}`),
    'cose/key-unknown',
  );
  bad(
    'kid-number',
    'the four octets of the key id alone',
    receipt({ header: headerOf({ kid: [KID, byteString(LOG.id)] }) }),
    'cose/key-unknown',
  );
  bad(
    'rfc-9942',
    'algorithm and structure alone',
    receipt({ header: bare }),
    'cose/origin-unprotected',
    {},
    profile('protected-header'),
  );
  const allowed = { unprotected: true };
  bad(
    'unprotected-origin',
    'a protected origin of another log, for a reader that needs none',
    from(OTHER_LOG.name),
    'checkpoint/origin-mismatch',
    allowed,
  );
  bad(
    'unprotected-entry',
    'another entry, for a reader that needs neither origin nor size',
    receipt({ header: bare }),
    FORGED,
    { ...allowed, entry: base64(bytesOf('entry 6')) },
  );
  bad(
    'unprotected-log',
    'the key of another log, where no origin is protected',
    receipt({ header: bare }),
    FORGED,
    { ...allowed, keys: [OTHER_LOG.vkey] },
  );
  return t.done();
}

export function coseConsistencies() {
  const t = table(
    'cose-consistency',
    'RFC 9942 §5.3',
    'COSE receipts of consistency, with the key of the log and the older tree. The value says which tree the log has signed.',
  );
  const old = (size, root = mth(leaves(size))) => ({ oldSize: size, oldRoot: base64(root) });
  const of = (more = {}) => ({ context: { keys: [LOG.vkey], ...old(OLD), ...more } });
  const value = { origin: ORIGIN, size: SIZE, root: base64(ROOT), oldSize: OLD };
  for (let size = 1; size <= SIZE; size++)
    t.accepted(
      `${size}-to-${SIZE}`,
      `from ${size} to ${SIZE} entries`,
      octets(extension({ proof: proofOf(size, SIZE, consistency(size, leaves(SIZE))) })),
      { ...value, oldSize: size },
      { ...of(old(size)), ...(size === SIZE && profile('empty-path')) },
    );
  const proof = consistency(OLD, leaves(SIZE));
  const INVALID = 'tree/consistency-invalid';
  const bad = (id, what, bytes, code, more = {}, source = {}) =>
    t.refused(id, what, octets(bytes), code, { ...of(more), ...source });
  const withProof = (from, to, hashes) => extension({ proof: proofOf(from, to, hashes) });
  bad('old-root', 'another older root', extension(), INVALID, old(OLD, Buffer.alloc(32)));
  bad('old-tree', 'another older tree', extension(), INVALID, old(8));
  bad('old-size', 'the older root under another size', extension(), INVALID, old(8, mth(leaves(OLD))));
  bad('old-size-in-proof', 'another older size in the proof', withProof(8, SIZE, proof), INVALID);
  bad('old-is-larger', 'an older tree that is larger', withProof(14, SIZE, proof), INVALID, old(14));
  bad(
    'old-is-empty',
    'an empty older tree, from which no root follows',
    withProof(0, SIZE, []),
    INVALID,
    old(0),
  );
  bad(
    'same-size-other-root',
    'a tree of the same size with another root',
    withProof(SIZE, SIZE, []),
    FORGED,
    old(SIZE, Buffer.alloc(32)),
  );
  bad(
    'same-size-with-proof',
    'a tree of the same size and hashes',
    withProof(SIZE, SIZE, proof),
    INVALID,
    old(SIZE),
  );
  bad('hashes-none', 'no hashes', withProof(OLD, SIZE, []), INVALID);
  bad('hashes-fewer', 'a hash too few', withProof(OLD, SIZE, proof.slice(0, -1)), INVALID);
  bad('hashes-more', 'a hash too many', withProof(OLD, SIZE, [...proof, ROOT]), INVALID);
  bad(
    'hash-first',
    'a hash that leads to another older root',
    withProof(OLD, SIZE, proof.with(0, Buffer.alloc(32))),
    INVALID,
  );
  bad(
    'hash-last',
    'a hash that leads to another newer root',
    withProof(OLD, SIZE, proof.with(-1, Buffer.alloc(32))),
    FORGED,
  );
  bad('inclusion', 'a receipt of inclusion', GENUINE, MALFORMED);
  bad('log-other', 'the key of another log', extension(), 'checkpoint/origin-mismatch', {
    keys: [OTHER_LOG.vkey],
  });
  bad('log-same-name', 'another key of the same name', extension(), 'cose/key-unknown', {
    keys: [ANOTHER.vkey],
  });
  bad(
    'rewritten',
    'a root that the log has signed, and to which the proof does not lead',
    extension({ root: Buffer.alloc(32, 1) }),
    FORGED,
  );
  for (const [id, what, signature, source] of badSignatures(headerOf(), ROOT))
    bad(`signature-${id}`, `the signature: ${what}`, extension({ signature }), FORGED, {}, source);
  return t.done();
}
