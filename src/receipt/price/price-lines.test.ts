import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Usage } from '../../exchange/parameters.js';
import { parseAmount } from './money.js';
import { PriceBook } from './price-book.js';
import { lineFault } from './price-check.js';
import { mostOf, type PricedExchange, priceOf, totalOf } from './price-lines.js';
import type { PriceList } from './price-list.js';

const LISTED = { index: 3, digest: 'ab'.repeat(32) };
const LIST: PriceList = {
  currency: 'USD',
  dated: '2026-11-21',
  entries: [
    { upstream: 'built-in', models: ['demo'], prompt: '0', completion: '0', asOf: '2026-11-21' },
    {
      ...{ upstream: 'house', models: ['big', 'big-2026'], asOf: '2026-11-21' },
      ...{ prompt: '3', cached: '0.30', cacheWrite: '3.75', completion: '15' },
      longPrompt: { over: 200_000, prompt: '6', cached: '0.60', cacheWrite: '7.50', completion: '22.50' },
    },
    {
      ...{ upstream: 'house', models: ['text'], asOf: '2026-11-21', textOnly: true },
      ...{ prompt: '0.07', completion: '0.30', reasoning: '0.50' },
    },
  ],
};
const SHARED: PriceList = {
  ...LIST,
  margin: { basisPoints: 525 },
  audit: { basisPoints: 200, payee: 'Auditors' },
};

const exchange = (changes: Partial<PricedExchange> = {}): PricedExchange => ({
  surface: 'chat/completions',
  upstream: 'house',
  asked: 'big',
  served: 'big',
  usage: { prompt_tokens: 1000, completion_tokens: 100 },
  wasServed: true,
  hasAttachments: false,
  hasImages: false,
  serviceTier: undefined,
  ...changes,
});
const price = (changes: Partial<PricedExchange> = {}, list = LIST) =>
  priceOf(new PriceBook(list, 'Operator'), LISTED, exchange(changes));
const lines = (changes: Partial<PricedExchange> = {}, list = LIST) =>
  (price(changes, list).lines ?? []).map(line =>
    [line.quantity, line.what, line.unitPrice, line.amount, line.payee].join(' '),
  );

