/** Builds the Go programs once, before the test files that share them. A test finds out here what it cannot have, and why. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { buildGo, type GoProgram } from './go-program.js';

const BUILDS = {
  /** Judges and writes single notes, trees, policies and proofs: `go/`. */
  judge: { module: 'test/interop/go' },
  /** Judges hardware evidence: `interop/evidence`. */
  evidence: { module: 'interop/evidence' },
  torchwood: { module: 'interop/torchwood' },
  litewitness: { module: 'interop/torchwood', package: 'filippo.io/torchwood/cmd/litewitness' },
  transparencyDev: { module: 'interop/transparency-dev' },
  omniwitness: {
    module: 'interop/transparency-dev',
    package: 'github.com/transparency-dev/witness/cmd/omniwitness',
  },
} as const;

export type GoPrograms = Readonly<Record<keyof typeof BUILDS, GoProgram>>;

declare module 'vitest' {
  interface ProvidedContext {
    goPrograms: GoPrograms;
  }
}

export default async function buildPrograms({ provide }: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-interop-'));
  const programs: [string, GoProgram][] = [];
  // One after another: each build uses all cores.
  for (const [name, build] of Object.entries(BUILDS))
    programs.push([name, await buildGo({ ...build, folder })]);
  for (const message of new Set(programs.flatMap(([, { missing }]) => missing ?? []))) console.log(message);
  provide('goPrograms', Object.fromEntries(programs) as GoPrograms);
  return () => rm(folder, { recursive: true, force: true });
}
