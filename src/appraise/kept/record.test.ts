import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reasonOf } from '../../../test/support/failure.js';
import '../../shell/node.js';
import { canonicalize, type Json } from '../../bytes/json.js';
import { fromUtf8, utf8 } from '../../bytes/octets.js';
import {
  type EvidenceRecord,
  formatEvidenceRecord,
  keptCheck,
  parseEvidenceRecord,
  sortedEntries,
} from './record.js';
import { MAX_PIECE_BYTES } from './roles.js';

const digest = (digit: string) => digit.repeat(64);
const RECORD: EvidenceRecord = {
  kind: 'tdx',
  signedRegion: digest('a'),
  whole: digest('b'),
  pieces: [
    { role: 'collateral', digest: digest('c'), length: 20_000, fetched: 1_750_000_000 },
    { role: 'policy', digest: digest('d'), length: 200, fetched: null },
    { role: 'quote', digest: digest('b'), length: 5006, fetched: null },
  ],
  asOf: 1_751_000_000,
  checks: [
    { name: 'chain', status: 'pass' },
    {
      name: 'tcb-level',
      status: 'fail',
      code: 'quote/tcb-unsupported',
      field: null,
      detail: 'å',
      waived: false,
    },
    {
      name: 'tcb-info-time',
      status: 'not-checked',
      code: 'collateral/missing',
      field: 'a',
      detail: null,
      waived: true,
    },
  ],
};
const [collateral, policy, quote] = RECORD.pieces;
/** Another record, not necessarily one. */
const changed = (change: Readonly<Record<string, unknown>>) =>
  canonicalize({ ...RECORD, version: 1, ...change } as unknown as Json);

describe('a record of a judgement', () => {
  it('is read as it was written', () => {
    expect(parseEvidenceRecord(formatEvidenceRecord(RECORD))).toEqual(RECORD);
  });

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['a version that there is not', { version: 2 }],
    ['a kind that there is not', { kind: 'constructor' }],
    ['a digest of another length', { signedRegion: 'a' }],
    ['a digest in capitals', { signedRegion: digest('A') }],
    ['a time that is none', { asOf: 1.5 }],
    ['a time before all', { asOf: -1 }],
    ['a member more', { also: 1 }],
    ['checks that are none', { checks: [{ name: 'chain', status: 'passed' }] }],
    ['a passed check with a reason', { checks: [{ name: 'chain', status: 'pass', code: 'json/malformed' }] }],
    ['a code that there is not', { checks: [{ ...RECORD.checks[1], code: 'toString' }] }],
    ['more checks than any kind has', { checks: Array.from({ length: 65 }, () => RECORD.checks[0]) }],
    ['pieces in another order', { pieces: [policy, collateral, quote] }],
    ['a piece twice', { pieces: [collateral, policy, policy, quote] }],
    ['a document that is not the one', { pieces: [collateral, policy, { ...quote, digest: digest('e') }] }],
    ['a piece too long', { pieces: [{ ...collateral, length: MAX_PIECE_BYTES + 1 }, policy, quote] }],
  ])('is none with %s', (name, change) => {
    const code = name === 'a piece twice' ? 'archive/pieces-unfit' : 'archive/record-malformed';
    expect(reasonOf(() => parseEvidenceRecord(changed(change)))).toBe(code);
  });

  it.each<[string, readonly unknown[]]>([
    ['without a document', [collateral, policy]],
    ['without a policy', [collateral, quote]],
    ['with a role of another kind', [collateral, policy, quote, { ...quote, role: 'vcek' }]],
    ['with a role that every object has', [collateral, policy, quote, { ...quote, role: 'constructor' }]],
  ])('archive/pieces-unfit: %s', (_, pieces) => {
    expect(reasonOf(() => parseEvidenceRecord(changed({ pieces })))).toBe('archive/pieces-unfit');
  });

  it('is refused in any other writing, and when it is too long', () => {
    const text = fromUtf8(formatEvidenceRecord(RECORD)) ?? '';
    const long = { checks: [{ ...RECORD.checks[1], detail: 'a'.repeat(300_000) }] };
    for (const bytes of [utf8(''), utf8(` ${text}`), utf8(`${text}\n`), Uint8Array.of(0xff), changed(long)])
      expect(reasonOf(() => parseEvidenceRecord(bytes))).toBe('archive/record-malformed');
  });

  it('with any byte changed is refused, or says something else', () => {
    const bytes = formatEvidenceRecord(RECORD);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, difference) => {
        const other = bytes.map((byte, i) => (i === at ? byte ^ difference : byte));
        let read: EvidenceRecord | null = null;
        try {
          read = parseEvidenceRecord(other);
        } catch (error) {
          expect((error as Error).name).toBe('Failure');
        }
        expect(read).not.toEqual(RECORD);
      }),
    );
  });
});

describe('what records are made of', () => {
  it('checks whose details are no text are kept all the same', () => {
    const check = keptCheck({
      name: 'claims',
      status: 'fail',
      code: 'nras/claim-refused',
      says: '',
      field: '\ud800',
      detail: null,
    });
    expect(check).toEqual({
      name: 'claims',
      status: 'fail',
      code: 'nras/claim-refused',
      field: '\ufffd',
      detail: null,
      waived: false,
    });
    expect(parseEvidenceRecord(formatEvidenceRecord({ ...RECORD, checks: [check] })).checks).toEqual([check]);
  });

  it('pieces come in one order, each once', () => {
    expect(sortedEntries([quote, policy, quote, collateral] as never)).toEqual(RECORD.pieces);
  });
});
