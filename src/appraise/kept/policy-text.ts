/**
 * Policies about evidence as bytes: canonical JSON, with hexadecimal for bytes. A policy is kept beside the evidence that was judged under it, because
 * a judgement is worth nothing to whoever does not know by what measure.
 */
import * as v from 'valibot';
import { fromHex, toHex } from '../../bytes/hex.js';
import { canonicalize, type Json, parseCanonical } from '../../bytes/json.js';
import { isWithinExtent } from '../../bytes/json-extent.js';
import { equal, fromUtf8 } from '../../bytes/octets.js';
import type { EvidenceKind } from '../../evidence/report.js';
import { Failure } from '../../reason.js';
import { type DcapPolicy, SAFE_DCAP_POLICY } from '../evidence/dcap-policy.js';
import { type NitroPolicy, SAFE_NITRO_POLICY } from '../evidence/nitro-policy.js';
import { DEFAULT_NRAS_POLICY, type NrasPolicy } from '../evidence/nras-policy.js';
import {
  DEFAULT_NVIDIA_POLICY,
  NVIDIA_OPTIONAL_CHECKS,
  type NvidiaPolicy,
} from '../evidence/nvidia-policy.js';
import { SAFE_SNP_POLICY, type SnpPolicy } from '../evidence/snp-policy.js';

export interface PolicyOf {
  readonly nitro: NitroPolicy;
  readonly 'sev-snp': SnpPolicy;
  readonly tdx: DcapPolicy;
  readonly sgx: DcapPolicy;
  readonly nvidia: NvidiaPolicy;
  readonly nras: NrasPolicy;
}

/** What evidence of each kind is judged by when nobody says otherwise. */
export const USUAL_POLICY: PolicyOf = {
  nitro: SAFE_NITRO_POLICY,
  'sev-snp': SAFE_SNP_POLICY,
  tdx: SAFE_DCAP_POLICY,
  sgx: SAFE_DCAP_POLICY,
  nvidia: DEFAULT_NVIDIA_POLICY,
  nras: DEFAULT_NRAS_POLICY,
};

const MAX_POLICY_BYTES = 256 * 1024;
const EXTENT = { containers: 256, members: 1024, values: 4096 };

const Octets = v.pipe(
  v.string(),
  v.check(text => fromHex(text) !== null),
  v.transform(text => fromHex(text) as Uint8Array),
);
const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const list = <Item extends v.GenericSchema>(item: Item) => v.array(item);
const Version = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(255));

const Nitro = v.strictObject({
  maximumAge: Count,
  maximumAhead: Count,
  nonce: v.nullable(Octets),
  pcrs: v.pipe(
    v.record(v.pipe(v.string(), v.regex(/^(?:0|[1-9][0-9]?)$/)), list(Octets)),
    v.transform(members => new Map(Object.entries(members).map(([name, each]) => [Number(name), each]))),
  ),
  publicKey: v.nullable(Octets),
  userData: v.nullable(Octets),
});

const Tcb = v.strictObject({
  bootLoader: Version,
  fmc: v.nullable(Version),
  microcode: Version,
  snp: Version,
  tee: Version,
});
const Snp = v.strictObject({
  hostData: v.nullable(Octets),
  maskedChip: v.boolean(),
  measurements: v.nullable(list(Octets)),
  migrationAgent: v.boolean(),
  minimumTcb: v.nullable(v.record(v.picklist(['milan', 'genoa', 'turin']), Tcb)),
  reportData: v.nullable(Octets),
  revocation: v.picklist(['required', 'if-given']),
  vmpls: list(Count),
});

const Dcap = v.strictObject({
  advisories: v.nullable(list(v.string())),
  measurements: v.record(
    v.picklist([
      'mrTd',
      'rtMr0',
      'rtMr1',
      'rtMr2',
      'rtMr3',
      'mrSeam',
      'mrConfigId',
      'mrOwner',
      'mrOwnerConfig',
      'mrEnclave',
      'mrSigner',
    ]),
    list(Octets),
  ),
  memoryExceptions: v.boolean(),
  migration: v.boolean(),
  minimumTcbDate: v.nullable(Count),
  reportData: v.nullable(Octets),
  statuses: list(
    v.picklist([
      'UpToDate',
      'SWHardeningNeeded',
      'ConfigurationNeeded',
      'ConfigurationAndSWHardeningNeeded',
      'OutOfDate',
      'OutOfDateConfigurationNeeded',
      'TDRelaunchAdvised',
      'TDRelaunchAdvisedConfigurationNeeded',
    ]),
  ),
});

const Versions = v.nullable(list(v.string()));
const Nvidia = v.strictObject({
  architectures: list(v.picklist(['hopper', 'blackwell', 'nvswitch'])),
  biosVersions: Versions,
  driverVersions: Versions,
  modes: v.nullable(
    list(v.picklist(['multi-gpu-passthrough', 'single-gpu-passthrough', 'protected-pcie', 'unknown'])),
  ),
  required: list(v.picklist(NVIDIA_OPTIONAL_CHECKS)),
});
const Nras = v.strictObject({
  biosVersions: Versions,
  driverVersions: Versions,
  nonceRequired: v.boolean(),
});

const SCHEMAS: { readonly [Kind in EvidenceKind]: v.GenericSchema<unknown, PolicyOf[Kind]> } = {
  nitro: Nitro,
  'sev-snp': Snp,
  tdx: Dcap,
  sgx: Dcap,
  nvidia: Nvidia,
  nras: Nras,
};

/** The one form in which a policy is kept. Throws `archive/policy-malformed` for one that no policy of that kind can be. */
export function formatPolicy<Kind extends EvidenceKind>(kind: Kind, policy: PolicyOf[Kind]): Uint8Array {
  const bytes = canonicalize(plain(policy));
  parsePolicy(kind, bytes);
  return bytes;
}

/** Reads exactly what {@link formatPolicy} writes. Throws `archive/policy-malformed`. */
export function parsePolicy<Kind extends EvidenceKind>(kind: Kind, bytes: Uint8Array): PolicyOf[Kind] {
  const text = bytes.length > MAX_POLICY_BYTES ? null : fromUtf8(bytes);
  if (text === null || !isWithinExtent(text, EXTENT)) throw malformed('too large, or no text');
  const result = v.safeParse(SCHEMAS[kind], jsonOf(bytes), { abortEarly: true });
  if (!result.success) throw malformed(v.getDotPath(result.issues[0]) ?? 'no object');
  const policy = result.output as PolicyOf[Kind];
  // Hexadecimal can be written in two ways, of which one is ours.
  if (!equal(canonicalize(plain(policy)), bytes)) throw malformed('written otherwise');
  return policy;
}

function jsonOf(bytes: Uint8Array): Json {
  try {
    return parseCanonical(bytes);
  } catch (error) {
    if (error instanceof Failure) throw malformed(error.code);
    throw error;
  }
}

function plain(value: unknown): Json {
  if (value instanceof Uint8Array) return toHex(value);
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([name, each]) => [`${name}`, plain(each)]));
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
  return value as Json;
}

function malformed(detail: string): Failure {
  return new Failure('archive/policy-malformed', { detail });
}
