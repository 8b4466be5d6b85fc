import { describe, expect, it } from 'vitest';
import { reasonOf } from '../../../test/support/failure.js';
import { testCosigner, testKey } from '../../../test/support/keys.js';
import { sha256 } from '../../bytes/cryptography.js';
import { canonicalize, type Json } from '../../bytes/json.js';
import { fromUtf8, utf8 } from '../../bytes/octets.js';
import { formatVerifierKey } from '../../note/key.js';
import { formatAttested, parseAttested } from './statement.js';

const { key } = testKey('issuer.example', 1);
const tls = sha256(utf8('a key'));
const epoch = 'epochepochepochepochepoch2';
const nonce = new Uint8Array(32).fill(7);
const whole = { issuer: key, tls, epoch, nonce };

describe('a statement', () => {
  it.each([
    ['with all that it can say', whole],
    ['with nothing but the key', { issuer: key, tls: null, epoch: null, nonce: null }],
    ['with the longest nonce', { ...whole, nonce: new Uint8Array(64) }],
  ])('%s is read as it was written', (_, statement) => {
    const bytes = formatAttested(statement);
    expect(parseAttested(bytes)).toEqual(statement);
    expect(formatAttested(parseAttested(bytes))).toEqual(bytes);
  });

  it('is the canonical JSON of spec/binding.md', () => {
    expect(fromUtf8(formatAttested(whole))).toBe(
      `{"epoch":"${epoch}","issuer":"${formatVerifierKey(key)}","nonce":"${'07'.repeat(32)}","tls":"${Buffer.from(tls).toString('hex')}","type":"urn:countersign:attested:v1"}`,
    );
  });

  const members = JSON.parse(fromUtf8(formatAttested(whole)) as string) as Record<string, Json>;
  const { tls: _, ...withoutTls } = members;
  it.each<readonly [string, Uint8Array]>([
    ['nothing', new Uint8Array()],
    ['a list', utf8('[]')],
    ['white space', utf8(`${fromUtf8(formatAttested(whole))}\n`)],
    ['a member too many', canonicalize({ ...members, more: null })],
    ['a member too few', canonicalize(withoutTls)],
    ['another type', canonicalize({ ...members, type: 'urn:countersign:attested:v2' })],
    ['a nonce that is too short', canonicalize({ ...members, nonce: '00'.repeat(15) })],
    ['a nonce that is too long', canonicalize({ ...members, nonce: '00'.repeat(65) })],
    ['a nonce in upper case', canonicalize({ ...members, nonce: 'AB'.repeat(16) })],
    ['a key that is none', canonicalize({ ...members, issuer: 'issuer' })],
    ['a TLS key that is no digest', canonicalize({ ...members, tls: '00' })],
    ['an epoch that is none', canonicalize({ ...members, epoch: '' })],
    ['more than any', canonicalize({ ...members, issuer: 'a'.repeat(3000) })],
  ])('%s is none', (_, bytes) => {
    expect(reasonOf(() => parseAttested(bytes))).toBe('binding/statement-malformed');
  });

  it('takes any kind of verifier key as it is written', () => {
    const { key: cosigner } = testCosigner('issuer.example', 1);
    expect(parseAttested(formatAttested({ ...whole, issuer: cosigner })).issuer).toEqual(cosigner);
  });
});
