/**
 * What the test's page does in the browser, once with an empty database and once with what the first time has left; and once with a gateway of
 * another origin, which its address names behind `#at=`.
 */
import type { Verified } from '../../src/client/outcome.js';
import { Failure } from '../../src/reason.js';
import { type IndexedDb, indexedDbStore } from '../../src/shell/client/indexed-db-store.js';
import { countersign } from '../../src/shell/client/web.js';
import { STORE_BEHAVIOUR } from '../support/store-behaviour.js';

declare const indexedDB: IndexedDb;
declare const location: { readonly origin: string; readonly hash: string };

/** What the page tells the test. */
export interface PageResult {
  /** What failed, by the name of the behaviour. */
  readonly store: Readonly<Record<string, string>>;
  readonly body: string;
  readonly stream: string;
  /** The codes with which altered answers failed. */
  readonly altered: readonly string[];
  readonly verified: number;
  readonly check: unknown;
}

async function run(): Promise<PageResult> {
  const store: Record<string, string> = {};
  const behaving = await indexedDbStore(indexedDB, `behaviour${location.hash}`);
  for (const [name, step] of Object.entries(STORE_BEHAVIOUR))
    await step(behaving).catch((error: unknown) => {
      store[name] = String(error);
    });
  const verified: Verified[] = [];
  const fetch = countersign({
    trust: await (await globalThis.fetch('/trust.json')).text(),
    store: await indexedDbStore(indexedDB),
    onVerified: outcome => verified.push(outcome),
  });
  const isAgain = location.hash === '#again';
  const [, elsewhere] = /^#at=(.*)$/.exec(location.hash) ?? [];
  const gateway = elsewhere ?? '';
  const ask = async (path: string, stream: boolean) => {
    const body = JSON.stringify({
      model: 'test-model',
      stream,
      messages: [{ role: 'user', content: 'Hello?' }],
    });
    const response = await fetch(`${path}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    return response.text();
  };
  const codeOf = (asking: Promise<string>) =>
    asking.then(
      text => `it answered: ${text}`,
      (error: unknown) => (error instanceof Failure ? error.code : String(error)),
    );
  return {
    store,
    body: isAgain ? '' : await ask(gateway, false),
    stream: isAgain ? '' : await ask(gateway, true),
    altered:
      isAgain || elsewhere !== undefined
        ? []
        : [await codeOf(ask('/altered', false)), await codeOf(ask('/altered', true))],
    verified: verified.length,
    check: isAgain ? await fetch.check() : null,
  };
}

const told = await run().catch((error: unknown) => ({ error: String(error) }));
await globalThis.fetch(`${location.origin}/result`, { method: 'POST', body: JSON.stringify(told) });
