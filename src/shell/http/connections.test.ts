import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { connectionLimit, connectionShares, OpenConnections, openFileLimit } from './connections.js';

const LIMITS = `Limit                     Soft Limit           Hard Limit           Units     
Max processes             96365                96365                processes 
Max open files            256                  4096                 files     
Max locked memory         8388608              8388608              bytes     
`;

describe('the files that a process may open', () => {
  it.each<[string, string | null, number]>([
    ['as proc(5) has it, the limit in force', LIMITS, 256],
    ['without a limit', LIMITS.replace('256 ', 'unlimited '), Number.POSITIVE_INFINITY],
    ['where nothing says it', null, 1024],
    ['where something else is said', 'Max open doors 7 7 doors\n', 1024],
  ])('%s', (_, limits, expected) => {
    expect(openFileLimit(limits)).toBe(expected);
  });
});

describe('the files of a gateway', () => {
  it.each<[what: string, most: number, files: number, clients: number, upstreams: number]>([
    ['as many clients as asked for, where there are files enough', 10_000, 65_536, 10_000, 48_982],
    ['a half of what is left for clients otherwise', 10_000, 20_000, 9000, 9000],
    ['a few where there are few', 10_000, 1024, 384, 384],
    ['one where there are none', 10_000, 10, 1, 1],
    ['fewer clients leave more for upstreams', 100, 1024, 100, 668],
    ['no bound', 10_000, Number.POSITIVE_INFINITY, 10_000, 26_230],
  ])('%s', (_, most, files, clients, upstreams) => {
    expect(connectionShares(most, files)).toEqual({ clients, upstreams });
  });

  it('are shared out so that every client may have its upstream and something is left', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100_000 }),
        fc.integer({ min: 300, max: 2 ** 20 }),
        (most, files) => {
          const { clients, upstreams } = connectionShares(most, files);
          expect(clients).toBeLessThanOrEqual(upstreams);
          expect(files - clients - upstreams).toBeGreaterThanOrEqual(Math.min(256, files - 2));
        },
      ),
    );
  });
});

describe('OpenConnections', () => {
  it('has room again for each that is closed', () => {
    const open = new OpenConnections(2);
    expect([open.take(), open.take(), open.take()]).toEqual([true, true, false]);
    open.give();
    expect([open.take(), open.take()]).toEqual([true, false]);
  });
});

describe('the connections that a server takes', () => {
  it('are as many as it asks for, where there are files enough', () => {
    expect(connectionLimit(2)).toBe(2);
  });

  it('are never all the files that there are', () => {
    expect(connectionLimit(Number.MAX_SAFE_INTEGER)).toBeLessThan(Number.MAX_SAFE_INTEGER);
  });
});
