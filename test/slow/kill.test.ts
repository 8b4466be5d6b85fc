/**
 * A log and its three witnesses, each in a process of its own, killed again and again while clients append: what was included is there,
 * and every checkpoint that was ever published is of one history.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes/hex.js';
import { fromUtf8 } from '../../src/bytes/octets.js';
import { type Checkpoint, parseCheckpoint } from '../../src/note/checkpoint.js';
import { formatVerifierKey, parseVerifierKey, type VerifierKey } from '../../src/note/key.js';
import { parseNote, verifyNote } from '../../src/note/signed-note.js';
import { Frontier } from '../../src/tree/frontier.js';
import { leafHash } from '../../src/tree/hash.js';
import { readBundle, TILE_WIDTH, tilePath } from '../../src/tree/tile.js';
import { LOG } from '../support/log.js';
import { type Random, randomFrom } from './random.js';

/** Given in the environment to repeat a run, as far as a machine repeats anything. */
const SEED = Number(process.env.COUNTERSIGN_SEED ?? Math.floor(Math.random() * 2 ** 32));
const KILLS = Number(process.env.COUNTERSIGN_KILLS ?? 300);
/** Logs at a time: much of a life is waiting. */
const LANES = 3;
/** Of {@link LOG}. */
const LOG_SEED = 1;
const CLIENTS = 6;

const MAIN = fileURLToPath(new URL('../../dist/shell/cli/main.js', import.meta.url));
const LOG_PROCESS = fileURLToPath(new URL('log-process.mjs', import.meta.url));

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** What a process says, line by line, until it ends. */
interface Spoken {
  readonly child: ChildProcess;
  /** Resolves with the first line; rejects with what the process complained of when it ends without one. */
  readonly first: Promise<string>;
  readonly ended: Promise<number | null>;
}

function start(args: readonly string[], onLine: (line: string) => void = () => undefined): Spoken {
  const environment = { ...process.env, XDG_DATA_HOME: '/nonexistent', NODE_OPTIONS: '' };
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env: environment });
  running.add(child);
  let complaint = '';
  child.stderr.on('data', (text: Buffer) => {
    complaint += text.toString();
  });
  const lines = createInterface({ input: child.stdout });
  const ended = new Promise<number | null>(resolve => {
    child.once('close', code => {
      running.delete(child);
      resolve(code);
    });
  });
  const first = new Promise<string>((resolve, reject) => {
    lines.once('line', resolve);
    void ended.then(() => reject(new Error(complaint)));
  });
  first.catch(() => undefined);
  lines.on('line', onLine);
  return { child, first, ended };
}

/** A log with its witnesses, and all that it has promised. */
class Lane {
  readonly folder: string;
  readonly included = new Map<number, string>();
  readonly notes: string[] = [];
  readonly counts = { starting: 0, running: 0, witness: 0 };
  readonly witnesses: { key: string; url: string; port: number; process: Spoken }[] = [];
  readonly #random: Random;

  constructor(folder: string, random: Random) {
    this.folder = folder;
    this.#random = random;
    mkdirSync(join(folder, 'log-data'), { recursive: true });
  }

  get kills(): number {
    return Object.values(this.counts).reduce((sum, count) => sum + count);
  }

  async startWitnesses(): Promise<void> {
    for (const number of [0, 1, 2]) {
      const port = await freePort();
      const process = this.#startWitness(number, port);
      const { address, keys } = JSON.parse(await process.first) as { address: string; keys: [string] };
      this.witnesses.push({ key: keys[0], url: address, port, process });
    }
  }

