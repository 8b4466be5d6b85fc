/**
 * What the cases of COSE receipts are made of. The layout is that of spec/cose.md §1: a receipt of entry 5 of 13, of which every piece can
 * be replaced.
 */
import { array, byteString, integer, map, NULL, tagged, textString } from '../cbor.mjs';
import { bytesOf, consistency, LOG, leaves, ORIGIN, octets, path, profile, ROOT, SIZE } from '../make.mjs';

export const [MALFORMED, CBOR] = ['cose/malformed', 'cbor/malformed'];
export const UNSUPPORTED = 'cose/algorithm-unsupported';
export const DETERMINISTIC = profile('deterministic-cbor');
export const PROTECTED = profile('protected-header');
/** The label of the size is ours. */
export const OURS = { source: 'spec/cose.md §2' };
export const DOUBLED = { source: 'RFC 9052 §3' };
export const UNPROTECTED = { context: { unprotected: true } };

export const [ALG, CRIT, KID, CLAIMS, STRUCTURE, PROOFS] = [1, 2, 4, 15, 395, 396].map(label =>
  integer(label),
);
export const TREE_SIZE = textString('countersign.tree-size');
export const [INCLUSION, CONSISTENCY] = [integer(-1), integer(-2)];
export const INDEX = 5;
export const OLD = 7;
export const ENTRY = bytesOf(`entry ${INDEX}`);
export const PATH = path(INDEX, leaves(SIZE));

/** Entries of the protected header, in the order of their encodings. */
export const HEADER = {
  alg: [ALG, integer(-8)],
  kid: [KID, byteString(bytesOf(LOG.label))],
  claims: [CLAIMS, map([[integer(1), textString(ORIGIN)]])],
  structure: [STRUCTURE, integer(1)],
  size: [TREE_SIZE, integer(SIZE)],
};
/** The header with entries replaced, or left out where null stands in their place; further ones may follow. */
export const headerOf = (changes = {}, ...more) =>
  map([...Object.values({ ...HEADER, ...changes }).filter(entry => entry !== null), ...more]);
export const hashList = hashes => array(hashes.map(hash => byteString(hash)));
export const proofOf = (first, second, hashes) =>
  byteString(array([integer(first), integer(second), hashList(hashes)]));
export const inclusionProof = proofOf(SIZE, INDEX, PATH);
export const proofsOf = (kind, ...proofs) => map([[PROOFS, map([[kind, array(proofs)]])]]);

/** The entry of the unprotected header, and that header with more entries. */
export const GENUINE_PROOFS = [PROOFS, map([[INCLUSION, array([inclusionProof])]])];
export const withProofs = (...more) => map([GENUINE_PROOFS, ...more]);

/** `Sig_structure` of RFC 9052 §4.4. */
export const sigStructure = (header, payload, context = 'Signature1', external = Buffer.alloc(0)) =>
  array([textString(context), byteString(header), byteString(external), byteString(payload)]);

/** A receipt of entry 5 of 13 with some of its parts replaced: encoded, but for header and signature, which are not wrapped yet. */
export function receipt({
  header = headerOf(),
  unprotected = proofsOf(INCLUSION, inclusionProof),
  payload = NULL,
  root = ROOT,
  by = LOG,
  signature = by.sign(sigStructure(header, root)),
} = {}) {
  return tagged(18, array([byteString(header), unprotected, payload, byteString(signature)]));
}
/** A receipt of consistency between the trees of 7 and 13 entries, with its proof replaced. */
export const extension = ({ proof = proofOf(OLD, SIZE, consistency(OLD, leaves(SIZE))), ...more } = {}) =>
  receipt({ ...more, unprotected: proofsOf(CONSISTENCY, proof) });

export const GENUINE = receipt();
/** A label that nobody knows; it comes after all others. */
export const UNKNOWN = textString('unknown label of nobody ');

/** The members of a COSE_Sign1, and what they make. */
export const MEMBERS = [
  byteString(headerOf()),
  proofsOf(INCLUSION, inclusionProof),
  NULL,
  byteString(Buffer.alloc(64)),
];
export const sign1 = (list, tag = 18) => tagged(tag, array(list));

/** The two ways to refuse: octets, and a receipt with some parts replaced. */
export function refusals(t) {
  const refuse = (id, what, bytes, code, more) =>
    t.refused(id, what, Buffer.isBuffer(bytes) ? octets(bytes) : bytes, code, more);
  const bad = (id, what, replaced, code = MALFORMED, more = {}) =>
    refuse(id, what, receipt(replaced), code, more);
  return { refuse, bad };
}
