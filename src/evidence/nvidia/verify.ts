/**
 * Evidence of NVIDIA's GPUs and switches (Hopper, Blackwell, NVSwitch): what a device measured of itself when it was asked, signed with a key
 * that its ROM has certified. Whether to be content with what it says is for a policy: `appraise/evidence/nvidia-policy.ts`.
 */
import { sha256, verifyForeign } from '../../bytes/cryptography.js';
import { equal, fromUtf8 } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { type EvidenceCheck, type EvidenceReport, made, notMade, relying } from '../report.js';
import type { Certificate } from '../x509/certificate.js';
import { checkChain, type PinnedRoot } from '../x509/chain.js';
import { documentScheme } from '../x509/key-kind.js';
import { certificatesFromPem } from '../x509/pem.js';
import { type RevocationData, readWords, unknownToAuthorities, type Words } from '../x509/revocation.js';
import { CHAIN_LENGTH, DICE_EXTENSIONS, deviceOf, FIRST_ISSUED, type NvidiaArchitecture } from './device.js';
import { checkMeasurements } from './reference-values.js';
import { checkManifest, parseManifest, type ReferenceManifest } from './rim/manifest.js';
import { NVIDIA_DEVICE_ROOTS, NVIDIA_REFERENCE_ROOTS } from './roots.js';
import { parseSpdm, type SpdmEvidence } from './spdm.js';
import { type NvidiaFields, statedFields } from './stated.js';

export type NvidiaCheckName =
  | 'chain'
  | 'device'
  | 'signature'
  | 'firmware-id'
  | 'nonce'
  | 'revocation'
  | 'driver-manifest'
  | 'firmware-manifest'
  | 'manifest-revocation'
  | 'measurements';

export interface NvidiaInput {
  /** Request and response of SPDM, with the signature at the end. */
  readonly evidence: Uint8Array;
  /** From the device's key to the root, in PEM. */
  readonly certificateChain: string | Uint8Array;
  /** Unix seconds: when all of this is to have been good. */
  readonly asOf: number;
  /** What whoever asked for the evidence has chosen. */
  readonly nonce?: Uint8Array;
  /** What came with the evidence as the device's architecture: a claim that must not differ. */
  readonly architecture?: NvidiaArchitecture;
  /** What authorities have said of the certificates, those of manifests included. */
  readonly revocation?: RevocationData;
  /** Reference manifests (RIM) of the driver and of the firmware, in XML. A switch has no driver. */
  readonly driverManifest?: Uint8Array;
  readonly firmwareManifest?: Uint8Array;
  readonly roots?: readonly PinnedRoot[];
  readonly referenceRoots?: readonly PinnedRoot[];
}

export type NvidiaReport = EvidenceReport<'nvidia', NvidiaFields, NvidiaCheckName>;

/**
 * Checks the evidence in the order of {@link NvidiaCheckName}. Each check goes on after another has failed, and passes only if those that it
 * relies on have: of the rest, what came from elsewhere than a known device's signature is `evidence/prerequisite-failed`.
 *
 * Throws `nvidia/malformed`, `certificate/malformed` or `certificate/chain-too-long` for what cannot be read at all. The codes of failed
 * checks: those of `checkChain`, `nvidia/chain-shape`, `nvidia/signer-unfit`, `nvidia/device-unknown`, `nvidia/architecture-mismatch`,
 * `nvidia/signature-invalid`, `nvidia/firmware-id-mismatch`, `nvidia/nonce-mismatch`; for revocation those of `unknownToAuthorities`; for
 * manifests those of `parseManifest` and `checkManifest`, `nvidia/rim-version-mismatch` and `nvidia/rim-product-mismatch`; for measurements
 * those of `checkMeasurements`. Of checks that were not made: `nvidia/firmware-id-absent`, `nvidia/nonce-not-given`,
 * `nvidia/revocation-not-given`, `nvidia/reference-not-given`, `nvidia/reference-unverified`.
 */
