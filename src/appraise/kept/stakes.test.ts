import { describe, expect, it } from 'vitest';
import { SAMPLE_RECEIPT } from '../../../test/support/sample-receipt.js';
import type { Receipt } from '../../receipt/receipt.js';
import { REVOCATION_FIELDS } from '../../receipt/revocation-words.js';
import { type Loss, lossOf, stakesOf } from './stakes.js';

const [evidence] = SAMPLE_RECEIPT.evidence as [Receipt['evidence'][number]];
const builtIn = { origin: 'built-in:', requestId: null, signature: null, tlsSpki: null };

describe('spec/revocation.md §3: what a receipt can lose', () => {
  it.each<[string, Partial<Receipt>, Loss | null, Loss | null]>([
    [
      'of a host, with evidence',
      {},
      { fact: 'model', from: 'asserted', to: 'none' },
      { fact: 'place', from: 'handoff', to: 'asserted' },
    ],
    [
      'of the machine itself',
      { upstream: builtIn },
      { fact: 'model', from: 'asserted', to: 'none' },
      { fact: 'place', from: 'hardware', to: 'asserted' },
    ],
    [
      'with a provider’s own receipt',
      { evidence: [{ ...evidence, type: 'countersign-receipt' }] },
      { fact: 'model', from: 'provider-signed', to: 'none' },
      { fact: 'place', from: 'handoff', to: 'asserted' },
    ],
    [
      'of what nobody answered, with evidence of who took it',
      {
        upstream: null,
        evidence: [{ ...evidence, type: 'gateway-attestation' }],
        model: { ...SAMPLE_RECEIPT.model, served: null },
      },
      null,
      { fact: 'place', from: 'handoff', to: 'asserted' },
    ],
    ['without evidence', { evidence: [] }, { fact: 'model', from: 'asserted', to: 'none' }, null],
    [
      'of what nobody answered',
      { upstream: null, model: { ...SAMPLE_RECEIPT.model, served: null } },
      null,
      null,
    ],
  ])('%s', (_, change, model, place) => {
    const stakes = stakesOf({ ...SAMPLE_RECEIPT, ...change });
    expect(stakes).toMatchObject({
      exchange: SAMPLE_RECEIPT.exchange,
      completed: SAMPLE_RECEIPT.time.completed,
    });
    for (const field of REVOCATION_FIELDS)
      expect(lossOf(stakes, field), field).toEqual(field === 'model' ? model : place);
  });
});
