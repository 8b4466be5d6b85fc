/**
 * How much is tried, and with which random numbers. `COUNTERSIGN_FUZZ_SEED` repeats a run; `COUNTERSIGN_FUZZ_RUNS` says how many inputs each
 * reader gets, for whoever has a night.
 */
import fc from 'fast-check';
import { mutants } from '../support/mutation.js';
import { type Fate, fateOf, noise, type Reader } from './reader.js';

const given = (name: string): number | null => {
  const text = process.env[name];
  if (text === undefined) return null;
  if (!/^[0-9]{1,10}$/.test(text)) throw new Error(`${name} is no number`);
  return Number(text);
};

export const SEED = given('COUNTERSIGN_FUZZ_SEED') ?? Math.floor(Math.random() * 2 ** 31);

/** How many inputs are tried where so many are usual. */
export function runs(usual: number): number {
  return given('COUNTERSIGN_FUZZ_RUNS') ?? usual;
}

/** How many inputs a reader gets where one that costs as little as any gets so many. */
export function runsFor(reader: Reader, usual: number): number {
  return Math.max(20, Math.ceil(runs(usual) / (reader.cost ?? 1)));
}

/** Damages what a reader reads, so often, and sees to it that the reader keeps its word about all of it. Tells what became of the inputs. */
export async function fuzz(reader: Reader, runs: number): Promise<Readonly<Record<Fate, number>>> {
  const { genuine, others = [], damage } = reader;
  const damaged = [
    { arbitrary: mutants(genuine, [...genuine, ...others]), weight: 6 },
    ...(others.length === 0 ? [] : [{ arbitrary: mutants(others, genuine), weight: 2 }]),
    ...(damage === undefined ? [] : [{ arbitrary: damage, weight: 8 }]),
    { arbitrary: noise, weight: 1 },
  ];
  const fates = { read: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(fc.oneof(...damaged), async bytes => {
      fates[await fateOf(reader, bytes)]++;
    }),
    { numRuns: runs, seed: SEED },
  );
  return fates;
}
