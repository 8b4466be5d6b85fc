import { afterEach, describe, expect, it, vi } from 'vitest';
import { quietTimer } from './quiet-timer.js';

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('a timer of the client', () => {
  it('acts once, and not when it is called off', async () => {
    const acted: string[] = [];
    quietTimer(1, () => acted.push('first'));
    quietTimer(1, () => acted.push('second'))();
    await new Promise(resolve => setTimeout(resolve, 20));
    expect(acted).toEqual(['first']);
  });

  it('keeps no process of Node.js alive', () => {
    const timers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length;
    const before = timers();
    const cancel = quietTimer(60_000, () => undefined);
    expect(timers()).toBe(before);
    cancel();
  });

  it('nor one of Deno, where timers are numbers', () => {
    const unrefTimer = vi.fn();
    vi.stubGlobal('setTimeout', () => 7);
    vi.stubGlobal('Deno', { unrefTimer });
    quietTimer(60_000, () => undefined);
    expect(unrefTimer).toHaveBeenCalledExactlyOnceWith(7);
  });

  it('is a number in browsers, and nothing more', () => {
    const clearTimeout = vi.fn();
    vi.stubGlobal('setTimeout', () => 7);
    vi.stubGlobal('clearTimeout', clearTimeout);
    quietTimer(60_000, () => undefined)();
    expect(clearTimeout).toHaveBeenCalledExactlyOnceWith(7);
  });
});
