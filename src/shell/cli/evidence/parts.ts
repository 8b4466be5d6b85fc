/** Files of evidence, each with what goes with it, as the verifiers take them. Which kind a file is, its bytes say. */
import type { CarryingField } from '../../../appraise/binding/conventions.js';
import type { Carrying, Run } from '../../../appraise/binding/run.js';
import type { EvidencePart } from '../../../appraise/evidence/appraised.js';
import { equal, fromUtf8, utf8 } from '../../../bytes/octets.js';
import { deviceOf } from '../../../evidence/nvidia/device.js';
import type { EvidenceItem } from '../../../evidence/nvidia/evidence-file.js';
import { parseManifest } from '../../../evidence/nvidia/rim/manifest.js';
import { isOfFirmware } from '../../../evidence/nvidia/rim/manifest-name.js';
import { parseSpdm } from '../../../evidence/nvidia/spdm.js';
import { type NvidiaFields, statedFields } from '../../../evidence/nvidia/stated.js';
import { parseSnpReport } from '../../../evidence/snp/layout.js';
import { snpChainOf } from '../../../evidence/snp/signer-chain.js';
import { certificatesFromPem } from '../../../evidence/x509/pem.js';
import { parseRevocationList } from '../../../evidence/x509/revocation-list.js';
import { Failure } from '../../../reason.js';
import {
  type Circumstances,
  certificatesIn,
  dcapPart,
  nitroPart,
  nrasPart,
  nvidiaPart,
  snpPart,
} from '../conformance/evidence-input.js';
import { type Detected, detect } from './detect.js';
import type { EvidencePolicies } from './policies.js';

export interface GivenFiles {
  readonly files: readonly { readonly path: string; readonly bytes: Uint8Array }[];
  /** Certificates of those that come without, in their order. */
  readonly chains: readonly Uint8Array[];
  /** Intel's, for a quote. */
  readonly collateral: Uint8Array | null;
  /** In DER: of AMD's roots, and of NVIDIA's authorities. */
  readonly revocationLists: readonly Uint8Array[];
  /** Of NVIDIA's certificates, in DER. */
  readonly ocsp: readonly Uint8Array[];
  /** SHA-256 of the SubjectPublicKeyInfo of those who may answer for NVIDIA's authorities. */
  readonly responders: readonly Uint8Array[];
  /** NVIDIA's, in XML: of drivers and of firmware. */
  readonly manifests: readonly Uint8Array[];
  /** Of NVIDIA's attestation service, and who vouches for them. */
  readonly keys: ServiceKeys | null;
  readonly policies: EvidencePolicies;
  /** Of every piece that has the field. */
  readonly carries: readonly Carrying[];
  readonly others: Omit<Run, 'quote' | 'gpus'>;
}

export interface ServiceKeys {
  readonly set: Uint8Array;
  readonly pins: readonly Uint8Array[];
  readonly root: Uint8Array | null;
}

export interface NamedPart {
  /** The file, and of several devices in it which one. */
  readonly name: string;
  /** Throws what says that it is nothing that can be judged. */
  readonly part: () => EvidencePart;
}

/** In the order of the files. Chains go to those that need one, in that order. */
export function partsOf(given: GivenFiles, circumstances: Circumstances): readonly NamedPart[] {
  const context: Context = { given, chains: [...given.chains], circumstances };
  return given.files.flatMap(({ path, bytes }) => partsIn(path, bytes, context));
}

interface Context {
  readonly given: GivenFiles;
  /** Those that are left: each is for one piece. */
  readonly chains: Uint8Array[];
  readonly circumstances: Circumstances;
}

function partsIn(path: string, bytes: Uint8Array, context: Context): readonly NamedPart[] {
  let detected: Detected;
  try {
    detected = detect(bytes);
  } catch (error) {
    const part = () => {
      throw error;
    };
    return [{ name: path, part }];
  }
  if (detected.kind !== 'nvidia-file') return [{ name: path, part: partIn(detected, context) }];
  const { devices } = detected;
  return devices.map((device, at) => ({
    name: devices.length === 1 ? path : `${path}[${at}]`,
    part: () => deviceIn(device, context),
  }));
}

function partIn(
  { kind, bytes }: Exclude<Detected, { readonly kind: 'nvidia-file' }>,
  context: Context,
): () => EvidencePart {
  const { given, circumstances } = context;
  const { policies, collateral } = given;
  const chain = kind === 'snp' || kind === 'spdm' ? context.chains.shift() : undefined;
  return () => {
    switch (kind) {
      case 'nitro':
        return nitroPart({ document: bytes, ...withPolicy(policies.nitro) }, circumstances);
      case 'dcap':
        return dcapPart(
          { quote: bytes, ...(collateral === null ? {} : { collateral }), ...withPolicy(policies.tdx) },
          circumstances,
        );
      case 'snp':
        return snpIn(bytes, chain, context);
      case 'spdm':
        if (chain === undefined) throw new Failure('evidence/certificates-missing');
        return deviceIn({ evidence: bytes, certificateChain: fromUtf8(chain) ?? '' }, context);
      case 'nras':
        return answerIn(bytes, context);
    }
  };
}

