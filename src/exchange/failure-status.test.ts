import { expect, it } from 'vitest';
import { Failure } from '../reason.js';
import { failureStatus } from './failure-status.js';

it('is that of the code, and 500 where no client should meet it', () => {
  expect(failureStatus(new Failure('request/too-large'))).toBe(413);
  expect(failureStatus(new Failure('data/locked'))).toBe(500);
});
