import { describe, expect, it } from 'vitest';
import { SAMPLE_RECEIPT } from '../../../test/support/sample-receipt.js';
import type { ReasonCode } from '../../reason.js';
import { freshnessClause, whyNotBefore } from './evidence-time.js';
import type { WeighedEvidence } from './weighed.js';

const MADE = 1_000_000;

const piece = (
  madeAt: number | null,
  kind: WeighedEvidence['judged']['kind'] = 'nitro',
  place: 'handoff' | 'hardware' | null = 'handoff',
) => ({
  status: 'accepted' as const,
  madeAt,
  shows: { place, model: null },
  judged: { kind, pieces: [], signedRegion: '', statement: null, whole: '' },
});

describe('freshness', () => {
  it.each<[string, ReturnType<typeof piece>[], number, string | null]>([
    ['as old as it may be', [piece(MADE)], 10, null],
    ['a millisecond older', [piece(MADE - 1)], 10, 'appraisal/evidence-old'],
    ['of no time', [piece(null, 'tdx')], 10, 'appraisal/evidence-undated'],
    ['of a time that is no number', [piece(Number.NaN)], 10, 'appraisal/evidence-old'],
    ['one old, one of no time', [piece(null, 'tdx'), piece(MADE - 1)], 10, 'appraisal/evidence-old'],
    ['one fresh, one of no time', [piece(MADE), piece(null, 'sgx')], 10, 'appraisal/evidence-undated'],
    [
      'of a GPU and a provider only',
      [piece(null, 'nvidia'), piece(null, 'countersign-receipt')],
      10,
      'appraisal/evidence-missing',
    ],
    ['none', [], 10, 'appraisal/evidence-missing'],
  ])('evidence %s', (_, evidence, seconds, code) => {
    const [clause, ...rest] = freshnessClause(evidence, { maximumEvidenceAge: seconds }, MADE + 10_000);
    expect(rest).toEqual([]);
    expect(clause?.code).toBe(code);
    expect(clause?.status).toBe(
      code === null ? 'pass' : code === 'appraisal/evidence-old' ? 'fail' : 'inconclusive',
    );
  });

  it('is in no verdict where nobody asks for it', () => {
    expect(freshnessClause([piece(null)], { maximumEvidenceAge: null }, MADE)).toEqual([]);
  });
});

describe('a place that has to be shown before the request came in', () => {
  const receipt = { ...SAMPLE_RECEIPT, time: { ...SAMPLE_RECEIPT.time, received: MADE } };
  it.each<[string, ReturnType<typeof piece>[], ReasonCode | null]>([
    ['is, by evidence of that moment', [piece(MADE)], null],
    ['is, by one of several', [piece(MADE + 1), piece(null, 'tdx'), piece(MADE - 1)], null],
    ['is not, by what came later', [piece(MADE + 1)], 'appraisal/evidence-late'],
    ['may be, by what has no time', [piece(MADE + 1), piece(null, 'tdx')], 'appraisal/evidence-undated'],
    ['is not looked at where nothing shows it', [piece(MADE + 1, 'nitro', null)], null],
  ])('%s', (_, evidence, code) => {
    expect(whyNotBefore(evidence, receipt, () => true)).toBe(code);
  });

  it('is not shown by a lesser place', () => {
    const evidence = [piece(MADE - 1), piece(MADE + 1, 'nitro', 'hardware')];
    expect(whyNotBefore(evidence, receipt, place => place === 'hardware')).toBe('appraisal/evidence-late');
  });
});
