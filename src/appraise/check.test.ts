import { describe, expect, it } from 'vitest';
import { Failure, says } from '../reason.js';
import { fail, failed, notChecked, pass } from './check.js';

describe('checks', () => {
  it('one that failed says what the code says, and names the member', () => {
    const check = {
      name: 'bundle',
      status: 'fail',
      code: 'bundle/malformed',
      says: says('bundle/malformed'),
    };
    expect(fail('bundle', 'bundle/malformed')).toEqual({ ...check, field: null });
    expect(fail('bundle', 'bundle/malformed', 'proof')).toEqual({ ...check, field: 'proof' });
    expect(failed('bundle', new Failure('bundle/malformed', { field: 'proof' }))).toEqual({
      ...check,
      field: 'proof',
    });
    expect(failed('bundle', new Failure('bundle/malformed'))).toEqual({ ...check, field: null });
  });

  it('one that was not made is never one that passed', () => {
    expect(notChecked('witnesses', 'trust/missing')).toEqual({
      name: 'witnesses',
      status: 'not-checked',
      code: 'trust/missing',
      says: says('trust/missing'),
      field: null,
    });
    expect(pass('witnesses', 'three of them')).toEqual({
      name: 'witnesses',
      status: 'pass',
      says: 'three of them',
    });
  });

  it('a fault of ours is no failed check: it is thrown on', () => {
    const fault = new TypeError('x is undefined');
    expect(() => failed('bundle', fault)).toThrow(fault);
  });
});
