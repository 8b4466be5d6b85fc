import { IDBFactory, IDBObjectStore } from 'fake-indexeddb';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { STORE_BEHAVIOUR } from '../../../test/support/store-behaviour.js';
import type { ReceiptStore } from '../../client/receipt-store.js';
import { indexedDbStore } from './indexed-db-store.js';

describe('a store in IndexedDB', () => {
  const factory = new IDBFactory();
  let store: ReceiptStore;
  beforeAll(async () => {
    store = await indexedDbStore(factory);
  });

  it.each(Object.entries(STORE_BEHAVIOUR))('%s', async (_, step) => {
    await expect(step(store)).resolves.toBeUndefined();
  });

  it('is there again when it is opened again, and is not that of another name', async () => {
    await store.put('open-kept', 'text');
    expect(await (await indexedDbStore(factory)).get('open-kept')).toBe('text');
    expect(await (await indexedDbStore(factory, 'other')).get('open-kept')).toBeNull();
  });

  it('rejects where the database takes back what it had taken', async () => {
    const { put } = IDBObjectStore.prototype;
    const putting = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementationOnce(function (
      this: InstanceType<typeof IDBObjectStore>,
      ...given: [string, string]
    ) {
      const request = put.apply(this, given);
      request.onsuccess = () => this.transaction.abort();
      return request;
    });
    const outcome = await store.put('open-taken-back', 'text').then(
      () => 'written',
      () => 'rejected',
    );
    putting.mockRestore();
    expect(outcome).toBe('rejected');
    expect(await store.get('open-taken-back')).toBeNull();
  });
});
