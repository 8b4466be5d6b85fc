/** One answer on its way from tokens to a reply's bytes. */

import { AnswerText } from './answer-text.js';
import type { Delivery } from './delivery.js';
import type { Ending } from './generation.js';
import type { Listener } from './inference.js';
import type { Reply } from './reply.js';
import type { Tokenizer } from './tokenizer.js';

export interface AnswerParts {
  readonly promptTokens: number;
  readonly stop: readonly string[];
  readonly reply: Reply;
  readonly tokenizer: Tokenizer;
  readonly delivery: Delivery;
}

export class Answer implements Listener {
  readonly #parts: AnswerParts;
  readonly #text: AnswerText;
  #tokens = 0;
  #begun = false;

  /** Stops the work behind the answer; called when a stop text has come before the model's own end. */
  stop: () => void = () => {};

  constructor(parts: AnswerParts) {
    this.#parts = parts;
    this.#text = new AnswerText(parts.stop);
  }

  step(token: number | null, ending: Ending | null): void {
    const { delivery, reply, tokenizer } = this.#parts;
    // The head waits for the first token, so that what fails before it can still be answered otherwise.
    if (!this.#begun) {
      this.#begun = true;
      delivery.head({ status: 200, headers: { 'content-type': reply.contentType }, tlsSpki: null });
      this.#send(reply.begin());
    }
    if (token !== null) {
      this.#tokens += 1;
      this.#send(reply.text(this.#text.push(tokenizer.bytesOf(token))));
    }
    if (this.#text.stopped) {
      this.stop();
      this.#finish('stop');
    } else if (ending !== null) {
      this.#send(reply.text(this.#text.finish()));
      this.#finish(this.#text.stopped ? 'stop' : ending);
    }
  }

  failed(detail: string): void {
    this.#parts.delivery.fail({ kind: 'broken', detail });
  }

  #finish(ending: Ending): void {
    const { delivery, promptTokens, reply } = this.#parts;
    const usage = {
      prompt_tokens: promptTokens,
      completion_tokens: this.#tokens,
      total_tokens: promptTokens + this.#tokens,
    };
    this.#send(reply.finish(ending, usage));
    delivery.end();
  }

  #send(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) this.#parts.delivery.data(chunk);
  }
}
