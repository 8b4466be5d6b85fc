/** COSE receipts whose protected header is wrong. */
import { array, byteString, integer, map, NULL, tagged, textString } from '../cbor.mjs';
import { bytesOf, LOG, ORIGIN, profile, SIZE } from '../make.mjs';
import {
  ALG,
  CBOR,
  CLAIMS,
  CRIT,
  DETERMINISTIC,
  DOUBLED,
  GENUINE_PROOFS,
  HEADER,
  hashList,
  headerOf,
  INCLUSION,
  INDEX,
  inclusionProof,
  KID,
  MALFORMED,
  MEMBERS,
  OURS,
  PATH,
  PROOFS,
  PROTECTED,
  proofsOf,
  refusals,
  STRUCTURE,
  TREE_SIZE,
  UNKNOWN,
  UNSUPPORTED,
} from './parts.mjs';

/** Wrong protected headers. */
export function refusedHeaders(t) {
  const { bad } = refusals(t);
  bad('header-empty', 'an empty protected header', { header: Buffer.alloc(0) }, CBOR);
  bad('header-empty-map', 'an empty map as protected header', { header: map([]) }, UNSUPPORTED);
  bad('header-list', 'a list as protected header', { header: array([]) });
  bad('header-null', 'null as protected header', { header: NULL });
  bad(
    'header-surplus',
    'an octet after the protected header',
    { header: Buffer.concat([headerOf(), NULL]) },
    CBOR,
  );
  bad('header-truncated', 'a protected header that is cut off', { header: headerOf().subarray(0, -1) }, CBOR);
  for (const name of Object.keys(HEADER))
    bad(
      `header-doubled-${name}`,
      `the header ${name} twice`,
      {
        header: map(
          Object.entries(HEADER).flatMap(([own, entry]) => (own === name ? [entry, entry] : [entry])),
        ),
      },
      CBOR,
      DOUBLED,
    );
  bad(
    'header-doubled-differ',
    'two algorithms',
    {
      header: map([HEADER.alg, [ALG, integer(-7)], HEADER.kid, HEADER.claims, HEADER.structure, HEADER.size]),
    },
    CBOR,
    DOUBLED,
  );
  bad(
    'header-doubled-wide',
    'the algorithm twice, once under a label in two octets',
    {
      header: map([
        HEADER.alg,
        [integer(1, 1), integer(-7)],
        HEADER.kid,
        HEADER.claims,
        HEADER.structure,
        HEADER.size,
      ]),
    },
    CBOR,
    DOUBLED,
  );
  bad(
    'header-unsorted',
    'keys in another order',
    { header: map(Object.values(HEADER).reverse()) },
    CBOR,
    DETERMINISTIC,
  );
  bad(
    'header-length-first',
    'keys in the order of RFC 7049, the shorter encodings first',
    {
      header: map([
        HEADER.alg,
        HEADER.kid,
        HEADER.claims,
        [textString('z'), NULL],
        HEADER.structure,
        HEADER.size,
      ]),
    },
    CBOR,
    DETERMINISTIC,
  );
  for (const [id, what, entry] of [
    ['bytes', 'a byte string', [byteString([1]), NULL]],
    ['list', 'a list', [array([]), NULL]],
    ['null', 'null', [NULL, NULL]],
  ])
    bad(`label-${id}`, `as label: ${what}`, { header: headerOf({}, entry) }, CBOR, {
      source: 'RFC 9052 §1.5',
    });
  for (const [id, what, encoded] of [
    ['half', 'a number of 16 bits', 'f94a80'],
    ['single', 'a number of 32 bits', 'fa41500000'],
    ['double', 'a number of 64 bits', 'fb402a000000000000'],
    ['undefined', 'undefined', 'f7'],
    ['simple-0', 'the simple value 0', 'e0'],
    ['simple-255', 'the simple value 255', 'f8ff'],
  ])
    bad(
      `value-${id}`,
      `in a header that nobody knows: ${what}`,
      { header: headerOf({}, [UNKNOWN, Buffer.from(encoded, 'hex')]) },
      CBOR,
      DETERMINISTIC,
    );
  for (const [id, what, encoded] of [
    ['reserved-28', 'the reserved form 28', '1c'],
    ['reserved-30', 'the reserved form 30', '5e'],
    ['simple-wide', 'true in two octets', 'f815'],
    ['break', 'a break', 'ff'],
  ])
    bad(
      `value-${id}`,
      `in a header that nobody knows: ${what}`,
      { header: headerOf({}, [UNKNOWN, Buffer.from(encoded, 'hex')]) },
      CBOR,
      { source: 'RFC 8949 §3' },
    );
  for (const [id, what, encoded] of [
    ['bytes', 'a byte string', '5f4101ff'],
    ['text', 'a text', '7f6161ff'],
    ['list', 'a list', '9f01ff'],
    ['map', 'a map', 'bf0101ff'],
  ])
    bad(
      `indefinite-${id}`,
      `in a header that nobody knows: ${what} of indefinite length`,
      { header: headerOf({}, [UNKNOWN, Buffer.from(encoded, 'hex')]) },
      CBOR,
      DETERMINISTIC,
    );
  for (const [id, what, text] of [
    ['continuation', 'a continuation octet alone', [0x80]],
    ['overlong', 'an overlong slash', [0xc0, 0xaf]],
    ['surrogate', 'an encoded surrogate', [0xed, 0xa0, 0x80]],
    ['over-10ffff', 'a code point over U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['cut-off', 'a character that is cut off', [0xe2, 0x80]],
  ])
    bad(
      `utf-8-${id}`,
      `an origin with ${what}`,
      { header: headerOf({ claims: [CLAIMS, map([[integer(1), textString(text)]])] }) },
      CBOR,
    );
  bad(
    'critical',
    'a critical header',
    {
      header: map([
        HEADER.alg,
        [CRIT, array([integer(99)])],
        HEADER.kid,
        HEADER.claims,
        HEADER.structure,
        HEADER.size,
      ]),
    },
    MALFORMED,
    { source: 'RFC 9052 §3.1' },
  );
  for (const [id, what, alg] of [
    ['es256', 'ES256', integer(-7)],
    ['ed25519', 'Ed25519 by the number of RFC 9864', integer(-19)],
    ['8', '8', integer(8)],
    ['name', 'EdDSA by its name', textString('EdDSA')],
    ['decimal', '-8 as text', textString('-8')],
    ['null', 'null', NULL],
  ])
    bad(
      `alg-${id}`,
      `as algorithm: ${what}`,
      { header: headerOf({ alg: [ALG, alg] }) },
      UNSUPPORTED,
      id === 'es256' || id === 'ed25519' ? profile('one-algorithm') : {},
    );
  bad('alg-missing', 'no algorithm', { header: headerOf({ alg: null }) }, UNSUPPORTED);
  bad(
    'alg-unprotected',
    'an algorithm that is not protected',
    {
      header: headerOf({ alg: null }),
      unprotected: map([HEADER.alg, GENUINE_PROOFS]),
    },
    UNSUPPORTED,
  );
  for (const [id, what, structure] of [
    ['0', '0', integer(0)],
    ['2', 'CCF, which is 2', integer(2)],
    ['text', '1 as text', textString('1')],
    ['list', 'a list with 1', array([integer(1)])],
  ])
    bad(
      `structure-${id}`,
      `as structure: ${what}`,
      { header: headerOf({ structure: [STRUCTURE, structure] }) },
      UNSUPPORTED,
    );
  bad('structure-missing', 'no structure', { header: headerOf({ structure: null }) }, UNSUPPORTED);
  bad('kid-missing', 'no key id', { header: headerOf({ kid: null }) }, MALFORMED, PROTECTED);
  bad('kid-text', 'a key id as text', { header: headerOf({ kid: [KID, textString(LOG.label)] }) });
  bad('kid-null', 'null as key id', { header: headerOf({ kid: [KID, NULL] }) });
  const claims = (...entries) => ({ header: headerOf({ claims: [CLAIMS, map(entries)] }) });
  bad(
    'origin-missing',
    'no claims',
    { header: headerOf({ claims: null }) },
    'cose/origin-unprotected',
    PROTECTED,
  );
  bad(
    'origin-no-issuer',
    'claims without an issuer',
    claims([integer(2), textString(ORIGIN)]),
    'cose/origin-unprotected',
    PROTECTED,
  );
  bad(
    'origin-unprotected',
    'claims that are not protected',
    {
      header: headerOf({ claims: null }),
      unprotected: map([HEADER.claims, GENUINE_PROOFS]),
    },
    'cose/origin-unprotected',
    PROTECTED,
  );
  bad('origin-bytes', 'an origin in a byte string', claims([integer(1), byteString(bytesOf(ORIGIN))]));
  bad('origin-number', 'a number as origin', claims([integer(1), integer(1)]));
  bad('origin-null', 'null as origin', claims([integer(1), NULL]));
  bad(
    'origin-doubled',
    'two origins',
    claims([integer(1), textString(ORIGIN)], [integer(1), textString(ORIGIN)]),
    CBOR,
    DOUBLED,
  );
  bad('claims-text', 'the origin in place of the claims', {
    header: headerOf({ claims: [CLAIMS, textString(ORIGIN)] }),
  });
  bad('claims-wrapped', 'claims in a byte string', {
    header: headerOf({ claims: [CLAIMS, byteString(map([[integer(1), textString(ORIGIN)]]))] }),
  });
  bad('size-missing', 'no size', { header: headerOf({ size: null }) }, 'cose/size-unprotected', PROTECTED);
  bad(
    'size-unprotected',
    'a size that is not protected',
    {
      header: headerOf({ size: null }),
      unprotected: map([GENUINE_PROOFS, HEADER.size]),
    },
    'cose/size-unprotected',
    PROTECTED,
  );
  for (const [id, what, size] of [
    ['14', 'one more than the size of the proof', integer(14)],
    ['12', 'one less', integer(12)],
    ['0', '0', integer(0)],
    ['minus', '-13', integer(-13)],
    ['text', '13 as text', textString('13')],
    ['hexadecimal', '0xd as text', textString('0xd')],
    ['empty', 'an empty text', textString('')],
    ['bytes', '13 in a byte string', byteString([13])],
    ['bignum', '13 as a bignum', tagged(2, byteString([13]))],
    ['null', 'null', NULL],
    ['2-64-minus-1', '2^64 - 1', integer(2n ** 64n - 1n)],
  ])
    bad(
      `size-${id}`,
      `as size: ${what}`,
      { header: headerOf({ size: [TREE_SIZE, size] }) },
      'cose/size-mismatch',
      OURS,
    );
  bad(
    'size-float',
    'as size: 13.0',
    { header: headerOf({ size: [TREE_SIZE, Buffer.from('f94a80', 'hex')] }) },
    CBOR,
    DETERMINISTIC,
  );
}

/** Arguments in more octets than they need: the leading zeros of CBOR. */
export function refusedWidths(t) {
  const { bad, refuse } = refusals(t);
  const wide = (id, what, replaced) =>
    bad(`wide-${id}`, `in more octets than it needs: ${what}`, replaced, CBOR, DETERMINISTIC);
  for (const width of [1, 2, 4, 8]) {
    wide(`size-${width}`, `the size in ${width}`, {
      header: headerOf({ size: [TREE_SIZE, integer(SIZE, width)] }),
    });
    wide(`index-${width}`, `the index in ${width}`, {
      unprotected: proofsOf(
        INCLUSION,
        byteString(array([integer(SIZE), integer(INDEX, width), hashList(PATH)])),
      ),
    });
  }
  wide('alg', 'the algorithm', { header: headerOf({ alg: [ALG, integer(-8, 1)] }) });
  wide('label', 'a label', { header: headerOf({ structure: [integer(395, 4), integer(1)] }) });
  wide('text', 'the length of a text', {
    header: headerOf({ size: [textString('countersign.tree-size', 1), integer(SIZE)] }),
  });
  wide('header', 'the number of headers', { header: map(Object.values(HEADER), 1) });
  wide('hash', 'the length of a hash', {
    unprotected: proofsOf(
      INCLUSION,
      byteString(array([integer(SIZE), integer(INDEX), array(PATH.map(hash => byteString(hash, 2)))])),
    ),
  });
  wide('hashes', 'the number of hashes', {
    unprotected: proofsOf(
      INCLUSION,
      byteString(
        array([
          integer(SIZE),
          integer(INDEX),
          array(
            PATH.map(hash => byteString(hash)),
            1,
          ),
        ]),
      ),
    ),
  });
  wide('proofs', 'the number of proofs', {
    unprotected: map([[PROOFS, map([[INCLUSION, array([inclusionProof], 1)]])]]),
  });
  refuse(
    'wide-tag',
    'in more octets than it needs: the tag',
    tagged(18, array(MEMBERS), 1),
    CBOR,
    DETERMINISTIC,
  );
  refuse(
    'wide-members',
    'in more octets than it needs: the number of members',
    tagged(18, array(MEMBERS, 1)),
    CBOR,
    DETERMINISTIC,
  );
  refuse(
    'indefinite-members',
    'a list of members of indefinite length',
    tagged(18, Buffer.concat([Buffer.from([0x9f]), ...MEMBERS, Buffer.from([0xff])])),
    CBOR,
    DETERMINISTIC,
  );
  refuse(
    'indefinite-header',
    'a protected header of indefinite length',
    tagged(
      18,
      array([Buffer.concat([Buffer.from([0x5f]), MEMBERS[0], Buffer.from([0xff])]), ...MEMBERS.slice(1)]),
    ),
    CBOR,
    DETERMINISTIC,
  );
}
