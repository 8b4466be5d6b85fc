/** What a log and its witnesses promise, held against a disk that loses power anywhere. */
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Disk } from '../../src/shell/files/disk.js';
import { growTo, openTestLog, openWitnesses, quorumOf } from '../support/log.js';
import {
  type Chooser,
  EveryChoice,
  type Image,
  SimulatedDisk,
  writeImage,
} from '../support/simulated-disk.js';
import { expectKept, live, Promises } from './log-life.js';
import { type Random, randomFrom } from './random.js';

/** Given in the environment to repeat a run. */
const SEED = Number(process.env.COUNTERSIGN_SEED ?? Math.floor(Math.random() * 2 ** 32));
const CRASHES = Number(process.env.COUNTERSIGN_CRASHES ?? 10_000);
/** With how many entries, all durable, a log begins: none, a few, and so many that a bundle and a tile become full. */
const BEGINNINGS = [0, 0, 3, 250] as const;

/** How many crashes follow one another at most. */
const MAX_DEPTH = 2;
/** At how many of its moments a history is crashed: more histories say more than all of their moments. */
const CRASHES_A_STEP = 0.25;

/** In memory where the system has such a folder: no disk is asked for what no test takes the power from. */
const base = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'countersign-power-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));
let folders = 0;

const templates = new Map<number, { readonly folder: string; readonly promises: Promises }>();
beforeAll(async () => {
  for (const size of new Set(BEGINNINGS)) {
    const folder = join(base, `beginning-${size}`);
    const promises = new Promises();
    cpSync(mkdtempSync(join(base, 'empty-')), folder, { recursive: true });
    if (size > 0) {
      const log = await openTestLog(folder, { witnesses: await openWitnesses(folder), quorum: quorumOf(3) });
      await growTo(log, size);
      await log.reached(size - 1, 'witnessed', 5000);
      promises.signed.push({ at: 0, fact: log.signed });
      promises.serial = size;
      await log.close();
    }
    templates.set(size, { folder, promises });
  }
});

