import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KINDS, testMaterial } from '../../../test/support/evidence/material.js';
import { DURING } from '../../../test/support/evidence/x509-maker.js';
import { hastyDisk } from '../../../test/support/faulty-disk.js';
import { temporaryFolder } from '../../../test/support/log.js';
import { ISSUER } from '../../../test/support/parties.js';
import { SAMPLE_RECEIPT } from '../../../test/support/sample-receipt.js';
import { evidenceFacts, receiptFacts } from '../../appraise/kept/facts.js';
import { judgeEvidence } from '../../appraise/kept/judge.js';
import type { EvidenceTrust } from '../../appraise/kept/material.js';
import { toHex } from '../../bytes/hex.js';
import { utf8 } from '../../bytes/octets.js';
import type { EvidenceKind } from '../../evidence/report.js';
import '../node.js';
import { Failure } from '../../reason.js';
import { envelopeBytes, parseEnvelope, seal } from '../../receipt/envelope.js';
import { RECEIPT, type Receipt, receiptSubject } from '../../receipt/receipt.js';
import { readStatement, writeStatement } from '../../receipt/statement.js';
import { EvidenceRecords } from './evidence-records.js';
import { FactIndex } from './fact-index.js';
import { indexLog } from './index-log.js';
import { SealedReceipts } from './sealed-receipts.js';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const TRUST: EvidenceTrust = Object.assign({}, ...KINDS.map(kind => testMaterial(kind).trust));
const archive = () => new EvidenceRecords(join(folder.path, 'archive'), hastyDisk);
const open = () => FactIndex.open(join(folder.path, 'facts'));
const keep = async (kind: EvidenceKind) => {
  const { material, trust } = testMaterial(kind);
  const judgement = await judgeEvidence(material, DURING, trust);
  await archive().keep(material, judgement, DURING);
  return judgement.report;
};

function entryOf(signedDigests: readonly string[], digest: string | null = null): Uint8Array {
  const evidence = signedDigests.map(signedDigest => ({
    digest: '1'.repeat(64),
    mediaType: 'application/cbor',
    signedDigest,
    type: 'evidence',
  }));
  const predicate: Receipt = { ...SAMPLE_RECEIPT, evidence, model: { ...SAMPLE_RECEIPT.model, digest } };
  const subject = receiptSubject('7'.repeat(64), null);
  return envelopeBytes(
    seal(writeStatement(RECEIPT, { predicate, subject }), SAMPLE_RECEIPT.issuer, ISSUER.signer),
  );
}
const indexEntries = (index: FactIndex, entries: readonly Uint8Array[], trust?: EvidenceTrust) => {
  const log = {
    async *entries(start: number, end: number) {
      yield* entries.slice(start, end);
    },
  };
  return indexLog(index, entries.length, { log, archive: archive(), ...(trust && { trust }) });
};

describe('the index of a log', () => {
  it.each(KINDS)('finds the receipts that rest on what evidence of %s states', async kind => {
    const report = await keep(kind);
    const facts = evidenceFacts(report);
    expect(facts.length).toBeGreaterThan(0);
    const signed = toHex(report.signedRegion);
    const log = [entryOf([]), entryOf([signed]), utf8('no receipt'), entryOf(['0'.repeat(64), signed])];
    const index = await open();
    await indexEntries(index, log, TRUST);
    for (const fact of [...facts, { field: 'evidence' as const, value: signed }])
      expect((await index.find(fact)).entries).toEqual([1, 3]);
    expect((await index.find({ field: 'signer', value: SAMPLE_RECEIPT.issuer })).entries).toEqual([0, 1, 3]);
  });

  it('goes on where it was, and is made anew from log and archive when it is lost', async () => {
    const signed = toHex((await keep('nitro')).signedRegion);
    const model = { field: 'model' as const, value: 'a'.repeat(64) };
    const entries = [entryOf([signed], model.value), entryOf([]), entryOf([], model.value)];
    await indexEntries(await open(), entries.slice(0, 1), TRUST);
    const index = await open();
    expect(index.size).toBe(1);
    await indexEntries(index, entries, TRUST);
    expect((await index.find(model)).entries).toEqual([0, 2]);
    rmSync(join(folder.path, 'facts'), { recursive: true });
    const other = await open();
    await indexEntries(other, entries, TRUST);
    expect((await other.find(model)).entries).toEqual([0, 2]);
  });

  it('has no facts of evidence that nobody vouches for, nor of what the archive has lost', async () => {
    const report = await keep('sev-snp');
    const [fact] = evidenceFacts(report);
    if (fact === undefined) throw new Error('no fact');
    const signed = toHex(report.signedRegion);
    const log = [entryOf([signed])];
    const strangers = await open();
    await indexEntries(strangers, log);
    expect((await strangers.find(fact)).entries).toEqual([]);
    expect((await strangers.find({ field: 'evidence', value: signed })).entries).toEqual([0]);
    for (const name of ['archive', 'facts']) rmSync(join(folder.path, name), { recursive: true });
    const lost = await open();
    await indexEntries(lost, log, TRUST);
    expect((await lost.find(fact)).entries).toEqual([]);
  });
});

