/** Whether what a stranger submitted is an entry that the log takes, and under which keys it is filed. */
import type { VerifierKey } from '../../note/key.js';
import { envelopeKeys } from '../../receipt/entry.js';
import { checkEntry } from '../../receipt/entry-rules.js';

export interface Admission {
  /**
   * Resolves to the 16-byte keys of an entry that the log takes, the first of which is that of its payload. Throws a `Failure` that
   * says why it does not.
   *
   * @param index an index below which the entry will not stand
   */
  admit(entry: Uint8Array, index: number): Promise<readonly Uint8Array[]>;
  close(): Promise<void>;
}

/** Takes what every entry of the log has to be: see `entry-rules.ts`. Looking at one takes some 150 µs. */
export function admissionOf(
  origin: string,
  issuers: readonly VerifierKey[],
  validators: readonly VerifierKey[] = [],
): Admission {
  return {
    admit: async (entry, index) => {
      const { envelope } = await checkEntry(entry, issuers, { origin, index }, validators);
      return envelopeKeys(envelope);
    },
    close: async () => undefined,
  };
}