async function inImage<Result>(image: Image, act: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = join(base, `image-${folders++}`);
  cpSync(join(base, 'beginning-0'), folder, { recursive: true });
  writeImage(folder, image);
  try {
    return await act(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Newer states more often in some crashes than in others, and sometimes all or nothing. */
function chooserFrom(random: Random): Chooser {
  const bias = random.pick([0, 0.2, 0.5, 0.8, 1]);
  return {
    pick: count => {
      if (bias === 0) return 0;
      if (bias === 1) return count - 1;
      return random.chance(bias) ? Math.floor(random.between(0, count)) : 0;
    },
  };
}

describe('a loss of power', () => {
  it(`at ${CRASHES} moments breaks no promise`, { timeout: 600_000 }, async () => {
    console.log(`power loss: COUNTERSIGN_SEED=${SEED}`);
    const began = performance.now();
    const random = randomFrom(SEED);
    let crashes = 0;
    let histories = 0;
    while (crashes < CRASHES) {
      const template = templates.get(random.pick(BEGINNINGS));
      if (template === undefined) throw new Error('no such beginning');
      const folder = join(base, `history-${histories++}`);
      cpSync(template.folder, folder, { recursive: true });
      crashes += await crashHistory(folder, template.promises.until(0), random, 0);
      rmSync(folder, { recursive: true });
    }
    const seconds = Math.round((performance.now() - began) / 1000);
    console.log(`      ${crashes} crashes in ${histories} histories, ${seconds} s`);
    expect(crashes).toBeGreaterThanOrEqual(CRASHES);
  });
});

/**
 * Two lives on one disk, the first of which is killed, and crashes at some of their moments; of one crash, the lives after it. Resolves to
 * the number of crashes.
 */
async function crashHistory(
  folder: string,
  promises: Promises,
  random: Random,
  depth: number,
  seenAs: (disk: Disk) => Disk = disk => disk,
): Promise<number> {
  const disk = new SimulatedDisk(folder, random.pick([16, 512, 4096]));
  if (random.chance(0.2)) disk.failSync(Math.floor(random.between(0, 40)));
  for (const isLast of [false, true]) {
    const killedAt = !isLast || random.chance(0.5) ? disk.position + random.between(0, 120) : undefined;
    await live({
      folder,
      disk: seenAs(disk.mount(killedAt)),
      position: () => disk.position,
      promises,
      random,
    });
    if (random.chance(0.5)) disk.evict(chooserFrom(random));
  }
  const replay = disk.replay();
  const nested = Math.floor(random.between(0, disk.position));
  let crashes = 0;
  do {
    const isNested = replay.position === nested && depth < MAX_DEPTH;
    if (!isNested && !random.chance(CRASHES_A_STEP)) continue;
    const image = replay.crash(chooserFrom(random));
    const known = promises.until(replay.position);
    await inImage(image, crashed => expectKept(crashed, known));
    crashes++;
    if (isNested)
      crashes += await inImage(image, crashed => crashHistory(crashed, known, random, depth + 1, seenAs));
  } while (replay.step());
  return crashes;
}

describe('a disk that only says that it has synced', () => {
  const nothing = async () => undefined;

  it.each<[string, (disk: Disk) => Disk]>([
    ['entries', disk => ({ ...disk, datasync: nothing })],
    ['everything else', disk => ({ ...disk, sync: nothing })],
  ])('%s is found out', { timeout: 120_000 }, async (_, seenAs) => {
    const random = randomFrom(1);
    const histories = async () => {
      for (let history = 0; history < 10; history++) {
        const folder = join(base, `lying-${folders++}`);
        cpSync(join(base, 'beginning-0'), folder, { recursive: true });
        await crashHistory(folder, new Promises(), random, MAX_DEPTH, seenAs);
      }
    };
    await expect(histories()).rejects.toThrow(
      /is not there|another root|knows|log\/corrupt|log\/behind-witness|state-corrupt/,
    );
  });
});

describe('a folder that a process made before it was killed, and did not sync', () => {
  it.each(['log/tile', 'log/tile/entries', 'log/tile/0'])(
    '%s does not take with it what comes into it later',
    async made => {
      const folder = join(base, `unsynced-${folders++}`);
      cpSync(join(base, 'beginning-0'), folder, { recursive: true });
      const disk = new SimulatedDisk(folder, 4096);
      const promises = new Promises();
      const position = () => disk.position;
      await (await openTestLog(folder, { disk: disk.mount() })).close();
      const killed = disk.mount();
      for (const path of ['log/tile', 'log/tile/entries', made]) {
        if (!existsSync(join(folder, path)) && made.startsWith(path)) killed.makeFolder(join(folder, path));
      }
      await live({ folder, disk: disk.mount(), position, promises, random: randomFrom(2) });
      expect(promises.included.length).toBeGreaterThan(0);
      const replay = disk.replay();
      while (replay.step());
      await inImage(replay.crash({ pick: () => 0 }), crashed => expectKept(crashed, promises));
    },
  );
});

describe('every way to lose power', () => {
  it('in the first moments of a log breaks no promise', { timeout: 600_000 }, async () => {
    const began = performance.now();
    const folder = join(base, 'short');
    cpSync(join(base, 'beginning-0'), folder, { recursive: true });
    const disk = new SimulatedDisk(folder, 4096);
    const promises = new Promises();
    await live({
      folder,
      disk: disk.mount(),
      position: () => disk.position,
      promises,
      random: randomFrom(1),
    });
    const replay = disk.replay();
    let crashes = 0;
    let longest = 0;
    do {
      const every = new EveryChoice();
      let here = 0;
      do {
        await inImage(replay.crash(every), crashed => expectKept(crashed, promises.until(replay.position)));
        here++;
      } while (every.advance() && here < 100);
      longest = Math.max(longest, here);
      crashes += here;
    } while (replay.step());
    console.log(
      `      ${crashes} crashes at ${replay.position} moments, ${longest} most, ${Math.round((performance.now() - began) / 1000)} s`,
    );
  });
});
