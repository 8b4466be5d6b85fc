/**
 * What somebody sends who wants a verifier to take long: damaged documents, and such as fill every limit with what is slow to read. He knows genuine
 * documents and has keys, but none for which a maker of hardware vouches; only in the last kind an authority itself is hostile.
 */
import { encodeCbor } from '../../dist/bytes/cbor.js';
import { integer, sequence } from '../../dist/bytes/der-writer.js';
import { verifyDcap } from '../../dist/evidence/dcap/verify.js';
import { verifyNitro } from '../../dist/evidence/nitro/verify.js';
import { verifyNras } from '../../dist/evidence/nvidia/nras/verify.js';
import { verifyNvidia } from '../../dist/evidence/nvidia/verify.js';
import { verifySnp } from '../../dist/evidence/snp/verify.js';
import { parseCertificate } from '../../dist/evidence/x509/certificate.js';
import { certificatesFromPem } from '../../dist/evidence/x509/pem.js';
import { simulatedAttester } from '../../dist/shell/attester/attester.js';
import { keysFrom } from '../../dist/shell/attester/keys.js';
import { snpHouse } from '../../dist/shell/attester/snp.js';
import {
  certificate,
  certificates,
  chains,
  damaged,
  KIB,
  lists,
  manifests,
  noDocument,
  revocationList,
  texts,
  utf8,
  way,
} from './hostile-parts.mjs';

const LIST_BYTES = 128 * KIB;

/** Ways by the kind of evidence: what is sent, and a function that has it verified. `documents`: those that are good. */
export function hostileKinds({ nitro, snp, tdx, nvidia }) {
  return [
    { kind: 'Nitro', ways: nitroWays(nitro) },
    { kind: 'SEV-SNP', ways: snpWays(snp) },
    { kind: 'TDX with collateral', ways: tdxWays(tdx) },
    { kind: 'NVIDIA', ways: nvidiaWays(nvidia) },
    { kind: 'NVIDIA’s service', ways: serviceWays() },
    { kind: 'a list as long as may be, signed by its authority', ways: signedListWays() },
  ];
}

function nitroWays(input) {
  const send = document => () => verifyNitro({ ...input, document });
  const around = payload =>
    send(encodeCbor([encodeCbor(new Map([[1, -35]])), new Map(), payload, new Uint8Array(96)]));
  const own = certificate(0);
  const stating = more =>
    around(
      encodeCbor(
        new Map([
          ['module_id', 'i-enc'],
          ['digest', 'SHA384'],
          ['timestamp', input.asOf * 1000],
          ['pcrs', new Map([[0, new Uint8Array(48).fill(1)]])],
          ['certificate', own],
          ['cabundle', [own]],
          ...more,
        ]),
      ),
    );
  const full = octet => around(new Uint8Array(16 * KIB).fill(octet));
  const doubled = Buffer.concat([
    Buffer.of(0xb9, 0x0f, 0xff),
    ...Array(4095).fill(Buffer.of(0x61, 0x61, 0xf6)),
  ]);
  return [
    ...damaged(input.document, send),
    ...noDocument(17 * KIB, send),
    way(
      'certificates that fill the payload',
      stating([['cabundle', Array(Math.floor((15 * KIB) / own.length)).fill(own)]]),
    ),
    way('a hundred certificates that are none', stating([['cabundle', Array(100).fill(own.slice(0, 140))]])),
    way('one member many times', around(new Uint8Array(doubled))),
    way(
      'many numbers as members',
      around(encodeCbor(new Map(Array.from({ length: 4000 }, (_, i) => [i, null])))),
    ),
    way('lists in lists', full(0x81)),
    way('tags of tags', full(0xc1)),
    way('lists without an end', full(0x9f)),
  ];
}

function snpWays(input) {
  const send = report => () => verifySnp({ ...input, report });
  const signedBy = bytes => () => verifySnp({ ...input, signer: { kind: 'vcek', certificate: bytes } });
  const { certificate: own } = input.signer;
  return [
    ...damaged(input.report, send),
    ...noDocument(1184, send),
    ...called('as the signer’s certificate', [...damaged(own, signedBy), ...noDocument(16 * KIB, signedBy)]),
    ...sent('as the signer’s certificate one', certificates(), signedBy),
    ...sent(
      'as revocations a list',
      lists(parseCertificate(own).issuer, LIST_BYTES),
      revocations => () => verifySnp({ ...input, revocations }),
    ),
  ];
}