describe('receipts that were noted when they were sealed', () => {
  const FILES = ['state', 'receipts.facts', 'signer.facts', 'model.facts', 'evidence.facts'];
  const filesIn = (name: string) => FILES.map(file => readFileSync(join(folder.path, name, file), 'hex'));
  const LOG = Array.from({ length: 600 }, (_, at) =>
    at % 256 === 255
      ? utf8('no receipt')
      : entryOf(at % 7 === 0 ? ['0'.repeat(64)] : [], at % 3 === 0 ? 'a'.repeat(64) : null),
  );
  const noted = (isNoted: (index: number) => boolean) => {
    const sealed = new SealedReceipts();
    for (const [at, entry] of LOG.entries())
      if (at % 256 !== 255 && isNoted(at)) sealed.note(at, receiptOf(entry));
    return sealed;
  };
  const receiptOf = (entry: Uint8Array) => readStatement(RECEIPT, parseEnvelope(entry)).predicate;

  it.each<[string, (index: number) => boolean]>([
    ['all of them', () => true],
    ['none', () => false],
    ['some', at => at % 2 === 0],
    ['those of the middle', at => at > 200 && at < 520],
    ['from the second part on', at => at >= 256],
  ])('%s: the index is the one that the log alone makes', async (_, isNoted) => {
    const read: number[] = [];
    const log = {
      async *entries(start: number, end: number) {
        read.push(start);
        yield* LOG.slice(start, end);
      },
    };
    const alone = await FactIndex.open(join(folder.path, 'alone'));
    await indexLog(alone, LOG.length, { log, archive: archive() });
    const index = await FactIndex.open(join(folder.path, 'other'));
    const sources = { log, archive: archive(), sealed: noted(isNoted) };
    for (const size of [100, 300, 300, 599, 600]) await indexLog(index, size, sources);
    expect(filesIn('other')).toEqual(filesIn('alone'));
  });

  it('are not read from the log, and forgotten', async () => {
    const log = {
      entries: () => {
        throw new Error('read');
      },
    };
    const sealed = noted(at => at < 255);
    const index = await open();
    await indexLog(index, 100, { log, archive: archive(), sealed });
    await indexLog(index, 255, { log, archive: archive(), sealed });
    expect((await index.find({ field: 'signer', value: SAMPLE_RECEIPT.issuer })).entries).toHaveLength(255);
    expect([...sealed.take(0, 1000)]).toEqual([]);
  });

  it('are read from the log where the index was behind, and where reading failed after they were taken', async () => {
    const sealed = noted(at => at >= 300 && at < 511);
    let isDown = true;
    const log = {
      async *entries(start: number, end: number) {
        if (isDown) throw new Failure('peer/answer-missing');
        yield* LOG.slice(start, end);
      },
    };
    const index = await open();
    await expect(indexLog(index, 511, { log, archive: archive(), sealed })).rejects.toThrow(Failure);
    isDown = false;
    await indexLog(index, 511, { log, archive: archive(), sealed });
    expect((await index.find({ field: 'model', value: 'a'.repeat(64) })).entries).toEqual(
      LOG.slice(0, 511).flatMap((_, at) => (at % 3 === 0 && at !== 255 ? [at] : [])),
    );
  });
});

describe('facts', () => {
  const EXPECTED: Readonly<Record<EvidenceKind, readonly string[]>> = {
    nitro: ['measurement'],
    'sev-snp': ['chip', 'measurement', 'tcb'],
    tdx: ['chip', 'measurement', 'tcb'],
    sgx: ['chip', 'measurement', 'signer', 'tcb'],
    nvidia: ['chip', 'tcb'],
    nras: ['chip', 'tcb'],
  };
  it.each(KINDS)('of %s are those that it states, each once', async kind => {
    const { material, trust } = testMaterial(kind);
    const { report } = await judgeEvidence(material, DURING, trust);
    const facts = evidenceFacts(report);
    expect([...new Set(facts.map(({ field }) => field))].sort()).toEqual(
      expect.arrayContaining([...EXPECTED[kind]]),
    );
    expect(new Set(facts.map(({ field, value }) => `${field} ${value}`)).size).toBe(facts.length);
    for (const { value } of facts) expect(value).not.toMatch(/^0*$/);
    expect(evidenceFacts((await judgeEvidence(material, DURING)).report)).toEqual([]);
  });

  it('of a receipt are its issuer, its model, its evidence and what that states', () => {
    const facts = receiptFacts(SAMPLE_RECEIPT, digest => [
      { field: 'chip', value: digest },
      { field: 'chip', value: digest },
    ]);
    expect(facts).toEqual([
      { field: 'signer', value: SAMPLE_RECEIPT.issuer },
      { field: 'model', value: '3'.repeat(64) },
      { field: 'evidence', value: '2'.repeat(64) },
      { field: 'chip', value: '2'.repeat(64) },
    ]);
  });
});
