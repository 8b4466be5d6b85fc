import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../bytes/octets.js';
import { CHAT_COMPLETIONS } from '../../../exchange/openai/chat-completions.js';
import { AnswerCache, type CachedAnswer } from './answer-cache.js';

const LIFETIME = 1000;
const ROOM = 100_000;

function openCache(maximumBytes = ROOM) {
  const clock = { now: 5000 };
  return { clock, cache: new AnswerCache({ maximumBytes, lifetime: LIFETIME, now: () => clock.now }) };
}

function answered(exchange: string, length = 10): CachedAnswer {
  const answer = { model: 'm', finish: ['stop'], usage: null, toolCalls: [], images: [] };
  const bytes = new Uint8Array(length);
  return {
    exchange,
    receipt: 'ab',
    host: CHAT_COMPLETIONS,
    form: 'body',
    contentType: 'application/json',
    bytes,
    answer,
  };
}

const [A, B] = [utf8('a'), utf8('b')];

describe('a cache', () => {
  it('has what was kept, under its own key', () => {
    const { cache } = openCache();
    const one = answered('x1');
    cache.keep(A, one);
    expect(cache.find(A)).toBe(one);
    expect(cache.find(B)).toBeNull();
  });

  it('has it for so long and no longer', () => {
    const { cache, clock } = openCache();
    cache.keep(A, answered('x1'));
    clock.now += LIFETIME - 1;
    // Looking at it does not make it younger.
    expect(cache.find(A)).not.toBeNull();
    clock.now += 1;
    expect(cache.find(A)).toBeNull();
    expect(cache.size).toBe(0);
  });

  it('has the later of two answers to one request', () => {
    const { cache } = openCache();
    cache.keep(A, answered('x1'));
    cache.keep(A, answered('x2'));
    expect(cache.find(A)?.exchange).toBe('x2');
    cache.forget('x1');
    expect(cache.find(A)?.exchange).toBe('x2');
  });

  it('has nothing of an exchange that is erased, then or afterwards', () => {
    const { cache } = openCache();
    cache.keep(A, answered('x1'));
    cache.forget('x1');
    expect(cache.find(A)).toBeNull();
    // An answer that was on its way meanwhile.
    cache.keep(A, answered('x1'));
    expect(cache.find(A)).toBeNull();
    cache.keep(A, answered('x2'));
    expect(cache.find(A)).not.toBeNull();
  });

  it('has none that would take much of its room', () => {
    const { cache } = openCache();
    cache.keep(A, answered('x1', ROOM / 8));
    expect(cache.find(A)).toBeNull();
  });

  it('makes room by what was not asked for for the longest time', () => {
    const { cache } = openCache();
    const key = (at: number) => utf8(`k${at}`);
    for (let at = 0; at < 9; at++) cache.keep(key(at), answered(`x${at}`, 9000));
    expect(cache.find(key(0))).not.toBeNull();
    cache.keep(key(9), answered('x9', 9000));
    expect(cache.find(key(1))).toBeNull();
    expect(cache.find(key(0))).not.toBeNull();
  });

  it('never holds more than there is room for, whatever happens', () => {
    const step = fc.record({
      what: fc.constantFrom('keep', 'find', 'forget', 'wait'),
      which: fc.nat(20),
      size: fc.nat(20_000),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), steps => {
        const { cache, clock } = openCache();
        const kept = new Map<string, CachedAnswer>();
        for (const [at, { what, which, size }] of steps.entries()) {
          const key = utf8(`k${which}`);
          if (what === 'wait') clock.now += size / 20;
          if (what === 'forget') cache.forget(`x${at - which}`);
          if (what === 'keep') {
            kept.set(`k${which}`, answered(`x${at}`, size));
            cache.keep(key, kept.get(`k${which}`) as CachedAnswer);
          }
          // What is found is what was kept last.
          const found = cache.find(key);
          if (found !== null) expect(found).toBe(kept.get(`k${which}`));
        }
        const held = [...Array(21).keys()].map(which => cache.find(utf8(`k${which}`))?.bytes.length ?? 0);
        expect(held.reduce((sum, length) => sum + length)).toBeLessThanOrEqual(ROOM);
        expect(cache.size).toBeLessThanOrEqual(ROOM / 2048);
      }),
    );
  });
});
