/** Parts of hostile documents: each as long as the limit of what reads it, and slow to read. */
import { sign } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { contextTag, DER } from '../../dist/bytes/der.js';
import {
  bitString,
  element,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  text,
  time,
} from '../../dist/bytes/der-writer.js';
import { formatPem } from '../../dist/evidence/x509/pem.js';
import { keysFrom } from '../../dist/shell/attester/keys.js';

export const KIB = 1024;
/** One octet in so many is damaged. */
const STRIDE = 16;
const CERTIFICATE_BYTES = 16 * KIB;
const CHAIN_BYTES = 256 * KIB;

/** Somebody for whom no maker of hardware vouches. */
const STRANGER = keysFrom(crypto.getRandomValues(new Uint8Array(32)))('stranger', 'P-384');
const NAME = named('stranger');
const ECDSA_SHA384 = sequence(objectIdentifier('1.2.840.10045.4.3.3'));
const [BEGIN, END] = [Date.UTC(2020, 0, 1) / 1000, Date.UTC(2049, 0, 1) / 1000];

export function utf8(value) {
  return new TextEncoder().encode(value);
}

export function way(name, verify) {
  return { name, verify };
}

/** The document with each of its octets in turn turned round, one in {@link STRIDE}; then shorter and longer ones. */
export function damaged(document, send) {
  const changed = Array.from({ length: Math.ceil(document.length / STRIDE) }, (_, step) => {
    const copy = new Uint8Array(document);
    copy[step * STRIDE] ^= 0xff;
    return way(`octet ${step * STRIDE} turned round`, send(copy));
  });
  return [
    ...changed,
    way('cut in half', send(document.slice(0, document.length / 2))),
    way('one octet short', send(document.slice(0, -1))),
    way('twice', send(new Uint8Array(Buffer.concat([document, document])))),
  ];
}

/** What is no document of any kind, up to `limit` octets. */
export function noDocument(limit, send) {
  const filled = octet => send(new Uint8Array(limit).fill(octet));
  return [
    way('nothing', send(new Uint8Array())),
    way('zeros', filled(0)),
    way('random octets', send(crypto.getRandomValues(new Uint8Array(Math.min(limit, 64 * KIB))))),
    way('brackets', filled(0x5b)),
    way('nulls of DER', send(nulls(limit))),
    way('a bomb of gzip', send(new Uint8Array(gzipSync(new Uint8Array(16 * KIB * KIB))).slice(0, limit))),
    way('more than anybody reads', send(new Uint8Array(limit + 1))),
  ];
}

/** A stranger's certificate in DER, with some octets of extensions. */
export function certificate(serial, extensions = []) {
  return signed(STRANGER, [
    element(contextTag(0), integer(2)),
    integer(serial + 1),
    ECDSA_SHA384,
    NAME,
    sequence(time(BEGIN), time(END)),
    NAME,
    STRANGER.spki,
    element(contextTag(3), sequence(extension('2.5.29.19', sequence()), ...extensions)),
  ]);
}

export function certificates() {
  const many = Array.from({ length: 60 }, (_, i) => extension(`1.2.3.${i}`, nulls(200)));
  const long = certificate(0, [extension('1.2.3', nulls(CERTIFICATE_BYTES - KIB))]);
  return [
    ['of somebody unknown', certificate(0)],
    ['with as many extensions as may be', certificate(0, many)],
    ['as long as may be', long],
    ['that holds values within values', nested(CERTIFICATE_BYTES)],
  ];
}

export function chains() {
  const pem = blocks => formatPem('CERTIFICATE', blocks);
  return [
    ...certificates().map(([name, bytes]) => [`ten times one ${name}`, pem(Array(10).fill(bytes))]),
    ['a hundred different ones', pem(Array.from({ length: 100 }, (_, serial) => certificate(serial)))],
    ['a block without an end', `-----BEGIN CERTIFICATE-----\n${`${'A'.repeat(76)}\n`.repeat(4000)}`],
    ['beginnings of blocks', '-----BEGIN CERTIFICATE-----\n'.repeat(9000)],
    ['white space', '\n'.repeat(CHAIN_BYTES)],
    ['dashes', '-'.repeat(CHAIN_BYTES)],
  ];
}

