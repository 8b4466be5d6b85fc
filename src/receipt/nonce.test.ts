import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toBase64Url } from '../bytes/base64.js';
import { toHex } from '../bytes/hex.js';
import { utf8 } from '../bytes/octets.js';
import { isNonce, NONCE_BYTES, nonceCommitment } from './nonce.js';
import { commit } from './opening.js';

const opening = Uint8Array.from({ length: 32 }, (_, at) => at);

describe('spec/receipt.md §2: the nonce', () => {
  it.each([
    ['16 characters', 'A'.repeat(16)],
    ['64 characters', 'z'.repeat(64)],
    ['every kind of character', 'AZaz09-_AZaz09-_'],
    ['as many as stand for no whole number of bytes', 'A'.repeat(17)],
  ])('is one: %s', (_, text) => {
    expect(isNonce(text)).toBe(true);
  });

  it.each([
    ['nothing', ''],
    ['15 characters', 'A'.repeat(15)],
    ['65 characters', 'A'.repeat(65)],
    ['very many', 'A'.repeat(100_000)],
    ['padding', `${'A'.repeat(22)}==`],
    ['base64 of the other kind', `${'A'.repeat(16)}+/`],
    ['a space', `${'A'.repeat(16)} `],
    ['a line end', `${'A'.repeat(16)}\n`],
    ['two of them, as HTTP joins them', `${'A'.repeat(22)}, ${'B'.repeat(22)}`],
    ['letters of another script', 'ä'.repeat(16)],
  ])('is none: %s', (_, text) => {
    expect(isNonce(text)).toBe(false);
  });

  it('what a client of ours makes is one', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: NONCE_BYTES, maxLength: NONCE_BYTES }), bytes => {
        expect(isNonce(toBase64Url(bytes))).toBe(true);
      }),
    );
  });

  it('is committed to as the text that it is, so that two texts for the same bytes are two nonces', () => {
    const [text, other] = [`${'A'.repeat(21)}A`, `${'A'.repeat(21)}B`];
    expect(nonceCommitment(opening, text)).toBe(toHex(commit(opening, 'request/nonce', utf8(text))));
    expect(nonceCommitment(opening, other)).not.toBe(nonceCommitment(opening, text));
  });
});
