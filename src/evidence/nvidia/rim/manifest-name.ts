/**
 * The names that reference manifests have at NVIDIA's service, which do not stand in the manifests themselves. Source of the forms: `NVIDIA/attestation-sdk`.
 */
import type { ReferenceManifest } from './manifest.js';

/** Whether it is of firmware, of a GPU or a switch, and not of a driver: by the form of its version, five pairs of digits. */
export function isOfFirmware({ version }: Pick<ReferenceManifest, 'version'>): boolean {
  return /^(?:[0-9A-Fa-f]{2}\.){4}[0-9A-Fa-f]{2}$/.test(version);
}

/** `chip`: as manifests write it, such as `GH100`. */
export function driverManifestName(chip: string, version: string): string {
  return chip === 'GH100' ? `NV_GPU_DRIVER_${chip}_${version}` : `NV_GPU_CC_DRIVER_${chip}_${version}`;
}
