/**
 * What the tables of the corpus are made of: keys, notes, checkpoints and trees, written from the specifications and independent of
 * `src/`, so that an error there cannot hide by being made here too. Every key comes from a seed of one repeated byte: use none of them.
 */
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js';

const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

export const base64 = bytes => Buffer.from(bytes).toString('base64');
export const bytesOf = text => Buffer.from(text, 'utf8');
export const sha256 = (...parts) =>
  createHash('sha256')
    .update(Buffer.concat(parts.map(Buffer.from)))
    .digest();
export const u64 = value => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
};

/** Inputs: a text, octets, or parts that may be repeated, so that huge inputs stay small files. */
export const text = value => ({ text: value });
export const octets = (...parts) => ({
  base64: base64(
    Buffer.concat(parts.map(part => (typeof part === 'string' ? bytesOf(part) : Buffer.from(part)))),
  ),
});
export const parts = (...list) => ({ parts: list });

export const keyId = (name, type, publicKey) => sha256(bytesOf(name), [0x0a, type], publicKey).subarray(0, 4);
export const vkey = (name, type, publicKey) =>
  `${name}+${keyId(name, type, publicKey).toString('hex')}+${base64([type, ...publicKey])}`;

function key(name, type, seedByte) {
  const seed = Buffer.alloc(32, seedByte);
  const pair = type === 6 ? mlDsaPair(seed) : ed25519Pair(seed);
  const id = keyId(name, type, pair.publicKey);
  return {
    name,
    type,
    id,
    ...pair,
    label: `${name}+${id.toString('hex')}`,
    vkey: vkey(name, type, pair.publicKey),
  };
}

function ed25519Pair(seed) {
  const secret = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(-32);
  return { publicKey, sign: message => sign(null, message, secret) };
}

function mlDsaPair(seed) {
  const { publicKey, secretKey } = ml_dsa44.keygen(seed);
  const signMessage = message => Buffer.from(ml_dsa44.sign(message, secretKey, { extraEntropy: false }));
  return { publicKey: Buffer.from(publicKey), sign: signMessage };
}

export const ORIGIN = 'log.example/behind-the-sofa';
export const LOG = key(ORIGIN, 1, 1);
export const OTHER_LOG = key('log.example/other', 1, 2);
export const W1 = key('witness.example/w1', 4, 3);
export const W2 = key('witness.example/w2', 4, 4);
export const W3 = key('witness.example/w3', 4, 5);
export const W4 = key('witness.example/w4', 4, 6);
export const M1 = key('witness.example/m1', 6, 7);
export const M2 = key('witness.example/m2', 6, 8);
export const STRANGER = key('stranger.example', 1, 9);
export const KEYS = { LOG, OTHER_LOG, W1, W2, W3, W4, M1, M2, STRANGER };
export const keyNamed = (name, type, seedByte) => key(name, type, seedByte);

/** A signature line, its newline included. */
export const line = (name, id, signature) =>
  `\u2014 ${name} ${base64(Buffer.concat([Buffer.from(id), Buffer.from(signature)]))}\n`;
export const signed = (body, by = LOG) => line(by.name, by.id, by.sign(bytesOf(body)));

/** `timestamped_signature` of an Ed25519 cosigner. */
export function cosigned(body, time, by) {
  const signature = by.sign(bytesOf(`cosignature/v1\ntime ${time}\n${body}`));
  return line(by.name, by.id, Buffer.concat([u64(time), signature]));
}

/** `timestamped_signature` of an ML-DSA-44 cosigner, over a `cosigned_message`. */
export function mlDsaCosigned({ origin = ORIGIN, start = 0, size, root }, time, by, { name = by.name } = {}) {
  const message = Buffer.concat([
    bytesOf('subtree/v1\n\0'),
    short(name),
    u64(time),
    short(origin),
    u64(start),
    u64(size),
    root,
  ]);
  return line(by.name, by.id, Buffer.concat([u64(time), by.sign(message)]));
}

const short = value => Buffer.from([bytesOf(value).length, ...bytesOf(value)]);

/** The Merkle tree hash of RFC 6962 §2.1, word for word. */
export const leaf = entry => sha256([0], entry);
export const node = (left, right) => sha256([1], left, right);
export function mth(leaves) {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return leaves[0];
  const k = split(leaves.length);
  return node(mth(leaves.slice(0, k)), mth(leaves.slice(k)));
}
/** PATH(m, D[n]) of RFC 6962 §2.1.1. */
export function path(m, leaves) {
  if (leaves.length <= 1) return [];
  const k = split(leaves.length);
  return m < k
    ? [...path(m, leaves.slice(0, k)), mth(leaves.slice(k))]
    : [...path(m - k, leaves.slice(k)), mth(leaves.slice(0, k))];
}
/** PROOF(m, D[n]) of RFC 6962 §2.1.2; SUBPROOF with b. */
export function consistency(m, leaves, whole = true) {
  if (m === leaves.length) return whole ? [] : [mth(leaves)];
  const k = split(leaves.length);
  return m <= k
    ? [...consistency(m, leaves.slice(0, k), whole), mth(leaves.slice(k))]
    : [...consistency(m - k, leaves.slice(k), false), mth(leaves.slice(0, k))];
}
/** SUBTREE_SUBPROOF(start, end, D_n, b) of draft-ietf-plants-merkle-tree-certs §4.4.1. */
export function subtreeProof(start, end, leaves, known = true) {
  const n = leaves.length;
  if (start === 0 && end === n) return known ? [] : [mth(leaves)];
  const k = split(n);
  if (end <= k) return [...subtreeProof(start, end, leaves.slice(0, k), known), mth(leaves.slice(k))];
  if (k <= start)
    return [...subtreeProof(start - k, end - k, leaves.slice(k), known), mth(leaves.slice(0, k))];
  return [...subtreeProof(0, end - k, leaves.slice(k), false), mth(leaves.slice(0, k))];
}
function split(n) {
  let k = 1;
  while (2 * k < n) k *= 2;
  return k;
}

