/** A sealer that does its work at once, where it is asked. */
import type { Signer } from '../../bytes/cryptography.js';
import { Failure } from '../../reason.js';
import type { ContentVault, ExchangeContent } from '../../receipt/content-vault.js';
import { envelopeBytes, seal } from '../../receipt/envelope.js';
import type { Sealer } from '../../receipt/sealer.js';

export class DirectSealer implements Sealer {
  readonly #label: string;
  readonly #signer: Signer;
  readonly #vault: ContentVault;

  /** `label`: the issuer's name in envelopes. */
  constructor(label: string, signer: Signer, vault: ContentVault) {
    this.#label = label;
    this.#signer = signer;
    this.#vault = vault;
  }

  sign(statement: Uint8Array, done: (envelope: Uint8Array) => void): void {
    done(this.#signed(statement));
  }

  seal(
    exchange: string,
    statement: Uint8Array,
    content: ExchangeContent,
    done: (result: Uint8Array | Failure) => void,
  ): void {
    done(this.#sealed(exchange, statement, content));
  }

  #sealed(exchange: string, statement: Uint8Array, content: ExchangeContent): Uint8Array | Failure {
    try {
      this.#vault.put(exchange, content);
    } catch (error) {
      if (error instanceof Failure) return error;
      throw error;
    }
    return this.#signed(statement);
  }

  #signed(statement: Uint8Array): Uint8Array {
    return envelopeBytes(seal(statement, this.#label, this.#signer));
  }
}
