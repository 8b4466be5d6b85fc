import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../bytes/octets.js';
import { acceptsGzip, CompressedBundles } from './compressed-bundles.js';

describe('Accept-Encoding (RFC 9110 §12.5.3)', () => {
  it.each<[string | undefined, boolean]>([
    ['gzip', true],
    ['GZIP', true],
    ['x-gzip', true],
    ['gzip, deflate, br', true],
    ['br;q=1.0, gzip;q=0.8, *;q=0.1', true],
    ['gzip;q=0.001', true],
    ['*', true],
    ['identity;q=0, *;q=0.5', true],
    ['gzip;q=0', false],
    ['gzip;q=0.000, *', false],
    ['*;q=0', false],
    ['identity', false],
    ['br', false],
    ['', false],
    [undefined, false],
    ['gzip;q=x', false],
    ['not gzip', false],
    [`${'a,'.repeat(1000)}gzip`, false],
  ])('%j: %s', (header, accepted) => {
    expect(acceptsGzip(header)).toBe(accepted);
  });
});

describe('compressed bundles', () => {
  it('hold what they were made of, and are made once', async () => {
    const bundles = new CompressedBundles();
    const bytes = utf8('again and '.repeat(1000));
    const both = await Promise.all([bundles.get('one', bytes), bundles.get('one', bytes)]);
    expect(both[0]).toBe(both[1]);
    expect(await bundles.get('one', bytes)).toBe(both[0]);
    const compressed = both[0] as Uint8Array;
    expect(compressed.length).toBeLessThan(bytes.length / 10);
    expect(gunzipSync(compressed).equals(bytes)).toBe(true);
  });

  it('are made two at a time, whoever asks for however many: what comes meanwhile goes out as it is', async () => {
    const bundles = new CompressedBundles();
    const ask = (name: number) => bundles.get(String(name), utf8(`${name}`.repeat(10_000)));
    const all = await Promise.all(Array.from({ length: 50 }, (_, name) => ask(name)));
    expect(all.map(compressed => compressed !== null).slice(0, 3)).toEqual([true, true, false]);
    expect(all.filter(compressed => compressed !== null)).toHaveLength(2);
    expect(await ask(7)).not.toBeNull();
  });

  it('are forgotten in the order of their last use', async () => {
    const bundles = new CompressedBundles();
    const first = await bundles.get('0', utf8('first'));
    for (let name = 1; name < 64; name++) await bundles.get(String(name), utf8('another'));
    expect(await bundles.get('0', utf8('first'))).toBe(first);
    for (let name = 64; name < 128; name++) await bundles.get(String(name), utf8('another'));
    expect(await bundles.get('0', utf8('first'))).not.toBe(first);
  });
});
