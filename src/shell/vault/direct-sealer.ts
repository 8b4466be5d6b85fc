/** A sealer that does its work at once, where it is asked. */
import type { Signer } from '../../bytes/cryptography.js';
import { Failure } from '../../reason.js';
import type { ContentVault, ExchangeContent } from '../../receipt/content-vault.js';
import { receiptKeys } from '../../receipt/entry.js';
import { envelopeBytes, seal } from '../../receipt/envelope.js';
import type { ReceiptPayload, Sealed, Sealer } from '../../receipt/sealer.js';
import type { WritableLog } from '../../tree/log.js';

export interface DirectSealerParts {
  /** The issuer's name in envelopes. */
  readonly label: string;
  readonly signer: Signer;
  readonly vault: ContentVault;
  readonly log: Pick<WritableLog, 'append'>;
}

export class DirectSealer implements Sealer {
  readonly #parts: DirectSealerParts;

  constructor(parts: DirectSealerParts) {
    this.#parts = parts;
  }

  sign(statement: Uint8Array, done: (envelope: Uint8Array) => void): void {
    done(this.#signed(statement));
  }

  seal(
    exchange: string,
    payload: ReceiptPayload,
    content: ExchangeContent,
    done: (result: Sealed | Failure) => void,
  ): void {
    done(this.#sealed(exchange, payload, content));
  }

  #sealed(
    exchange: string,
    { statement, digest }: ReceiptPayload,
    content: ExchangeContent,
  ): Sealed | Failure {
    const { vault, log } = this.#parts;
    try {
      vault.put(exchange, content);
      const entry = this.#signed(statement);
      // A rejected inclusion is reported by the log itself; whoever waits for the receipt sees that it is not there.
      const { index, included } = log.append(entry, receiptKeys(digest, exchange));
      included.catch(() => undefined);
      return { entry, index };
    } catch (error) {
      if (error instanceof Failure) return error;
      throw error;
    }
  }

  #signed(statement: Uint8Array): Uint8Array {
    return envelopeBytes(seal(statement, this.#parts.label, this.#parts.signer));
  }
}
