/**
 * Checks an attestation report of AMD SEV-SNP up to AMD's root. What it proves: the firmware of a chip of AMD's, at this TCB, made this report for a
 * guest that was launched with this measurement and policy, and the guest put in `reportData`. Nothing is judged here: that is up to
 * `appraise/evidence/snp-policy.ts`. A report has no time in it: only what the guest put in can say how fresh it is.
 */
import { sha256, verifyForeign } from '../../bytes/cryptography.js';
import { Failure } from '../../reason.js';
import { type EvidenceCheck, type EvidenceReport, failed, made, notMade } from '../report.js';
import type { Certificate } from '../x509/certificate.js';
import { checkChain } from '../x509/chain.js';
import { documentScheme } from '../x509/key-kind.js';
import { checkNotRevoked, parseRevocationList } from '../x509/revocation-list.js';
import { endorsedTcb, endorsementOf, type SnpEndorsement } from './endorsement.js';
import { parseSnpReport, SNP_UNCOVERED, type SnpDocument, type SnpStated } from './layout.js';
import { checkChip, checkProduct, checkSigningKey, checkTcb, isChipMasked } from './match.js';
import type { SnpProduct } from './product.js';
import { SNP_ROOTS, type SnpRoot } from './roots.js';
import { type SnpChain, type SnpChainInput, snpChainOf } from './signer-chain.js';

/** Without authority and root those are taken that AMD publishes. */
export interface SnpInput extends SnpChainInput {
  readonly report: Uint8Array;
  /** If it is given, all must be of this line. */
  readonly product?: SnpProduct;
  /** The root's revocation list, in DER. */
  readonly revocations?: Uint8Array;
  /** Unix seconds. */
  readonly asOf: number;
  /** By default AMD's own. */
  readonly roots?: readonly SnpRoot[];
}

export interface SnpFields extends SnpStated {
  /** As the root says that the chain leads to; null where it leads to none. */
  readonly product: SnpProduct | null;
  /** What the signer's certificate says; null where it leads to no root, has not signed the report, or says nothing that can be read. */
  readonly endorsement: SnpEndorsement | null;
}

/** In the order in which they are made. `chip` is of a chip's key only. */
export type SnpCheckName = 'chain' | 'signature' | 'signing-key' | 'product' | 'tcb' | 'chip' | 'revocation';

export type SnpReport = EvidenceReport<'sev-snp', SnpFields, SnpCheckName>;

/** ECDSA P-384 with SHA-384. Source: AMD 56860, table 139. */
const ECDSA_P384_SHA384 = 1;

/**
 * Throws `snp/malformed` or `snp/version-unsupported` for what is no report; all else is a check that failed:
 *
 * - `chain`: the certificate leads to a pinned root, and all are valid at `asOf` (`certificate/…`);
 * - `signature`: it is the key's (`snp/algorithm-unsupported`, `snp/signer-unsuitable`, `snp/signature-invalid`);
 * - `signing-key`: report and certificate are of the kind of key that was said (`snp/signing-key-mismatch`, `snp/endorsement-malformed`);
 * - `product`: report, certificate and root are of one product line (`snp/product-mismatch`, `snp/endorsement-malformed`);
 * - `tcb`: the key is for the TCB in the report (`snp/tcb-mismatch`, `snp/endorsement-malformed`);
 * - `chip`: the key is of the chip in the report (`snp/chip-mismatch`, `snp/endorsement-malformed`; not made: `snp/chip-masked`);
 * - `revocation`: the root has not revoked the authority (`certificate/revoked`, `revocation/…`; not made without a list: `snp/revocation-unknown`).
 *
 * All behind `signature` rely on what comes before, and are not made without (`evidence/prerequisite-failed`); `revocation` on the chain alone.
 */
export async function verifySnp(input: SnpInput): Promise<SnpReport> {
  const bytes = new Uint8Array(input.report);
  const document = parseSnpReport(bytes);
  const chain = snpChainOf(input);
  const { checks, root } = await signedBy(document, chain, input);
  const isSigned = checks.every(({ status }) => status === 'pass');
  const signer = chain instanceof Failure || !isSigned ? null : chain[0];
  const endorsement = signer === null ? null : readEndorsement(signer);
  const matched = await matchedBy(document.stated, input, signer, endorsement, root);
  return {
    kind: 'sev-snp',
    signedRegion: sha256(document.signed),
    whole: sha256(bytes),
    uncovered: SNP_UNCOVERED,
    checks: [...checks, ...matched, await revocationOf(chain, root, input)],
    fields: {
      ...document.stated,
      product: root?.product ?? null,
      endorsement: endorsement instanceof Failure ? null : endorsement,
    },
    root: root === null ? null : { name: root.name, simulated: root.simulated === true },
  };
}

