import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KINDS, testMaterial } from '../../../../test/support/evidence/material.js';
import { DURING } from '../../../../test/support/evidence/x509-maker.js';
import { reasonOfAsync } from '../../../../test/support/failure.js';
import { hastyDisk } from '../../../../test/support/faulty-disk.js';
import { temporaryFolder } from '../../../../test/support/log.js';
import { MemoryLog } from '../../../../test/support/memory-log.js';
import { ISSUER, STRANGER, trustWith } from '../../../../test/support/parties.js';
import { COMPLETED, SAMPLE_RECEIPT } from '../../../../test/support/sample-receipt.js';
import '../../node.js';
import { evidenceFacts } from '../../../appraise/kept/facts.js';
import { judgeEvidence } from '../../../appraise/kept/judge.js';
import type { EvidenceTrust } from '../../../appraise/kept/material.js';
import { toHex } from '../../../bytes/hex.js';
import type { EvidenceKind } from '../../../evidence/report.js';
import { formatVerifierKey, keyLabel } from '../../../note/key.js';
import { envelopeBytes, seal } from '../../../receipt/envelope.js';
import type { Receipt } from '../../../receipt/receipt.js';
import { REVOCATION, type Revocation, revocationStatement } from '../../../receipt/revocation.js';
import { MAX_REVOCATIONS } from '../../../receipt/revocation-words.js';
import { readStatement } from '../../../receipt/statement.js';
import { EvidenceRecords } from '../../archive/evidence-records.js';
import { type BookOptions, listedRevocations, RevocationBook, standingIn } from './book.js';

const NOW = COMPLETED + 1000;
const TRUST: EvidenceTrust = Object.assign({}, ...KINDS.map(kind => testMaterial(kind).trust));
const OF_MODEL = {
  ...{ field: 'model', reason: 'defective', since: null, value: '3'.repeat(64) },
} as Revocation;

let folder: ReturnType<typeof temporaryFolder>;
let archive: EvidenceRecords;
beforeEach(() => {
  folder = temporaryFolder();
  archive = new EvidenceRecords(join(folder.path, 'archive'), hastyDisk);
});
afterEach(() => folder.remove());

/** A log that proves an entry by its index alone. */
class ProvingLog extends MemoryLog {
  async prove(index: number): Promise<string | null> {
    return index < this.size ? `proof of ${index}` : null;
  }
}
const open = (log: ProvingLog, change: Partial<BookOptions> = {}) =>
  RevocationBook.open({
    ...{ log, issuer: ISSUER, archive, trust: TRUST, standing: () => true, now: () => NOW },
    ...change,
  });
const promptLog = (entries: readonly Uint8Array[] = []) => new ProvingLog(entries, true);
const entryOf = (sequence: number, revocation = OF_MODEL, by = ISSUER) =>
  envelopeBytes(
    seal(revocationStatement(revocation, keyLabel(by.key), 7, sequence), keyLabel(by.key), by.signer),
  );
const keep = async (kind: EvidenceKind) => {
  const { material, trust } = testMaterial(kind);
  const judgement = await judgeEvidence(material, DURING, trust);
  await archive.keep(material, judgement, DURING);
  return judgement.report;
};
const receiptOn = (...digests: readonly string[]): Receipt => ({
  ...SAMPLE_RECEIPT,
  evidence: digests.map(signedDigest => ({
    ...{ digest: '1'.repeat(64), mediaType: 'application/cbor', type: 'evidence' },
    signedDigest,
  })),
});
const carriedBy = async (book: RevocationBook, receipt: Receipt) =>
  (await book.carriedBy(receipt)).map(({ envelope, proof }) => {
    const { field, value } = readStatement(REVOCATION, envelope).predicate.revocation;
    return { field, value, proof };
  });

