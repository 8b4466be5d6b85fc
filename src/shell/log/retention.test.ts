import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { faultyDisk } from '../../../test/support/faulty-disk.js';
import { temporaryFolder } from '../../../test/support/log.js';
import { parseTilePath, type TileName } from '../../tree/tile.js';
import { type Act, Retention } from './retention.js';

const base = temporaryFolder();
const folder = join(base.path, 'log');
const file = join(folder, 'retention.json');
beforeEach(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
});
afterAll(() => base.remove());

const POLICY: Act['what'] = { act: 'retain', retention: { minimumDays: 365, prunes: 'oldest-entries' } };

async function decided(...whats: Act['what'][]): Promise<Retention> {
  const retention = await Retention.open(folder);
  for (const [at, what] of whats.entries()) await retention.decide(what, 100 + at);
  return retention;
}

function refusals(retention: Retention, paths: readonly string[]): readonly string[] {
  return paths.map(path => retention.refusal(parseTilePath(path) as TileName)?.code ?? 'served');
}

describe('a log that shows everything', () => {
  it('is one of which nothing has been decided', async () => {
    const retention = await Retention.open(folder);
    expect(retention).toMatchObject({ minimum: 0, policies: [], denials: [], acts: [] });
    expect(refusals(retention, ['tile/entries/000', 'tile/0/000.p/1'])).toEqual(['served', 'served']);
    expect(retention.refusalOfEntry(0)).toBeNull();
  });
});

describe('a minimum index (tlog-tiles, Pruning)', () => {
  it.each<[number, string, string]>([
    [256, 'tile/0/000', 'log/entry-pruned'],
    [256, 'tile/entries/000', 'log/entry-pruned'],
    [256, 'tile/entries/000.p/7', 'log/entry-pruned'],
    [255, 'tile/0/000', 'served'],
    [255, 'tile/entries/000', 'served'],
    [511, 'tile/0/001', 'served'],
    [512, 'tile/0/001', 'log/entry-pruned'],
    [512, 'tile/0/002', 'served'],
    [65_535, 'tile/1/000', 'served'],
    [65_536, 'tile/1/000', 'log/entry-pruned'],
    [65_536, 'tile/2/000', 'served'],
    [2 ** 53 - 1, 'tile/63/000', 'served'],
  ])('of %i: %s is %s', async (minimum, path, outcome) => {
    expect(refusals(await decided({ act: 'prune', minimum }), [path])).toEqual([outcome]);
  });

  it('is of single entries too', async () => {
    const retention = await decided({ act: 'prune', minimum: 300 });
    expect(retention.refusalOfEntry(299)?.code).toBe('log/entry-pruned');
    expect(retention.refusalOfEntry(300)).toBeNull();
  });

  it('is the last that was decided', async () => {
    const retention = await decided({ act: 'prune', minimum: 300 }, { act: 'prune', minimum: 10 });
    expect(retention.minimum).toBe(10);
  });
});

describe('a denied entry', () => {
  const deny = (index: number): Act['what'] => ({ act: 'deny', index, reason: 'court-order' });

  it.each<[string, string]>([
    ['tile/entries/001', 'log/entry-denied'],
    ['tile/entries/001.p/45', 'log/entry-denied'],
    ['tile/entries/001.p/44', 'served'],
    ['tile/entries/000', 'served'],
    ['tile/0/001', 'served'],
    ['tile/1/000.p/1', 'served'],
  ])('keeps back what holds it, and nothing else: %s is %s', async (path, outcome) => {
    expect(refusals(await decided(deny(310), deny(300)), [path])).toEqual([outcome]);
  });

  it('is named with the reason, and the others are not', async () => {
    const retention = await decided(deny(300));
    expect(retention.refusalOfEntry(300)).toMatchObject({ field: 'entry 300', detail: 'court-order' });
    expect(retention.refusalOfEntry(301)).toBeNull();
  });

  it('is shown again when the denial ends', async () => {
    const retention = await decided(deny(300), deny(301), { act: 'undeny', index: 300 });
    expect(retention.denials).toEqual([{ index: 301, reason: 'court-order', logged: null }]);
    expect(retention.refusalOfEntry(300)).toBeNull();
    expect(refusals(retention, ['tile/entries/001.p/45', 'tile/entries/001.p/46'])).toEqual([
      'served',
      'log/entry-denied',
    ]);
  });
});

