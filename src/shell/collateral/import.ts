/**
 * Taking in collateral that came on another way than from its publisher: by hand into a place without a network, or from an archive.
 *
 * Not trusted: the files. Each is read as what it looks like, and kept as if its publisher had answered with it; what counts in it is signed.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fromBase64 } from '../../bytes/base64.js';
import { equal, fromUtf8 } from '../../bytes/octets.js';
import { SNP_AUTHORITIES } from '../../evidence/snp/authorities.js';
import { endorsedTcb } from '../../evidence/snp/endorsement.js';
import type { SnpProduct } from '../../evidence/snp/product.js';
import { type Certificate, parseCertificate } from '../../evidence/x509/certificate.js';
import { answerAbout, type OcspResponse, parseOcspResponse } from '../../evidence/x509/ocsp.js';
import { certificatesFromPem } from '../../evidence/x509/pem.js';
import { parseRevocationList } from '../../evidence/x509/revocation-list.js';
import { Failure } from '../../reason.js';
import type { Makers } from './renewal.js';

export interface Imported {
  readonly path: string;
  /** What it was taken for, or why it was not taken in. */
  readonly outcome: ImportedKind | Failure;
}

export type ImportedKind =
  | 'quote-collateral'
  | 'chip-certificate'
  | 'snp-revocation-list'
  | 'manifest'
  | 'certificate-status'
  /** Helps to find out which certificates others are about, and is not kept. */
  | 'chain';

const MAX_FILE_BYTES = 1024 * 1024;
const MAX_FILES = 4096;

interface Read {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly chain: readonly Certificate[];
}

/**
 * Takes in a file, or all files of a folder, not of those below it: quote collateral as one JSON, certificates of AMD's chips (DER or PEM), revocation lists of
 * AMD's roots (DER), reference manifests of NVIDIA's (XML), and OCSP responses (DER) about certificates of chains (PEM) that are among the files.
 *
 * Rejects only when `path` itself cannot be read, with what the file system says, or `collateral/import-unknown` for a folder of too many files.
 */
export async function importCollateral(path: string, makers: Required<Makers>): Promise<readonly Imported[]> {
  const paths = (await stat(path)).isDirectory()
    ? (await readdir(path, { withFileTypes: true }))
        .filter(each => each.isFile())
        .map(({ name }) => join(path, name))
        .sort()
    : [path];
  if (paths.length > MAX_FILES)
    throw new Failure('collateral/import-unknown', { field: path, detail: `${paths.length} files` });
  const imported: Imported[] = [];
  const files: Read[] = [];
  for (const each of paths) {
    if ((await stat(each)).size > MAX_FILE_BYTES)
      imported.push({
        path: each,
        outcome: new Failure('collateral/import-unknown', { detail: 'too large' }),
      });
    else {
      const bytes = new Uint8Array(await readFile(each));
      files.push({ path: each, bytes, chain: chainIn(bytes) });
    }
  }
  const issued = files.flatMap(({ chain }) =>
    chain.slice(0, -1).map((certificate, at) => [certificate, chain[at + 1] as Certificate] as const),
  );
  for (const file of files) {
    const outcome = await takeIn(file, issued, makers).catch((error: unknown) => {
      if (error instanceof Failure) return error;
      throw error;
    });
    imported.push({ path: file.path, outcome });
  }
  return imported;
}

type Issued = readonly (readonly [certificate: Certificate, issuer: Certificate])[];

async function takeIn(
  { path, bytes, chain }: Read,
  issued: Issued,
  { intel, amd, nvidia }: Required<Makers>,
): Promise<ImportedKind> {
  const [only] = chain;
  if (only !== undefined && chain.length > 1) return 'chain';
  const [first] = bytes;
  if (first === 0x7b) {
    await intel.takeIn(bytes);
    return 'quote-collateral';
  }
  if (first === 0x3c) {
    await nvidia.takeInManifest(
      bytes,
      /^(NV_[A-Za-z0-9_.-]+?)(?:\.[a-z]+)?$/.exec(basename(path))?.[1] ?? null,
    );
    return 'manifest';
  }
  const certificate = only ?? readOrNull(() => parseCertificate(bytes));
  if (certificate !== null) {
    await amd.takeInVcek(certificate.bytes, product => endorsedTcb(certificate, product));
    return 'chip-certificate';
  }
  const list = readOrNull(() => parseRevocationList(bytes));
  if (list !== null) {
    const product = PRODUCTS.find(each => equal(rootOf(each).subject, list.issuer));
    if (product === undefined)
      throw new Failure('collateral/import-unknown', { detail: 'a list of another root' });
    await amd.takeInRevocations(product, bytes);
    return 'snp-revocation-list';
  }
  const response = readOrNull(() => parseOcspResponse(bytes));
  if (response === null) throw new Failure('collateral/import-unknown');
  const about = aboutWhich(response, issued);
  if (about === null)
    throw new Failure('collateral/import-unknown', {
      detail: 'an answer about a certificate that is in no chain here',
    });
  await nvidia.takeInStatus(...about, bytes);
  return 'certificate-status';
}

const PRODUCTS: readonly SnpProduct[] = ['milan', 'genoa', 'turin'];

function rootOf(product: SnpProduct): Certificate {
  return parseCertificate(fromBase64(SNP_AUTHORITIES[product].ark) as Uint8Array);
}

function aboutWhich(response: OcspResponse, issued: Issued): Issued[number] | null {
  return issued.find(([certificate, issuer]) => answerAbout(response, certificate, issuer) !== null) ?? null;
}

/** One certificate in PEM is a chain of one. */
function chainIn(bytes: Uint8Array): readonly Certificate[] {
  const text = fromUtf8(bytes);
  return text?.startsWith('-----BEGIN') ? (readOrNull(() => certificatesFromPem(text)) ?? []) : [];
}

function readOrNull<Value>(read: () => Value): Value | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}