  startLog(): Spoken {
    const witnesses = this.witnesses.map(({ key, url }) => ({ key, url }));
    const settings = {
      folder: join(this.folder, 'log-data'),
      origin: LOG.key.name,
      seed: LOG_SEED,
      witnesses,
      clients: CLIENTS,
    };
    return start([LOG_PROCESS, JSON.stringify(settings)], line => this.#remember(line));
  }

  /** Until there have been so many kills. */
  async killAll(kills: number): Promise<void> {
    while (this.kills < kills) {
      const log = this.startLog();
      if (this.#random.chance(0.25)) {
        this.counts.starting++;
        // About as long as a start takes, so that kills fall on every part of it.
        await sleep(this.#random.between(50, 500));
      } else {
        await log.first;
        await sleep(this.#random.between(0, 250));
        if (this.#random.chance(0.4)) await this.#killWitness();
        this.counts.running++;
      }
      log.child.kill('SIGKILL');
      await log.ended;
    }
  }

  async stop(): Promise<void> {
    for (const { process } of this.witnesses) process.child.kill('SIGKILL');
    await Promise.all(this.witnesses.map(({ process }) => process.ended));
  }

  startWitnessTwice(): Spoken {
    return this.#startWitness(0, 0);
  }

  async #killWitness(): Promise<void> {
    this.counts.witness++;
    const number = Math.floor(this.#random.between(0, 3));
    const witness = this.witnesses[number];
    if (witness === undefined) return;
    witness.process.child.kill('SIGKILL');
    await witness.process.ended;
    witness.process = this.#startWitness(number, witness.port);
    await witness.process.first;
  }

  #startWitness(number: number, port: number): Spoken {
    return start([
      MAIN,
      'witness',
      '--json',
      ...['--listen', `127.0.0.1:${port}`],
      ...['--data', join(this.folder, `witness-${number}`)],
      ...['--name', `witness.example/${number}`],
      ...['--log', formatVerifierKey(LOG.key)],
    ]);
  }

  #remember(line: string): void {
    const { index, entry, checkpoint } = JSON.parse(line) as {
      index?: number;
      entry?: string;
      checkpoint?: string;
    };
    if (checkpoint !== undefined) this.notes.push(checkpoint);
    if (index === undefined || entry === undefined) return;
    if (this.included.has(index)) throw new Error(`two entries were promised index ${index}`);
    this.included.set(index, entry);
  }
}

/** A port that was free a moment ago: a witness that is started again has to be found where it was. */
function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

function readEntries(folder: string): Uint8Array[] {
  const entries: Uint8Array[] = [];
  for (let index = 0; ; index++) {
    try {
      const path = join(folder, 'log', tilePath({ level: 'entries', index, width: TILE_WIDTH }));
      entries.push(...readBundle(readFileSync(path)).entries);
    } catch {
      return entries;
    }
  }
}

describe(`${KILLS} kills of a log and its witnesses`, () => {
  const base = mkdtempSync(join(tmpdir(), 'countersign-kill-'));
  const random = randomFrom(SEED);
  const lanes = Array.from({ length: LANES }, (_, number) => {
    const seed = Math.floor(random.between(0, 2 ** 32));
    return new Lane(join(base, `${number}`), randomFrom(seed));
  });

  beforeAll(async () => {
    console.log(`kill test: COUNTERSIGN_SEED=${SEED}`);
    const began = performance.now();
    await Promise.all(
      lanes.map(async lane => {
        await lane.startWitnesses();
        await lane.killAll(Math.ceil(KILLS / LANES));
        // And one more life, which is long enough for all to be settled.
        const log = lane.startLog();
        await log.first;
        await sleep(500);
        log.child.kill('SIGTERM');
        await log.ended;
      }),
    );
    const sum = (count: (lane: Lane) => number) => lanes.reduce((total, lane) => total + count(lane), 0);
    console.log(
      `      ${sum(lane => lane.kills)} kills (${sum(lane => lane.counts.starting)} of a starting log, ` +
        `${sum(lane => lane.counts.running)} of a running one, ${sum(lane => lane.counts.witness)} of a witness), ` +
        `${sum(lane => lane.included.size)} entries included, ${sum(lane => lane.notes.length)} checkpoints, ` +
        `${Math.round((performance.now() - began) / 1000)} s`,
    );
  }, 600_000);

  afterAll(async () => {
    await Promise.all(lanes.map(lane => lane.stop()));
    rmSync(base, { recursive: true, force: true });
  });

  it('there was something to lose', () => {
    for (const lane of lanes) {
      expect(lane.kills).toBeGreaterThanOrEqual(KILLS / LANES);
      expect(lane.included.size).toBeGreaterThan(lane.counts.running);
      expect(lane.notes.length).toBeGreaterThan(lane.counts.running / 2);
    }
  });

  it('everything that was ever included is where it was', () => {
    for (const lane of lanes) {
      const entries = readEntries(join(lane.folder, 'log-data'));
      for (const [index, entry] of lane.included)
        expect(fromUtf8(entries[index] ?? new Uint8Array())).toBe(entry);
    }
  });

  it('every checkpoint that was ever published is of one history, and was witnessed', async () => {
    for (const lane of lanes) {
      const keys = lane.witnesses.map(({ key }) => parseVerifierKey(key));
      const frontier = new Frontier();
      const roots = [toHex(frontier.root())];
      for (const entry of readEntries(join(lane.folder, 'log-data'))) {
        frontier.push(leafHash(entry));
        roots.push(toHex(frontier.root()));
      }
      for (const note of lane.notes) {
        const { checkpoint, cosigners } = await readCheckpoint(Buffer.from(note, 'base64'), keys);
        expect(roots[checkpoint.size]).toBe(toHex(checkpoint.root));
        expect(cosigners).toBeGreaterThanOrEqual(2);
      }
    }
  });

  it('a second process on one data folder refuses to start (data/locked): a log', async () => {
    const [lane] = lanes as [Lane];
    const first = lane.startLog();
    await first.first;
    await expect(lane.startLog().first).rejects.toThrow('data/locked');
    first.child.kill('SIGKILL');
    await first.ended;
  });

  it('a second process on one data folder refuses to start (data/locked): a witness', async () => {
    const [lane] = lanes as [Lane];
    await expect(lane.startWitnessTwice().first).rejects.toThrow('data/locked');
  });
});

/** What a published note says, whose log signature verifies, and by how many witnesses it is cosigned. */
async function readCheckpoint(
  bytes: Uint8Array,
  witnesses: readonly VerifierKey[],
): Promise<{ readonly checkpoint: Checkpoint; readonly cosigners: number }> {
  const note = parseNote(bytes);
  const { verified } = await verifyNote(note, [LOG.key, ...witnesses]);
  const signers = verified.map(({ key }) => key);
  if (!signers.includes(LOG.key)) throw new Error('the log has not signed it');
  return { checkpoint: parseCheckpoint(note.text), cosigners: signers.length - 1 };
}
