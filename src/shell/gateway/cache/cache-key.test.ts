import { describe, expect, it } from 'vitest';
import { toHex } from '../../../bytes/hex.js';
import { utf8 } from '../../../bytes/octets.js';
import { surfaceNamed } from '../../../exchange/surfaces.js';
import type { Upstream } from '../../../exchange/upstream.js';
import type { Route } from '../routing/route.js';
import { readCacheControl } from './cache-control.js';
import { type Asked, cacheKey, isCacheable } from './cache-key.js';

const through = (name: string, model: string | null = null, origin = `https://${name}.example`): Route => ({
  tiers: [
    { targets: [{ upstream: { name, origin } as unknown as Upstream, model, weight: 1 }], balance: 'weight' },
  ],
  choice: 'named',
});
const ASKED: Asked = {
  surface: surfaceNamed('messages'),
  target: { model: null, query: new URLSearchParams() },
  headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01', 'user-agent': 'a' },
  body: utf8('{"model":"m"}'),
  client: 'c',
  policy: { digest: 'p', rule: 'r' },
  route: through('one'),
};
const keyOf = (changes: Partial<Asked> = {}) => toHex(cacheKey({ ...ASKED, ...changes }));

describe('the key of a request', () => {
  it.each<[string, Partial<Asked>]>([
    ['another endpoint', { surface: surfaceNamed('messages/count_tokens') }],
    ['another model in the path', { target: { model: 'm', query: new URLSearchParams() } }],
    ['another version of the API', { headers: { ...ASKED.headers, 'anthropic-version': '2024-01-01' } }],
    ['another form', { headers: { ...ASKED.headers, 'content-type': 'text/plain' } }],
    ['another byte', { body: utf8('{"model": "m"}') }],
    ['another client', { client: 'd' }],
    ['another policy', { policy: { digest: 'q', rule: 'r' } }],
    ['another rule of the policy', { policy: { digest: 'p', rule: 's' } }],
    ['no rule', { policy: { digest: 'p' } }],
    ['another upstream', { route: through('two') }],
    ['another upstream of the same name', { route: through('one', null, 'https://two.example') }],
    ['another model there', { route: through('one', 'm') }],
    ['parts that begin elsewhere', { client: 'cp', policy: { digest: '', rule: 'r' } }],
  ])('is another for %s', (_, changes) => {
    expect(keyOf(changes)).not.toBe(keyOf());
  });

  it('is another for another query, as far as that means something', () => {
    const surface = surfaceNamed('streamGenerateContent');
    const withQuery = (query: string) =>
      keyOf({ surface, target: { model: 'm', query: new URLSearchParams(query) } });
    expect(withQuery('alt=sse')).not.toBe(withQuery(''));
    expect(withQuery('alt=sse&key=a')).toBe(withQuery('alt=sse&key=b'));
  });

  it('is the same for what changes no answer', () => {
    expect(keyOf({ headers: { ...ASKED.headers, 'user-agent': 'b', 'countersign-nonce': 'n' } })).toBe(
      keyOf(),
    );
  });

  it('is for no images and no transcripts', () => {
    const never = ['images/generations', 'audio/transcriptions'] as const;
    expect(never.map(name => isCacheable(surfaceNamed(name)))).toEqual([false, false]);
    expect(isCacheable(ASKED.surface)).toBe(true);
  });
});

it.each([
  [undefined, true, true],
  ['', true, true],
  ['no-cache', false, true],
  ['No-Store', false, false],
  ['max-age=0, no-store', false, false],
  ['no-cache,no-store', false, false],
  ['no-cached', true, true],
])('cache-control %s: found %s, kept %s', (header, mayFind, mayKeep) => {
  expect(readCacheControl(header)).toEqual({ mayFind, mayKeep });
});
