/**
 * The opaque data of NVIDIA's measurement responses: fields of two octets of type, two of length, and a value. DMTF leaves them to the vendor;
 * the types and their meaning are facts of NVIDIA's open verifier (`NVIDIA/attestation-sdk`, the parsers of GPU and switch opaque data).
 * A type that is not known is kept and named by its number.
 */
import { toHex } from '../../bytes/hex.js';
import { fromUtf8 } from '../../bytes/octets.js';
import { littleEndian, malformed, OctetReader } from './octet-reader.js';

export interface OpaqueField {
  readonly type: number;
  /** What the field is called, or null where nobody has said. */
  readonly name: string | null;
  readonly value: Uint8Array;
}

export type OpaqueData = ReadonlyMap<number, OpaqueField>;

/** The type numbers of fields that are looked at. Those from 22 on mean one thing for GPUs and another for switches. */
export const OPAQUE = {
  driverVersion: 3,
  chip: 4,
  sku: 5,
  biosVersion: 6,
  nvdec0Status: 11,
  boardId: 14,
  chipSku: 15,
  project: 17,
  projectSku: 18,
  firmwareId: 20,
  protectedPcie: 21,
  switchesOrDeviceId: 22,
  version: 34,
  chipInfo: 35,
  feature: 36,
} as const;

const SHARED_NAMES = new Map<number, string>([
  [1, 'certificate issuer'],
  [2, 'authority key identifier'],
  [3, 'driver version'],
  [4, 'GPU info'],
  [5, 'SKU'],
  [6, 'BIOS version'],
  [7, 'manufacturer'],
  [8, 'tamper detection'],
  [9, 'SMC'],
  [10, 'VPR'],
  [11, 'NVDEC0 status'],
  [12, 'measurement counts'],
  [13, 'CPR info'],
  [14, 'board'],
  [15, 'chip SKU'],
  [16, 'chip SKU modifier'],
  [17, 'project'],
  [18, 'project SKU'],
  [19, 'project SKU modifier'],
  [20, 'firmware id'],
  [21, 'protected PCIe status'],
]);
const GPU_NAMES = new Map<number, string>([
  [22, 'switches'],
  [23, 'disabled ports'],
  [24, 'position'],
  [25, 'lock status'],
  [32, 'links'],
  [33, 'enabled systems'],
  [34, 'version of opaque data'],
  [35, 'chip info'],
  [36, 'feature'],
]);
const SWITCH_NAMES = new Map<number, string>([
  [22, 'device id'],
  [23, 'disabled ports'],
  [24, 'position'],
  [25, 'lock status'],
  [26, 'GPUs'],
]);

/** Throws `nvidia/malformed`, also for a field that is there twice: readers could take either. */
export function parseOpaqueData(bytes: Uint8Array, device: 'gpu' | 'switch'): OpaqueData {
  const reader = new OctetReader(bytes);
  const fields = new Map<number, OpaqueField>();
  const names = device === 'gpu' ? GPU_NAMES : SWITCH_NAMES;
  while (!reader.isAtEnd) {
    const type = reader.number(2, 'a type of opaque data');
    const value = reader.take(reader.number(2, 'a length of opaque data'), `opaque data of type ${type}`);
    if (fields.has(type)) throw malformed(`opaque data of type ${type} twice`);
    fields.set(type, { type, name: SHARED_NAMES.get(type) ?? names.get(type) ?? null, value });
  }
  return fields;
}

/** A text that ends with zeros or not at all; null where the field is absent or no printable ASCII. */
export function opaqueText(data: OpaqueData, type: number): string | null {
  const text = fromUtf8(data.get(type)?.value ?? Uint8Array.of(0))?.replace(/\0*$/, '') ?? '';
  return /^[!-~]{1,64}$/.test(text) ? text : null;
}

/** Up to six octets as a number; null where the field is absent or longer. */
export function opaqueNumber(data: OpaqueData, type: number): number | null {
  const value = data.get(type)?.value;
  return value === undefined || value.length === 0 || value.length > 6 ? null : littleEndian(value);
}

/** `96.00.9F.00.01`: the four octets of the version from the highest to the lowest, then the lowest of the four of the board maker's. */
export function gpuBiosVersion(data: OpaqueData): string | null {
  const value = data.get(OPAQUE.biosVersion)?.value;
  if (value?.length !== 8) return null;
  const octets = [...value.subarray(0, 4)].reverse();
  octets.push(value[4] as number);
  return octets.map(octet => toHex(Uint8Array.of(octet)).toUpperCase()).join('.');
}

/** Whether something is on, in the codes that cannot become one another by one wrong bit; null for neither or where the field is absent. */
export function opaqueSwitch(data: OpaqueData, type: number): boolean | null {
  const value = data.get(type)?.value;
  if (value?.length !== 1) return null;
  return value[0] === 0xaa ? true : value[0] === 0x55 ? false : null;
}

/** Identifiers of eight octets each, each one once, as NVIDIA writes them: upper-case hexadecimal from the highest octet to the lowest. */
export function switchIds(data: OpaqueData): readonly string[] {
  const value = data.get(OPAQUE.switchesOrDeviceId)?.value ?? new Uint8Array();
  if (value.length % 8 !== 0) return [];
  const ids = new Set<string>();
  for (let at = 0; at < value.length; at += 8)
    ids.add(toHex(value.slice(at, at + 8).reverse()).toUpperCase());
  return [...ids];
}
