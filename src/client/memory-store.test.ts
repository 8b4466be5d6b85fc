import { describe, expect, it } from 'vitest';
import { STORE_BEHAVIOUR } from '../../test/support/store-behaviour.js';
import { memoryStore } from './memory-store.js';

describe('a store in memory', () => {
  const store = memoryStore();
  it.each(Object.entries(STORE_BEHAVIOUR))('%s', async (_, step) => {
    await expect(step(store)).resolves.toBeUndefined();
  });

  it('lets settled exchanges go, the oldest first, and never an open one', async () => {
    const small = memoryStore(2);
    for (const name of ['open-1', 'settled-1', 'open-2', 'settled-2', 'open-3', 'settled-3'])
      await small.put(name, name);
    expect(await small.names('settled-')).toEqual(['settled-2', 'settled-3']);
    expect(await small.names('open-')).toEqual(['open-1', 'open-2', 'open-3']);
  });

  it('settling one again does not count it twice', async () => {
    const small = memoryStore(2);
    for (const name of ['settled-1', 'settled-2', 'settled-2', 'settled-1']) await small.put(name, name);
    expect(await small.names('settled-')).toEqual(['settled-1', 'settled-2']);
    await small.delete('settled-1');
    await small.put('settled-3', 'settled-3');
    expect(await small.names('settled-')).toEqual(['settled-2', 'settled-3']);
  });
});
