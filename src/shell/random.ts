/**
 * Random bytes for secrets and ids, drawn from the system in larger portions: asking it for sixteen bytes takes as long as asking it for
 * some thousand, and an exchange needs several.
 *
 * What has been handed out is overwritten here, so that no secret stands in memory twice.
 */
import { randomFillSync } from 'node:crypto';

const portion = new Uint8Array(4096);
let used = portion.length;

/** So many bytes from the system's generator for cryptography, in memory of their own. `count`: at most 4096. */
export function randomBytes(count: number): Uint8Array<ArrayBuffer> {
  if (count > portion.length) throw new RangeError('more than a portion');
  if (used + count > portion.length) {
    randomFillSync(portion);
    used = 0;
  }
  const bytes = portion.slice(used, used + count);
  portion.fill(0, used, used + count);
  used += count;
  return bytes;
}
