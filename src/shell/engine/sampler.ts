/** Choosing the next token from the network's logits. */

import { createHash } from 'node:crypto';

export interface Sampling {
  /** 0 chooses the likeliest token, always; up to 2, higher values flatten the distribution. */
  readonly temperature: number;
  /** Only the likeliest tokens that together reach this probability are drawn from; above 0, at most 1. */
  readonly topP: number;
  /** A whole number; the same seed, prompt and parameters give the same answer. */
  readonly seed: number;
}

/**
 * The token to continue with.
 * @param at position in the answer, from 0; each position draws from the seed independently
 */
export function chooseToken(logits: Float32Array, sampling: Sampling, at: number): number {
  if (sampling.temperature === 0) return likeliest(logits);
  const ranked = Array.from(logits, (logit, token) => ({ token, logit }));
  // Equal logits go to the smaller token, so that the order never depends on the sort.
  ranked.sort((one, other) => other.logit - one.logit || one.token - other.token);
  const highest = ranked[0]?.logit ?? 0;
  const weights = ranked.map(({ logit }) => Math.exp((logit - highest) / sampling.temperature));
  const nucleus = nucleusSize(weights, sampling.topP);
  let remaining = uniform(sampling.seed, at) * sum(weights.slice(0, nucleus));
  for (const [rank, weight] of weights.slice(0, nucleus).entries()) {
    remaining -= weight;
    if (remaining < 0) return ranked[rank]?.token ?? 0;
  }
  // Rounding may leave a last crumb, which belongs to the last token of the nucleus.
  return ranked[nucleus - 1]?.token ?? 0;
}

function likeliest(logits: Float32Array): number {
  let best = 0;
  for (const [token, logit] of logits.entries()) {
    if (logit > (logits[best] ?? Number.NEGATIVE_INFINITY)) best = token;
  }
  return best;
}

/** How many of the weights, in order, reach the share `topP` of their sum; at least one. */
function nucleusSize(weights: readonly number[], topP: number): number {
  const wanted = topP * sum(weights);
  let reached = 0;
  for (const [rank, weight] of weights.entries()) {
    reached += weight;
    if (reached >= wanted) return rank + 1;
  }
  return weights.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** A number in [0, 1): the first 48 bits of SHA-256 over the seed and the position in decimal. */
function uniform(seed: number, at: number): number {
  return createHash('sha256').update(`${seed}/${at}`).digest().readUIntBE(0, 6) / 2 ** 48;
}
