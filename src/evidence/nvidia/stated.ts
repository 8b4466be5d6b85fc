/** What evidence of NVIDIA's states, in words. Nothing here is verified: believe it when every check of the report has passed. */
import { toHex } from '../../bytes/hex.js';
import type { NvidiaDevice } from './device.js';
import {
  gpuBiosVersion,
  OPAQUE,
  type OpaqueData,
  opaqueNumber,
  opaqueSwitch,
  opaqueText,
  parseOpaqueData,
  switchIds,
} from './opaque-data.js';
import { driverManifestName } from './rim/manifest-name.js';
import type { SpdmEvidence } from './spdm.js';

/** How several GPUs are protected together. Source: the feature field of `NVIDIA/attestation-sdk`. */
export type NvidiaMode = 'multi-gpu-passthrough' | 'single-gpu-passthrough' | 'protected-pcie' | 'unknown';

export interface NvidiaFields {
  readonly device: NvidiaDevice;
  readonly nonce: Uint8Array;
  readonly deviceNonce: Uint8Array;
  /** Digests by the device's index, from 1. */
  readonly measurements: ReadonlyMap<number, Uint8Array>;
  readonly driverVersion: string | null;
  /** Of the VBIOS, or of a switch's BIOS. */
  readonly biosVersion: string | null;
  readonly firmwareId: Uint8Array | null;
  /** The chip, as Blackwell states it itself. */
  readonly chipInfo: string | null;
  readonly project: string | null;
  readonly projectSku: string | null;
  readonly chipSku: string | null;
  readonly boardId: number | null;
  readonly protectedPcie: boolean | null;
  /** Null where the device does not say it, as all did at first. */
  readonly mode: NvidiaMode | null;
  /** Whether the video decoder is on, and its measurement counts. */
  readonly videoDecoder: boolean | null;
  /** The switches that a GPU is connected to; a switch's own id. */
  readonly switches: readonly string[];
  readonly opaqueVersion: number | null;
  readonly opaque: OpaqueData;
  /** The names of the reference manifests of just this driver and firmware, at NVIDIA's RIM service; null where something is not said. */
  readonly manifests: { readonly driver: string | null; readonly firmware: string | null };
}

const MODES: readonly NvidiaMode[] = ['multi-gpu-passthrough', 'single-gpu-passthrough', 'protected-pcie'];

/** Throws `nvidia/malformed` for opaque data that cannot be read. */
export function statedFields(spdm: SpdmEvidence, device: NvidiaDevice): NvidiaFields {
  const isSwitch = device.architecture === 'nvswitch';
  const opaque = parseOpaqueData(spdm.opaque, isSwitch ? 'switch' : 'gpu');
  const feature = opaqueNumber(opaque, OPAQUE.feature);
  const fields = {
    device,
    nonce: spdm.nonce,
    deviceNonce: spdm.deviceNonce,
    measurements: spdm.measurements,
    driverVersion: opaqueText(opaque, OPAQUE.driverVersion),
    biosVersion: isSwitch ? opaqueText(opaque, OPAQUE.biosVersion) : gpuBiosVersion(opaque),
    firmwareId: opaque.get(OPAQUE.firmwareId)?.value ?? null,
    chipInfo: opaqueText(opaque, OPAQUE.chipInfo),
    project: opaqueText(opaque, OPAQUE.project),
    projectSku: opaqueText(opaque, OPAQUE.projectSku),
    chipSku: opaqueText(opaque, OPAQUE.chipSku),
    boardId: opaqueNumber(opaque, OPAQUE.boardId),
    protectedPcie: opaqueSwitch(opaque, OPAQUE.protectedPcie),
    mode: feature === null || isSwitch ? null : (MODES[feature] ?? 'unknown'),
    videoDecoder: opaqueSwitch(opaque, OPAQUE.nvdec0Status),
    switches: isSwitch
      ? [toHex(opaque.get(OPAQUE.switchesOrDeviceId)?.value ?? new Uint8Array()).toUpperCase()]
      : switchIds(opaque),
    opaqueVersion: opaqueNumber(opaque, OPAQUE.version),
    opaque,
  };
  return { ...fields, manifests: manifestsOf(fields) };
}

/** Names are put into addresses and paths, and are made of what a stranger sends. */
function named(name: string): string | null {
  return /^[A-Za-z0-9_.-]{1,128}$/.test(name) && !name.includes('..') ? name : null;
}

/** Of the only switch there is, whose evidence does not say them: project, project SKU and chip SKU. Source: `NVIDIA/attestation-sdk`. */
const LS10 = '5612_0002_890';

function manifestsOf(fields: Omit<NvidiaFields, 'manifests'>): NvidiaFields['manifests'] {
  const { device, driverVersion, chipInfo, project, projectSku, chipSku } = fields;
  const bios = fields.biosVersion?.replaceAll('.', '').toUpperCase() ?? null;
  if (device.architecture === 'nvswitch')
    return { driver: null, firmware: bios === null ? null : named(`NV_SWITCH_BIOS_${LS10}_${bios}`) };
  const chip = device.architecture === 'blackwell' ? (chipInfo ?? 'GB100') : 'GH100';
  const board = [project, projectSku, chipSku];
  return {
    driver: driverVersion === null ? null : named(driverManifestName(chip, driverVersion)),
    firmware: bios === null || board.includes(null) ? null : named(`NV_GPU_VBIOS_${board.join('_')}_${bios}`),
  };
}
