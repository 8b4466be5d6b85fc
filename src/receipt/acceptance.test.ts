import { describe, expect, it } from 'vitest';
import { replaced } from '../../test/support/edit.js';
import { failureOf } from '../../test/support/failure.js';
import { ISSUER } from '../../test/support/parties.js';
import { isAbout, wrongs } from '../../test/support/strictness.js';
import { canonicalize, type Json, parseCanonical } from '../bytes/json.js';
import { ACCEPTANCE, type Acceptance } from './acceptance.js';
import { seal } from './envelope.js';
import { RECEIPT } from './receipt.js';
import { readStatement, writeStatement } from './statement.js';

const predicate: Acceptance = {
  client: 'c'.repeat(26),
  counter: 1,
  epoch: 'e'.repeat(26),
  exchange: 'a'.repeat(26),
  issuer: 'issuer.example+abcdef01',
  log: { origin: 'log.example' },
  nonce: 'b'.repeat(64),
  received: 1,
};
const statement = parseCanonical(
  writeStatement(ACCEPTANCE, {
    subject: [{ digest: { 'countersign-commitment-v1': 'a'.repeat(64) }, name: 'request' }],
    predicate,
  }),
);
const sealed = (value: Json) => seal(canonicalize(value), 'issuer', ISSUER.signer);

describe('spec/receipt.md §9: the acceptance', () => {
  it('is read as it was written', () => {
    expect(readStatement(ACCEPTANCE, sealed(statement)).predicate).toEqual(predicate);
  });

  it('is read without a nonce, which not every request has', () => {
    const { nonce: _, ...without } = predicate;
    const subject = readStatement(ACCEPTANCE, sealed(statement)).subject;
    const envelope = seal(
      writeStatement(ACCEPTANCE, { subject, predicate: without }),
      'issuer',
      ISSUER.signer,
    );
    expect(readStatement(ACCEPTANCE, envelope).predicate).toEqual(without);
  });

  it.each(
    [...wrongs(statement, { optional: ['predicate.nonce'] })].map(
      ({ what, ...wrong }) => [what, wrong] as const,
    ),
  )('acceptance/malformed: %s', (_, { path, value }) => {
    const { code, field } = failureOf(() => readStatement(ACCEPTANCE, sealed(value)));
    expect(code).toBe('acceptance/malformed');
    if (path.includes('.')) expect(isAbout(field, path)).toBe(true);
  });

  it.each<[string, Json]>([
    ['predicate.counter', 0],
    ['predicate.received', 0.5],
    ['predicate.issuer', 'issuer'],
    ['predicate.nonce', 'A'.repeat(22)],
    ['predicate.log.origin', 'two words'],
    ['subject.0.name', 'response'],
  ])('acceptance/malformed: %s', (path, value) => {
    const { code } = failureOf(() => readStatement(ACCEPTANCE, sealed(replaced(statement, path, value))));
    expect(code).toBe('acceptance/malformed');
  });

  it('is no receipt, whoever signs it', () => {
    expect(failureOf(() => readStatement(RECEIPT, sealed(statement))).code).toBe('receipt/malformed');
  });
});
