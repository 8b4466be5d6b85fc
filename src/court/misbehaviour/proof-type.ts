/** What each proof of misbehaviour is made of: a form, a reader, and a checker that believes nothing but signatures. */
import type * as v from 'valibot';
import { keyLabel, type VerifierKey } from '../../note/key.js';
import type { ReasonCode } from '../../reason.js';
import type { KnownKeys } from './known-keys.js';
import type { LogCopy } from './log-copy.js';

/** What holds against whom. */
export interface Proven {
  readonly code: ReasonCode;
  /** The key, as {@link keyLabel} writes it. */
  readonly accused: string;
  /** A sentence with the numbers: who has signed what. */
  readonly says: string;
}

export interface ProofType<Schema extends v.GenericSchema, Stated> {
  /** The `type` that its evidence states. */
  readonly type: string;
  readonly schema: Schema;
  /** Reads what fits the schema. Throws a failure when it is not such evidence at all. */
  read(value: v.InferOutput<Schema>): Stated;
  /**
   * Checks what it says. Throws the failure that says why it proves nothing, or nothing yet.
   *
   * @param copy the log's entries, for proofs that take them; null when they are not at hand
   */
  check(stated: Stated, known: KnownKeys, copy: LogCopy | null): Promise<Proven>;
}

export function provenAgainst(key: VerifierKey, code: ReasonCode, says: string): Proven {
  return { code, accused: keyLabel(key), says };
}
