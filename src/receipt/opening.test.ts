import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reasonOf } from '../../test/support/failure.js';
import { toHex } from '../bytes/hex.js';
import { utf8 } from '../bytes/octets.js';
import { commit, formatOpening, type Label, OPENING_BYTES, parseOpening } from './opening.js';

const opening = Uint8Array.from({ length: OPENING_BYTES }, (_, at) => at);
const LABELS: readonly Label[] = [
  'request',
  'request/nonce',
  'request/sent',
  'response',
  'model/requested',
  'model/served',
  'upstream/request-id',
  'finish/0',
  'finish/1',
  'tool/0',
  'tool/1',
  'tool/10',
  'attachment/0',
];

/** The formula of spec/receipt.md §2, once more and with other primitives. */
function reference(secret: Uint8Array, label: string, bytes: Uint8Array): string {
  const key = createHmac('sha256', secret).update(label).digest();
  return createHash('sha256').update(Uint8Array.of(2)).update(key).update(bytes).digest('hex');
}

describe('spec/receipt.md §2: commitments', () => {
  it('a vector: opening 00…1f, label "response", the bytes of "Hello."', () => {
    expect(toHex(commit(opening, 'response', utf8('Hello.')))).toBe(VECTOR);
    expect(reference(opening, 'response', utf8('Hello.'))).toBe(VECTOR);
  });

  it('SHA-256(02 ‖ HMAC-SHA-256(opening, label) ‖ bytes), for any opening, label and bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.constantFrom(...LABELS),
        fc.uint8Array({ maxLength: 300 }),
        (secret, label, bytes) => {
          expect(toHex(commit(secret, label, bytes))).toBe(reference(secret, label, bytes));
        },
      ),
    );
  });

  it('one content under every label: no two commitments are equal', () => {
    const commitments = LABELS.map(label => toHex(commit(opening, label, utf8('yes'))));
    expect(new Set(commitments).size).toBe(LABELS.length);
  });

  it('one content under two openings: a guess cannot be tested without the right one', () => {
    const other = opening.with(31, 0);
    expect(commit(other, 'response', utf8('yes'))).not.toEqual(commit(opening, 'response', utf8('yes')));
  });

  it('a part of the content cannot pass for a part of the label', () => {
    expect(commit(opening, 'tool/1', utf8('0x'))).not.toEqual(commit(opening, 'tool/10', utf8('x')));
  });
});

describe('the header countersign-opening', () => {
  it('is 43 characters of base64url and comes back as the same bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), secret => {
        const text = formatOpening(secret);
        expect(text).toMatch(/^[A-Za-z0-9_-]{43}$/);
        expect(text).toBe(Buffer.from(secret).toString('base64url'));
        expect(parseOpening(text)).toEqual(secret);
      }),
    );
  });

  const text = formatOpening(opening);
  it.each([
    ['nothing', ''],
    ['one character less', text.slice(1)],
    ['one character more', `${text}A`],
    ['31 bytes', Buffer.alloc(31).toString('base64url')],
    ['33 bytes', Buffer.alloc(33).toString('base64url')],
    ['padding', `${text}=`],
    ['white space', ` ${text}`],
    ['a line end', `${text}\n`],
    ['the other alphabet', `+${text.slice(1)}`],
    ['bits that stand for nothing', `${text.slice(0, -1)}9`],
    ['hexadecimal', toHex(opening)],
  ])('content/opening-malformed: %s', (_, wrong) => {
    expect(reasonOf(() => parseOpening(wrong))).toBe('content/opening-malformed');
  });

  it('a refused opening is in no message', () => {
    const secret = `${text}A`;
    expect(() => parseOpening(secret)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining(text) }),
    );
  });
});

/** Computed by another implementation, in another language. */
const VECTOR = 'f93f65b9edd362351aa427cd7636e42e7960f6221a07556b5ad90aa21be4b0ba';
