/**
 * `countersign/client/indexed-db-store`: a store in the browser's IndexedDB (W3C Indexed Database API 3.0).
 *
 * Trusted: whatever runs under the page's own origin, because all of it can read the store.
 */
import { isStoreName, type ReceiptStore } from '../../client/receipt-store.js';

const TEXTS = 'texts';

/** As much of IndexedDB as is used here; `globalThis.indexedDB` is one. */
export interface IndexedDb {
  open(name: string, version: number): OpenRequest;
}

interface Request<Result> {
  readonly result: Result;
  readonly error: unknown;
  onsuccess: ((event: never) => unknown) | null;
  onerror: ((event: never) => unknown) | null;
}

interface OpenRequest extends Request<Database> {
  onupgradeneeded: ((event: never) => unknown) | null;
}

interface Database {
  createObjectStore(name: string): unknown;
  transaction(store: string, mode: 'readonly' | 'readwrite', options: { durability: 'strict' }): Transaction;
}

interface Transaction {
  readonly error: unknown;
  oncomplete: ((event: never) => unknown) | null;
  onerror: ((event: never) => unknown) | null;
  onabort: ((event: never) => unknown) | null;
  objectStore(name: string): ObjectStore;
}

interface ObjectStore {
  get(key: string): Request<unknown>;
  put(value: string, key: string): Request<unknown>;
  delete(key: string): Request<unknown>;
  getAllKeys(): Request<unknown[]>;
}

/** Opens the database of that name, and makes it where there is none. */
export async function indexedDbStore(indexedDb: IndexedDb, name = 'countersign'): Promise<ReceiptStore> {
  const database = await open(indexedDb, name);
  const use = <Result>(
    mode: 'readonly' | 'readwrite',
    ask: (texts: ObjectStore) => Request<Result>,
  ): Promise<Result> =>
    new Promise((resolve, reject) => {
      const transaction = database.transaction(TEXTS, mode, { durability: 'strict' });
      const request = ask(transaction.objectStore(TEXTS));
      // Only a transaction that is complete has been written.
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = () => reject(transaction.error ?? request.error);
      transaction.onabort = () => reject(transaction.error ?? request.error);
    });
  return {
    get: async key => {
      const text = await use('readonly', texts => texts.get(key));
      return typeof text === 'string' ? text : null;
    },
    put: async (key, text) => {
      if (!isStoreName(key)) throw new RangeError(`not a name that a store takes: ${key}`);
      await use('readwrite', texts => texts.put(text, key));
    },
    delete: async key => {
      await use('readwrite', texts => texts.delete(key));
    },
    names: async prefix => {
      const keys = await use('readonly', texts => texts.getAllKeys());
      return keys.filter(
        (key): key is string => typeof key === 'string' && key.startsWith(prefix) && isStoreName(key),
      );
    },
  };
}

function open(indexedDb: IndexedDb, name: string): Promise<Database> {
  return new Promise((resolve, reject) => {
    const request = indexedDb.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(TEXTS);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
