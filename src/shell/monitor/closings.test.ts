import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeEpoch, leaf } from '../../../test/support/closings.js';
import { openWitnesses, quorumOf, temporaryFolder } from '../../../test/support/log.js';
import {
  found,
  ISSUER,
  identifier,
  lookOnce,
  openReceiptLog,
  type ServedLog,
  serve,
  TestIssuer,
} from '../../../test/support/monitored.js';
import type { Closing } from '../../receipt/closing.js';
import type { ClosingStatus } from '../../receipt/closing-leaf.js';
import type { FileLog } from '../log/file-log.js';

let folder: ReturnType<typeof temporaryFolder>;
let log: FileLog;
let served: ServedLog;
let issuer: TestIssuer;
const NAME = 'an epoch';

beforeEach(async () => {
  folder = temporaryFolder();
  log = await openReceiptLog(folder.path, {
    witnesses: await openWitnesses(folder.path),
    quorum: quorumOf(3),
  });
  served = await serve(log);
  issuer = new TestIssuer(log);
  await issuer.begin();
  await issuer.beginEpoch(NAME);
});

afterEach(async () => {
  await served.close();
  await log.close();
  folder.remove();
});

/** The closing of the epoch, with so many completed exchanges and these others. */
function closing(completed: number, others: readonly ClosingStatus[] = [], change: Partial<Closing> = {}) {
  const leaves = [...Array<ClosingStatus>(completed).fill('completed'), ...others].map((status, at) =>
    leaf('a', at + 1, status),
  );
  return closeEpoch(leaves, { by: ISSUER, epoch: identifier(NAME), ...change }).envelope;
}

async function look() {
  await log.reached(log.signed.size - 1, 'witnessed', 5000);
  return lookOnce(folder.path, served.url);
}

describe('the closing of an epoch', () => {
  it('that counts what the log has is counted', async () => {
    await issuer.work(7);
    await issuer.append(closing(7, ['unkept']));
    const looked = await look();
    expect(found(looked)).toEqual([]);
    expect(looked.events.at(-1)).toMatchObject({ epochs: 2, closings: 1 });
  });

  it.each([6, 8])('that counts %i where the log has 7 is told', async count => {
    await issuer.work(7);
    await issuer.append(closing(count));
    expect(found(await look())).toEqual(['finding monitor/closing-contradicted 10']);
  });

  it('is compared with all receipts of the epoch, also by a monitor that forgot them', async () => {
    await issuer.work(70);
    expect(found(await look())).toEqual([]);
    await issuer.append(closing(69));
    expect(found(await look())).toEqual(['finding monitor/closing-contradicted 73']);
  });

  it('may be followed by as many receipts as it says were open, and by no more', async () => {
    await issuer.work(3);
    await issuer.append(closing(3, ['open', 'open']));
    await issuer.work(2);
    expect(found(await look())).toEqual([]);
    await issuer.work(1);
    expect(found(await look())).toEqual(['finding monitor/receipt-after-closing 9']);
  });

  it('after a crash may be followed by whatever its holders have', async () => {
    await issuer.work(3);
    await issuer.append(closing(3, ['lost'], { ending: 'cut-off', through: 0 }));
    await issuer.work(5);
    expect(found(await look())).toEqual([]);
  });

  it('comes once, after the epoch has begun', async () => {
    await issuer.work(3);
    await issuer.append(
      closing(3),
      closing(3, ['unkept']),
      closing(0, [], { epoch: identifier('no epoch') }),
    );
    expect(found(await look())).toEqual([
      'finding monitor/closing-repeated 7',
      'finding monitor/epoch-missing 8',
    ]);
  });
});
