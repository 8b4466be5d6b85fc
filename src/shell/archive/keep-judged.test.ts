import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import '../node.js';
import { makeCollateral } from '../../../test/support/evidence/dcap.js';
import { pieceOf, testMaterial, withPiece } from '../../../test/support/evidence/material.js';
import {
  asIntel,
  notFound,
  type TestPublisher,
  testPublisher,
} from '../../../test/support/evidence/publisher.js';
import { DURING } from '../../../test/support/evidence/x509-maker.js';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { hastyDisk } from '../../../test/support/faulty-disk.js';
import { temporaryFolder } from '../../../test/support/log.js';
import { toHex } from '../../bytes/hex.js';
import { utf8 } from '../../bytes/octets.js';
import { IntelCollateral, pccs } from '../collateral/intel.js';
import { KeptAnswers } from '../collateral/kept-answers.js';
import { Publisher } from '../collateral/publisher.js';
import { Renewal } from '../collateral/renewal.js';
import { EvidenceRecords } from './evidence-records.js';
import { keepJudged } from './keep-judged.js';

let folder: ReturnType<typeof temporaryFolder>;
let server: TestPublisher;
beforeEach(async () => {
  folder = temporaryFolder();
  server = await testPublisher();
});
afterEach(async () => {
  await server.close();
  folder.remove();
});

const { material, trust } = testMaterial('tdx');
const bare = withPiece(material, 'collateral', null);
const records = () => new EvidenceRecords(`${folder.path}/archive`, hastyDisk);
const fresh = () => {
  const publisher = new Publisher({ kept: new KeptAnswers(`${folder.path}/kept`), now: () => DURING });
  return new Renewal({ intel: new IntelCollateral(publisher, pccs(server.url)) });
};

describe('evidence that has just come in', () => {
  it('is judged with collateral that is asked for, and kept with it', async () => {
    server.behave = asIntel(makeCollateral());
    const kept = await keepJudged(records(), bare, { asOf: DURING, fresh: fresh(), trust });
    expect(kept).toMatchObject({ appraised: { status: 'accepted' }, problems: [] });
    const [found] = (await records().find(toHex(kept.appraised.report.signedRegion))).records;
    expect(found).toEqual(kept.stored);
    expect(found?.record.pieces).toContainEqual(
      expect.objectContaining({ role: 'collateral', fetched: DURING }),
    );
  });

  it('is judged with what came along, where something did', async () => {
    server.behave = asIntel(makeCollateral());
    const kept = await keepJudged(records(), material, { asOf: DURING, fresh: fresh(), trust });
    const stored = records().materialOf(kept.stored.record);
    expect(toHex(pieceOf(stored, 'collateral'))).toBe(toHex(pieceOf(material, 'collateral')));
  });

  it('is inconclusive where nothing is to be had, and says why', async () => {
    server.behave = (_, response) => notFound(response);
    const kept = await keepJudged(records(), bare, { asOf: DURING, fresh: fresh(), trust });
    expect(kept.appraised).toMatchObject({ status: 'inconclusive', code: 'collateral/missing' });
    expect(kept.problems).toMatchObject([{ code: 'peer/answer-missing' }]);
  });

  it('is kept as it is where nobody is to be asked', async () => {
    expect(await keepJudged(records(), bare, { asOf: DURING, trust })).toMatchObject({ problems: [] });
    expect(server.asked).toEqual([]);
  });

  it('is not kept when it cannot be read', async () => {
    const none = withPiece(bare, 'quote', utf8('none'));
    expect(await reasonOfAsync(() => keepJudged(records(), none, { asOf: DURING, trust }))).toBe(
      'quote/version-unsupported',
    );
    const regions: string[] = [];
    for await (const region of records().signedRegions()) regions.push(region);
    expect(regions).toEqual([]);
  });
});
