import { describe, expect, it } from 'vitest';
import { advice, Failure, isReasonCode, says } from './reason.js';
import { isExchangeReason } from './reason-core.js';
import { REASONS } from './reason-table.js';

describe('the list of reasons', () => {
  it.each(Object.entries(REASONS))('%s: a noun, a slash, what is wrong; two sentences', (code, reason) => {
    expect(code).toMatch(/^[a-z]+\/[a-z]+(-[a-z]+)*$/);
    expect(reason.says).toMatch(/^[A-Z].*\.$/);
    expect(reason.do).toMatch(/^[A-Z].*\.$/);
    expect(Object.keys(reason)).toEqual(['says', 'do']);
  });

  it('no two codes say the same', () => {
    const sentences = Object.values(REASONS).map(reason => reason.says);
    expect(new Set(sentences).size).toBe(sentences.length);
  });

  it('is closed: what every object has is no reason', () => {
    expect(isReasonCode('json/malformed')).toBe(true);
    for (const text of ['', 'json', 'json/', 'JSON/malformed', 'constructor', '__proto__', 'toString'])
      expect(isReasonCode(text)).toBe(false);
  });
});

describe('the reason of an exchange', () => {
  it('is one that an exchange can end with', () => {
    for (const code of ['upstream/unreachable', 'client/aborted', 'nitro/stale', 'clause/grade-missed'])
      expect([code, isReasonCode(code), isExchangeReason(code)]).toEqual([code, true, true]);
    for (const code of ['sigstore/time-missing', 'monitor/epoch-missing', 'appraisal/receipt-old'])
      expect([code, isReasonCode(code), isExchangeReason(code)]).toEqual([code, true, false]);
    expect(isExchangeReason('nothing/known')).toBe(false);
  });
});

describe('Failure', () => {
  it('carries its code, the offending field and what was found, and says all of it', () => {
    const failure = new Failure('checkpoint/malformed', { field: 'size', detail: '01' });
    expect(failure).toBeInstanceOf(Error);
    expect(failure.name).toBe('Failure');
    expect(failure.code).toBe('checkpoint/malformed');
    expect(failure.field).toBe('size');
    expect(failure.detail).toBe('01');
    expect(failure.message).toBe(
      `checkpoint/malformed (size): ${says('checkpoint/malformed')} Found: 01. ${advice('checkpoint/malformed')}`,
    );
  });

  it('ends what was found with one full stop, also where that is a sentence', () => {
    const { message } = new Failure('note/malformed', { detail: 'it is empty.' });
    expect(message).toContain(' Found: it is empty. ');
  });

  it('says no more than it knows', () => {
    const failure = new Failure('note/malformed');
    expect(failure.field).toBeUndefined();
    expect(failure.detail).toBeUndefined();
    expect(failure.message).toBe(`note/malformed: ${says('note/malformed')} ${advice('note/malformed')}`);
  });
});
