/**
 * Verifies a bundle by a trusted root of Sigstore's: its certificate authority, its logs, its time stampers. The bundle is hostile, and has been held to its form; the trusted
 * root is that of whoever asks. The library is loaded for whoever has such a bundle, and no network is asked.
 *
 * What the library leaves to its caller is looked at here: that the certificate is one for signing code, and whose it is.
 */
import { DER, derMembers, derObjectIdentifier, readDer } from '../../bytes/der.js';
import { parseForeign } from '../../evidence/foreign-json.js';
import type { SigstoreBundle } from '../../evidence/sigstore/bundle.js';
import { checkIdentity, type SignerIdentity, type SignerPolicy } from '../../evidence/sigstore/identity.js';
import { EXTENSION, parseCertificate } from '../../evidence/x509/certificate.js';
import { Failure, type ReasonCode } from '../../reason.js';

/** That of the public instance has 7 KiB. */
export const MAX_TRUSTED_ROOT_BYTES = 1024 * 1024;

/** Source: RFC 5280 §4.2.1.12. */
const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';

/**
 * `root`: a trusted root in JSON. Throws `sigstore/root-malformed`; `sigstore/signer-differs` for a bundle without a certificate of its own;
 * `sigstore/certificate-unfit`, `-unknown`, `-expired` or `-unlogged`; `sigstore/time-missing`; `sigstore/entry-missing` or `-differs`;
 * `sigstore/promise-invalid`, `sigstore/proof-invalid` or `sigstore/signature-invalid`; `sigstore/issuer-refused` or `sigstore/identity-refused`; and
 * `sigstore/bundle-malformed` for what the library cannot read.
 */
export async function verifySigstore(
  { signer, entries, value }: SigstoreBundle,
  root: Uint8Array,
  policy: SignerPolicy,
): Promise<SignerIdentity> {
  if (signer.kind !== 'certificate')
    throw new Failure('sigstore/signer-differs', { detail: `${signer.kind}, not certificate` });
  if (entries.length === 0)
    throw new Failure('sigstore/entry-missing', { field: 'verificationMaterial.tlogEntries' });
  checkUsage(signer.certificate);
  const [{ bundleFromJSON }, { TrustedRoot }, { toSignedEntity, toTrustMaterial, Verifier }] =
    await Promise.all([
      import('@sigstore/bundle'),
      import('@sigstore/protobuf-specs'),
      import('@sigstore/verify'),
    ]);
  const code = 'sigstore/root-malformed';
  const trusted = parseForeign(root, { code, maxBytes: MAX_TRUSTED_ROOT_BYTES }).value;
  const trust = reading(code, () => toTrustMaterial(TrustedRoot.fromJSON(trusted)));
  const entity = reading('sigstore/bundle-malformed', () => toSignedEntity(bundleFromJSON(value)));
  const { identity } = reading('sigstore/bundle-malformed', () => new Verifier(trust).verify(entity));
  const found = {
    issuer: identity?.extensions?.issuer ?? null,
    identity: identity?.subjectAlternativeName ?? null,
  };
  checkIdentity(found, policy);
  return found;
}

/** By our own reader, which is stricter: the certificate of one who may sign code, and no authority's. */
function checkUsage(der: Uint8Array): void {
  const { authority, maySign, extensions } = parseCertificate(der);
  const purposes = extensions.get(EXTENSION.extendedKeyUsage);
  const isForCode =
    purposes !== undefined &&
    derMembers(readDer(purposes.value), DER.sequence).some(
      purpose => derObjectIdentifier(purpose) === CODE_SIGNING,
    );
  if (authority !== null || !maySign.documents || !isForCode)
    throw new Failure('sigstore/certificate-unfit', { detail: 'not for signing code' });
}

/** What the library calls what it finds. Those of certificates are told apart by what stands below. */
const CODES: ReadonlyMap<string, ReasonCode> = new Map([
  ['PUBLIC_KEY_ERROR', 'sigstore/signer-differs'],
  ['SIGNATURE_ERROR', 'sigstore/signature-invalid'],
  ['TIMESTAMP_ERROR', 'sigstore/time-missing'],
  ['TLOG_BODY_ERROR', 'sigstore/entry-differs'],
  ['TLOG_INCLUSION_PROMISE_ERROR', 'sigstore/promise-invalid'],
  ['TLOG_INCLUSION_PROOF_ERROR', 'sigstore/proof-invalid'],
]);

/** The outcome of what the library does with bytes from outside, which throws whatever it comes upon where it cannot read them. */
function reading<Result>(unreadable: ReasonCode, attempt: () => Result): Result {
  try {
    return attempt();
  } catch (error) {
    const { code, message, cause } = error as { code?: unknown; message?: unknown; cause?: unknown };
    if (code === 'CERTIFICATE_ERROR')
      throw new Failure(whatOfCertificate(`${message}`, (cause as Error | undefined)?.message ?? ''));
    throw new Failure(CODES.get(`${code}`) ?? unreadable, {
      detail: `${message}`.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 128),
    });
  }
}

/** The library has one code for all of these. Its version is pinned, and tests reach each. */
function whatOfCertificate(message: string, below: string): ReasonCode {
  if (/\bSCTs?\b/.test(message)) return 'sigstore/certificate-unlogged';
  return below.includes('expired') ? 'sigstore/certificate-expired' : 'sigstore/certificate-unknown';
}
