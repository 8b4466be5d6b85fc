import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import { makeAuthority, pem } from '../../../test/support/evidence/x509-maker.js';
import { failureOf, reasonOf } from '../../../test/support/failure.js';
import { toBase64 } from '../../bytes/base64.js';
import { toHex } from '../../bytes/hex.js';
import { certificatesFromPem, MAX_CHAIN, pemBlocks } from './pem.js';

const first = makeAuthority({ subject: 'first' }).certificate;
const second = makeAuthority({ subject: 'second' }).certificate;
const namesIn = (text: string) => certificatesFromPem(text).map(({ commonName }) => commonName);

describe('RFC 7468: a chain in PEM', () => {
  it('is read in its order', () => {
    expect(namesIn(pem(first))).toEqual(['first']);
    expect(namesIn(pem(second, first))).toEqual(['second', 'first']);
    expect(pemBlocks(pem(first), 'CERTIFICATE').map(toHex)).toEqual([toHex(first)]);
  });

  it.each<[string, (text: string) => string]>([
    ['lines that end as on other systems', text => text.replaceAll('\n', '\r\n')],
    ['blank lines before, between and behind', text => `\n\n${text.replaceAll('-\n-', '-\n\n\n-')}\n \n`],
    ['no end of the last line', text => text.trimEnd()],
  ])('may have %s', (_, edit) => {
    expect(namesIn(edit(pem(first, second)))).toEqual(['first', 'second']);
  });

  it('may have lines of other lengths', () => {
    const whole = toBase64(first)
      .match(/.{1,76}/g)
      ?.join('\n');
    expect(namesIn(`-----BEGIN CERTIFICATE-----\n${whole}\n-----END CERTIFICATE-----\n`)).toEqual(['first']);
  });

  it.each<[string, string]>([
    ['nothing', ''],
    ['white space', ' \n'],
    ['base64 alone', toBase64(first)],
    ['text before it', `Subject: CN=first\n${pem(first)}`],
    ['text between two', `${pem(first)}Subject: CN=second\n${pem(second)}`],
    ['text behind it', `${pem(first)}.`],
    ['another label', pem(first).replaceAll('CERTIFICATE', 'PRIVATE KEY')],
    ['another label at its end', pem(first).replace('END CERTIFICATE', 'END X509 CRL')],
    ['no end', pem(first).slice(0, -20)],
    ['no lines', '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n'],
    ['a blank line in it', pem(first).replace('-----\n', '-----\n\n')],
    ['a header in it', pem(first).replace('-----\n', '-----\nProc-Type: 4\n')],
    ['a space in a line', pem(first).replace('M', 'M ')],
    ['base64 of the other alphabet', pem(first).replace(/[A-Z]\n/, '_\n')],
    ['a line over 76 characters', pem(first).replace(/([^-]{64})\n([^-]{64})\n/, '$1$2\n')],
    [
      'base64 that is cut off',
      pem(first)
        .replace(/=?\n-----END/, '\n-----END')
        .replace(/.\n-----END/, '\n-----END'),
    ],
    ['something that is no certificate', pem(Uint8Array.of(5, 0))],
  ])('%s is none', (_, text) => {
    expect(reasonOf(() => certificatesFromPem(text))).toBe('certificate/malformed');
  });

  it('has no more certificates than anybody uses, nor more text than those could be', () => {
    const chain = (count: number) => pem(...Array.from({ length: count }, () => first));
    expect(certificatesFromPem(chain(MAX_CHAIN))).toHaveLength(MAX_CHAIN);
    expect(reasonOf(() => certificatesFromPem(chain(MAX_CHAIN + 1)))).toBe('certificate/chain-too-long');
    expect(reasonOf(() => certificatesFromPem('\n'.repeat(1_000_000)))).toBe('certificate/chain-too-long');
  });

  it('says which label it looked for', () => {
    expect(failureOf(() => pemBlocks(pem(first), 'X509 CRL')).detail).toMatch(/X509 CRL/);
  });
});
