/** The log's COSE signatures, one for each checkpoint: all receipts under it share one. The checkpoints are the log's own. */
import type { Signer } from '../../bytes/cryptography.js';
import type { Checkpoint } from '../../note/checkpoint.js';
import type { VerifierKey } from '../../note/key.js';
import { type CoseSignature, signCose } from '../../tree/cose-receipt.js';

/** The checkpoints that receipts are asked for: the latest witnessed one, the latest signed one, and those that have just been them. */
const MAX_KEPT = 8;

export class CoseSignatures {
  readonly #key: VerifierKey;
  readonly #signer: Signer;
  /** By the checkpoint's size: a log never has two of one size. The oldest comes first. */
  readonly #kept = new Map<number, CoseSignature>();

  constructor(key: VerifierKey, signer: Signer) {
    this.#key = key;
    this.#signer = signer;
  }

  of(checkpoint: Checkpoint): CoseSignature {
    const kept = this.#kept.get(checkpoint.size);
    if (kept !== undefined) return kept;
    const signature = signCose(checkpoint, this.#key, this.#signer);
    this.#kept.set(checkpoint.size, signature);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    return signature;
  }
}
