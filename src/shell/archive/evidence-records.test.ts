import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { KINDS, namesOf, pieceOf, testMaterial, withPiece } from '../../../test/support/evidence/material.js';
import { DURING } from '../../../test/support/evidence/x509-maker.js';
import { reasonOf, reasonOfAsync } from '../../../test/support/failure.js';
import { FAULTS, faultyDisk, hastyDisk } from '../../../test/support/faulty-disk.js';
import { temporaryFolder } from '../../../test/support/log.js';
import { thorough } from '../../../test/support/thoroughness.js';
import type { Appraised } from '../../appraise/evidence/appraised.js';
import { judgeEvidence } from '../../appraise/kept/judge.js';
import { formatPolicy, USUAL_POLICY } from '../../appraise/kept/policy-text.js';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { utf8 } from '../../bytes/octets.js';
import '../node.js';
import type { Disk } from '../files/disk.js';
import { answersFor } from './answers.js';
import { Archive } from './archive.js';
import { EvidenceRecords, MAX_RECORDS_OF_ONE } from './evidence-records.js';

let folder: ReturnType<typeof temporaryFolder>;
let judgement: Appraised;
let signedRegion: string;
const { material, trust } = testMaterial('tdx');
const open = (disk: Disk = hastyDisk) => new EvidenceRecords(folder.path, disk);
const recordsAt = () => join(folder.path, 'records', signedRegion.slice(0, 2), signedRegion);
const placeOf = (bytes: Uint8Array) => {
  const digest = toHex(sha256(bytes));
  return join(folder.path, digest.slice(0, 2), digest);
};

beforeAll(async () => {
  judgement = await judgeEvidence(material, DURING, trust);
  signedRegion = toHex(judgement.report.signedRegion);
});
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

