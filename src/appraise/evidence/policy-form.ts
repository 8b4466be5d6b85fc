/**
 * Policies about evidence as people write them: JSON, strict, every member optional. What is left out is as the safe policy of the kind has it, and
 * no member can make a check pass that failed. Measurements and whatever is compared are in lower-case hexadecimal, as tools print them; times in RFC 3339.
 */
import * as v from 'valibot';
import { fromHex } from '../../bytes/hex.js';
import { TCB_STATUSES } from '../../evidence/dcap/tcb-status.js';
import { type DcapPolicy, SAFE_DCAP_POLICY } from './dcap-policy.js';
import { type NitroPolicy, SAFE_NITRO_POLICY } from './nitro-policy.js';
import { DEFAULT_NRAS_POLICY, type NrasPolicy } from './nras-policy.js';
import { DEFAULT_NVIDIA_POLICY, NVIDIA_OPTIONAL_CHECKS, type NvidiaPolicy } from './nvidia-policy.js';
import { SAFE_SNP_POLICY, type SnpPolicy } from './snp-policy.js';

const octets = (digits: string) => fromHex(digits) as Uint8Array;
/** From `least` to `most` bytes. */
const hexOf = (least: number, most: number) => {
  const length = least === most ? `${least}` : `${least} to ${most}`;
  return v.pipe(
    v.string(),
    v.regex(
      new RegExp(`^(?:[0-9a-f]{2}){${least},${most}}$`),
      `it takes ${length} bytes in small hexadecimal`,
    ),
    v.transform(octets),
  );
};
const listOf = <Item extends v.GenericSchema>(item: Item) => v.pipe(v.array(item), v.maxLength(256));
const Seconds = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));
const Text = v.pipe(v.string(), v.minLength(1), v.maxLength(128));
const Sha256 = hexOf(32, 32);
const Sha384 = hexOf(48, 48);
/** What a guest has put into 64 bytes. */
const ReportData = v.nullable(hexOf(1, 64));

/** RFC 3339, to the second; in Unix seconds. */
const Time = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  v.check(text => !Number.isNaN(Date.parse(text)), 'no time'),
  v.transform(text => Date.parse(text) / 1000),
);

const NitroField = v.nullable(hexOf(0, 1024));

export const NitroPolicyForm = v.strictObject({
  maximumAge: v.exactOptional(Seconds),
  maximumAhead: v.exactOptional(Seconds),
  pcrs: v.exactOptional(v.record(v.pipe(v.string(), v.regex(/^(?:[0-9]|[12][0-9]|3[01])$/)), listOf(Sha384))),
  nonce: v.exactOptional(NitroField),
  publicKey: v.exactOptional(NitroField),
  userData: v.exactOptional(NitroField),
});

const Svn = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255));
const SnpTcbForm = v.strictObject({
  fmc: v.exactOptional(v.nullable(Svn), null),
  bootLoader: Svn,
  tee: Svn,
  snp: Svn,
  microcode: Svn,
});

export const SnpPolicyForm = v.strictObject({
  migrationAgent: v.exactOptional(v.boolean()),
  vmpls: v.exactOptional(listOf(v.picklist([0, 1, 2, 3]))),
  minimumTcb: v.exactOptional(
    v.nullable(
      v.strictObject({
        milan: v.exactOptional(SnpTcbForm),
        genoa: v.exactOptional(SnpTcbForm),
        turin: v.exactOptional(SnpTcbForm),
      }),
    ),
  ),
  measurements: v.exactOptional(v.nullable(listOf(Sha384))),
  reportData: v.exactOptional(ReportData),
  hostData: v.exactOptional(v.nullable(hexOf(1, 32))),
  maskedChip: v.exactOptional(v.boolean()),
  revocation: v.exactOptional(v.picklist(['required', 'if-given'])),
});

const Statuses = [
  ...TCB_STATUSES.filter(status => status !== 'Revoked'),
  'TDRelaunchAdvised',
  'TDRelaunchAdvisedConfigurationNeeded',
] as const;
const trustDomain = v.exactOptional(listOf(Sha384));
const enclave = v.exactOptional(listOf(Sha256));

export const DcapPolicyForm = v.strictObject({
  statuses: v.exactOptional(listOf(v.picklist(Statuses))),
  advisories: v.exactOptional(v.nullable(listOf(Text))),
  minimumTcbDate: v.exactOptional(v.nullable(Time)),
  migration: v.exactOptional(v.boolean()),
  memoryExceptions: v.exactOptional(v.boolean()),
  measurements: v.exactOptional(
    v.strictObject({
      mrTd: trustDomain,
      rtMr0: trustDomain,
      rtMr1: trustDomain,
      rtMr2: trustDomain,
      rtMr3: trustDomain,
      mrSeam: trustDomain,
      mrConfigId: trustDomain,
      mrOwner: trustDomain,
      mrOwnerConfig: trustDomain,
      mrEnclave: enclave,
      mrSigner: enclave,
    }),
  ),
  reportData: v.exactOptional(ReportData),
});

export const NvidiaPolicyForm = v.strictObject({
  required: v.exactOptional(listOf(v.picklist(NVIDIA_OPTIONAL_CHECKS))),
  architectures: v.exactOptional(listOf(v.picklist(['hopper', 'blackwell', 'nvswitch']))),
  driverVersions: v.exactOptional(v.nullable(listOf(Text))),
  biosVersions: v.exactOptional(v.nullable(listOf(Text))),
  modes: v.exactOptional(
    v.nullable(
      listOf(
        v.picklist(['multi-gpu-passthrough', 'single-gpu-passthrough', 'protected-pcie', 'unknown'] as const),
      ),
    ),
  ),
});

export const NrasPolicyForm = v.strictObject({
  nonceRequired: v.exactOptional(v.boolean()),
  driverVersions: v.exactOptional(v.nullable(listOf(Text))),
  biosVersions: v.exactOptional(v.nullable(listOf(Text))),
});

export function nitroPolicyOf({
  pcrs = {},
  ...rest
}: v.InferOutput<typeof NitroPolicyForm> = {}): NitroPolicy {
  const registers = Object.entries(pcrs).map(([number, accepted]) => [Number(number), accepted] as const);
  return { ...SAFE_NITRO_POLICY, ...rest, pcrs: new Map(registers) };
}

export function snpPolicyOf(form: v.InferOutput<typeof SnpPolicyForm> = {}): SnpPolicy {
  return { ...SAFE_SNP_POLICY, ...form };
}

export function dcapPolicyOf(form: v.InferOutput<typeof DcapPolicyForm> = {}): DcapPolicy {
  return { ...SAFE_DCAP_POLICY, ...form };
}

export function nvidiaPolicyOf(form: v.InferOutput<typeof NvidiaPolicyForm> = {}): NvidiaPolicy {
  return { ...DEFAULT_NVIDIA_POLICY, ...form };
}

export function nrasPolicyOf(form: v.InferOutput<typeof NrasPolicyForm> = {}): NrasPolicy {
  return { ...DEFAULT_NRAS_POLICY, ...form };
}
