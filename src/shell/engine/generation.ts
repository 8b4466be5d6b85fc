/** One answer in the making: a prompt, its cache, and how far the answer has come. */

import type { Cache, Network } from './network.js';
import { chooseToken, type Sampling } from './sampler.js';

/** What to generate. */
export interface Commission {
  /** One token or more, fewer than the context holds. */
  readonly prompt: readonly number[];
  readonly sampling: Sampling;
  /** The most tokens that the answer may have; at least one. */
  readonly most: number;
  /** Tokens below this number are structure: the first of them ends the answer. */
  readonly specialTokens: number;
}

/** Why an answer ended: the model closed it, or it reached its limit or the end of the context. */
export type Ending = 'stop' | 'length';

/** What one step brought: a token of the answer, its ending, both, or neither while the prompt is read. */
export interface Step {
  readonly token: number | null;
  readonly ending: Ending | null;
}

/**
 * Prompt tokens read in one step. Small enough that one step stays well below 50 ms, which is how long an
 * abort or another conversation may have to wait; fixed, because it shapes the rounding of the result.
 */
export const PROMPT_STEP = 32;

export class Generation {
  readonly #network: Network;
  readonly #commission: Commission;
  readonly #cache: Cache;
  #unread: readonly number[];
  #produced = 0;

  constructor(network: Network, commission: Commission) {
    this.#network = network;
    this.#commission = commission;
    // The last token of an answer needs no position: nothing follows it.
    const positions = commission.prompt.length + commission.most - 1;
    this.#cache = network.newCache(Math.min(network.shape.context, positions));
    this.#unread = commission.prompt;
  }

  /** Runs the network once. Not to be called again after an ending, nor while a step is under way. */
  async step(): Promise<Step> {
    const tokens = this.#unread.slice(0, PROMPT_STEP);
    this.#unread = this.#unread.slice(PROMPT_STEP);
    const logits = await this.#network.extend(this.#cache, tokens);
    if (this.#unread.length > 0) return { token: null, ending: null };
    const token = chooseToken(logits, this.#commission.sampling, this.#produced);
    if (token < this.#commission.specialTokens) return { token: null, ending: 'stop' };
    this.#produced += 1;
    this.#unread = [token];
    const full = this.#cache.length === this.#network.shape.context;
    return { token, ending: full || this.#produced === this.#commission.most ? 'length' : null };
  }
}