describe('price lines', () => {
  it('are one for each kind of token, and one for the protocol, which takes nothing', () => {
    const usage = {
      ...{ prompt_tokens: 1000, cached_tokens: 600, cache_written_tokens: 100 },
      ...{ completion_tokens: 100, reasoning_tokens: 40 },
    };
    expect(price({ usage })).toMatchObject({ currency: 'USD', list: LISTED });
    expect(lines({ usage })).toEqual([
      '300 prompt-token 0.000003 0.0009 house',
      '600 cached-token 0.0000003 0.00018 house',
      '100 cache-write-token 0.00000375 0.000375 house',
      '60 completion-token 0.000015 0.0009 house',
      '40 reasoning-token 0.000015 0.0006 house',
      '1 protocol 0 0 protocol',
    ]);
  });

  it('come with the shares of operator and auditor, exact to the last digit', () => {
    expect(lines({}, SHARED)).toEqual([
      '1000 prompt-token 0.000003 0.003 house',
      '100 completion-token 0.000015 0.0015 house',
      '525 margin 0.00000045 0.00023625 Operator',
      '200 audit 0.00000045 0.00009 Auditors',
      '1 protocol 0 0 protocol',
    ]);
  });

  it('are dearer, all of them, from a long prompt on', () => {
    const usage = (prompt: number) => ({ prompt_tokens: prompt, completion_tokens: 10 });
    expect(lines({ usage: usage(200_000) })[1]).toBe('10 completion-token 0.000015 0.00015 house');
    expect(lines({ usage: usage(200_001) }).slice(0, 2)).toEqual([
      '200001 prompt-token 0.000006 1.200006 house',
      '10 completion-token 0.0000225 0.000225 house',
    ]);
  });

  it('have a price of its own for thinking where there is one', () => {
    const usage = { prompt_tokens: 0, completion_tokens: 3, reasoning_tokens: 2 };
    expect(lines({ asked: 'text', usage })).toEqual([
      '1 completion-token 0.0000003 0.0000003 house',
      '2 reasoning-token 0.0000005 0.000001 house',
      '1 protocol 0 0 protocol',
    ]);
  });

  it('go by the model that was asked for, and by the one served where that has no price', () => {
    expect(lines({ asked: 'text', served: 'big' })[0]).toContain('0.00000007');
    expect(lines({ asked: 'router/auto', served: 'text' })[0]).toContain('0.00000007');
    expect(lines({ asked: null, served: 'text' })[0]).toContain('0.00000007');
  });

  it.each<[reason: string, changes: Partial<PricedExchange>]>([
    ['free', { upstream: 'built-in', asked: 'demo' }],
    ['free', { upstream: 'built-in', asked: 'demo', usage: null, wasServed: false }],
    ['free', { surface: 'messages/count_tokens', usage: null }],
    ['free', { surface: 'moderations', asked: 'unknown', served: null }],
    ['nothing-served', { wasServed: false, usage: null }],
    ['not-listed', { asked: 'small', served: 'small-2' }],
    ['not-listed', { asked: 'big-2025', served: null }],
    ['not-listed', { upstream: 'elsewhere' }],
    ['not-listed', { asked: '__proto__', served: 'constructor' }],
    ['not-priced', { surface: 'images/generations' }],
    ['not-priced', { surface: 'audio/transcriptions' }],
    ['not-priced', { hasImages: true }],
    ['not-priced', { asked: 'text', hasAttachments: true }],
    ['not-priced', { serviceTier: 'flex' }],
    ['not-priced', { serviceTier: 'priority' }],
    ['not-priced', { serviceTier: 'unstated' }],
    ['usage-unknown', { usage: null }],
    ['usage-unknown', { usage: {} }],
    ['usage-unknown', { usage: { total_tokens: 5 } }],
    ['usage-contradictory', { usage: { prompt_tokens: 1, cached_tokens: 2 } }],
    ['usage-contradictory', { usage: { prompt_tokens: 3, cached_tokens: 2, cache_written_tokens: 2 } }],
    ['usage-contradictory', { usage: { completion_tokens: 1, reasoning_tokens: 2 } }],
    ['usage-contradictory', { usage: { prompt_tokens: Number.MAX_SAFE_INTEGER } }],
  ])('are none, %s: %j', (reason, changes) => {
    expect(price(changes)).toEqual({ lines: null, reason });
  });

  it('are there for what has attachments, where those are counted as tokens', () => {
    expect(price({ hasAttachments: true }).lines).not.toBeNull();
  });

  it('stand up to their own check, and cost no more than was thought at most', () => {
    const count = fc.integer({ min: 0, max: 1e9 });
    const usages: fc.Arbitrary<Usage> = fc
      .record({ fresh: count, cached: count, written: count, said: count, thought: count })
      .map(({ fresh, cached, written, said, thought }) => ({
        ...{ prompt_tokens: fresh + cached + written, cached_tokens: cached, cache_written_tokens: written },
        ...{ completion_tokens: said + thought, reasoning_tokens: thought },
      }));
    fc.assert(
      fc.property(usages, fc.constantFrom('big', 'text'), fc.nat(1e6), (usage, asked, more) => {
        const stated = price({ usage, asked }, SHARED);
        expect(lineFault(stated)).toBeNull();
        const priced = new PriceBook(SHARED, 'Operator').find('house', asked, null);
        if (priced === null) throw new Error('it is listed');
        const { prompt_tokens: prompt = 0, completion_tokens: completion = 0 } = usage;
        const most = mostOf(priced, prompt + more, completion + more) ?? -1n;
        expect(most >= (totalOf(stated) ?? 0n)).toBe(true);
      }),
    );
  });

  it('have a sum, and none where there are none', () => {
    expect(totalOf(price({}, SHARED))).toBe(parseAmount('0.00482625'));
    expect(totalOf(price({ usage: null }))).toBeNull();
  });
});
