import { describe, expect, it } from 'vitest';
import { makeCollateral, makeQuote } from '../../../test/support/evidence/dcap.js';
import { KINDS, pieceOf, testMaterial, withPiece } from '../../../test/support/evidence/material.js';
import { DURING, END } from '../../../test/support/evidence/x509-maker.js';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { describeGenuine, genuine } from '../../../test/support/vectors.js';
import '../../shell/node.js';
import { toHex } from '../../bytes/hex.js';
import { utf8 } from '../../bytes/octets.js';
import type { EvidenceKind } from '../../evidence/report.js';
import type { ReasonCode } from '../../reason.js';
import type { Appraised } from '../evidence/appraised.js';
import { agrees, judgeEvidence } from './judge.js';
import { formatPolicy, USUAL_POLICY } from './policy-text.js';
import { type EvidenceRecord, formatEvidenceRecord, keptCheck, parseEvidenceRecord } from './record.js';
import { MAX_PIECE_BYTES, type PieceRole } from './roles.js';
import { goodAsOfThen, stillGoodNow } from './standing.js';

/** The record of a judgement, without the names of pieces, which judging does not look at. */
const recordOf = ({ report, checks }: Appraised, asOf: number): EvidenceRecord => ({
  kind: report.kind,
  signedRegion: toHex(report.signedRegion),
  whole: toHex(report.whole),
  pieces: [],
  asOf,
  checks: checks.map(keptCheck),
});

describe.each(KINDS)('evidence of %s', kind => {
  it('is judged from its pieces, and again with the same result', async () => {
    const { material, trust } = testMaterial(kind);
    const judgement = await judgeEvidence(material, DURING, trust);
    expect([judgement.status, judgement.code]).toEqual(['accepted', null]);
    const record = recordOf(judgement, DURING);
    expect(await goodAsOfThen(record, material, trust)).toMatchObject({ agrees: true, status: 'accepted' });
  });

  it('is refused under the makers’ own roots, and later, and neither is what the record says', async () => {
    const { material, trust } = testMaterial(kind);
    const record = recordOf(await judgeEvidence(material, DURING, trust), DURING);
    const strangers = await goodAsOfThen(record, material);
    expect([strangers.agrees, strangers.status]).toEqual([false, 'refused']);
    const later = await goodAsOfThen({ ...record, asOf: END + 1 }, material, trust);
    expect([later.agrees, later.status]).toEqual([false, 'refused']);
  });

  it('is not that of a record about something else', async () => {
    const { material, trust } = testMaterial(kind);
    const judgement = await judgeEvidence(material, DURING, trust);
    const record = recordOf(judgement, DURING);
    const [first, ...others] = record.checks;
    const changes: Partial<EvidenceRecord>[] = [
      { signedRegion: '0'.repeat(64) },
      { whole: '0'.repeat(64) },
      { checks: others },
      { checks: [{ ...first, name: 'other' } as never, ...others] },
      { kind: kind === 'nitro' ? 'nras' : 'nitro' },
    ];
    expect(agrees(judgement, record)).toBe(true);
    for (const change of changes) expect(agrees(judgement, { ...record, ...change })).toBe(false);
  });
});

describe('pieces that are not what the kind is judged with: archive/pieces-unfit', () => {
  const cases: readonly [string, EvidenceKind, PieceRole, Uint8Array | null][] = [
    ['none of what is judged', 'nitro', 'document', null],
    ['no policy', 'tdx', 'policy', null],
    ['a role of another kind', 'nitro', 'quote', utf8('a')],
    ['two kinds of signer', 'sev-snp', 'vlek', utf8('a')],
    ['no signer', 'sev-snp', 'vcek', null],
    ['a product line that there is not', 'sev-snp', 'product', utf8('rome')],
    ['a text that is none', 'nvidia', 'architecture', Uint8Array.of(0xff)],
    ['a piece that is too large', 'tdx', 'collateral', new Uint8Array(MAX_PIECE_BYTES + 1)],
    ['a quote of the other kind', 'tdx', 'quote', makeQuote({ form: 'sgx-3' })],
  ];
  it.each(cases)('%s', async (_, kind, role, bytes) => {
    const { material, trust } = testMaterial(kind);
    const changed = withPiece(material, role, bytes);
    expect(await reasonOfAsync(() => judgeEvidence(changed, DURING, trust))).toBe('archive/pieces-unfit');
  });

  it('a piece too many, and too many bytes in all', async () => {
    const { material, trust } = testMaterial('nvidia');
    const more = (count: number, bytes: Uint8Array) => ({
      ...material,
      pieces: [
        ...material.pieces,
        ...Array.from({ length: count }, () => ({ role: 'ocsp' as const, bytes })),
      ],
    });
    for (const changed of [
      more(33, utf8('a')),
      more(81, utf8('a')),
      more(5, new Uint8Array(MAX_PIECE_BYTES)),
    ])
      expect(await reasonOfAsync(() => judgeEvidence(changed, DURING, trust))).toBe('archive/pieces-unfit');
    const twice = { ...material, pieces: [...material.pieces, { role: 'nonce' as const, bytes: utf8('a') }] };
    expect(await reasonOfAsync(() => judgeEvidence(twice, DURING, trust))).toBe('archive/pieces-unfit');
  });

  it('archive/policy-malformed, and what the verifier throws for what it cannot read', async () => {
    const { material, trust } = testMaterial('nitro');
    const codes = new Map<PieceRole, ReasonCode>([
      ['policy', 'archive/policy-malformed'],
      ['document', 'nitro/malformed'],
    ]);
    for (const [role, code] of codes)
      expect(
        await reasonOfAsync(() => judgeEvidence(withPiece(material, role, utf8('{}')), DURING, trust)),
      ).toBe(code);
  });

  it('a policy counts: what it refuses is refused', async () => {
    const { material, trust } = testMaterial('nitro');
    const policy = formatPolicy('nitro', { ...USUAL_POLICY.nitro, nonce: utf8('another') });
    expect(await judgeEvidence(withPiece(material, 'policy', policy), DURING, trust)).toMatchObject({
      status: 'refused',
      code: 'nitro/nonce-mismatch',
    });
  });
});

