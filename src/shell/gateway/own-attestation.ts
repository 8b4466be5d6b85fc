/**
 * Evidence of the machine that this gateway runs in, bound to the key of its receipts, to the key at which its TLS ends, and
 * to its epoch. Normative: spec/binding.md.
 *
 * Whoever asks is not trusted: hardware is slow, so that one answer is made at a time and few may wait; what is asked without a nonce is answered once for
 * a while.
 */
import { sha256 } from '../../bytes/cryptography.js';
import { formatAttestationAnswer } from '../../evidence/countersign/answer.js';
import type { EvidenceSource } from '../../evidence/countersign/source.js';
import { formatAttested } from '../../evidence/countersign/statement.js';
import type { VerifierKey } from '../../note/key.js';
import { Failure } from '../../reason.js';

export interface OwnAttestationOptions {
  readonly source: EvidenceSource;
  /** With which receipts are signed. */
  readonly issuer: VerifierKey;
  /** Of the run that receipts name now. */
  readonly epoch: () => string;
  /** SHA-256 of the key at which TLS ends here; null where something in front of this process ends it. */
  readonly tls: Uint8Array | null;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Answers that may be waited for at a time; whoever comes then is to come again. */
const MAX_WAITING = 16;
/** How long an answer without a nonce is given again, in milliseconds. */
const KEPT = 60_000;

export class OwnAttestation {
  readonly #options: OwnAttestationOptions;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #kept: { readonly bytes: Uint8Array; readonly epoch: string; readonly until: number } | null = null;

  constructor(options: OwnAttestationOptions) {
    this.#options = options;
  }

  /** `nonce`: 16 to 64 bytes, or null for none. Rejects with `gateway/busy`, or as {@link EvidenceSource.evidence} does. */
  async answer(nonce: Uint8Array | null): Promise<Uint8Array> {
    const kept = nonce === null ? this.#keptAnswer : null;
    if (kept !== null) return kept;
    if (this.#waiting >= MAX_WAITING) throw new Failure('gateway/busy');
    this.#waiting++;
    try {
      return await this.#inTurn(nonce);
    } finally {
      this.#waiting--;
    }
  }

  /** The answer without a nonce, for the gateway itself: however many others wait, they do not keep it from its turn. Rejects as {@link EvidenceSource.evidence} does. */
  async unasked(): Promise<Uint8Array> {
    return this.#keptAnswer ?? this.#inTurn(null);
  }

  #inTurn(nonce: Uint8Array | null): Promise<Uint8Array> {
    const made = this.#last.then(() =>
      nonce === null ? (this.#keptAnswer ?? this.#make(null)) : this.#make(nonce),
    );
    this.#last = made.catch(() => undefined);
    return made;
  }

  get #keptAnswer(): Uint8Array | null {
    const { epoch, now } = this.#options;
    const isGood = this.#kept !== null && this.#kept.epoch === epoch() && now() < this.#kept.until;
    return isGood ? (this.#kept?.bytes ?? null) : null;
  }

  async #make(nonce: Uint8Array | null): Promise<Uint8Array> {
    const { source, issuer, tls, now } = this.#options;
    const epoch = this.#options.epoch();
    const statement = formatAttested({ issuer, tls, epoch, nonce });
    const bytes = formatAttestationAnswer({ statement, evidence: await source.evidence(sha256(statement)) });
    if (nonce === null) this.#kept = { bytes, epoch, until: now() + KEPT };
    return bytes;
  }
}
