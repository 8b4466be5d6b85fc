/** Whether a device measures as the manifests of its driver and firmware say that it must. */
import { equal } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import type { ReferenceManifest } from './rim/manifest.js';

/** The measurement of the video decoder, by its index in manifests: it means nothing where the decoder is switched off. */
const VIDEO_DECODER = 35;

/**
 * Compares every measurement that a manifest says must match. `measurements`: by the device's index, which is one more than the manifest's.
 *
 * Throws `nvidia/reference-conflict` for an index that two manifests speak for, `nvidia/reference-empty` for a manifest that speaks for none, and
 * `nvidia/measurement-mismatch`, naming the indices.
 */
export function checkMeasurements(
  measurements: ReadonlyMap<number, Uint8Array>,
  manifests: readonly ReferenceManifest[],
  videoDecoder: boolean | null,
): void {
  const expected = new Map<number, readonly Uint8Array[]>();
  for (const manifest of manifests) {
    if (manifest.measurements.size === 0)
      throw new Failure('nvidia/reference-empty', { field: manifest.version });
    for (const [index, values] of manifest.measurements) {
      if (expected.has(index))
        throw new Failure('nvidia/reference-conflict', { field: `measurement ${index}` });
      expected.set(index, values);
    }
  }
  // Off must be said: where the device says neither, the measurement counts.
  if (videoDecoder === false) expected.delete(VIDEO_DECODER);
  const different = [...expected].filter(([index, values]) => {
    const measured = measurements.get(index + 1);
    return measured === undefined || !values.some(value => equal(value, measured));
  });
  if (different.length > 0)
    throw new Failure('nvidia/measurement-mismatch', {
      field: 'measurements',
      detail: different.map(([index]) => index).join(', '),
    });
}
