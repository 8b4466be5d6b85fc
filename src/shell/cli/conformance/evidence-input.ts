/** Pieces of evidence as conformance verbs are handed them, and what the verifiers are given of them. */
import * as v from 'valibot';
import type { EvidencePart } from '../../../appraise/evidence/appraised.js';
import {
  DcapPolicyForm,
  dcapPolicyOf,
  NitroPolicyForm,
  NrasPolicyForm,
  NvidiaPolicyForm,
  nitroPolicyOf,
  nrasPolicyOf,
  nvidiaPolicyOf,
  SnpPolicyForm,
  snpPolicyOf,
} from '../../../appraise/evidence/policy-form.js';
import { sha256 } from '../../../bytes/cryptography.js';
import { fromUtf8, utf8 } from '../../../bytes/octets.js';
import { INTEL_ROOTS } from '../../../evidence/dcap/roots.js';
import { NITRO_ROOTS } from '../../../evidence/nitro/roots.js';
import type { NrasTrust } from '../../../evidence/nvidia/nras/key-set.js';
import { NVIDIA_DEVICE_ROOTS, NVIDIA_REFERENCE_ROOTS } from '../../../evidence/nvidia/roots.js';
import { SNP_ROOTS, type SnpRoot } from '../../../evidence/snp/roots.js';
import { parseCertificate } from '../../../evidence/x509/certificate.js';
import type { PinnedRoot } from '../../../evidence/x509/chain.js';
import { pemBlocks } from '../../../evidence/x509/pem.js';
import { Failure } from '../../../reason.js';
import { Base64, Certificates } from './input.js';

/** Whose evidence counts. */
export interface EvidenceRoots {
  readonly nitro: readonly PinnedRoot[];
  readonly snp: readonly SnpRoot[];
  readonly dcap: readonly PinnedRoot[];
  readonly nvidia: readonly PinnedRoot[];
  readonly nvidiaReference: readonly PinnedRoot[];
}

/** The makers of hardware: the only ones that the command line knows. */
export const MAKERS: EvidenceRoots = {
  nitro: NITRO_ROOTS,
  snp: SNP_ROOTS,
  dcap: INTEL_ROOTS,
  nvidia: NVIDIA_DEVICE_ROOTS,
  nvidiaReference: NVIDIA_REFERENCE_ROOTS,
};

const Sha256 = v.pipe(
  Base64,
  v.check(bytes => bytes.length === 32, 'not the 32 bytes of a SHA-256'),
);

export const NITRO_INPUT = { document: Base64, policy: v.exactOptional(NitroPolicyForm) };

/** Exactly one of `vcek` and `vlek`. Certificates in DER or PEM; `ask` may be the two of AMD's chain. */
export const SNP_INPUT = {
  report: Base64,
  vcek: v.exactOptional(Certificates),
  vlek: v.exactOptional(Certificates),
  ask: v.exactOptional(Certificates),
  ark: v.exactOptional(Certificates),
  product: v.exactOptional(v.picklist(['milan', 'genoa', 'turin'])),
  revocations: v.exactOptional(Base64),
  policy: v.exactOptional(SnpPolicyForm),
};

/** Collateral is one object of texts, or the bytes of a file of it. */
export const DCAP_INPUT = {
  quote: Base64,
  collateral: v.exactOptional(v.union([Base64, v.record(v.string(), v.string())])),
  policy: v.exactOptional(DcapPolicyForm),
};

const Pieces = v.pipe(v.array(Base64), v.maxLength(32));

export const NVIDIA_INPUT = {
  evidence: Base64,
  certificateChain: Certificates,
  nonce: v.exactOptional(Base64),
  ocsp: v.exactOptional(Pieces),
  responders: v.exactOptional(v.pipe(v.array(Sha256), v.maxLength(32))),
  revocationLists: v.exactOptional(Pieces),
  driverManifest: v.exactOptional(Base64),
  firmwareManifest: v.exactOptional(Base64),
  policy: v.exactOptional(NvidiaPolicyForm),
};

/**
 * `keys`: the service's key set. `pins`: SHA-256 of the SubjectPublicKeyInfo of keys that count as they are; `root`: certificates up to the root that
 * vouches for the set's keys, in DER or PEM, the root last. Without both nobody vouches for them.
 */
export const NRAS_INPUT = {
  answer: Base64,
  keys: Base64,
  pins: v.exactOptional(v.pipe(v.array(Sha256), v.maxLength(32))),
  root: v.exactOptional(Certificates),
  nonce: v.exactOptional(Base64),
  issuer: v.exactOptional(v.pipe(v.string(), v.maxLength(256))),
  policy: v.exactOptional(NrasPolicyForm),
};

/** What the verifier of one part is told by all: when, in Unix seconds, and whom to believe. */
export interface Circumstances {
  readonly asOf: number;
  readonly roots: EvidenceRoots;
}