async function signedBy(
  document: SnpDocument,
  chain: SnpChain | Failure,
  { asOf, roots = SNP_ROOTS }: SnpInput,
): Promise<{ checks: EvidenceCheck<SnpCheckName>[]; root: SnpRoot | null }> {
  if (chain instanceof Failure)
    return { checks: [failed('chain', chain), withoutGround('signature')], root: null };
  let root: SnpRoot | null = null;
  const checks = [
    await made<SnpCheckName>('chain', 'The certificates lead to a pinned root.', async () => {
      root = await checkChain(chain, { roots, asOf });
    }),
    await made<SnpCheckName>('signature', 'The signature is that of the certificate.', () =>
      checkSignature(document, chain[0]),
    ),
  ];
  return { checks, root };
}

/** The checks that compare what the chip has signed with what AMD says about the key. */
async function matchedBy(
  stated: SnpStated,
  { signer: { kind }, product }: SnpInput,
  signer: Certificate | null,
  endorsement: SnpEndorsement | Failure | null,
  root: SnpRoot | null,
): Promise<readonly EvidenceCheck<SnpCheckName>[]> {
  const names: SnpCheckName[] = [
    'signing-key',
    'product',
    'tcb',
    ...(kind === 'vcek' ? ['chip' as const] : []),
  ];
  if (signer === null || endorsement === null || root === null) return names.map(withoutGround);
  const read = (): SnpEndorsement => {
    if (endorsement instanceof Failure) throw endorsement;
    return endorsement;
  };
  const checks = [
    await made<SnpCheckName>('signing-key', 'Report and certificate are of this kind of key.', () =>
      checkSigningKey(read(), stated, kind),
    ),
    await made<SnpCheckName>('product', 'Report, certificate and root are of one product line.', () =>
      checkProduct(read(), stated, root.product, product),
    ),
    await made<SnpCheckName>('tcb', 'The key is for the TCB in the report.', () =>
      checkTcb(endorsedTcb(signer, root.product), stated),
    ),
  ];
  if (kind === 'vlek') return checks;
  const chip = isChipMasked(stated)
    ? notMade<SnpCheckName>('chip', 'snp/chip-masked')
    : await made<SnpCheckName>('chip', 'The key is of the chip in the report.', () =>
        checkChip(read(), stated),
      );
  return [...checks, chip];
}

async function checkSignature(document: SnpDocument, signer: Certificate): Promise<void> {
  const { signatureAlgorithm: algorithm } = document;
  if (algorithm !== ECDSA_P384_SHA384)
    throw new Failure('snp/algorithm-unsupported', { field: 'SIGNATURE_ALGO', detail: `${algorithm}` });
  const scheme = documentScheme(signer.keyKind);
  if (scheme?.name !== 'ECDSA' || scheme.curve !== 'P-384' || !signer.maySign.documents)
    throw new Failure('snp/signer-unsuitable');
  if (!(await verifyForeign(scheme, signer.spki, document.signed, document.signature)))
    throw new Failure('snp/signature-invalid', { field: 'SIGNATURE' });
}

/** AMD's roots have lists of their authorities; of single chips there is none, and all chips' certificates have the number 0. */
async function revocationOf(
  chain: SnpChain | Failure,
  root: SnpRoot | null,
  { revocations, asOf }: SnpInput,
): Promise<EvidenceCheck<SnpCheckName>> {
  if (chain instanceof Failure || root === null) return withoutGround('revocation');
  if (revocations === undefined) return notMade('revocation', 'snp/revocation-unknown');
  return made('revocation', "The root has not revoked the signer's authority.", () =>
    checkNotRevoked(chain[1], chain[2], parseRevocationList(revocations), asOf),
  );
}

function readEndorsement(signer: Certificate): SnpEndorsement | Failure {
  try {
    return endorsementOf(signer);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

function withoutGround(name: SnpCheckName): EvidenceCheck<SnpCheckName> {
  return notMade(name, 'evidence/prerequisite-failed');
}
