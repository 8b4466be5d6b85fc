import { describe, expect, it } from 'vitest';
import { SAMPLE_RECEIPT } from '../../test/support/sample-receipt.js';
import type { Receipt } from '../receipt/receipt.js';
import { gradeFacts, type RecordFinding } from './facts.js';

const signed: RecordFinding = { grade: 'signed', because: 'signed by somebody' };
const grade = (change: Partial<Receipt> = {}, record = signed) =>
  gradeFacts({ ...SAMPLE_RECEIPT, ...change }, record);

describe('spec/receipt.md §8: the four facts', () => {
  it('without a receipt, or without a signature, there is nothing to grade', () => {
    const none = { grade: null, because: 'nobody has signed it' };
    for (const facts of [gradeFacts(null, signed), gradeFacts(SAMPLE_RECEIPT, none), gradeFacts(null, none)])
      expect(Object.values(facts).map(fact => fact.grade)).toEqual(['none', 'none', 'none', 'none']);
    expect(gradeFacts(SAMPLE_RECEIPT, none).record.because).toBe('nobody has signed it');
  });

  it.each(['signed', 'included', 'witnessed'] as const)('the record is what was found: %s', found => {
    expect(grade({}, { grade: found, because: 'why' }).record).toEqual({ grade: found, because: 'why' });
  });

  it('the model is asserted when an upstream named it, and says what that rests on', () => {
    expect(grade().model.grade).toBe('asserted');
    expect(grade().model.because).toContain('https://provider.example');
    expect(grade().model.because).toContain('sample-1');
    expect(grade().model.because).toContain('3333333333333333');
    const nameless = grade({
      model: { ...SAMPLE_RECEIPT.model, digest: null, served: { commitment: '9'.repeat(64) } },
    });
    expect(nameless.model.grade).toBe('asserted');
    expect(nameless.model.because).toContain('no digest');
    expect(nameless.model.because).not.toContain('9'.repeat(16));
  });

  it.each<{ what: string; change: Partial<Receipt>; says: string | null }>([
    { what: 'the same', change: {}, says: null },
    {
      what: 'another, by their names, whether the issuer says so or not',
      change: { model: { digest: null, requested: { name: 'large' }, served: { name: 'small' } } },
      says: 'small, not the large that was asked for',
    },
    {
      what: 'another, by the issuer’s word',
      change: {
        model: { digest: null, requested: { commitment: '9'.repeat(64) }, served: { name: 'small' } },
        claims: [{ about: 'model/substituted', source: 'upstream', status: 'asserted' }],
      },
      says: 'small, not the model that was asked for',
    },
    {
      what: 'hidden names, and no word',
      change: {
        model: { digest: null, requested: { commitment: '9'.repeat(64) }, served: { name: 'small' } },
      },
      says: null,
    },
  ])('the model that answered and the one that was asked for: $what', ({ change, says }) => {
    const { because } = grade(change).model;
    if (says === null) expect(because).not.toContain('asked for');
    else expect(because).toContain(says);
  });

  it('what was only asked for is not what answered', () => {
    expect(grade({ model: { ...SAMPLE_RECEIPT.model, served: null } }).model.grade).toBe('none');
  });

  it('the place is asserted when somebody was asked, and says who', () => {
    expect(grade().place).toMatchObject({
      grade: 'asserted',
      because: expect.stringContaining('8888888888888888'),
    });
    const upstream = { origin: 'built-in:', requestId: null, signature: null, tlsSpki: null };
    const builtIn = grade({ upstream }).place;
    expect(builtIn).toMatchObject({ grade: 'asserted', because: expect.stringContaining('built-in engine') });
    expect(builtIn.because).toContain('no TLS key');
    expect(grade({ upstream: null }).place.grade).toBe('none');
  });

  it('the answer is never better than not-recomputed, whatever the receipt claims', () => {
    const claims: Receipt['claims'] = [{ about: 'answer', source: 'issuer', status: 'asserted' }];
    expect(grade({ claims, evidence: SAMPLE_RECEIPT.evidence }).answer.grade).toBe('not-recomputed');
    expect(grade().answer.because).toContain('does not mean right');
  });
});
