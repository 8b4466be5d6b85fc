import { describe, expect, it } from 'vitest';
import { sampleRandomBytes } from '../../test/support/answered.js';
import { checking, EXCHANGE, GATEWAY, sampleOf } from '../../test/support/kept-sample.js';
import { PaperClock } from '../../test/support/paper-clock.js';
import type { Place } from '../../test/support/paper-network.js';
import { trustWith } from '../../test/support/parties.js';
import { AS_OF, DEADLINE } from '../../test/support/sample-receipt.js';
import { CLOCK_TOLERANCE } from '../appraise/record.js';
import { type ClientOptions, createClient, type Surroundings } from './client.js';
import type { Finding } from './finding.js';
import { PORTION } from './later-checks.js';
import { memoryStore } from './memory-store.js';
import type { ReceiptStore } from './receipt-store.js';

const sample = await sampleOf();
const MINUTE = 60_000;
const WITNESSED: Place = { bundle: sample.bundle };
const OVERDUE = DEADLINE + CLOCK_TOLERANCE + 1;
const LEFT_OUT: Place = { bundle: 404, submit: () => new Response('no', { status: 400 }) };

/** A client that checks the sample exchange every minute of a paper clock. */
async function everyMinute(place: Place, now = AS_OF) {
  const clock = new PaperClock();
  const told: Finding[] = [];
  const options = {
    onFinding: (finding: Finding) => told.push(finding),
    checkEvery: MINUTE,
    after: clock.after,
    now,
  };
  return { clock, told, ...(await checking([sample.kept], { [GATEWAY]: place }, options)) };
}

/** A client of a paper clock that keeps what this store says. */
function storedIn(store: ReceiptStore, options: Partial<ClientOptions>) {
  const clock = new PaperClock();
  const surroundings: Surroundings = {
    fetch: () => Promise.reject(new Error('nothing is asked here')),
    ask: () => Promise.reject(new TypeError('fetch failed')),
    now: () => AS_OF,
    randomBytes: sampleRandomBytes,
    after: clock.after,
  };
  const given = { trust: trustWith(), store, ...options } as ClientOptions;
  return { clock, fetch: createClient(given, surroundings) };
}

/** Until the check that has begun is at its end, and the next one is waited for. */
const nextWaits = (clock: PaperClock) => expect.poll(() => clock.waiting, { interval: 1 }).toEqual([MINUTE]);

describe('checks that nobody calls', () => {
  it('are none unless they are asked for', async () => {
    const clock = new PaperClock();
    const { fetch } = await checking([], {}, { now: AS_OF, after: clock.after });
    expect(clock.waiting).toEqual([]);
    await fetch.stopChecking();
  });

  it('begin when the time has passed, and not before; nothing is asked about what is settled', async () => {
    const { clock, network, store, told } = await everyMinute(WITNESSED);
    clock.pass(MINUTE - 1);
    expect(clock.waiting).toEqual([1]);
    expect(network.asked).toEqual([]);
    clock.pass(1);
    await nextWaits(clock);
    expect(await store.names('open-')).toEqual([]);
    const { length: asked } = network.asked;
    expect(asked).toBeGreaterThan(0);
    clock.pass(MINUTE);
    await nextWaits(clock);
    expect(network.asked.length).toBe(asked);
    expect(told).toEqual([]);
  });

  it('tell of what they find, each time that they find it', async () => {
    const { clock, told } = await everyMinute(LEFT_OUT, OVERDUE);
    for (const times of [1, 2]) {
      clock.pass(MINUTE);
      await nextWaits(clock);
      const omissions = told.filter(({ kind }) => kind === 'omission');
      expect(omissions).toHaveLength(times);
      expect(omissions.at(-1)).toMatchObject({ code: 'proof/overdue', exchange: EXCHANGE });
    }
  });

  it('tell of a store that fails, and go on', async () => {
    const told: Finding[] = [];
    const broken = { ...memoryStore(), names: () => Promise.reject(new Error('gone')) };
    const { clock } = storedIn(broken, { checkEvery: MINUTE, onFinding: finding => told.push(finding) });
    for (const times of [1, 2]) {
      clock.pass(MINUTE);
      await nextWaits(clock);
      expect(told).toHaveLength(times);
    }
    expect(told[0]).toEqual({
      kind: 'unresolved',
      code: 'client/store-unavailable',
      says: expect.any(String),
      exchange: null,
      evidence: null,
      held: null,
    });
  });

  it('take turns, also with one that is called: no two run at once', async () => {
    let running = 0;
    let most = 0;
    const begun: (() => void)[] = [];
    const slow: ReceiptStore = {
      ...memoryStore(),
      names: async () => {
        most = Math.max(most, ++running);
        await new Promise<void>(resolve => begun.push(resolve));
        running--;
        return [];
      },
    };
    const { clock, fetch } = storedIn(slow, { checkEvery: MINUTE, onFinding: () => undefined });
    clock.pass(MINUTE);
    const called = [fetch.check(), fetch.check()];
    await expect.poll(() => begun.length, { interval: 1 }).toBe(1);
    // However long it runs, the next is not waited for before its end.
    clock.pass(10 * MINUTE);
    expect(clock.waiting).toEqual([]);
    for (const count of [1, 2, 3]) {
      await expect.poll(() => begun.length, { interval: 1 }).toBe(count);
      begun.at(-1)?.();
    }
    await Promise.all(called);
    await nextWaits(clock);
    expect(most).toBe(1);
  });

  it('look at so many at a time, and at every one in its turn', async () => {
    const names = Array.from({ length: 2 * PORTION + 500 }, (_, at) => `open-${at}`);
    const looked: string[] = [];
    const full: ReceiptStore = {
      ...memoryStore(),
      names: async () => names,
      get: async name => {
        if (name.startsWith('open-')) looked.push(name);
        return null;
      },
    };
    const { clock } = storedIn(full, { checkEvery: MINUTE, onFinding: () => undefined });
    for (const times of [1, 2, 3]) {
      clock.pass(MINUTE);
      await nextWaits(clock);
      expect(looked).toHaveLength(times * PORTION);
    }
    expect(new Set(looked).size).toBe(names.length);
  });

  it('end when they are stopped, once one that runs has ended; those that are called go on', async () => {
    const { clock, fetch, network, store } = await everyMinute(WITNESSED);
    clock.pass(MINUTE);
    await fetch.stopChecking();
    expect(await store.names('open-')).toEqual([]);
    expect(clock.waiting).toEqual([]);
    const { length: asked } = network.asked;
    clock.pass(10 * MINUTE);
    expect(network.asked.length).toBe(asked);
    expect((await fetch.check()).outcome).toBe('settled');
    await fetch.stopChecking();
  });

  it.each([0, 999, -MINUTE, Number.NaN, Number.POSITIVE_INFINITY, 25 * 24 * 60 * MINUTE])(
    'are refused every %d milliseconds',
    checkEvery => {
      const onFinding = () => undefined;
      expect(() => storedIn(memoryStore(), { checkEvery, onFinding })).toThrow(RangeError);
    },
  );

  it.each([{}, { onFinding: 'throw' }] as const)('are refused where nobody is told: %j', options => {
    expect(() => storedIn(memoryStore(), { checkEvery: MINUTE, ...options } as never)).toThrow(TypeError);
  });
});