export async function verifyNvidia(input: NvidiaInput): Promise<NvidiaReport> {
  const spdm = parseSpdm(input.evidence);
  const chain = certificatesFromPem(textOf(input.certificateChain));
  const fields = statedFields(spdm, deviceOf(chain));
  const { asOf } = input;
  const words = readWords(input.revocation ?? {});
  let root: PinnedRoot | null = null;
  const chainCheck = await made<NvidiaCheckName>(
    'chain',
    'The certificates lead from the first one’s key to a root of NVIDIA’s.',
    async () => {
      root = await checkDeviceChain(chain, input);
    },
  );
  const signatureCheck = await made<NvidiaCheckName>(
    'signature',
    'The first certificate’s key has signed request and response.',
    () => checkSignature(spdm, chain[0]),
  );
  const isIssued = chainCheck.status === 'pass';
  const isSigned = isIssued && signatureCheck.status === 'pass';
  const deviceCheck = await made<NvidiaCheckName>(
    'device',
    'The certificates are of a GPU or switch with confidential computing.',
    () => checkDevice(fields, input.architecture ?? null),
  );
  const checks: readonly EvidenceCheck<NvidiaCheckName>[] = [
    chainCheck,
    relying(isIssued, deviceCheck),
    signatureCheck,
    relying(isSigned, await firmwareCheck(fields)),
    relying(isSigned, await nonceCheck(spdm, input.nonce ?? null)),
    relying(isIssued, await revocationCheck('revocation', [{ chain, first: FIRST_ISSUED }], words, asOf)),
    ...(await referenceChecks(fields, spdm, input, words)).map(check => relying(isSigned, check)),
  ];
  return {
    kind: 'nvidia',
    signedRegion: sha256(spdm.signedBytes),
    whole: sha256(input.evidence),
    uncovered: [],
    checks,
    fields,
    root: rootOf(root),
  };
}

/** TypeScript does not see that a callback has assigned it. */
function rootOf(root: PinnedRoot | null): NvidiaReport['root'] {
  return root === null ? null : { name: root.name, simulated: root.simulated === true };
}

function textOf(chain: string | Uint8Array): string {
  const text = typeof chain === 'string' ? chain : fromUtf8(chain);
  if (text === null) throw new Failure('certificate/malformed', { detail: 'not UTF-8' });
  return text;
}

async function checkDeviceChain(chain: readonly Certificate[], input: NvidiaInput): Promise<PinnedRoot> {
  const { roots = NVIDIA_DEVICE_ROOTS, asOf } = input;
  const root = await checkChain(chain, { roots, asOf, understood: DICE_EXTENSIONS });
  if (chain.length !== CHAIN_LENGTH)
    throw new Failure('nvidia/chain-shape', { detail: `${chain.length} certificates` });
  const [leaf] = chain;
  if (leaf === undefined || leaf.authority !== null || !leaf.maySign.documents)
    throw new Failure('nvidia/signer-unfit', { field: 'certificate 0' });
  return root;
}

function checkDevice({ device }: NvidiaFields, claimed: NvidiaArchitecture | null): void {
  if (device.architecture === null) throw new Failure('nvidia/device-unknown', { field: 'certificate 1' });
  if (claimed !== null && claimed !== device.architecture)
    throw new Failure('nvidia/architecture-mismatch', { field: 'architecture', detail: device.architecture });
}

async function checkSignature(spdm: SpdmEvidence, leaf: Certificate | undefined): Promise<void> {
  const scheme = documentScheme(leaf?.keyKind ?? null);
  if (leaf === undefined || scheme?.name !== 'ECDSA' || scheme.curve !== 'P-384')
    throw new Failure('nvidia/signature-invalid', { detail: 'a key of another kind' });
  if (!(await verifyForeign(scheme, leaf.spki, spdm.signedBytes, spdm.signature)))
    throw new Failure('nvidia/signature-invalid');
}

async function firmwareCheck({ firmwareId, device }: NvidiaFields): Promise<EvidenceCheck<NvidiaCheckName>> {
  if (firmwareId === null) return notMade('firmware-id', 'nvidia/firmware-id-absent');
  return made('firmware-id', 'The firmware that answered is the one whose key was certified.', () => {
    const [certified] = device.firmwareIds;
    if (certified === undefined || !equal(certified, firmwareId))
      throw new Failure('nvidia/firmware-id-mismatch');
  });
}

