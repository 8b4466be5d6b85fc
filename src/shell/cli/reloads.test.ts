import { beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../reason.js';
import type { ReloadedAnswer } from './admin/answers.js';
import { UsageError } from './exit-code.js';
import { type Reloaded, Reloads } from './reloads.js';

let problems: string[];
let told: ReloadedAnswer[];
let reloads: Reloads;

beforeEach(() => {
  problems = [];
  told = [];
  reloads = new Reloads({
    onProblem: message => problems.push(message),
    onReloaded: result => told.push(result),
    now: () => 7,
  });
});

const join = (name: string, reload: () => Promise<Reloaded>) => reloads.join({ name, reload });
const applied = async (): Promise<Reloaded> => ({ outcome: 'applied' });

describe('what is read again', () => {
  it('is all that has joined, in that order, each told how it went', async () => {
    join('one', applied);
    join('two', async () => ({ outcome: 'unchanged' }));
    const results = await reloads.reloadAll();
    expect(results).toEqual([
      { name: 'one', outcome: 'applied', problem: null, waiting: [], at: 7 },
      { name: 'two', outcome: 'unchanged', problem: null, waiting: [], at: 7 },
    ]);
    expect(told).toEqual(results);
    expect(reloads.latest).toEqual(results);
    expect(reloads.areCurrent).toBe(true);
    expect(problems).toEqual([]);
  });

  it.each([
    ['a mistake of the owner’s', new UsageError('countersign.yaml:1:1: no.')],
    ['a failure with a code', new Failure('access/file-malformed')],
    ['something else', new Error('EACCES')],
  ])('is refused by itself: %s keeps nothing else from being applied', async (_, error) => {
    join('bad', () => Promise.reject(error));
    join('good', applied);
    const [bad, good] = await reloads.reloadAll();
    expect(bad).toMatchObject({ outcome: 'refused', problem: error.message });
    expect(good).toMatchObject({ outcome: 'applied' });
    expect(reloads.areCurrent).toBe(false);
    expect(problems).toEqual([expect.stringMatching(/^config\/refused \(bad\): /)]);
  });

  it('is current again when it has been corrected', async () => {
    let isBroken = true;
    join('one', () => (isBroken ? Promise.reject(new Error('broken')) : applied()));
    await reloads.reloadAll();
    expect(reloads.areCurrent).toBe(false);
    isBroken = false;
    await reloads.reloadAll();
    expect(reloads.areCurrent).toBe(true);
    expect(reloads.latest).toHaveLength(1);
  });

  it('says what has to wait for a restart', async () => {
    join('one', async () => ({ outcome: 'applied', waiting: ['listen.port'] }));
    await reloads.reloadAll();
    expect(reloads.areCurrent).toBe(true);
    expect(problems).toEqual([expect.stringMatching(/^config\/restart-needed \(listen\.port\): /)]);
  });

  it('is read by one at a time, so that what was read last is in force', async () => {
    let running = 0;
    let most = 0;
    join('slow', async () => {
      most = Math.max(most, ++running);
      await new Promise(resolve => setTimeout(resolve, 5));
      running--;
      return { outcome: 'applied' };
    });
    await Promise.all([reloads.reloadAll(), reloads.reloadAll(), reloads.reloadAll()]);
    expect(most).toBe(1);
    expect(told).toHaveLength(3);
  });
});
