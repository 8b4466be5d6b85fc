/** A client whose network answers what a test says: the sample exchange, genuine or altered. */
import { toBase64Url } from '../../src/bytes/base64.js';
import { concat } from '../../src/bytes/octets.js';
import { type ClientOptions, type CountersignFetch, createClient } from '../../src/client/client.js';
import type { Unverified, Verified } from '../../src/client/outcome.js';
import { Failure, type ReasonCode } from '../../src/reason.js';
import { parseBundle } from '../../src/receipt/bundle.js';
import { envelopeBytes } from '../../src/receipt/envelope.js';
import { noTimer } from './paper-clock.js';
import { trustWith } from './parties.js';
import { make, REQUEST, type Recipe } from './sample-exchange.js';
import { OPENING, RECEIVED, SAMPLE_RECEIPT } from './sample-receipt.js';

export const ADDRESS = 'https://gateway.example/v1/chat/completions';

/** An answer on the wire. A test changes one member of a genuine one. */
export interface Wire {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The parts in which the body comes. */
  readonly parts: readonly Uint8Array[];
  /** What the gateway shows as the exchange's bundle; null for a 404. */
  readonly bundle: Uint8Array | null;
}

/** The genuine answer that a recipe leads to, in one part. */
export async function wireOf(recipe: Recipe = {}): Promise<Wire> {
  const { bundle, content } = await make(recipe);
  const isStream = recipe.form === 'stream';
  const receipt = new TextDecoder().decode(envelopeBytes(parseBundle(bundle).envelope));
  return {
    status: 200,
    headers: {
      'content-type': isStream ? 'text/event-stream' : 'application/json',
      'countersign-exchange': SAMPLE_RECEIPT.exchange,
      'countersign-opening': toBase64Url(OPENING),
      ...(isStream ? {} : { 'countersign-receipt': receipt }),
    },
    parts: [content.response ?? new Uint8Array()],
    bundle: null,
  };
}

export function responseOf({ status, headers, parts }: Wire): Response {
  const left = [...parts];
  const body = new ReadableStream<Uint8Array>({
    pull: controller => {
      const part = left.shift();
      if (part === undefined) controller.close();
      else controller.enqueue(part);
    },
  });
  return new Response(body, { status, headers });
}

/** What a client can be given that is not about what it checks later. */
export type AnswerOptions = Partial<ClientOptions> & { readonly checkEvery?: never };

export interface Told {
  readonly failed: Unverified[];
  readonly verified: Verified[];
  /** The addresses that were asked about receipts and the log. */
  readonly asked: string[];
}

/** So that a client sends the sample's nonce. */
export const sampleRandomBytes = (count: number): Uint8Array => new Uint8Array(count);

/** A client that gets `wire` for whatever it sends, and what it tells. */
export function clientOf(
  wire: Wire,
  options: AnswerOptions = {},
  now: () => number = () => RECEIVED,
): { readonly fetch: CountersignFetch; readonly told: Told } {
  const told: Told = { failed: [], verified: [], asked: [] };
  const fetch = createClient(
    { trust: trustWith(), onVerified: outcome => told.verified.push(outcome), ...options },
    {
      fetch: async () => responseOf(wire),
      ask: async url => {
        told.asked.push(url);
        return wire.bundle === null
          ? new Response(null, { status: 404 })
          : new Response(new Uint8Array(wire.bundle));
      },
      now,
      randomBytes: sampleRandomBytes,
      after: noTimer,
    },
  );
  return { fetch, told };
}

/** What the reader of an answer gets: the parts up to its end or to the failure. */
export interface ReadAnswer {
  readonly bytes: Uint8Array;
  readonly code: ReasonCode | null;
}

export async function readAnswer(response: Response): Promise<ReadAnswer> {
  const parts: Uint8Array[] = [];
  try {
    for await (const part of response.body ?? []) parts.push(part);
    return { bytes: concat(...parts), code: null };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { bytes: concat(...parts), code: error.code };
  }
}

/** Asks the sample's question, and reads the answer to its end. */
export async function askSample(
  wire: Wire,
  options: AnswerOptions = {},
  request: Uint8Array = REQUEST,
): Promise<ReadAnswer & { readonly told: Told }> {
  const failed: Unverified[] = [];
  const { fetch, told } = clientOf(wire, options);
  const response = await fetch(ADDRESS, { method: 'POST', body: new Uint8Array(request) });
  return { ...(await readAnswer(response)), told: { ...told, failed } };
}

/** The code with which the sample's answer fails; null when it verifies. */
export async function codeOf(wire: Wire, options: AnswerOptions = {}): Promise<ReasonCode | null> {
  return (await askSample(wire, options)).code;
}
