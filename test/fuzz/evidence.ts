/** The readers of what other makers sign: DER, certificates, revocation lists, and the documents of Nitro and SEV-SNP. */
import { type DerElement, derChildren, readDer } from '../../src/bytes/der.js';
import { element } from '../../src/bytes/der-writer.js';
import { concatAll } from '../../src/bytes/octets.js';
import { parseNitroDocument } from '../../src/evidence/nitro/document.js';
import { parseSnpReport } from '../../src/evidence/snp/layout.js';
import { verifySnp } from '../../src/evidence/snp/verify.js';
import { parseCertificate } from '../../src/evidence/x509/certificate.js';
import { parseRevocationList } from '../../src/evidence/x509/revocation-list.js';
import { makeNitro, NITRO_CHAIN } from '../support/evidence/nitro.js';
import { makeSnp } from '../support/evidence/snp.js';
import { BEGIN, DURING, makeRevocationList } from '../support/evidence/x509-maker.js';
import type { Reader } from './reader.js';

const [root, region] = NITRO_CHAIN.bundle as [typeof NITRO_CHAIN.signer, typeof NITRO_CHAIN.signer];
const chip = makeSnp();
const certificates = [root.certificate, NITRO_CHAIN.signer.certificate, chip.signer.certificate];
const list = makeRevocationList({
  issuer: region,
  revoked: [
    { serial: 1, at: BEGIN },
    { serial: 70_000, at: DURING },
  ],
});

/** The value from its tags and innermost contents alone. */
const written = ({ tag, content, ...rest }: DerElement): Uint8Array =>
  element(tag, (tag & 0x20) === 0 ? content : concatAll(derChildren({ tag, content, ...rest }).map(written)));

export const EVIDENCE_READERS: readonly Reader[] = [
  {
    name: 'DER',
    genuine: [...certificates, list],
    codes: ['der/malformed'],
    writeBack: bytes => written(readDer(bytes)),
  },
  {
    name: 'a certificate',
    genuine: certificates,
    codes: ['certificate/malformed'],
    writeBack: bytes => parseCertificate(bytes).bytes,
  },
  {
    name: 'a revocation list',
    genuine: [list],
    codes: ['revocation/malformed', 'revocation/partial', 'revocation/extension-unknown'],
    writeBack: bytes => {
      const entries = parseRevocationList(bytes);
      entries.revoked();
      return entries.bytes;
    },
  },
  {
    name: 'an attestation document of a Nitro enclave',
    genuine: [makeNitro()],
    codes: ['nitro/malformed'],
    writeBack: bytes => {
      const { signed, signature } = parseNitroDocument(bytes);
      // What is signed has the header and the payload in it, in their one encoding; between them stands an empty string there, a map here.
      const tag = bytes[0] === 0xd2 ? bytes.subarray(0, 1) : new Uint8Array();
      const header = signed.subarray(12, 12 + 1 + ((signed[12] as number) & 0x1f));
      const payload = signed.subarray(12 + header.length + 1);
      const head = signature.length < 24 ? [0x40 | signature.length] : headOf(signature.length);
      return concatAll([
        tag,
        Uint8Array.of(0x84),
        header,
        Uint8Array.of(0xa0),
        payload,
        Uint8Array.of(...head),
        signature,
      ]);
    },
  },
  {
    name: 'an attestation report of SEV-SNP',
    genuine: [chip.report],
    codes: ['snp/malformed', 'snp/version-unsupported'],
    writeBack: bytes => {
      const { signed, signature } = parseSnpReport(bytes);
      const half = signature.length / 2;
      const rest = (from: number, to?: number) =>
        bytes.subarray(0x2a0 + from, to === undefined ? undefined : 0x2a0 + to);
      const number = (from: number) => signature.slice(from, from + half).reverse();
      return concatAll([signed, number(0), rest(48, 72), number(half), rest(120)]);
    },
  },
  {
    name: 'the certificate that comes with a report of SEV-SNP',
    genuine: [chip.signer.certificate],
    codes: [],
    cost: 10,
    // Whatever it is, it is a check that fails: nothing is thrown.
    writeBack: async certificate => {
      await verifySnp({ ...chip, signer: { kind: 'vcek', certificate } });
      return certificate;
    },
  },
];

/** The head of a byte string of 24 bytes or more. */
function headOf(length: number): number[] {
  return length < 256 ? [0x58, length] : [0x59, length >> 8, length & 0xff];
}