async function nonceCheck(
  spdm: SpdmEvidence,
  nonce: Uint8Array | null,
): Promise<EvidenceCheck<NvidiaCheckName>> {
  if (nonce === null) return notMade('nonce', 'nvidia/nonce-not-given');
  return made('nonce', 'The evidence answers the nonce that was asked with.', () => {
    if (!equal(nonce, spdm.nonce)) throw new Failure('nvidia/nonce-mismatch');
  });
}

interface Questioned {
  readonly chain: readonly Certificate[];
  readonly first: number;
}

async function revocationCheck(
  name: 'revocation' | 'manifest-revocation',
  questioned: readonly Questioned[],
  words: () => Words,
  asOf: number,
): Promise<EvidenceCheck<NvidiaCheckName>> {
  const unknown: number[] = [];
  const check = await made(name, 'No authority has taken back a certificate of the chain.', async () => {
    for (const { chain, first } of questioned)
      unknown.push(...(await unknownToAuthorities(chain, first, words, asOf)));
  });
  if (check.status === 'fail' || (questioned.length > 0 && unknown.length === 0)) return check;
  const field = unknown.length === 0 ? null : `certificate ${unknown.join(', ')}`;
  return notMade(name, 'nvidia/revocation-not-given', field);
}

/** What is compared only against manifests: a manifest that is not what it should be compares nothing. */
async function referenceChecks(
  fields: NvidiaFields,
  spdm: SpdmEvidence,
  input: NvidiaInput,
  words: () => Words,
): Promise<readonly EvidenceCheck<NvidiaCheckName>[]> {
  const { driverManifest, firmwareManifest } = input;
  const hasDriver = fields.device.architecture !== 'nvswitch';
  const driver = await readManifest('driver-manifest', driverManifest, fields.driverVersion, fields, input);
  const firmware = await readManifest(
    'firmware-manifest',
    firmwareManifest,
    fields.biosVersion,
    fields,
    input,
  );
  const needed = hasDriver ? [driver, firmware] : [firmware];
  const manifests = needed.flatMap(({ manifest }) => (manifest === null ? [] : [manifest]));
  const chains = manifests.map(({ chain }) => ({ chain, first: 0 }));
  return [
    ...needed.map(({ check }) => check),
    await revocationCheck('manifest-revocation', chains, words, input.asOf),
    manifests.length < needed.length
      ? notMade('measurements', unreadable(needed))
      : await made('measurements', 'The device measures as driver and firmware must.', () =>
          checkMeasurements(spdm.measurements, manifests, fields.videoDecoder),
        ),
  ];
}

interface ReadManifest {
  readonly check: EvidenceCheck<NvidiaCheckName>;
  /** Null unless it was given and everything about it is right. */
  readonly manifest: ReferenceManifest | null;
}

function unreadable(
  needed: readonly ReadManifest[],
): 'nvidia/reference-unverified' | 'nvidia/reference-not-given' {
  return needed.some(({ check }) => check.status === 'fail')
    ? 'nvidia/reference-unverified'
    : 'nvidia/reference-not-given';
}

async function readManifest(
  name: 'driver-manifest' | 'firmware-manifest',
  bytes: Uint8Array | undefined,
  version: string | null,
  { device, chipInfo }: NvidiaFields,
  { referenceRoots = NVIDIA_REFERENCE_ROOTS, asOf }: NvidiaInput,
): Promise<ReadManifest> {
  if (bytes === undefined) return { check: notMade(name, 'nvidia/reference-not-given'), manifest: null };
  let manifest: ReferenceManifest | null = null;
  const check = await made(name, 'A manifest of NVIDIA’s is signed, and of this very version.', async () => {
    manifest = parseManifest(bytes);
    await checkManifest(manifest, referenceRoots, asOf);
    if (manifest.product !== device.chip && manifest.product !== chipInfo)
      throw new Failure('nvidia/rim-product-mismatch', { field: 'product', detail: manifest.product });
    if (version === null || manifest.version.toUpperCase() !== version.toUpperCase())
      throw new Failure('nvidia/rim-version-mismatch', { field: 'version', detail: manifest.version });
  });
  return { check, manifest: check.status === 'pass' ? manifest : null };
}
