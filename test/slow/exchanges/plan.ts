/** What is asked in the test of many exchanges: who asks what, and how the client behaves. All of it follows from the seed and a number. */
import { createHash } from 'node:crypto';
import type { Random } from '../random.js';
import { randomFrom } from '../random.js';

export const UPSTREAMS = ['one', 'two', 'three', 'four'] as const;
export type UpstreamName = (typeof UPSTREAMS)[number];

/** The steps that each name stands for: upstreams that are as good as each other, each with the model that it is asked for. */
export const ROUTES: Readonly<Record<string, readonly Readonly<Partial<Record<UpstreamName, string>>>[]>> = {
  pair: [{ one: 'test-model', two: 'test-model' }],
  quick: [{ one: 'test-model', three: 'other-model' }],
  deep: [{ one: 'test-model' }, { two: 'test-model', three: 'test-model' }, { four: 'test-model' }],
  'three/test-model': [{ three: 'test-model' }],
  'four/other-model': [{ four: 'other-model' }],
  'test-model': [{ one: 'test-model' }],
};
const NAMES = Object.keys(ROUTES) as [string, ...string[]];

/** The operator's file of {@link ROUTES}: what stands there for names that are not upstreams' own. */
export const ROUTES_FILE = {
  models: {
    pair: { targets: [{ model: 'one/test-model', weight: 2 }, 'two/test-model'] },
    quick: { balance: 'latency', targets: ['one/test-model', 'three/other-model'] },
    deep: ['one/test-model', { targets: ['two/test-model', 'three/test-model'] }, 'four/test-model'],
  },
};

/** An upstream that is given by its URL speaks OpenAI's API: of another the client would get a translation, which this oracle does not know. */
export const SURFACES = ['chat/completions', 'responses'] as const;
export type AskedSurface = (typeof SURFACES)[number];

/** When a client goes away: never, before its request is whole, after a while, or after so many bytes of the answer's body. */
export type Leaving =
  | { readonly kind: 'never' }
  | { readonly kind: 'before' }
  | { readonly kind: 'after'; readonly milliseconds: number }
  | { readonly kind: 'at'; readonly bytes: number };

export interface Plan {
  readonly number: number;
  /** The client's key. */
  readonly key: string;
  readonly surface: AskedSurface;
  readonly stream: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly model: string;
  readonly body: Buffer;
  /** Why the gateway itself refuses it; null when it does not. */
  readonly refusal: string | null;
  readonly leaving: Leaving;
  /** For how long the client does not read on after the first bytes, in milliseconds. */
  readonly pause: number;
}

/** The number of the request in some text that holds it; null where there is none. */
export function numberIn(text: string): number | null {
  const found = /exchange-(\d+)/.exec(text);
  return found === null ? null : Number(found[1]);
}

/** So many keys. */
export const CLIENTS = 40;

export function planOf(seed: number, number: number): Plan {
  const random = randomFrom(createHash('sha256').update(`${seed} plan ${number}`).digest().readUInt32BE(0));
  const surface = random.pick(SURFACES);
  const stream = random.chance(0.5);
  const model = random.pick(NAMES);
  const content = `exchange-${number}${' and more'.repeat(Math.floor(random.between(0, 40)))}`;
  const refused = random.chance(0.01);
  const text = requestText(surface, model, content, stream);
  return {
    number,
    key: `key-${Math.floor(random.between(0, CLIENTS))}`,
    surface,
    stream,
    headers: random.chance(0.03) ? { 'countersign-inline': 'none' } : {},
    model,
    body: Buffer.from(refused ? text.replace(/(?:,"stream":true)?\}$/, ',"stream":"yes"}') : text),
    refusal: refused ? 'request/parameter-invalid' : null,
    leaving: leavingOf(random),
    pause: random.chance(0.02) ? 150 : 0,
  };
}

function leavingOf(random: Random): Leaving {
  const lot = random.between(0, 100);
  if (lot < 2) return { kind: 'before' };
  if (lot < 6) return { kind: 'after', milliseconds: random.between(0, 60) };
  if (lot < 7) return { kind: 'after', milliseconds: random.between(100, 900) };
  if (lot < 10) return { kind: 'at', bytes: Math.floor(random.between(1, 4000)) };
  return { kind: 'never' };
}

function requestText(surface: AskedSurface, model: string, content: string, stream: boolean): string {
  const messages = [{ role: 'user', content }];
  const streamed = stream ? { stream } : {};
  switch (surface) {
    case 'chat/completions':
      return JSON.stringify({ model, messages, ...streamed });
    case 'responses':
      return JSON.stringify({ model, input: content, ...streamed });
  }
}

/** What an upstream has to be sent of a request: the same bytes, but for the model's name. */
export function sentBody({ body, model }: Plan, asked: string): Buffer {
  return Buffer.from(
    body.toString().replace(`"model":${JSON.stringify(model)}`, `"model":${JSON.stringify(asked)}`),
  );
}