describe('evidence in the archive', () => {
  it.each(KINDS)('of %s is found by what was signed, with all that it was judged with', async kind => {
    const { material, trust } = testMaterial(kind);
    const judgement = await judgeEvidence(material, DURING, trust);
    const stored = await open().keep(material, judgement, DURING);
    const { records, damaged } = await open().find(toHex(judgement.report.signedRegion));
    expect(damaged).toEqual([]);
    expect(records).toEqual([stored]);
    expect(namesOf(open().materialOf(stored.record))).toEqual(namesOf(material));
    const answers = await answersFor(open(), stored, DURING + 60, { trust });
    expect([answers.then.agrees, answers.then.status, answers.now.status]).toEqual([
      true,
      'accepted',
      'accepted',
    ]);
  });

  it('is kept for its owner alone, and each piece can be had by its digest', async () => {
    await open().keep(material, judgement, DURING);
    const quote = pieceOf(material, 'quote');
    expect(new Uint8Array(new Archive(folder.path).get(toHex(sha256(quote))))).toEqual(quote);
    for (const path of [placeOf(quote), ...readdirSync(recordsAt()).map(name => join(recordsAt(), name))])
      expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('says when pieces were fetched', async () => {
    const pieces = material.pieces.map(piece => ({
      ...piece,
      ...(piece.role === 'collateral' && { fetched: 7 }),
    }));
    const { record } = await open().keep({ ...material, pieces }, judgement, DURING);
    expect(record.pieces.map(({ role, fetched }) => [role, fetched])).toEqual([
      ['collateral', 7],
      ['policy', null],
      ['quote', null],
    ]);
  });

  it('is there once, however often it is kept, and pieces are shared between records', async () => {
    const records = open();
    await records.keep(material, judgement, DURING);
    await records.keep(material, judgement, DURING);
    await open().keep(material, judgement, DURING);
    const other = withPiece(
      material,
      'policy',
      formatPolicy('tdx', { ...USUAL_POLICY.tdx, migration: true }),
    );
    await records.keep(other, await judgeEvidence(other, DURING + 5, trust), DURING + 5);
    const found = await open().find(signedRegion);
    expect(found.records.map(({ record }) => record.asOf)).toEqual([DURING, DURING + 5]);
    const files = readdirSync(folder.path, { recursive: true, withFileTypes: true }).filter(each =>
      each.isFile(),
    );
    // Quote, collateral, two policies and two records.
    expect(files).toHaveLength(6);
  });

  it('is listed', async () => {
    await open().keep(material, judgement, DURING);
    mkdirSync(join(folder.path, 'records', 'zz'));
    mkdirSync(join(folder.path, 'records', signedRegion.slice(0, 2), 'other'));
    const listed: string[] = [];
    for await (const each of open().signedRegions()) listed.push(each);
    expect(listed).toEqual([signedRegion]);
  });

  it('that nobody has kept is not found', async () => {
    for (const name of ['', '../..', 'a'.repeat(64), signedRegion.toUpperCase()])
      expect(await open().find(name)).toEqual({ records: [], damaged: [] });
  });

  it('archive/full: as many judgements as there may be of one piece of evidence', async () => {
    const records = open();
    for (let at = 0; at < MAX_RECORDS_OF_ONE; at++) await records.keep(material, judgement, DURING + at);
    expect(await reasonOfAsync(() => records.keep(material, judgement, DURING - 1))).toBe('archive/full');
    // One that it has is no other.
    await records.keep(material, judgement, DURING);
    // Nor does a folder with more of them show more.
    const others = Array.from({ length: 3 }, (_, at) => `${toHex(sha256(utf8(`${at}`)))}.json`);
    for (const name of others) writeFileSync(join(recordsAt(), name), '');
    const found = await open().find(signedRegion);
    expect([found.records.length, found.damaged.toSorted()]).toEqual([MAX_RECORDS_OF_ONE, others.toSorted()]);
  });

  it('archive/pieces-unfit: what it was not judged with', async () => {
    const without = withPiece(material, 'policy', null);
    expect(await reasonOfAsync(() => open().keep(without, judgement, DURING))).toBe('archive/pieces-unfit');
    const another = withPiece(material, 'quote', utf8('another'));
    expect(await reasonOfAsync(() => open().keep(another, judgement, DURING))).toBe(
      'archive/record-malformed',
    );
    expect(readdirSync(folder.path)).toEqual([]);
  });
});

describe('a folder in which somebody else has written', () => {
  it('shows no record that is not the one it is named for', async () => {
    const { digest } = await open().keep(material, judgement, DURING);
    const path = join(recordsAt(), `${digest}.json`);
    const whole = readFileSync(path);
    const forged = utf8(whole.toString().replace('"pass"', '"fail"'));
    writeFileSync(path, forged);
    expect(await open().find(signedRegion)).toEqual({ records: [], damaged: [`${digest}.json`] });
    // Under its own name it is no record either, because of what it lacks.
    writeFileSync(path, whole);
    const name = `${toHex(sha256(forged))}.json`;
    writeFileSync(join(recordsAt(), name), forged);
    writeFileSync(join(recordsAt(), 'half.new'), 'half');
    const found = await open().find(signedRegion);
    expect([found.records.map(each => each.digest), found.damaged]).toEqual([[digest], [name]]);
  });

  it('a record of other evidence is none of this', async () => {
    const { digest } = await open().keep(material, judgement, DURING);
    const elsewhere = 'a'.repeat(64);
    const other = join(folder.path, 'records', 'aa', elsewhere);
    mkdirSync(other, { recursive: true });
    writeFileSync(join(other, `${digest}.json`), readFileSync(join(recordsAt(), `${digest}.json`)));
    expect(await open().find(elsewhere)).toEqual({ records: [], damaged: [`${digest}.json`] });
  });

  it('a record whose checks somebody has made up does not agree with what is found', async () => {
    const { record } = await open().keep(material, judgement, DURING);
    const later = { ...record, asOf: DURING + 90 * 86_400 };
    const answers = await answersFor(open(), { digest: '', record: later }, DURING, { trust });
    expect([answers.then.agrees, answers.then.status]).toEqual([false, 'refused']);
  });

  it('archive/corrupt, archive/unknown: pieces that were changed or lost, which are made good when they come again', async () => {
    const { record } = await open().keep(material, judgement, DURING);
    const path = placeOf(pieceOf(material, 'collateral'));
    for (const [code, damage] of [
      ['archive/corrupt', () => writeFileSync(path, 'other')],
      ['archive/corrupt', () => writeFileSync(path, new Uint8Array(2 ** 21))],
      ['archive/unknown', () => rmSync(path)],
    ] as const) {
      damage();
      expect(reasonOf(() => open().materialOf(record))).toBe(code);
      await open().keep(material, judgement, DURING);
      expect(namesOf(open().materialOf(record))).toEqual(namesOf(material));
    }
  });

  it('archive/record-malformed: a piece of another length than the record says', async () => {
    const { record } = await open().keep(material, judgement, DURING);
    const pieces = record.pieces.map(piece => ({ ...piece, length: piece.length + 1 }));
    expect(reasonOf(() => open().materialOf({ ...record, pieces }))).toBe('archive/record-malformed');
  });

  it('archive/unavailable: a file where a folder should be', async () => {
    writeFileSync(join(folder.path, 'records'), '');
    expect(await reasonOfAsync(() => open().keep(material, judgement, DURING))).toBe('archive/unavailable');
    expect(await reasonOfAsync(() => open().find(signedRegion))).toBe('archive/unavailable');
    expect(await reasonOfAsync(() => open().signedRegions().next())).toBe('archive/unavailable');
  });
});

describe('a disk that fails', () => {
  it('syncs every piece before the record that names it is there', async () => {
    const disk = faultyDisk();
    await open(disk).keep(material, judgement, DURING);
    const record = disk.calls.findIndex(call => call.startsWith('rename') && call.endsWith('.json'));
    const pieces = material.pieces.map(({ bytes }) => disk.calls.indexOf(`rename ${placeOf(bytes)}`));
    for (const renamed of pieces) {
      expect(renamed).toBeGreaterThan(-1);
      expect(
        disk.calls.indexOf(`sync ${join((disk.calls[renamed] as string).slice(7), '..')}`, renamed),
      ).toBeLessThan(record);
    }
    expect(disk.calls.at(-1)).toBe(`sync ${recordsAt()}`);
  });

  it.each(FAULTS)(
    'at whatever call (%s): the whole record or none, and it can be kept again',
    async fault => {
      const probe = faultyDisk();
      await open(probe).keep(material, judgement, DURING);
      // Folders are synced again and again; once is enough where nobody asks for thoroughness.
      const every = [...probe.calls.keys()];
      const lastOfEach = every.filter(at => probe.calls.lastIndexOf(probe.calls[at] as string) === at);
      for (const call of thorough(every, lastOfEach)) {
        folder.remove();
        folder = temporaryFolder();
        const disk = faultyDisk();
        disk.failAt(call, fault);
        const records = open(disk);
        const code = await records.keep(material, judgement, DURING).then(
          () => null,
          (error: { code?: string }) => error.code,
        );
        if (code !== null || fault === 'lost' || fault === 'dead')
          expect(code, probe.calls[call]).toBe('archive/unavailable');
        const { records: found, damaged } = await open().find(signedRegion);
        expect(damaged).toEqual([]);
        if (code === null) expect(found).toHaveLength(1);
        for (const { record } of found) expect(namesOf(open().materialOf(record))).toEqual(namesOf(material));
        await open().keep(material, judgement, DURING);
        const again = await open().find(signedRegion);
        expect(again.records).toHaveLength(1);
        expect(namesOf(open().materialOf((again.records[0] as (typeof again.records)[0]).record))).toEqual(
          namesOf(material),
        );
      }
    },
  );
});
