/** What a request reserves of limits before it is sent on: no value that is not understood may make that less. */
import { describe, expect, it } from 'vitest';
import { NO_TARGET } from '../../../test/support/targets.js';
import { utf8 } from '../../bytes/octets.js';
import { surfaceNamed } from '../../exchange/surfaces.js';
import type { Upstream } from '../../exchange/upstream.js';
import { PriceBook } from '../../receipt/price/price-book.js';
import { hasPrice, requestOf } from './pricing.js';

const CHAT = surfaceNamed('chat/completions');
const TARGET = {
  upstream: { name: 'house', origin: 'https://house.example' } as Upstream,
  model: null,
  weight: 1,
};
const ROUTE = { tiers: [{ targets: [TARGET], balance: 'weight' }], choice: 'named' } as const;
const PRICES = { upstream: 'house', models: ['m'], prompt: '1', completion: '2', asOf: '2026-11-21' };
const LIST = { currency: 'USD', dated: '2026-11-21', entries: [PRICES] };
const PRICING = {
  book: new PriceBook(LIST, 'Operator'),
  list: { index: 1, digest: 'ab'.repeat(32) },
};
const factsOf = (set: object) => {
  const body = { model: 'm', messages: [{ role: 'user', content: 'a' }], ...set };
  return CHAT.readRequest(utf8(JSON.stringify(body)), '', NO_TARGET);
};

describe('tokens of an answer', () => {
  it.each<[set: object, tokens: number]>([
    [{}, 4096],
    [{ max_tokens: 10 }, 10],
    [{ max_completion_tokens: 10, max_tokens: 20 }, 20],
    [{ max_tokens: 10, n: 3 }, 30],
    [{ max_tokens: 10, n: 200 }, 2000],
    [{ max_tokens: 10, n: 0 }, 10],
    [{ n: 2 }, 8192],
    [{ max_tokens: -1 }, 4096],
    [{ max_tokens: 0 }, 4096],
    [{ max_tokens: '1' }, 4096],
    [{ max_tokens: 1, max_completion_tokens: '100000' }, 4096],
    [{ max_tokens: 1, max_completion_tokens: -1 }, 4096],
    [{ max_tokens: 9000, max_completion_tokens: -1 }, 9000],
  ])('%j: %i', (set, tokens) => {
    expect(requestOf(PRICING, CHAT, factsOf(set), ROUTE, 100).completionTokens).toBe(tokens);
  });
});

describe('a price', () => {
  it.each<[set: object, isPriced: boolean]>([
    [{}, true],
    [{ service_tier: 'auto' }, true],
    [{ service_tier: 'priority' }, false],
    [{ service_tier: 'performance' }, false],
    [{ service_tier: 'PRIORITY' }, false],
    [{ service_tier: ['priority'] }, false],
    [{ service_tier: 1 }, false],
  ])('%j: is known: %s', (set, isPriced) => {
    const facts = factsOf(set);
    expect(hasPrice(PRICING, CHAT, facts, TARGET)).toBe(isPriced);
    expect(requestOf(PRICING, CHAT, facts, ROUTE, 100).cost !== null).toBe(isPriced);
  });
});
