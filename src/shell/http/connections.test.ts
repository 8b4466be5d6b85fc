import { describe, expect, it } from 'vitest';
import { connectionLimit, openFileLimit } from './connections.js';

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

describe('the connections that a server takes', () => {
  it('are as many as it asks for, where there are files enough', () => {
    expect(connectionLimit(2)).toBe(2);
  });

  it('are never all the files that there are', () => {
    expect(connectionLimit(Number.MAX_SAFE_INTEGER)).toBeLessThan(Number.MAX_SAFE_INTEGER);
  });
});