describe('the acts', () => {
  it('are as they were when the log is opened again', async () => {
    const { acts } = await decided(POLICY, { act: 'prune', minimum: 3 });
    expect((await Retention.open(folder)).acts).toEqual(acts);
    expect(acts.map(({ decided: time }) => time)).toEqual([100, 101]);
  });

  it('are logged once each, in order; a policy is in force from then on', async () => {
    const retention = await decided(POLICY, { act: 'deny', index: 1, reason: 'secret' });
    expect(retention.policies).toEqual([]);
    const logged: string[] = [];
    const append = async ({ what }: Act) => 10 + logged.push(what.act);
    await retention.announce(append);
    await retention.announce(append);
    expect(logged).toEqual(['retain', 'deny']);
    const again = await Retention.open(folder);
    expect(again.policies).toEqual([{ minimumDays: 365, prunes: 'oldest-entries', logged: 11 }]);
    expect(again.denials).toEqual([{ index: 1, reason: 'secret', logged: 12 }]);
  });

  it('are in force although they could not be logged, and are logged the next time', async () => {
    const retention = await decided({ act: 'deny', index: 1, reason: 'secret' });
    await expect(retention.announce(() => Promise.reject(new Error('full')))).rejects.toThrow('full');
    const again = await Retention.open(folder);
    expect(again.refusalOfEntry(1)?.code).toBe('log/entry-denied');
    await again.announce(async () => 7);
    expect(again.acts[0]?.logged).toBe(7);
  });

  it('that could not be written are not in force', async () => {
    await decided({ act: 'prune', minimum: 3 });
    const disk = faultyDisk();
    const retention = await Retention.open(folder, disk);
    disk.failAt(disk.count + 1, 'dead');
    await expect(retention.decide({ act: 'prune', minimum: 4 }, 5)).rejects.toThrow('ENOSPC');
    expect(retention.minimum).toBe(3);
    expect((await Retention.open(folder)).minimum).toBe(3);
  });

  it('are at most ten thousand (log/retention-full)', async () => {
    const act = { decided: 1, logged: 2, what: { act: 'prune', minimum: 3 } };
    writeFileSync(file, JSON.stringify(Array.from({ length: 10_000 }, () => act)));
    const retention = await Retention.open(folder);
    expect(await reasonOfAsync(() => retention.decide({ act: 'prune', minimum: 4 }, 5))).toBe(
      'log/retention-full',
    );
  });

  it.each([
    '',
    '{}',
    'null',
    '[1]',
    ' []',
    '[{}]',
    '[{"decided":1,"logged":null}]',
    '[{"decided":1,"logged":null,"what":{"act":"prune","minimum":-1}}]',
    '[{"decided":1,"logged":null,"what":{"act":"prune","minimum":"1"}}]',
    '[{"decided":1,"logged":null,"what":{"act":"prune","minimum":1,"surplus":1}}]',
    '[{"logged":null,"decided":1,"what":{"act":"prune","minimum":1}}]',
    '[{"decided":1,"logged":null,"what":{"act":"deny","index":1,"reason":"other"}}]',
    '[{"decided":1,"logged":null,"what":{"act":"retain","retention":{"minimumDays":1,"prunes":"oldest-entries"}}}]',
  ])('are refused when they are not ours (log/retention-malformed): %s', async text => {
    writeFileSync(file, text);
    expect(await reasonOfAsync(() => Retention.open(folder))).toBe('log/retention-malformed');
    expect(readFileSync(file, 'utf8')).toBe(text);
  });
});
