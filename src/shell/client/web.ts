/**
 * `countersign/client`: the client with the network, the clock and the randomness of whatever runs it, be it Node.js, Deno, Bun or a browser.
 * What only one of them has is touched nowhere but in the timer.
 */
import { type ClientOptions, type CountersignFetch, createClient } from '../../client/client.js';
import { quietTimer } from './quiet-timer.js';

/** Questions about receipts may wait for ten seconds at the gateway. */
const PATIENCE = 30_000;

export type CountersignOptions = ClientOptions & {
  /** What sends the requests; the global `fetch` unless this says otherwise. */
  readonly fetch?: typeof globalThis.fetch;
};

/**
 * A `fetch` that verifies every answer of a Countersign gateway: `new OpenAI({ fetch: countersign({ trust }) })`. Its `check()` finds out later
 * whether the receipts were included and witnessed, when it is called or, with `checkEvery`, by itself.
 */
export function countersign({ fetch = globalThis.fetch, ...options }: CountersignOptions): CountersignFetch {
  return createClient(options, {
    // Browsers' own `fetch` must not be called as a method of anything else.
    fetch: (input, init) => fetch(input, init),
    ask: (url, init) => fetch(url, { ...init, signal: withPatience(init.signal ?? null) }),
    now: () => Date.now(),
    randomBytes: count => crypto.getRandomValues(new Uint8Array(count)),
    after: quietTimer,
  });
}

function withPatience(signal: AbortSignal | null): AbortSignal {
  const patience = AbortSignal.timeout(PATIENCE);
  return signal === null ? patience : AbortSignal.any([signal, patience]);
}

export type { ClientOptions, CountersignFetch } from '../../client/client.js';
export type { Finding, FindingKind, LaterCheck } from '../../client/finding.js';
export type { Outcome, Unverified, Verified } from '../../client/outcome.js';
export type { ReceiptStore } from '../../client/receipt-store.js';