function tdxWays(input) {
  const send = quote => () => verifyDcap({ ...input, quote });
  const raw = collateral => () => verifyDcap({ ...input, collateral });
  const good = JSON.parse(new TextDecoder().decode(input.collateral));
  const instead = member => value => raw(utf8(JSON.stringify({ ...good, [member]: value })));
  const [authority] = certificatesFromPem(good.pck_crl_issuer_chain);
  const behind = new Uint8Array(64 * KIB).fill(0x41);
  behind.set(input.quote);
  return [
    ...damaged(input.quote, send),
    ...noDocument(64 * KIB, send),
    way('a quote with all that may stand behind it', send(behind)),
    ...called('as collateral', noDocument(1024 * KIB, raw)),
    way('as collateral one member many times', raw(utf8(`{${'"a":"",'.repeat(140_000)}"b":""}`))),
    way('as collateral escapes alone', raw(utf8(`{"tcb_info":"${'\\u0041'.repeat(170_000)}"}`))),
    ...['pck_crl_issuer_chain', 'tcb_info_issuer_chain', 'qe_identity_issuer_chain'].flatMap(member =>
      sent(`as ${member}`, chains(), instead(member)),
    ),
    ...['tcb_info', 'qe_identity'].flatMap(member => sent(`as ${member}`, texts(128 * KIB), instead(member))),
    ...sent('as revoked processors a list', lists(authority.subject, LIST_BYTES), bytes =>
      instead('pck_crl')(Buffer.from(bytes).toString('hex')),
    ),
  ];
}

function nvidiaWays(input) {
  const send = evidence => () => verifyNvidia({ ...input, evidence });
  const stated = manifest => () =>
    verifyNvidia({ ...input, driverManifest: manifest, firmwareManifest: manifest });
  const said = revocation => () => verifyNvidia({ ...input, revocation });
  const [, authority] = certificatesFromPem(input.certificateChain);
  const some = make => Array.from({ length: 32 }, (_, i) => make(i));
  return [
    ...damaged(input.evidence, send),
    ...noDocument(64 * KIB, send),
    ...sent('as the chain', chains(), certificateChain => () => verifyNvidia({ ...input, certificateChain })),
    ...called('as manifests', noDocument(256 * KIB, stated)),
    ...sent('as manifests ones', manifests(256 * KIB), xml => stated(utf8(xml))),
    ...sent('as revocations a list', lists(authority.subject, LIST_BYTES), bytes =>
      said({ revocationLists: [bytes] }),
    ),
    way(
      '32 lists',
      said({ revocationLists: some(i => revocationList(authority.subject, 8 * KIB, undefined, i)) }),
    ),
    way('32 answers that are none', said({ ocsp: some(i => sequence(integer(i), new Uint8Array(7 * KIB))) })),
  ];
}

function serviceWays() {
  const asOf = Math.floor(Date.now() / 1000);
  const base64url = value => Buffer.from(value).toString('base64url');
  const token = (keyName, claims) =>
    [JSON.stringify({ alg: 'ES384', kid: keyName }), claims, new Uint8Array(96)].map(base64url).join('.');
  const answer = make =>
    utf8(
      JSON.stringify([
        ['JWT', token('0', '{}')],
        Object.fromEntries(Array.from({ length: 32 }, (_, i) => [`GPU-${i}`, make(i)])),
      ]),
    );
  const coordinate = base64url(new Uint8Array(48).fill(1));
  const chain = Array.from({ length: 10 }, (_, i) => Buffer.from(certificate(i)).toString('base64'));
  const keySet = utf8(
    JSON.stringify({
      keys: Array.from({ length: 150 }, (_, i) => ({
        ...{ kty: 'EC', crv: 'P-384', kid: `${i}`, alg: 'ES384', use: 'sig' },
        ...{ x: coordinate, y: coordinate, x5c: chain },
      })),
    }),
  );
  const send =
    (bytes, keys = keySet) =>
    () =>
      verifyNras({ answer: bytes, keys, trust: { keys: [], roots: [], authorities: [] }, asOf });
  const members = `{${Array.from({ length: 800 }, (_, i) => `"claim-${i}":${i}`).join(',')}}`;
  return [
    way('32 long tokens', send(answer(() => token('0', members)))),
    way('32 tokens of as many keys', send(answer(i => token(`${i}`, '{}')))),
    way('tokens of lists in lists', send(answer(() => token('0', '['.repeat(8 * KIB))))),
    way('white space', send(utf8(' '.repeat(512 * KIB)))),
    ...noDocument(512 * KIB, send),
    ...called(
      'as keys',
      noDocument(1024 * KIB, keys =>
        send(
          answer(i => token(`${i}`, '{}')),
          keys,
        ),
      ),
    ),
  ];
}

function signedListWays() {
  const secret = crypto.getRandomValues(new Uint8Array(32));
  const attester = simulatedAttester(secret);
  const { root } = snpHouse(keysFrom(secret), 'milan');
  const input = { ...attester.snp({}), asOf: Math.floor(Date.now() / 1000), roots: attester.roots.snp };
  const revocations = revocationList(root.name, LIST_BYTES, root.keys);
  return [
    way('with as many entries as fit', async () => {
      const { checks } = await verifySnp({ ...input, revocations });
      const made = checks.find(({ name }) => name === 'revocation');
      if (made.status !== 'pass') throw new Error(`the list was not read: ${made.code}`);
    }),
  ];
}

/** Ways under one name: what each of them is sent as. */
function called(what, ways) {
  return ways.map(({ name, verify }) => way(`${what} ${name}`, verify));
}

function sent(what, values, send) {
  return values.map(([name, value]) => way(`${what} ${name}`, send(value)));
}