describe('still good now', () => {
  const DAYS_LATER = DURING + 60 * 86_400;

  it('with what was kept, until that is out of date', async () => {
    const { material, trust } = testMaterial('tdx');
    expect(await stillGoodNow(material, [], DURING + 60, trust)).toMatchObject({
      status: 'accepted',
      renewed: [],
    });
    expect(await stillGoodNow(material, [], DAYS_LATER, trust)).toMatchObject({
      status: 'refused',
      code: 'collateral/tcb-info-expired',
    });
  });

  it('with what is published later', async () => {
    const { material, trust } = testMaterial('tdx');
    const dates = (text: { issueDate: string; nextUpdate: string }) => {
      text.issueDate = '2026-08-01T00:00:00Z';
      text.nextUpdate = '2026-09-01T00:00:00Z';
    };
    const bytes = makeCollateral({ tee: 'tdx', tcbInfo: dates, qeIdentity: dates });
    const now = await stillGoodNow(material, [{ role: 'collateral', bytes }], DAYS_LATER, trust);
    expect(now).toMatchObject({ status: 'accepted', renewed: ['collateral'], asOf: DAYS_LATER });
  });

  it('is never the evidence itself, the policy or a nonce that is renewed', async () => {
    const { material, trust } = testMaterial('nvidia');
    const fresh = (['evidence', 'policy', 'nonce', 'chain'] as const).map(role => ({
      role,
      bytes: utf8('a'),
    }));
    expect(await stillGoodNow(material, fresh, DURING, trust)).toMatchObject({
      status: 'accepted',
      renewed: [],
    });
  });

  it('with an answer that takes the certificate back', async () => {
    const { material, trust } = testMaterial('sev-snp');
    const fresh = [{ role: 'revocation-list' as const, bytes: utf8('no list') }];
    expect(await stillGoodNow(material, fresh, DURING, trust)).toMatchObject({
      status: 'refused',
      code: 'revocation/malformed',
    });
    expect(pieceOf(material, 'revocation-list')).not.toEqual(fresh[0]?.bytes);
  });
});

describeGenuine('a genuine quote in the archive', () => {
  it('was good as of then and is not now', async () => {
    const then = Date.parse('2025-07-01T00:00:00Z') / 1000;
    const now = Date.parse('2026-11-29T00:00:00Z') / 1000;
    const material = {
      kind: 'tdx' as const,
      pieces: [
        { role: 'quote' as const, bytes: genuine('tdx/tdx_quote') },
        { role: 'collateral' as const, bytes: genuine('tdx/tdx_quote_collateral.json') },
        { role: 'policy' as const, bytes: formatPolicy('tdx', USUAL_POLICY.tdx) },
      ],
    };
    const record = recordOf(await judgeEvidence(material, then), then);
    expect(await goodAsOfThen(record, material)).toMatchObject({ agrees: true, status: 'accepted' });
    expect(await stillGoodNow(material, [], now)).toMatchObject({ status: 'refused' });
  });
});

it('a record that was written is read as the same', async () => {
  const { material, trust } = testMaterial('nitro');
  const record = recordOf(await judgeEvidence(material, DURING, trust), DURING);
  const document = { digest: record.whole, fetched: null, length: 1, role: 'document' as const };
  const policy = { digest: '0'.repeat(64), fetched: DURING, length: 2, role: 'policy' as const };
  const whole = { ...record, pieces: [document, policy] };
  expect(parseEvidenceRecord(formatEvidenceRecord(whole))).toEqual(whole);
});
