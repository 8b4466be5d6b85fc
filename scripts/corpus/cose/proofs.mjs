/** COSE receipts whose unprotected header is wrong, or the proof in it. */
import { array, byteString, integer, map, NULL, tagged, textString } from '../cbor.mjs';
import { base64, consistency, leaves, OVER_LIMIT, profile, ROOT, SIZE } from '../make.mjs';
import {
  CBOR,
  CONSISTENCY,
  DETERMINISTIC,
  DOUBLED,
  GENUINE_PROOFS,
  hashList,
  headerOf,
  INCLUSION,
  INDEX,
  inclusionProof,
  MALFORMED,
  OLD,
  OURS,
  PATH,
  PROOFS,
  PROTECTED,
  proofOf,
  proofsOf,
  refusals,
  TREE_SIZE,
} from './parts.mjs';

/** Wrong unprotected headers, and wrong proofs in them. */
export function refusedProofs(t) {
  const { bad } = refusals(t);
  const proof = (id, what, ...list) =>
    bad(`proof-${id}`, what, { unprotected: proofsOf(INCLUSION, ...list) });
  const proofMade = (id, what, ...list) => proof(id, what, byteString(array(list)));
  bad('proofs-missing', 'no unprotected headers', { unprotected: map([]) });
  bad('proofs-other-label', 'the proofs under another label', {
    unprotected: map([[integer(397), map([[INCLUSION, array([inclusionProof])]])]]),
  });
  bad(
    'proofs-and-more',
    'an unprotected header besides the proofs',
    {
      unprotected: map([[integer(33), byteString([1])], GENUINE_PROOFS]),
    },
    MALFORMED,
    PROTECTED,
  );
  bad(
    'proofs-doubled',
    'the proofs twice',
    {
      unprotected: map([GENUINE_PROOFS, GENUINE_PROOFS]),
    },
    CBOR,
    DOUBLED,
  );
  bad('proofs-list', 'the proofs as a list', { unprotected: map([[PROOFS, array([inclusionProof])]]) });
  bad('proofs-null', 'null in place of the proofs', { unprotected: map([[PROOFS, NULL]]) });
  bad('proofs-empty-map', 'no kind of proof', { unprotected: map([[PROOFS, map([])]]) });
  bad(
    'proofs-kind-doubled',
    'one kind of proof twice',
    {
      unprotected: map([
        [
          PROOFS,
          map([
            [INCLUSION, array([inclusionProof])],
            [INCLUSION, array([inclusionProof])],
          ]),
        ],
      ]),
    },
    CBOR,
    DOUBLED,
  );
  bad(
    'proofs-both',
    'proofs of both kinds',
    {
      unprotected: map([
        [
          PROOFS,
          map([
            [INCLUSION, array([inclusionProof])],
            [CONSISTENCY, array([inclusionProof])],
          ]),
        ],
      ]),
    },
    MALFORMED,
    profile('one-proof'),
  );
  bad('proofs-kind-other', 'a proof of another kind', { unprotected: proofsOf(integer(-3), inclusionProof) });
  bad('proofs-kind-positive', 'the kind 1 in place of -1', {
    unprotected: proofsOf(integer(1), inclusionProof),
  });
  bad('proofs-kind-text', 'the kind as text', { unprotected: proofsOf(textString('-1'), inclusionProof) });
  bad('proofs-bare', 'a proof that is not in a list', {
    unprotected: map([[PROOFS, map([[INCLUSION, inclusionProof]])]]),
  });
  proof('none', 'an empty list of proofs');
  bad(
    'proof-two',
    'two proofs',
    { unprotected: proofsOf(INCLUSION, inclusionProof, inclusionProof) },
    MALFORMED,
    profile('one-proof'),
  );
  proof(
    'unwrapped',
    'a proof that is no byte string',
    array([integer(SIZE), integer(INDEX), hashList(PATH)]),
  );
  bad(
    'proof-empty',
    'an empty byte string as proof',
    { unprotected: proofsOf(INCLUSION, byteString([])) },
    CBOR,
  );
  bad(
    'proof-surplus',
    'an octet after the proof',
    {
      unprotected: proofsOf(
        INCLUSION,
        byteString(Buffer.concat([array([integer(SIZE), integer(INDEX), hashList(PATH)]), NULL])),
      ),
    },
    CBOR,
  );
  bad(
    'proof-truncated',
    'a proof that is cut off',
    {
      unprotected: proofsOf(
        INCLUSION,
        byteString(array([integer(SIZE), integer(INDEX), hashList(PATH)]).subarray(0, -1)),
      ),
    },
    CBOR,
  );
  proofMade('no-hashes', 'no list of hashes', integer(SIZE), integer(INDEX));
  proofMade('fourth-member', 'a fourth member', integer(SIZE), integer(INDEX), hashList(PATH), integer(0));
  proof('map', 'a map as proof', byteString(map([[integer(1), integer(SIZE)]])));
  proofMade(
    'hashes-joined',
    'the hashes in one byte string',
    integer(SIZE),
    integer(INDEX),
    byteString(Buffer.concat(PATH)),
  );
  proofMade('hashes-null', 'null in place of the hashes', integer(SIZE), integer(INDEX), NULL);
  for (const [id, what, hash] of [
    ['31', 'a hash of 31 octets', byteString(ROOT.subarray(1))],
    ['33', 'a hash of 33 octets', byteString(Buffer.concat([ROOT, Buffer.alloc(1)]))],
    ['empty', 'an empty hash', byteString([])],
    ['text', 'a hash as text', textString('a'.repeat(32))],
    ['base64', 'a hash in base64', textString(base64(ROOT))],
    ['null', 'null in place of a hash', NULL],
  ])
    proofMade(
      `hash-${id}`,
      what,
      integer(SIZE),
      integer(INDEX),
      array([hash, ...PATH.slice(1).map(each => byteString(each))]),
    );
  bad(
    'proof-64-hashes',
    '64 hashes, more than any tree needs',
    { unprotected: proofsOf(INCLUSION, proofOf(SIZE, INDEX, Array(64).fill(ROOT))) },
    MALFORMED,
    profile('limits'),
  );
  for (const [id, what, number] of [
    ['minus', '-1', integer(-1)],
    ['text', 'a decimal as text', textString('5')],
    ['hexadecimal', '0x10 as text', textString('0x10')],
    ['leading-zero', '05 as text', textString('05')],
    ['empty-text', 'an empty text', textString('')],
    ['bytes', 'a byte string', byteString([5])],
    ['bignum', 'a bignum', tagged(2, byteString([5]))],
    ['null', 'null', NULL],
    ['true', 'true', Buffer.from([0xf5])],
  ])
    proofMade(`index-${id}`, `as index: ${what}`, integer(SIZE), number, hashList(PATH));
  bad(
    'proof-index-float',
    'as index: 5.0',
    {
      unprotected: proofsOf(
        INCLUSION,
        byteString(array([integer(SIZE), Buffer.from('f94500', 'hex'), hashList(PATH)])),
      ),
    },
    CBOR,
    DETERMINISTIC,
  );
  for (const [id, what, decimal] of OVER_LIMIT) {
    const number = integer(BigInt(decimal));
    const tree = byteString(array([number, integer(INDEX), hashList(PATH)]));
    bad(
      `limit-size-${id}`,
      `a size of ${what}`,
      { header: headerOf({ size: [TREE_SIZE, number] }), unprotected: proofsOf(INCLUSION, tree) },
      MALFORMED,
      profile('limits'),
    );
    bad(
      `limit-index-${id}`,
      `an index of ${what}`,
      { unprotected: proofsOf(INCLUSION, byteString(array([integer(SIZE), number, hashList(PATH)]))) },
      MALFORMED,
      profile('limits'),
    );
  }
  bad(
    'proof-size-14',
    'a proof about another size than the header',
    { unprotected: proofsOf(INCLUSION, proofOf(14, INDEX, PATH)) },
    'cose/size-mismatch',
    OURS,
  );
  bad(
    'proof-sizes-swapped',
    'the older size in the place of the newer one',
    { unprotected: proofsOf(CONSISTENCY, proofOf(SIZE, OLD, consistency(OLD, leaves(SIZE)))) },
    'cose/size-mismatch',
    OURS,
  );
}
