/**
 * What receipts can be looked up by when something about hardware or software turns out: which receipts rest on this chip, this TCB level, this
 * measurement, this signer, this model? Facts are as evidence states them; whoever finds a receipt by one still checks the evidence.
 */
import { toHex } from '../../bytes/hex.js';
import type { DcapFields } from '../../evidence/dcap/verify.js';
import type { NitroFields } from '../../evidence/nitro/document.js';
import type { NrasFields } from '../../evidence/nvidia/nras/verify.js';
import type { NvidiaFields } from '../../evidence/nvidia/stated.js';
import { type EvidenceReport, statusOf } from '../../evidence/report.js';
import type { SnpFields } from '../../evidence/snp/verify.js';
import type { Receipt } from '../../receipt/receipt.js';

export const FACT_FIELDS = ['evidence', 'chip', 'tcb', 'measurement', 'signer', 'model'] as const;
export type FactField = (typeof FACT_FIELDS)[number];

export interface Fact {
  readonly field: FactField;
  /** Bytes in small hexadecimal; a TCB level as its parts with colons between them. */
  readonly value: string;
}

/**
 * The facts of evidence whose own checks found nothing wrong; none of any other, so that nobody can put a stranger's chip into the index. Whether a policy
 * accepted it does not matter: what was refused is looked for as well.
 */
export function evidenceFacts(report: EvidenceReport): readonly Fact[] {
  if (statusOf(report.checks) === 'refused') return [];
  switch (report.kind) {
    case 'nitro':
      return nitroFacts(report.fields as NitroFields);
    case 'sev-snp':
      return snpFacts(report.fields as SnpFields);
    case 'tdx':
    case 'sgx':
      return dcapFacts(report.fields as DcapFields);
    case 'nvidia':
      return nvidiaFacts(report.fields as NvidiaFields);
    case 'nras':
      return nrasFacts(report.fields as NrasFields);
  }
}

/** The facts of a receipt and of the evidence that it names. `ofEvidence`: those of evidence by the digest of its signed region; none of what is not known. */
export function receiptFacts(
  receipt: Pick<Receipt, 'issuer' | 'model' | 'evidence'>,
  ofEvidence: (signedRegion: string) => readonly Fact[],
): readonly Fact[] {
  const { digest } = receipt.model;
  const own: readonly Fact[] = [
    { field: 'signer', value: receipt.issuer },
    ...(digest === null ? [] : [{ field: 'model' as const, value: digest }]),
  ];
  if (receipt.evidence.length === 0) return own;
  return distinct([
    ...own,
    ...receipt.evidence.flatMap(({ signedDigest }): Fact[] => [
      { field: 'evidence', value: signedDigest },
      ...ofEvidence(signedDigest),
    ]),
  ]);
}

/** PCR8 is of the key that the enclave's image was signed with. Source: Nitro Enclaves user guide. Registers that are zero measure nothing. */
function nitroFacts({ pcrs }: NitroFields): readonly Fact[] {
  return [...pcrs].flatMap(([number, value]) => octets(number === 8 ? 'signer' : 'measurement', value));
}

function snpFacts(fields: SnpFields): readonly Fact[] {
  const { chipId, measurement, idKeyDigest, authorKeyDigest, product, reportedTcb } = fields;
  return distinct([
    ...octets('chip', chipId),
    ...octets('measurement', measurement),
    ...octets('signer', idKeyDigest),
    ...octets('signer', authorKeyDigest),
    { field: 'tcb', value: `${product}:${toHex(reportedTcb)}` },
  ]);
}

function dcapFacts({ body, platform, tcb }: DcapFields): readonly Fact[] {
  const measured =
    body.kind === 'td'
      ? [body.mrTd, ...body.rtMr, body.mrSeam].flatMap(value => octets('measurement', value))
      : [...octets('measurement', body.mrEnclave), ...octets('signer', body.mrSigner)];
  if (platform === null) return distinct(measured);
  const { fmspc, cpuSvn, pceSvn, ppid } = platform;
  const module = body.kind === 'td' ? `:${toHex(body.teeTcbSvn)}` : '';
  return distinct([
    ...measured,
    ...octets('chip', ppid),
    { field: 'tcb', value: `${toHex(fmspc)}:${toHex(cpuSvn)}:${pceSvn}${module}` },
    ...(tcb === null ? [] : [{ field: 'tcb' as const, value: tcb.status }]),
  ]);
}

/** What a device measures of itself is of its driver and firmware, whose versions say the same in a form that advisories have. */
function nvidiaFacts({ device, driverVersion, biosVersion }: NvidiaFields): readonly Fact[] {
  return distinct([{ field: 'chip', value: device.ueid }, ...versions(driverVersion, biosVersion)]);
}

function nrasFacts({ devices }: NrasFields): readonly Fact[] {
  return distinct(
    devices.flatMap(({ ueid, driverVersion, biosVersion }): Fact[] => [
      ...(ueid === null ? [] : [{ field: 'chip' as const, value: ueid }]),
      ...versions(driverVersion, biosVersion),
    ]),
  );
}

function versions(driver: string | null, bios: string | null): readonly Fact[] {
  return [
    ...(driver === null ? [] : [{ field: 'tcb' as const, value: `driver:${driver}` }]),
    ...(bios === null ? [] : [{ field: 'tcb' as const, value: `bios:${bios}` }]),
  ];
}

/** Zeros stand for nothing: a hidden chip, a register that was not used. */
function octets(field: FactField, value: Uint8Array): readonly Fact[] {
  return value.some(octet => octet !== 0) ? [{ field, value: toHex(value) }] : [];
}

function distinct(facts: readonly Fact[]): readonly Fact[] {
  return [...new Map(facts.map(fact => [`${fact.field} ${fact.value}`, fact])).values()];
}
