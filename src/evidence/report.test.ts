import { describe, expect, it } from 'vitest';
import { Failure, says } from '../reason.js';
import { decidingCode, type EvidenceCheck, made, notMade, passed, statusOf } from './report.js';

const good = passed('signature', 'It is good.');
const bad: EvidenceCheck = await made('chain', 'It is good.', () => {
  throw new Failure('certificate/expired', { field: 'certificate 1', detail: 'yesterday' });
});
const unmade = notMade('revocation', 'certificate/root-unknown');

describe('a check', () => {
  it('that passed says what is good', () => {
    expect(good).toEqual({ name: 'signature', status: 'pass', says: 'It is good.' });
  });

  it('that failed has the code, the place and what was found', () => {
    expect(bad).toEqual({
      name: 'chain',
      status: 'fail',
      code: 'certificate/expired',
      says: says('certificate/expired'),
      field: 'certificate 1',
      detail: 'yesterday',
    });
  });

  it('that failed may have neither place nor detail', async () => {
    const check = await made('chain', 'It is good.', async () => {
      throw new Failure('certificate/expired');
    });
    expect(check).toMatchObject({ status: 'fail', field: null, detail: null });
  });

  it('passes when nothing is thrown, now or later', async () => {
    expect(await made('signature', 'It is good.', () => {})).toEqual(good);
    expect(await made('signature', 'It is good.', async () => {})).toEqual(good);
  });

  it('that could not be made says why, and is no pass', () => {
    expect(unmade).toEqual({
      name: 'revocation',
      status: 'not-checked',
      code: 'certificate/root-unknown',
      says: says('certificate/root-unknown'),
      field: null,
      detail: null,
    });
  });

  it('a fault of ours is no outcome: it is thrown on', async () => {
    const fault = new TypeError('ours');
    await expect(
      made('chain', '', () => {
        throw fault;
      }),
    ).rejects.toBe(fault);
  });
});

describe('the status of all checks', () => {
  it.each([
    ['all passed', [good, good], 'accepted', null],
    ['one was not made', [good, unmade], 'inconclusive', 'certificate/root-unknown'],
    ['one failed', [good, bad], 'refused', 'certificate/expired'],
    ['one failed behind one that was not made', [unmade, bad], 'refused', 'certificate/expired'],
  ] as const)('%s', (_, checks, status, code) => {
    expect(statusOf(checks)).toBe(status);
    expect(decidingCode(checks)).toBe(code);
  });

  it('the first that failed decides', () => {
    const second: EvidenceCheck = { ...bad, code: 'certificate/revoked' } as EvidenceCheck;
    expect(decidingCode([bad, second])).toBe('certificate/expired');
    expect(decidingCode([second, bad])).toBe('certificate/revoked');
  });
});
