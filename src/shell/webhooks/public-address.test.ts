import { lookup } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { isPublicAddress, lookupBy, type Resolve } from './public-address.js';
import { addressProblem, isNamedPrivate } from './subscriber.js';

describe('RFC 6890: addresses that are not of the public internet', () => {
  it.each([
    ...['0.0.0.0', '10.0.0.1', '100.64.0.1', '100.127.255.255', '127.0.0.1', '127.255.255.254'],
    ...['169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.170', '192.0.2.1', '192.168.1.1'],
    ...['198.18.0.1', '198.51.100.1', '203.0.113.1', '224.0.0.1', '255.255.255.255'],
    ...[
      '::',
      '::1',
      '::ffff:127.0.0.1',
      '::ffff:8.8.8.8',
      '64:ff9b::7f00:1',
      'fc00::1',
      'fd12::1',
      'fe80::1',
    ],
    ...['ff02::1', '2001:db8::1', '2001::1', '2002:7f00:1::1', '3fff::1', '', 'localhost', '127.1', '1.2.3'],
  ])('%s', address => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each(['8.8.8.8', '172.32.0.1', '100.128.0.1', '192.0.1.1', '2606:4700::1111', '2a00:1450::1'])(
    'not %s',
    address => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );
});

describe('a name', () => {
  const addresses =
    (...all: readonly string[]): Resolve =>
    (_, __, callback) =>
      callback(
        null,
        all.map(address => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
  const looked = (resolve: Resolve, options: object, mayBePrivate = false) =>
    new Promise<unknown>(settle => {
      lookupBy(resolve, mayBePrivate)('hooks.example', options as never, (error, found) =>
        settle((error as { code?: string } | null)?.code ?? found),
      );
    });

  it.each<[string, Resolve]>([
    ['this machine', lookup],
    ['a machine of the own network', addresses('10.0.0.1')],
    ['what a cloud tells its machines', addresses('169.254.169.254')],
    ['a public address and another', addresses('8.8.8.8', '127.0.0.1')],
    ['nothing', addresses()],
  ])('that leads to %s is not connected to (webhook/address-private)', async (_, resolve) => {
    const local: Resolve = (__, options, callback) => resolve('localhost', options, callback);
    for (const options of [{ all: true }, {}, { family: 4 }])
      expect(await looked(local, options)).toBe('webhook/address-private');
  });

  it('that leads to public addresses is connected to these, and to others where it may', async () => {
    const all = [
      { address: '8.8.8.8', family: 4 },
      { address: '2606:4700::1111', family: 6 },
    ];
    const resolve = addresses('8.8.8.8', '2606:4700::1111');
    expect(await looked(resolve, { all: true })).toEqual(all);
    expect(await looked(resolve, {})).toBe('8.8.8.8');
    expect(await looked(addresses('10.0.0.1'), {}, true)).toBe('10.0.0.1');
  });

  it('that cannot be looked up is not either', async () => {
    const failing: Resolve = (_, __, callback) =>
      callback(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), []);
    expect(await looked(failing, { all: true })).toBe('ENOTFOUND');
  });
});

describe('where a subscriber is', () => {
  it.each([
    ['https://hooks.example/a?b=c', false],
    ['https://10.0.0.1/', false],
    ['http://127.0.0.1:9000/hook', false],
    ['http://[::1]:9000/', false],
    ['http://localhost:9000/', false],
    ['http://192.168.1.4/', false],
    ['http://pager.internal/', true],
  ])('%s', (url, mayBePrivate) => {
    expect(addressProblem(url, mayBePrivate)).toBeNull();
  });

  it.each([
    ['hooks.example', 'it takes an https URL.'],
    ['ftp://hooks.example/', 'it takes an https URL.'],
    ['file:///etc/passwd', 'it takes an https URL.'],
    ['https://me:secret@hooks.example/', 'without user'],
    ['https://hooks.example/#a', 'fragment'],
    ['http://hooks.example/', 'what goes over the internet takes https.'],
    ['http://8.8.8.8/', 'what goes over the internet takes https.'],
    ['http://localhost.hooks.example/', 'what goes over the internet takes https.'],
  ])('not %s: %s', (url, says) => {
    expect(addressProblem(url, false)).toContain(says);
    expect(addressProblem(url, false)).not.toContain('secret@');
  });

  it('is named as this machine’s only by what nobody else can make it: other spellings of an address are that address', () => {
    for (const url of ['http://2130706433/', 'http://0x7f.1/', 'http://127.1/', 'http://[::ffff:7f00:1]/'])
      expect(isNamedPrivate(new URL(url)), url).toBe(true);
    for (const url of ['http://localhost./', 'http://127.0.0.1.nip.example/', 'http://a.localhost/'])
      expect(isNamedPrivate(new URL(url)), url).toBe(false);
  });
});
