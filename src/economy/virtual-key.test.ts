import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reasonOf } from '../../test/support/failure.js';
import { wrongs } from '../../test/support/strictness.js';
import { canonicalize, type Json } from '../bytes/json.js';
import { utf8 } from '../bytes/octets.js';
import {
  formatKeyFile,
  formatSecret,
  type KeyFile,
  NO_KEYS,
  parseKeyFile,
  secretDigest,
} from './virtual-key.js';

const ID = 'aaaaaaaaaaaaaaaaaaaaaaaaaa';
const FILE: KeyFile = {
  keys: [
    {
      ...{ id: ID, name: 'alice', team: 'research', models: ['gpt-*', 'anthropic/*'] },
      ...{ created: 1, expires: 5, revoked: 3 },
      limits: [{ measure: 'money', most: '5', per: 'day' }],
      secrets: [
        { digest: 'ab'.repeat(32), until: null },
        { digest: 'cd'.repeat(32), until: 9 },
      ],
    },
  ],
  models: [{ limits: [{ measure: 'tokens', most: '7', per: 'total' }], name: 'gpt-5*' }],
  teams: [{ limits: [{ measure: 'requests', most: '9', per: 'minute' }], name: 'research' }],
};

describe('the file of keys', () => {
  it.each([
    ['without any', NO_KEYS],
    ['with all that it can hold', FILE],
  ])('%s is read as it was written', (_, file) => {
    expect(parseKeyFile(formatKeyFile(file))).toEqual(file);
  });

  const lists = [
    ...['keys', 'models', 'teams', 'keys.0.limits', 'keys.0.models', 'keys.0.secrets'],
    ...['models.0.limits', 'teams.0.limits'],
  ];
  const nullable = ['team', 'expires', 'revoked', 'secrets.0.until', 'secrets.1.until'].map(
    name => `keys.0.${name}`,
  );
  const cases = [...wrongs(FILE as Json, { lists, nullable })].map(
    ({ what, value }) => [what, value] as const,
  );
  it.each(cases)('is refused with one thing wrong: %s', (_, value) => {
    expect(reasonOf(() => parseKeyFile(canonicalize(value)))).toBe('access/file-malformed');
  });

  const [key] = FILE.keys;
  const [secret] = key?.secrets ?? [];
  const [limit] = key?.limits ?? [];
  it.each<[what: string, bytes: () => Uint8Array]>([
    ['nothing', () => new Uint8Array()],
    ['no JSON', () => utf8('{')],
    ['no UTF-8', () => Uint8Array.of(0xff)],
    ['a space', () => utf8(` ${new TextDecoder().decode(formatKeyFile(FILE))}`)],
    ['a member twice', () => utf8('{"keys":[],"keys":[],"models":[],"teams":[]}')],
    ['nested without end', () => utf8('['.repeat(100_000))],
    [
      'one name twice',
      () => formatKeyFile({ ...FILE, keys: [key, { ...key, id: ID.replace('a', 'b') }] as never }),
    ],
    ['one id twice', () => formatKeyFile({ ...FILE, keys: [key, { ...key, name: 'bob' }] as never })],
    [
      'one secret twice',
      () => formatKeyFile({ ...FILE, keys: [{ ...key, secrets: [secret, secret] }] as never }),
    ],
    ['no secret', () => formatKeyFile({ ...FILE, keys: [{ ...key, secrets: [] }] as never })],
    ['no models', () => formatKeyFile({ ...FILE, keys: [{ ...key, models: [] }] as never })],
    [
      'two limits of one period',
      () => formatKeyFile({ ...FILE, keys: [{ ...key, limits: [limit, limit] }] as never }),
    ],
    ['a team twice', () => formatKeyFile({ ...FILE, teams: [...FILE.teams, ...FILE.teams] })],
  ])('is refused: %s', (_, bytes) => {
    expect(reasonOf(() => parseKeyFile(bytes()))).toBe('access/file-malformed');
  });
});

describe('a key', () => {
  const secret = formatSecret(new Uint8Array(32).fill(7));

  it('begins so that it is known for what it is, and is found by its digest alone', () => {
    expect(secret).toMatch(/^csk-[A-Za-z0-9_-]{43}$/);
    expect(secretDigest(secret)).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    ['nothing', ''],
    ['a key of a provider', 'sk-proj-1234'],
    ['one with another beginning', secret.replace('csk', 'csj')],
    ['one that is cut off', secret.slice(0, -1)],
    ['one that is too long', `${secret}A`],
    ['one with bits left over', `${secret.slice(0, -1)}d`],
    ['a very long one', secret.repeat(1000)],
  ])('is none: %s', (_, text) => {
    expect(secretDigest(text)).toBeNull();
  });

  it('differs in its digest from every other', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), bytes => {
        const same = bytes.every(byte => byte === 7);
        expect(secretDigest(formatSecret(bytes)) === secretDigest(secret)).toBe(same);
      }),
    );
  });
});