/** The tree of the corpus: entry `i` is the text `entry <i>`. */
export const leaves = size => Array.from({ length: size }, (_, i) => leaf(bytesOf(`entry ${i}`)));
export const SIZE = 13;
export const ROOT = mth(leaves(SIZE));
export const checkpoint = ({ origin = ORIGIN, size = SIZE, root = ROOT } = {}) =>
  `${origin}\n${size}\n${base64(root)}\n`;
export const BODY = checkpoint();
export const NOTE = `${BODY}\n${signed(BODY)}`;

/** How the same 32 octets must not be written; with what each is called. */
export function* badBase64(good) {
  if (!/^[A-Za-z0-9+/]+=$/.test(good)) throw new Error('needs base64 with one padding character');
  const bare = good.slice(0, -1);
  yield ['no-padding', 'base64 without its padding', bare];
  yield ['surplus-padding', 'base64 with one padding character too many', `${good}=`];
  yield [
    'padding-bits',
    'base64 with a bit set that stands for nothing',
    `${bare.slice(0, -1)}${nextDigit(bare.at(-1))}=`,
  ];
  yield ['leading-space', 'base64 after a space', ` ${good}`];
  yield ['trailing-space', 'base64 before a space', `${good} `];
  yield ['trailing-tab', 'base64 before a tab', `${good}\t`];
  yield ['carriage-return', 'base64 before a carriage return', `${good}\r`];
  yield ['inner-space', 'base64 with a space in it', `${good.slice(0, 20)} ${good.slice(20)}`];
  yield ['inner-padding', 'base64 with padding in the middle', `${good.slice(0, 20)}====${good.slice(20)}`];
  yield ['url-safe', 'the alphabet for URLs', urlSafe(good)];
  yield ['not-a-digit', 'a character of no alphabet', `${good.slice(0, 8)}!${good.slice(9)}`];
  yield ['not-ascii', 'a digit that only looks like one', `${good.slice(0, 8)}\uff21${good.slice(9)}`];
  yield ['hex', 'hexadecimal', Buffer.from(good, 'base64').toString('hex')];
  yield ['empty', 'nothing', ''];
}

/** The padding bits of a last digit are its lowest two. */
function nextDigit(digit) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  return alphabet[alphabet.indexOf(digit) + 1];
}

/** Written with `-` and `_`; where there is neither `+` nor `/` to replace, one digit becomes `-`. */
function urlSafe(good) {
  const other = good.replaceAll('+', '-').replaceAll('/', '_');
  return other === good ? `-${good.slice(1)}` : other;
}

/** How a decimal must not be written; `large` for those that no 2^53 holds. */
export const BAD_DECIMALS = [
  ['empty', 'nothing', ''],
  ['leading-zero', 'a leading zero', '013'],
  ['double-zero', 'zero written twice', '00'],
  ['plus', 'a plus', '+13'],
  ['minus', 'a minus', '-13'],
  ['minus-zero', 'minus zero', '-0'],
  ['hexadecimal', 'hexadecimal', '0x10'],
  ['octal', 'an octal prefix', '0o15'],
  ['exponent', 'an exponent', '1e3'],
  ['fraction', 'a fraction', '13.0'],
  ['underscore', 'digits with an underscore', '1_3'],
  ['comma', 'a thousands separator', '1,300'],
  ['leading-space', 'a space before', ' 13'],
  ['trailing-space', 'a space after', '13 '],
  ['tab', 'a tab after', '13\t'],
  ['carriage-return', 'a carriage return after', '13\r'],
  ['inner-space', 'a space inside', '1 3'],
  ['arabic-digits', 'digits of another script', '\u0661\u0663'],
  ['fullwidth-digits', 'full-width digits', '\uff11\uff13'],
  ['suffix-n', 'a big integer of a program', '13n'],
  ['infinity', 'infinity', 'Infinity'],
  ['nan', 'not a number', 'NaN'],
  ['2-64', '2^64, which no u64 holds', '18446744073709551616'],
  ['huge', 'a thousand digits', '9'.repeat(1000)],
];
/** Numbers that the specifications allow and that are over the limit of this corpus's profile. */
export const OVER_LIMIT = [
  ['2-53', '2^53', '9007199254740992'],
  ['2-53-plus-1', '2^53 + 1, which a double rounds', '9007199254740993'],
  ['2-63-minus-1', '2^63 - 1', '9223372036854775807'],
  ['2-63', '2^63', '9223372036854775808'],
  ['2-64-minus-1', '2^64 - 1', '18446744073709551615'],
];

/** One file of cases: collects them and refuses an id that is taken. */
export function table(kind, source, what) {
  const cases = [];
  const add = (id, what_, input, expect, more = {}) => {
    if (cases.some(known => known.id === `${kind}/${id}`)) throw new Error(`two cases ${kind}/${id}`);
    const { source: own = source, context } = more;
    cases.push({ id: `${kind}/${id}`, what: what_, source: own, input, ...(context && { context }), expect });
  };
  return {
    accepted: (id, what_, input, value, more) => add(id, what_, input, { verdict: 'accepted', value }, more),
    refused: (id, what_, input, code, more) => add(id, what_, input, { verdict: 'refused', code }, more),
    done: () => ({ kind, what, cases }),
  };
}

/** Where this profile is stricter than the specification; README.md of the corpus says what each rule is. */
export const profile = rule => ({ source: `profile: ${rule}` });