const nitroInput = v.strictObject(NITRO_INPUT);
const snpInput = v.strictObject(SNP_INPUT);
const dcapInput = v.strictObject(DCAP_INPUT);
const nvidiaInput = v.strictObject(NVIDIA_INPUT);
const nrasInput = v.strictObject(NRAS_INPUT);

export function nitroPart(
  { document, policy }: v.InferOutput<typeof nitroInput>,
  { asOf, roots }: Circumstances,
): EvidencePart {
  return {
    kind: 'nitro',
    input: { document, asOf, roots: roots.nitro },
    policy: nitroPolicyOf(policy),
  };
}

/** Throws `conformance/input-malformed` without a signer or with two, `certificate/malformed` or `certificate/chain-too-long`. */
export function snpPart(
  { report, vcek, vlek, ask, ark, product, revocations, policy }: v.InferOutput<typeof snpInput>,
  { asOf, roots }: Circumstances,
): EvidencePart {
  const signer = vcek ?? vlek;
  if (signer === undefined || (vcek !== undefined && vlek !== undefined))
    throw new Failure('conformance/input-malformed', { field: 'vcek', detail: 'not one of vcek and vlek' });
  const [certificate] = certificatesIn(signer, 1);
  const [authority, above] = ask === undefined ? [] : certificatesIn(ask, ark === undefined ? 2 : 1);
  const root = ark === undefined ? above : certificatesIn(ark, 1)[0];
  return {
    kind: 'sev-snp',
    input: {
      report,
      signer: { kind: vcek === undefined ? 'vlek' : 'vcek', certificate: certificate as Uint8Array },
      ...(authority === undefined ? {} : { authority }),
      ...(root === undefined ? {} : { root }),
      ...(product === undefined ? {} : { product }),
      ...(revocations === undefined ? {} : { revocations }),
      asOf,
      roots: roots.snp,
    },
    policy: snpPolicyOf(policy),
  };
}

export function dcapPart(
  { quote, collateral, policy }: v.InferOutput<typeof dcapInput>,
  { asOf, roots }: Circumstances,
): EvidencePart {
  return {
    kind: 'dcap',
    input: {
      quote,
      collateral:
        collateral === undefined || collateral instanceof Uint8Array
          ? (collateral ?? null)
          : utf8(JSON.stringify(collateral)),
      asOf,
      roots: roots.dcap,
    },
    policy: dcapPolicyOf(policy),
  };
}

export function nvidiaPart(
  input: v.InferOutput<typeof nvidiaInput>,
  { asOf, roots }: Circumstances,
): EvidencePart {
  const { evidence, certificateChain, nonce, driverManifest, firmwareManifest } = input;
  return {
    kind: 'nvidia',
    input: {
      evidence,
      certificateChain,
      ...(nonce === undefined ? {} : { nonce }),
      ...(driverManifest === undefined ? {} : { driverManifest }),
      ...(firmwareManifest === undefined ? {} : { firmwareManifest }),
      revocation: {
        ocsp: input.ocsp ?? [],
        revocationLists: input.revocationLists ?? [],
        trustedResponders: input.responders ?? [],
      },
      asOf,
      roots: roots.nvidia,
      referenceRoots: roots.nvidiaReference,
    },
    policy: nvidiaPolicyOf(input.policy),
  };
}

/** Throws what {@link nrasTrust} does. */
export function nrasPart(
  { answer, keys, pins = [], root, nonce, issuer, policy }: v.InferOutput<typeof nrasInput>,
  { asOf }: Pick<Circumstances, 'asOf'>,
): EvidencePart {
  return {
    kind: 'nras',
    input: {
      answer,
      keys,
      trust: nrasTrust({ pins, ...(root === undefined ? {} : { root }) }),
      asOf,
      ...(nonce === undefined ? {} : { nonce }),
      ...(issuer === undefined ? {} : { issuer }),
    },
    policy: nrasPolicyOf(policy),
  };
}

/** Who vouches for the keys of the service. Throws what {@link certificatesIn} does for a root that is none. */
export function nrasTrust({
  pins = [],
  root,
}: Pick<v.InferOutput<typeof nrasInput>, 'pins' | 'root'>): NrasTrust {
  if (root === undefined) return { keys: pins };
  const authorities = certificatesIn(root, 3);
  const { commonName, spki } = parseCertificate(authorities.at(-1) as Uint8Array);
  const name = commonName ?? 'a root without a name';
  return { keys: pins, authorities, roots: [{ name, spkiSha256: sha256(spki) }] };
}

/** From DER, or from PEM with at most that many certificates. Each is one that can be read. */
export function certificatesIn(bytes: Uint8Array, most: number): readonly Uint8Array[] {
  const DER_SEQUENCE = 0x30;
  const all = bytes[0] === DER_SEQUENCE ? [bytes] : pemBlocks(fromUtf8(bytes) ?? '', 'CERTIFICATE');
  if (all.length > most) throw new Failure('certificate/chain-too-long', { detail: `${all.length}` });
  for (const certificate of all) parseCertificate(certificate);
  return all;
}
