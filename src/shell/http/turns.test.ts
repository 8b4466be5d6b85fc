import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Turns } from './turns.js';

/** Work that takes so many milliseconds of a clock of its own. */
class Bench {
  clock = 0;
  readonly done: string[] = [];
  readonly turns = new Turns(() => this.clock);

  work(name: string, cost: number): () => void {
    return () => {
      this.done.push(name);
      this.clock += cost;
    };
  }
}

/** Resolves when everybody has been heard once. */
const round = () => new Promise<void>(resolve => setImmediate(resolve));

describe('what may take long', () => {
  it('is done at once while a round has time for it, and then waits, in order', async () => {
    const bench = new Bench();
    const run = (name: string, cost: number) => bench.turns.run(bench.work(name, cost));
    expect([run('a', 2), run('b', 2), run('c', 2), run('d', 2), run('e', 2)]).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(bench.done).toEqual(['a', 'b', 'c']);
    await round();
    expect(bench.done).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('is made up for by as many rounds as it took too long', async () => {
    const bench = new Bench();
    bench.turns.run(bench.work('long', 22));
    bench.turns.run(bench.work('next', 1));
    for (let rounds = 0; rounds < 3; rounds++) {
      await round();
      expect(bench.done).toEqual(['long']);
    }
    await round();
    expect(bench.done).toEqual(['long', 'next']);
  });

  it('overtakes nothing that waits, though there were time for it', async () => {
    const bench = new Bench();
    bench.turns.run(bench.work('long', 6));
    bench.turns.run(() => {
      bench.done.push('waiting');
      bench.turns.run(bench.work('inner', 1));
    });
    bench.turns.run(bench.work('later', 1));
    await round();
    await round();
    expect(bench.done).toEqual(['long', 'waiting', 'later', 'inner']);
  });

  it('is no part of a few kilobytes, which never waits', () => {
    const bench = new Bench();
    bench.turns.run(bench.work('long', 1000));
    expect(bench.turns.take(4096, bench.work('little', 1))).toBe(true);
    expect(bench.turns.take(4097, bench.work('much', 1))).toBe(false);
    expect(bench.done).toEqual(['long', 'little']);
  });

  it('says what came of it, when it is done', async () => {
    const bench = new Bench();
    bench.turns.run(bench.work('long', 6));
    const fine = bench.turns.perform(() => 'fine');
    const broken = bench.turns.perform(() => {
      throw new Error('broken');
    });
    await expect(broken).rejects.toThrow('broken');
    expect(await fine).toBe('fine');
  });

  it('is all done once, in order, and no round has more of it than its share and one work that was begun', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 200 }), async costs => {
        const bench = new Bench();
        for (const [at, cost] of costs.entries()) bench.turns.run(bench.work(String(at), cost));
        let before = 0;
        let rounds = 0;
        for (; bench.done.length < costs.length; rounds++) {
          const spent = bench.clock - before;
          expect(spent).toBeLessThanOrEqual(5 + 20);
          before = bench.clock;
          await round();
        }
        expect(bench.done).toEqual(costs.map((_, at) => String(at)));
        const total = costs.reduce((sum, cost) => sum + cost, 0);
        expect(rounds).toBeLessThanOrEqual(total / 5 + 1);
      }),
      { numRuns: 50 },
    );
  });
});
