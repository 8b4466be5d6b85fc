/** A monitor that follows a log of many entries, is stopped in the middle, and loses what it may lose. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FileLog } from '../../src/shell/log/file-log.js';
import { openWitnesses, quorumOf, temporaryFolder } from '../support/log.js';
import {
  found,
  lookOnce,
  openMonitor,
  openReceiptLog,
  type ServedLog,
  serve,
  TestIssuer,
} from '../support/monitored.js';

let folder: ReturnType<typeof temporaryFolder>;
let log: FileLog;
let issuer: TestIssuer;
let served: ServedLog;

beforeEach(async () => {
  folder = temporaryFolder();
  log = await openReceiptLog(folder.path, {
    witnesses: await openWitnesses(folder.path),
    quorum: quorumOf(3),
  });
  issuer = new TestIssuer(log);
  await issuer.begin();
  served = await serve(log);
  await issuer.work(9000, 5);
  await witnessed(log);
}, 60_000);
afterEach(async () => {
  await served.close();
  await log.close();
  folder.remove();
});

async function witnessed(of: FileLog): Promise<void> {
  await of.reached(of.signed.size - 1, 'witnessed', 5000);
}

const look = () => lookOnce(folder.path, served.url);

describe('a log of many entries', () => {
  it('goes on after the monitor was killed at any moment', async () => {
    const { monitor, events } = await openMonitor(folder.path, served.url, {
      onProgress: done => {
        if (done >= 5000 && done < 6100) void monitor.close();
      },
    });
    await monitor.round();
    await monitor.close();
    expect(events.filter(({ kind }) => kind !== 'checked')).toEqual([]);
    // What a crash loses: whatever is not on disk. What it leaves: half-written files.
    writeFileSync(join(folder.path, 'monitor', 'state.json.new'), 'half');
    const looked = await look();
    expect(found(looked)).toEqual([]);
    expect(looked.events.at(-1)).toMatchObject({ size: 9002, receipts: 9000, openNumbers: 0 });
  });

  it('does not begin anew when it goes on from its table', async () => {
    expect(found(await look())).toEqual([]);
    const asked: string[] = [];
    served.meddle = path => {
      asked.push(path);
      return undefined;
    };
    await issuer.work(1, 5);
    await witnessed(log);
    expect(found(await look())).toEqual([]);
    expect(asked.filter(path => path.startsWith('tile/entries/')).length).toBeLessThan(12);
  });

  it('starts from the first entry when its table is lost', async () => {
    await look();
    rmSync(join(folder.path, 'monitor', 'keys'), { recursive: true });
    const looked = await look();
    expect(found(looked)).toEqual([]);
    expect(looked.events.at(-1)).toMatchObject({ size: 9002, receipts: 9000 });
  });

  it('a pruned log whose monitor has read it before is checked in full', async () => {
    await look();
    served.meddle = path => (path === 'tile/entries/000' ? 410 : undefined);
    await issuer.work(10);
    await witnessed(log);
    expect(found(await look())).toEqual([]);
  });
});