/** Lists in an authority's name (DER) that a stranger has signed, or nobody. */
export function lists(issuer, limit) {
  return [
    ['with as many entries as fit', revocationList(issuer, limit)],
    ['of nothing, many times', sequence(nulls(limit - 8))],
    ['of values within values', nested(Math.min(limit, 0xfffc))],
  ];
}

/** In DER: as many entries as `octets` have room for, signed by whose `keys` they are. */
export function revocationList(issuer, octets, keys = STRANGER, first = 0) {
  const entry = serial => sequence(integer(serial), time(BEGIN));
  const room = octets - 512;
  const length = entry(0x7fffff).length;
  const entries = Array.from({ length: Math.floor(room / length) }, (_, i) => entry(0x400000 + first + i));
  return signed(keys, [
    integer(1),
    ECDSA_SHA384,
    issuer,
    time(BEGIN),
    time(END),
    sequence(...entries),
    element(contextTag(0), sequence(extension('2.5.29.20', integer(1)))),
  ]);
}

/** What is read as JSON within JSON, after its signature or before. */
export function texts(limit) {
  return [
    ['lists in lists', `${'['.repeat(limit / 2)}${']'.repeat(limit / 2)}`],
    ['one string', JSON.stringify('a'.repeat(limit - 2))],
    ['escapes alone', `"${'\\u0041'.repeat((limit - 2) / 6)}"`],
    ['many members', `{${Array.from({ length: limit / 16 }, (_, i) => `"${i}":[{}]`).join(',')}}`],
  ];
}

export function manifests(limit) {
  const attributes = Array.from({ length: 64 }, (_, i) => ` a${i}="x"`).join('');
  const spaces = Array.from({ length: 64 }, (_, i) => ` xmlns:n${i}="urn:${i}"`).join('');
  const within = (inner, name = 'a') => `<${name}>${inner}</${name}>`;
  const filled = inner => within(inner.repeat(Math.floor((limit - 16) / inner.length)));
  return [
    ['with many elements', within('<b/>'.repeat(1999))],
    ['with many attributes', filled(`<b${attributes}/>`)],
    ['with many namespaces', filled(`<b${spaces}><c/></b>`)],
    ['with elements within elements', `${'<a>'.repeat(limit / 3)}`],
    ['with one long text', filled('x')],
    ['with one name of many letters', `<${'a'.repeat(limit - 2)}>`],
    ['with blanks', `<a${' '.repeat(limit - 4)}/>`],
    [
      'with an entity that grows',
      `<!DOCTYPE a [<!ENTITY b "${'x'.repeat(KIB)}">]>${within('&b;'.repeat(60 * KIB))}`,
    ],
  ];
}

function nulls(octets) {
  return new Uint8Array(octets).map((_, at) => (at % 2 === 0 ? DER.null : 0));
}

/** Sequences in sequences, from the innermost one on, each with its length in four octets. */
function nested(octets) {
  const depth = Math.floor(octets / 4);
  const bytes = new Uint8Array(4 * depth);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < depth; at++) view.setUint32(4 * at, 0x30820000 + bytes.length - 4 * at - 4);
  return bytes;
}

function named(commonName) {
  return sequence(element(DER.set, sequence(objectIdentifier('2.5.4.3'), text(commonName))));
}

function extension(identifier, value) {
  return sequence(objectIdentifier(identifier), octetString(value));
}

function signed({ privateKey }, members) {
  const content = sequence(...members);
  return sequence(content, ECDSA_SHA384, bitString(new Uint8Array(sign('sha384', content, privateKey))));
}
