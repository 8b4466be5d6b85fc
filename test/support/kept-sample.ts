/** The sample exchange as a client has kept it, and a client that checks it later against what a test lets gateways and logs say. */
import { toBase64Url } from '../../src/bytes/base64.js';
import { fromUtf8, utf8 } from '../../src/bytes/octets.js';
import { type ClientOptions, type CountersignFetch, createClient } from '../../src/client/client.js';
import { formatKept, type KeptExchange } from '../../src/client/kept-exchange.js';
import { memoryStore } from '../../src/client/memory-store.js';
import type { ReceiptStore } from '../../src/client/receipt-store.js';
import type { After } from '../../src/client/timed-checks.js';
import { parseBundle } from '../../src/receipt/bundle.js';
import { type Envelope, envelopeBytes, parseEnvelope } from '../../src/receipt/envelope.js';
import { ACCEPTANCE_COMMENT } from '../../src/receipt/inline.js';
import { noTimer } from './paper-clock.js';
import { PaperNetwork, type Place } from './paper-network.js';
import { trustWith } from './parties.js';
import { ReferenceTree } from './reference-tree.js';
import { INDEX, make, type Recipe, SIZE } from './sample-exchange.js';
import { OPENING, RECEIVED, SAMPLE_RECEIPT } from './sample-receipt.js';

export const GATEWAY = 'https://gateway.example';
export const MIRROR = 'https://mirror.example/copy';
export const EXCHANGE = SAMPLE_RECEIPT.exchange;

export interface Sample {
  readonly kept: KeptExchange;
  readonly receipt: Envelope;
  /** What the stream began with; null for an answer in one body. */
  readonly acceptance: Envelope | null;
  /** The bundle with its proof, witnessed. */
  readonly bundle: Uint8Array;
  /** The tree under the proof. */
  readonly tree: ReferenceTree;
}

export async function sampleOf(recipe: Recipe = {}): Promise<Sample> {
  const { bundle, content } = await make(recipe);
  const { envelope: receipt } = parseBundle(bundle);
  const text = fromUtf8(content.response ?? new Uint8Array()) ?? '';
  const line = text.split('\n').find(one => one.startsWith(`:${ACCEPTANCE_COMMENT}`));
  const acceptance =
    line === undefined ? null : parseEnvelope(utf8(line.slice(1 + ACCEPTANCE_COMMENT.length)));
  const kept: KeptExchange = {
    acceptance: acceptance === null ? null : textOf(acceptance),
    bundle: null,
    exchange: EXCHANGE,
    gateway: GATEWAY,
    opening: toBase64Url(OPENING),
    receipt: textOf(receipt),
    sentAt: RECEIVED,
    stamps: [],
  };
  const entries = Array.from({ length: SIZE }, (_, at) =>
    at === INDEX ? envelopeBytes(receipt) : utf8(`another entry, ${at}`),
  );
  return { kept, receipt, acceptance, bundle, tree: new ReferenceTree(entries) };
}

export function textOf(envelope: Envelope): string {
  return fromUtf8(envelopeBytes(envelope)) as string;
}

export interface Checking {
  readonly network: PaperNetwork;
  readonly store: ReceiptStore;
  readonly fetch: CountersignFetch;
}

/** A client with these exchanges in its store. `now`: when it checks, in milliseconds. */
export async function checking(
  kept: readonly KeptExchange[],
  places: Readonly<Record<string, Place>>,
  {
    now,
    after = noTimer,
    ...options
  }: Partial<ClientOptions> & {
    readonly now: number;
    readonly after?: After;
  },
): Promise<Checking> {
  const store = options.store ?? memoryStore();
  for (const one of kept) await store.put(`open-${one.exchange}`, formatKept(one));
  const network = new PaperNetwork(places);
  const fetch = createClient(
    { trust: trustWith(), onFinding: () => undefined, ...options, store },
    {
      fetch: () => Promise.reject(new Error('nothing is asked here')),
      ask: network.ask,
      now: () => now,
      randomBytes: count => new Uint8Array(count),
      after,
    },
  );
  return { network, store, fetch };
}
