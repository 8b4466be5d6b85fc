/**
 * Checks an attestation document of an AWS Nitro enclave up to AWS's root. What it proves: a Nitro hypervisor made this document, at the time in it,
 * for an enclave with these measurements, and the enclave put in what is in `publicKey`, `userData` and `nonce`. Nothing is judged here: whether
 * the measurements are good, or the document fresh, is up to `appraise/evidence/nitro-policy.ts`.
 */
import { sha256, verifyForeign } from '../../bytes/cryptography.js';
import { Failure } from '../../reason.js';
import { type EvidenceCheck, type EvidenceReport, failed, made, notMade } from '../report.js';
import { type Certificate, parseCertificate } from '../x509/certificate.js';
import { checkChain, checkValidity, type PinnedRoot } from '../x509/chain.js';
import { documentScheme } from '../x509/key-kind.js';
import { MAX_CHAIN } from '../x509/pem.js';
import { type NitroDocument, type NitroFields, parseNitroDocument } from './document.js';
import { NITRO_ROOTS } from './roots.js';

export interface NitroInput {
  readonly document: Uint8Array;
  /** Unix seconds. */
  readonly asOf: number;
  /** By default AWS's own. */
  readonly roots?: readonly PinnedRoot[];
}

/** In the order in which they are made. */
export type NitroCheckName = 'chain' | 'signature' | 'current';

export type NitroReport = EvidenceReport<'nitro', NitroFields, NitroCheckName>;

/** ES384, the one algorithm that hypervisors sign with. Source: RFC 9053 table 1. */
const ES384 = -35;

/**
 * Throws `nitro/malformed` for what is no attestation document; all else is a check that failed:
 *
 * - `chain`: the certificates lead from the signer's to a pinned root, and were valid when the document says that it was made (`certificate/…`);
 * - `signature`: it is the signer's over this document (`nitro/algorithm-unsupported`, `nitro/signer-unsuitable`, `nitro/signature-invalid`);
 * - `current`: the certificates are valid at `asOf` as well (`certificate/not-yet-valid`, `certificate/expired`). The signer's lives for some three
 *   hours: to ask whether a document was good when it was made, ask as of its own time.
 */
export async function verifyNitro(input: NitroInput): Promise<NitroReport> {
  const bytes = new Uint8Array(input.document);
  const document = parseNitroDocument(bytes);
  const { checks, root } = await checksOf(document, input);
  return {
    kind: 'nitro',
    signedRegion: sha256(document.signed),
    whole: sha256(bytes),
    // All else is the signature itself, and lengths that follow from what they are in front of.
    uncovered: [],
    checks,
    fields: document.fields,
    root,
  };
}

async function checksOf(
  document: NitroDocument,
  input: NitroInput,
): Promise<{ checks: EvidenceCheck<NitroCheckName>[]; root: NitroReport['root'] }> {
  const parsed = chainOf(document);
  if (parsed instanceof Failure) {
    const unmade = (['signature', 'current'] as const).map(name => notMade(name, MISSING));
    return { checks: [failed('chain', parsed), ...unmade], root: null };
  }
  let root: PinnedRoot | null = null;
  const madeAt = Math.floor(document.fields.timestamp / 1000);
  const chain = await made(
    'chain',
    'The certificates lead to a pinned root, and were valid when it was made.',
    async () => {
      root = await checkChain(parsed, { roots: input.roots ?? NITRO_ROOTS, asOf: madeAt });
    },
  );
  const signature = await made('signature', 'The signature is that of the certificate in the document.', () =>
    checkSignature(document, parsed[0] as Certificate),
  );
  const current =
    chain.status === 'pass'
      ? await made('current', 'The certificates are valid at the time that was asked about.', () =>
          checkValidity(parsed, input.asOf),
        )
      : notMade<NitroCheckName>('current', MISSING);
  return { checks: [chain, signature, current], root: describe(root) };
}

const MISSING = 'evidence/prerequisite-failed';

function describe(root: PinnedRoot | null): NitroReport['root'] {
  return root === null ? null : { name: root.name, simulated: root.simulated === true };
}

/** From the signer's to the root's: the other way round than documents have them. Or why there is no chain. */
function chainOf({ certificate, bundle }: NitroDocument): readonly Certificate[] | Failure {
  if (bundle.length >= MAX_CHAIN)
    return new Failure('certificate/chain-too-long', { detail: `${bundle.length + 1}` });
  try {
    return [certificate, ...bundle.toReversed()].map(parseCertificate);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

async function checkSignature(
  { algorithm, signed, signature }: NitroDocument,
  signer: Certificate,
): Promise<void> {
  if (algorithm !== ES384)
    throw new Failure('nitro/algorithm-unsupported', { field: 'alg', detail: `${algorithm}` });
  const scheme = documentScheme(signer.keyKind);
  const isOnCurve = scheme?.name === 'ECDSA' && scheme.curve === 'P-384';
  // An authority's key may sign what it likes below it, and no documents.
  if (!isOnCurve || !signer.maySign.documents || signer.authority !== null)
    throw new Failure('nitro/signer-unsuitable', { field: 'certificate' });
  if (!(await verifyForeign(scheme, signer.spki, signed, signature)))
    throw new Failure('nitro/signature-invalid', { field: 'signature' });
}