/** Certificates in DER, or in PEM from the signer's on. Which kind of key it is, the report says, and the verifier checks it. */
function snpIn(
  report: Uint8Array,
  chain: Uint8Array | undefined,
  { given, circumstances }: Context,
): EvidencePart {
  if (chain === undefined) throw new Failure('evidence/certificates-missing');
  const [signer, ask, ark] = certificatesIn(chain, 3) as readonly [Uint8Array, ...Uint8Array[]];
  const { signingKey } = parseSnpReport(report).stated;
  const kind = signingKey === 'vlek' ? 'vlek' : 'vcek';
  const whole = snpChainOf({
    signer: { kind, certificate: signer },
    ...(ask === undefined ? {} : { authority: ask }),
    ...(ark === undefined ? {} : { root: ark }),
  });
  // Of several lists the one of this report's root: the others say nothing about it.
  const revocations =
    whole instanceof Failure
      ? undefined
      : given.revocationLists.find(list => equal(parseRevocationList(list).issuer, whole[2].subject));
  return snpPart(
    {
      report,
      [kind]: signer,
      ...(ask === undefined ? {} : { ask }),
      ...(ark === undefined ? {} : { ark }),
      ...(revocations === undefined ? {} : { revocations }),
      ...withPolicy(given.policies.snp),
    },
    circumstances,
  );
}

function deviceIn(
  { evidence, certificateChain }: Pick<EvidenceItem, 'evidence' | 'certificateChain'>,
  { given, circumstances }: Context,
): EvidencePart {
  const fields = statedFields(parseSpdm(evidence), deviceOf(certificatesFromPem(certificateChain)));
  return nvidiaPart(
    {
      evidence,
      certificateChain: utf8(certificateChain),
      ocsp: [...given.ocsp],
      responders: [...given.responders],
      revocationLists: [...given.revocationLists],
      ...manifestsFor(fields, given.manifests),
      ...nonceOf(given.others.nonce, given.carries),
      ...withPolicy(given.policies.nvidia),
    },
    circumstances,
  );
}

/**
 * Of the manifests that are given those of just this driver and firmware, by their versions; else the first of the right sort, which the verifier then
 * refuses for what it is of.
 */
function manifestsFor(
  { driverVersion, biosVersion }: NvidiaFields,
  given: readonly Uint8Array[],
): { readonly driverManifest?: Uint8Array; readonly firmwareManifest?: Uint8Array } {
  const read = given.map(bytes => ({ bytes, manifest: parseManifest(bytes) }));
  const [firmware, drivers] = [true, false].map(isSort =>
    read.filter(({ manifest }) => isOfFirmware(manifest) === isSort),
  ) as [typeof read, typeof read];
  const pick = (sort: typeof read, version: string | null) =>
    (sort.find(({ manifest }) => manifest.version.toUpperCase() === version?.toUpperCase()) ?? sort[0])
      ?.bytes;
  const driverManifest = pick(drivers, driverVersion);
  const firmwareManifest = pick(firmware, biosVersion);
  return {
    ...(driverManifest === undefined ? {} : { driverManifest }),
    ...(firmwareManifest === undefined ? {} : { firmwareManifest }),
  };
}

function answerIn(answer: Uint8Array, { given, circumstances }: Context): EvidencePart {
  if (given.keys === null) throw new Failure('evidence/certificates-missing', { field: 'keys' });
  const { set, pins, root } = given.keys;
  return nrasPart(
    {
      answer,
      keys: set,
      pins: [...pins],
      ...(root === null ? {} : { root }),
      ...nonceOf(given.others.nonce, given.carries),
      ...withPolicy(given.policies.nras),
    },
    circumstances,
  );
}

const withPolicy = <Policy>(policy: Policy | undefined) => (policy === undefined ? {} : { policy });

/** Where a GPU was asked with something else, the nonce is the quote's to carry. */
function nonceOf(nonce: Uint8Array | null, carries: readonly Carrying[]): { readonly nonce?: Uint8Array } {
  const field: CarryingField = 'nonce';
  const isElse = carries.some(each => each.field === field && each.convention !== 'plain-nonce');
  return nonce === null || isElse ? {} : { nonce };
}
