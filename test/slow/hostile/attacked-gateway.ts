/** A gateway in a process of its own with two upstreams, one that behaves and one that does not, and what is measured of it while it is attacked. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { parseTrust, type Trust } from '../../../src/appraise/trust.js';
import { ask, chat } from '../../end-to-end/client.js';
import { serve } from '../../end-to-end/process.js';
import { receiptOf } from '../../end-to-end/receipts.js';
import { type Child, startChild } from './child.js';
import { MEGABYTE, mostResident, residentBytes } from './memory.js';

/** What the attackers say of themselves. */
export interface Told {
  readonly open: number;
  readonly answered: number;
  readonly closed: number;
  /** How many answers began with which status. */
  readonly starts: Readonly<Record<string, number>>;
}

export interface Survival {
  readonly attack: string;
  readonly options?: object;
  /** By how much the gateway's memory may grow meanwhile, in bytes. */
  readonly growth: number;
  /** What happens before the attackers leave, beside those who behave. */
  readonly meanwhile?: (told: () => Told | null) => Promise<void>;
}

export interface AttackedGateway {
  readonly address: string;
  readonly trust: Trust;
  /** Whether it still runs. */
  readonly lives: boolean;
  readonly residentBytes: number;
  /** Those who behave are served, during an attack and after it, and the gateway stays within its memory. */
  survives(survival: Survival): Promise<void>;
  /** {@link survives}, for what a test does itself. */
  survivesThat(what: string, growth: number, act: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

/** Somebody who behaves asks so many times when an attack has begun, and again at its height, one answer after another. */
const ASKED = 5;
/** The most connections of clients that the gateway takes, where it may open files enough: 10,000 for attackers, and some for those who behave. */
export const CONNECTIONS = 10_050;
/** As the containers and units of `deploy/` start a gateway: what is freed of large pieces goes back to the system. */
const ALLOCATOR = { MALLOC_MMAP_THRESHOLD_: '131072' };

/**
 * The most memory that a gateway may ever have: 256 MiB of requests and 256 of answers, each once; 300 for what stands there more often, which is the
 * one that is just being put together, the one that is being parsed, and the one that is on its way through the thread that seals; and itself, with
 * what thousands of connections take, and what an allocator keeps.
 */
export const MOST = 1200 * MEGABYTE;

export async function startAttacked(): Promise<AttackedGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-hostile-'));
  const [good, evil] = [0, 1].map(() => startChild<{ port: number }>('upstream.mjs')) as [
    Child<{ port: number }>,
    Child<{ port: number }>,
  ];
  const base = async ({ first }: Child<{ port: number }>) => `http://127.0.0.1:${(await first).port}/v1`;
  const upstreams = ['--upstream', `good=${await base(good)}`, '--upstream', `evil=${await base(evil)}`];
  const limits = ['--keep-alive', '1', '--max-connections', String(CONNECTIONS)];
  const served = await serve(['--data', folder, ...limits, ...upstreams], { environment: ALLOCATOR });
  const { child, summary } = served;
  const { address } = summary;
  const pid = child.pid as number;
  const trust = parseTrust(readFileSync(summary.trust));

  async function expectAnswers(count: number): Promise<void> {
    for (let asked = 0; asked < count; asked++) {
      const { status, broken } = await ask(address, { body: chat({ model: 'good/test-model' }) });
      expect({ status, broken }).toEqual({ status: 200, broken: false });
    }
  }

  async function survivesThat(what: string, growth: number, act: () => Promise<void>): Promise<void> {
    const before = residentBytes(pid);
    const bytes = await mostResident(pid, act);
    const round = (value: number) => Math.round(value / MEGABYTE);
    const after = residentBytes(pid);
    console.log(`      ${what}: ${round(before)} MiB before, ${round(bytes)} at most, ${round(after)} after`);
    expect(child.exitCode).toBeNull();
    expect(bytes).toBeLessThan(MOST);
    expect(bytes - before).toBeLessThan(growth);
    const got = await ask(address, { body: chat({ model: 'good/test-model' }) });
    expect((await receiptOf({ address, trust }, got)).response.status).toBe('completed');
  }

  async function survives({ attack, options = {}, growth, meanwhile }: Survival): Promise<void> {
    const act = async () => {
      const port = Number(new URL(address).port);
      const attackers = startChild<Told>('clients.mjs', { port, attack, ...options });
      try {
        await attackers.first;
        await expectAnswers(ASKED);
        await meanwhile?.(() => attackers.said);
        await expectAnswers(ASKED);
      } finally {
        // Whatever has failed, they must not be in the way of what is tested next.
        await attackers.stop();
      }
      await expectAnswers(1);
    };
    await survivesThat(`${attack} ${JSON.stringify(options)}`, growth, act);
  }

  return {
    address,
    trust,
    get lives() {
      return child.exitCode === null;
    },
    get residentBytes() {
      return residentBytes(pid);
    },
    survives,
    survivesThat,
    stop: async () => {
      await served.stop();
      await Promise.all([good.stop(), evil.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
