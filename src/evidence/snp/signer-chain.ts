/** The certificates from the one of the key that signed a report to AMD's root, those that AMD publishes put in where they were not given. */
import { fromBase64 } from '../../bytes/base64.js';
import { equal } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { type Certificate, parseCertificate } from '../x509/certificate.js';
import { SNP_AUTHORITIES, type SnpAuthorities } from './authorities.js';

export type SnpSignerKind = 'vcek' | 'vlek';

export type SnpChain = readonly [signer: Certificate, authority: Certificate, root: Certificate];

/** Certificates in DER. `authority`: that has signed the signer's (ASK for a chip's key, ASVK for one that is lent). `root`: ARK. */
export interface SnpChainInput {
  readonly signer: { readonly kind: SnpSignerKind; readonly certificate: Uint8Array };
  readonly authority?: Uint8Array;
  readonly root?: Uint8Array;
}

/** Or why there is none: `certificate/malformed`, or `certificate/root-unknown` where none was given and AMD has no authority of that name. */
export function snpChainOf({ signer, authority, root }: SnpChainInput): SnpChain | Failure {
  try {
    const first = parseCertificate(signer.certificate);
    const second = issuerOf(first, authority, signer.kind === 'vcek' ? 'ask' : 'asvk');
    return [first, second, issuerOf(second, root, 'ark')];
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

function issuerOf(
  { issuer }: Certificate,
  given: Uint8Array | undefined,
  role: keyof SnpAuthorities,
): Certificate {
  if (given !== undefined) return parseCertificate(given);
  const found = publishedIn(role).find(({ subject }) => equal(subject, issuer));
  if (found === undefined) throw new Failure('certificate/root-unknown', { field: role });
  return found;
}

const published = new Map<keyof SnpAuthorities, readonly Certificate[]>();

/** Read when they are needed, and then kept. */
function publishedIn(role: keyof SnpAuthorities): readonly Certificate[] {
  const known = published.get(role);
  if (known !== undefined) return known;
  const all = Object.values(SNP_AUTHORITIES).map(line =>
    parseCertificate(fromBase64(line[role]) as Uint8Array),
  );
  published.set(role, all);
  return all;
}
