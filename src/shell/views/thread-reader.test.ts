import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { dumpOf } from '../../../test/support/dumped-views.js';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { EVERY_TYPE, viewed, viewedEntries } from '../../../test/support/viewed-log.js';
import { readChunk } from './chunk.js';
import { type ChunkReader, READER_HERE } from './chunk-reader.js';
import { openReader } from './open-reader.js';
import { ThreadReader } from './thread-reader.js';
import { Views } from './views.js';

const folder = mkdtempSync(join(tmpdir(), 'countersign-views-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let made = 0;
const fresh = () => join(folder, `${++made}.sqlite`);

const open: (Views | ThreadReader)[] = [];
const closedLater = <Closed extends Views | ThreadReader>(closed: Closed): Closed => {
  open.push(closed);
  return closed;
};
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});
const openViews = async (reader: () => ChunkReader, path = fresh()) =>
  closedLater(await Views.open(path, reader));

const here = () => READER_HERE;
const threads = () => new ThreadReader(2);

const LOG = viewedEntries(2500);
const { origin } = viewed([]).checkpoint;

/** The entry of a thread that does this. */
const thread = (code: string) =>
  new URL(
    `data:text/javascript,${encodeURIComponent(`import { parentPort } from 'node:worker_threads';\n${code}`)}`,
  );
const REAL = new URL('../../../dist/shell/views/reading-worker.js', import.meta.url);
/** The entry of a thread that does as it should with so many orders, and then comes to its end. */
const goodUntil = (orders: number, end: string) =>
  thread(`await import(${JSON.stringify(REAL.href)});
    let left = ${orders};
    parentPort.on('message', () => { if (--left === 0) ${end}; });`);

describe('a reader in threads', () => {
  it('makes of entries of every type, and of what nobody can read, what the one here does', async () => {
    const reader = closedLater(threads());
    const entries = [...EVERY_TYPE, new Uint8Array(65_535).fill(0x7b)];
    expect(await reader.read(7, entries)).toEqual(readChunk(7, entries));
    expect(await reader.read(0, [])).toEqual(readChunk(0, []));
  });

  it('leaves the entries that it was given as they are', async () => {
    const reader = closedLater(threads());
    const copies = EVERY_TYPE.map(entry => new Uint8Array(entry));
    await reader.read(0, EVERY_TYPE);
    expect(EVERY_TYPE).toEqual(copies);
  });

  it('fails what it is given after it was closed (views/reading-ended)', async () => {
    const reader = threads();
    const waiting = reasonOfAsync(() => reader.read(0, LOG));
    await reader.close();
    expect(await waiting).toBe('views/reading-ended');
    expect(await reasonOfAsync(() => reader.read(0, LOG))).toBe('views/reading-ended');
  });

  it('is taken for many entries, where there are processors for it', async () => {
    expect(openReader(2047, 8)).toBe(READER_HERE);
    expect(openReader(1_000_000, 1)).toBe(READER_HERE);
    expect(closedLater(openReader(2048, 2) as ThreadReader)).toBeInstanceOf(ThreadReader);
  });
});

describe('views that are read in threads', () => {
  it('are the same, row by row, as those that are read here', async () => {
    const [one, other] = [await openViews(here), await openViews(threads)];
    await one.follow(viewed(LOG));
    await other.follow(viewed(LOG));
    expect(dumpOf(other)).toEqual(dumpOf(one));
  });

  it('have each entry once when several follow at a time, one of them from a smaller checkpoint', async () => {
    const path = fresh();
    const followers = await Promise.all([threads, here, threads].map(reader => openViews(reader, path)));
    await Promise.all(
      followers.map((views, at) => views.follow(viewed(LOG, at === 0 ? LOG.length : 900 * at))),
    );
    const alone = await openViews(here);
    await alone.follow(viewed(LOG));
    expect(dumpOf(followers[0] as Views)).toEqual(dumpOf(alone));
  });

  it.each([
    ['ends', 'process.exit(1)', 'its thread ended'],
    ['has a fault', "throw new Error('a fault')", 'a fault'],
  ])(
    'stay as they are when a thread %s (views/reading-ended), and are gone on with',
    async (_, end, detail) => {
      const path = fresh();
      const broken = await openViews(() => new ThreadReader(2, goodUntil(2, end)), path);
      const told: number[] = [];
      await expect(broken.follow(viewed(LOG), done => told.push(done))).rejects.toMatchObject({
        code: 'views/reading-ended',
        detail,
      });
      expect(told.at(-1)).toBe(broken.size(origin));
      expect(broken.size(origin)).toBeLessThan(LOG.length);
      const views = await openViews(threads, path);
      await views.follow(viewed(LOG));
      const whole = await openViews(here);
      await whole.follow(viewed(LOG));
      expect(dumpOf(views)).toEqual(dumpOf(whole));
    },
  );

  it('are nothing where no thread begins (views/reading-ended)', async () => {
    const views = await openViews(() => new ThreadReader(2, thread("throw new Error('not today')")));
    await expect(views.follow(viewed(LOG))).rejects.toMatchObject({
      code: 'views/reading-ended',
      detail: 'not today',
    });
    expect(views.size(origin)).toBe(0);
  });

  it('of a log that is not what was signed are never complete (views/log-contradicted)', async () => {
    const views = await openViews(threads);
    const { checkpoint } = viewed(LOG);
    const changed = LOG.with(2499, LOG[0] as Uint8Array);
    expect(await reasonOfAsync(() => views.follow({ checkpoint, copy: viewed(changed).copy }))).toBe(
      'views/log-contradicted',
    );
    expect(views.size(origin)).toBeLessThan(LOG.length);
  });
});