describe('revoking', () => {
  it('numbers each, and a book that is opened anew knows all of them', async () => {
    const log = promptLog();
    const book = await open(log);
    const all = await Promise.all(
      ['ab', 'cd', 'ef'].map(value => book.revoke({ ...OF_MODEL, field: 'chip', value: value.repeat(8) })),
    );
    expect(all.map(({ sequence, entry }) => [sequence, entry])).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ]);
    expect((await open(log)).all).toEqual(book.all);
    expect(listedRevocations(book.all)[1]).toEqual({
      ...{ field: 'chip', value: 'cd'.repeat(8), reason: 'defective', decided: NOW, entry: 1 },
    });
  });

  it('tells of all there are before it answers', async () => {
    const told: number[] = [];
    const book = await open(promptLog(), { onLogged: async all => void told.push(all.length) });
    await book.revoke(OF_MODEL);
    expect(told).toEqual([1]);
  });

  it('again is refused, unless it reaches further back', async () => {
    const book = await open(promptLog());
    await book.revoke({ ...OF_MODEL, since: 500 });
    for (const since of [500, 501, NOW])
      expect(await reasonOfAsync(() => book.revoke({ ...OF_MODEL, since }))).toBe('revocation/repeated');
    await book.revoke({ ...OF_MODEL, since: 499 });
    await book.revoke(OF_MODEL);
    expect(await reasonOfAsync(() => book.revoke(OF_MODEL))).toBe('revocation/repeated');
    // The field is another.
    await book.revoke({ ...OF_MODEL, field: 'measurement' });
    expect(book.all).toHaveLength(4);
  });

  it('of what is to be bad later is refused', async () => {
    const book = await open(promptLog());
    expect(await reasonOfAsync(() => book.revoke({ ...OF_MODEL, since: NOW + 1 }))).toBe(
      'revocation/since-future',
    );
  });

  it('ends where a log can have no more', async () => {
    const entries = Array.from({ length: MAX_REVOCATIONS }, (_, at) =>
      entryOf(at, { ...OF_MODEL, value: at.toString(16).padStart(64, '0') }),
    );
    const book = await open(promptLog(entries));
    expect(book.all).toHaveLength(MAX_REVOCATIONS);
    expect(await reasonOfAsync(() => book.revoke(OF_MODEL))).toBe('revocation/full');
  });
});

describe('what a bundle carries', () => {
  it.each(KINDS)('is what was revoked of the evidence behind it: %s', async kind => {
    const report = await keep(kind);
    const digest = toHex(report.signedRegion);
    const facts = evidenceFacts(report).filter(({ field }) => field !== 'evidence');
    const log = promptLog();
    const book = await open(log);
    expect(await book.carriedBy(receiptOn(digest))).toEqual([]);
    const first = new Map<string, { readonly value: string; readonly entry: number }>();
    for (const { field, value } of facts) {
      const { entry } = await book.revoke({ field, value, reason: 'vulnerable', since: null } as Revocation);
      if (!first.has(field)) first.set(field, { value, entry });
    }
    const expected = [...first].map(([field, { value, entry }]) => ({
      field,
      value,
      proof: `proof of ${entry}`,
    }));
    const carried = await carriedBy(book, receiptOn(digest));
    expect(carried).toHaveLength(expected.length);
    expect(carried).toEqual(expect.arrayContaining(expected));
    // Of other evidence, and of none, nothing.
    expect(await book.carriedBy(receiptOn('9'.repeat(64)))).toEqual([]);
    expect(await book.carriedBy(receiptOn())).toEqual([]);
  });

  it('is what was revoked of the weights that it names', async () => {
    const book = await open(promptLog());
    await book.revoke(OF_MODEL);
    expect(await carriedBy(book, SAMPLE_RECEIPT)).toEqual([
      { field: 'model', value: OF_MODEL.value, proof: 'proof of 0' },
    ]);
    const other = { ...SAMPLE_RECEIPT, model: { ...SAMPLE_RECEIPT.model, digest: '4'.repeat(64) } };
    expect(await book.carriedBy(other)).toEqual([]);
  });

  it('is nothing of what was good when it was answered', async () => {
    const book = await open(promptLog());
    await book.revoke({ ...OF_MODEL, since: COMPLETED + 1 });
    expect(await book.carriedBy(SAMPLE_RECEIPT)).toEqual([]);
  });

  it('is also of evidence that came into the archive after it was first asked for', async () => {
    const [kind] = KINDS as [EvidenceKind];
    const { material, trust } = testMaterial(kind);
    const { report } = await judgeEvidence(material, DURING, trust);
    const [fact] = evidenceFacts(report);
    const book = await open(promptLog());
    await book.revoke({ ...fact, reason: 'vulnerable', since: null } as Revocation);
    const receipt = receiptOn(toHex(report.signedRegion));
    expect(await book.carriedBy(receipt)).toEqual([]);
    await keep(kind);
    expect(await book.carriedBy(receipt)).toHaveLength(1);
  });
});

