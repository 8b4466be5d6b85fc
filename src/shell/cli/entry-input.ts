/** The log entry in a file that a person has: a bundle, or the entry's exact bytes. */
import { Failure } from '../../reason.js';
import { parseBundle } from '../../receipt/bundle.js';
import { envelopeBytes } from '../../receipt/envelope.js';

/** The entry in a bundle, or else the bytes themselves: an entry may be any bytes. */
export function entryIn(bytes: Uint8Array): Uint8Array {
  try {
    return envelopeBytes(parseBundle(bytes).envelope);
  } catch (error) {
    if (error instanceof Failure) return bytes;
    throw error;
  }
}
