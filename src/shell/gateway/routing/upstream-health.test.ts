import { describe, expect, it } from 'vitest';
import { HealthBoard, UpstreamHealth } from './upstream-health.js';

function failing(times: number, now = 0): UpstreamHealth {
  const health = new UpstreamHealth();
  for (let time = 0; time < times; time++) health.failed(now);
  return health;
}

describe('the circuit of an upstream', () => {
  it('stays closed below five failures in a row', () => {
    expect(failing(4).isOpenTo(0)).toBe(true);
    const health = failing(4);
    health.answered(10);
    for (let time = 0; time < 4; time++) health.failed(0);
    expect(health.isOpenTo(0)).toBe(true);
  });

  it('opens at the fifth, for a second', () => {
    const health = failing(5, 100);
    expect([100, 1099, 1100].map(now => health.isOpenTo(now))).toEqual([false, false, true]);
    expect([100, 600, 2000].map(now => health.opensIn(now))).toEqual([1000, 500, 0]);
  });

  it('lets one request through to see, and not another before it has ended', () => {
    const health = failing(5);
    health.begin(1000);
    expect(health.isOpenTo(1000)).toBe(false);
    health.answered(10);
    expect(health.isOpenTo(1000)).toBe(true);
  });

  it('is not closed for ever by a request that nobody heard of again', () => {
    const health = failing(5);
    health.begin(1000);
    expect([30_999, 31_000].map(now => health.isOpenTo(now))).toEqual([false, true]);
  });

  it('stays open twice as long after each that fails, up to half a minute', () => {
    const health = failing(5);
    const breaks = Array.from({ length: 7 }, () => {
      const now = health.opensIn(0);
      health.begin(now);
      health.failed(now);
      return health.opensIn(now);
    });
    expect(breaks).toEqual([2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('is not opened longer by requests that were on their way when it opened', () => {
    const health = failing(40);
    expect(health.opensIn(0)).toBe(1000);
  });

  it('begins anew after an answer', () => {
    const health = failing(5);
    health.begin(1000);
    health.failed(1000);
    health.begin(3000);
    health.answered(1);
    for (let time = 0; time < 5; time++) health.failed(3000);
    expect(health.opensIn(3000)).toBe(1000);
  });
});

describe('an upstream that asked to be left alone', () => {
  it('rests for as long as it asked, a minute at most', () => {
    const health = new UpstreamHealth();
    health.rest(0, 2000);
    expect([0, 1999, 2000].map(now => health.isResting(now))).toEqual([true, true, false]);
    health.rest(0, 86_400_000);
    expect([59_999, 60_000].map(now => health.isResting(now))).toEqual([true, false]);
  });
});

describe('the wait to expect', () => {
  it('grows with how long answers take and with how many run', () => {
    const health = new UpstreamHealth();
    expect(health.expectedWait).toBe(0);
    health.answered(100);
    expect(health.expectedWait).toBe(100);
    health.begin(0);
    health.begin(0);
    expect(health.expectedWait).toBe(300);
    health.end();
    expect(health.expectedWait).toBe(200);
  });

  it('follows the latest answers', () => {
    const health = new UpstreamHealth();
    health.answered(100);
    for (let time = 0; time < 50; time++) health.answered(10);
    expect(health.expectedWait).toBeLessThan(11);
  });
});

describe('the board', () => {
  it('knows each upstream by itself, and for how many failures it stands', () => {
    const board = new HealthBoard<object>(1);
    const [one, other] = [{}, {}];
    board.of(one).failed(0);
    expect(board.of(one).isOpenTo(0)).toBe(false);
    expect(board.of(other).isOpenTo(0)).toBe(true);
  });
});