describe('evidence that is refused', () => {
  it('is judged once, however often bundles are asked for whose receipts name it', async () => {
    const [kind] = KINDS as [EvidenceKind];
    const report = await keep(kind);
    const digest = toHex(report.signedRegion);
    let judged = 0;
    class CountingRecords extends EvidenceRecords {
      override materialOf(record: Parameters<EvidenceRecords['materialOf']>[0]) {
        judged++;
        return super.materialOf(record);
      }
    }
    const counting = new CountingRecords(join(folder.path, 'archive'), hastyDisk);
    // By roots that do not know it.
    const book = await open(promptLog(), { archive: counting, trust: {} });
    await book.revoke({ ...OF_MODEL, field: 'chip', value: 'ab'.repeat(8) });
    for (let asked = 0; asked < 3; asked++) expect(await book.carriedBy(receiptOn(digest))).toEqual([]);
    expect(judged).toBe(1);
  });
});

describe('a revocation by a key that does not count', () => {
  const standing = standingIn(
    trustWith({
      issuers: [formatVerifierKey(ISSUER.key)],
      retired: [{ key: formatVerifierKey(STRANGER.key), role: 'issuer', why: 'revoked', until: 1 }],
    }),
  );

  it('keeps its number, and takes nothing', async () => {
    const stolen: Revocation = { ...OF_MODEL, reason: 'compromised' };
    const log = promptLog([
      entryOf(0, { ...OF_MODEL, field: 'chip', value: 'abcd' }, STRANGER),
      entryOf(1, stolen, STRANGER),
    ]);
    const book = await open(log, { standing });
    expect(book.all.map(({ counts }) => counts)).toEqual([true, false]);
    expect(await book.carriedBy(SAMPLE_RECEIPT)).toEqual([]);
    expect(listedRevocations(book.all)).toHaveLength(1);
    // And is no reason against revoking the same in earnest.
    expect(await book.revoke(OF_MODEL)).toMatchObject({ sequence: 2, entry: 2 });
  });

  it('has used up its number: beyond the last that a log can have nothing is logged, which no witness would sign', async () => {
    const entries = Array.from({ length: MAX_REVOCATIONS }, (_, at) =>
      entryOf(at, { ...OF_MODEL, value: at.toString(16).padStart(64, '0') }, STRANGER),
    );
    const log = promptLog(entries);
    const book = await open(log, { standing });
    expect(book.counting).toHaveLength(1);
    expect(await reasonOfAsync(() => book.revoke(OF_MODEL))).toBe('revocation/full');
    expect(log.size).toBe(MAX_REVOCATIONS);
  });

  it('does not hide one by taking its number, neither before nor at the same moment', async () => {
    const others = ['ab', 'cd'].map(
      value => ({ ...OF_MODEL, field: 'chip', value: value.repeat(8) }) as Revocation,
    );
    class ContestedLog extends ProvingLog {
      override async include(entry: Uint8Array): Promise<number> {
        const other = others.pop();
        if (other !== undefined) this.append(entryOf(others.length + 1, other, STRANGER));
        return super.include(entry);
      }
    }
    const log = new ContestedLog([], true);
    const book = await open(log, { standing });
    log.append(entryOf(0, others.pop(), STRANGER));
    const { sequence, entry } = await book.revoke(OF_MODEL);
    expect(sequence).toBe(2);
    const anew = await open(log, { standing });
    expect(anew.all).toEqual(book.all);
    expect(anew.counting).toContainEqual(expect.objectContaining({ revocation: OF_MODEL, sequence, entry }));
  });

  it('is one by nobody whom the trust file names', () => {
    expect(standing('somebody.example+00000000', 0)).toBe(false);
    expect([0, 1].map(index => standing(keyLabel(STRANGER.key), index))).toEqual([true, false]);
    expect(standing(keyLabel(ISSUER.key), 9)).toBe(true);
  });
});
