import { defineConfig } from 'vitest/config';
import { memoryFolder } from './test/support/memory-folder.js';
import { reporters, retry } from './vitest.shared.js';

const folder = memoryFolder();

/** Unit and end-to-end tests: what `npm test` runs. */
export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['test/slow/**', 'test/interop/**', '{src,test}/**/*.slow.test.ts'],
    env: folder === null ? {} : { TMPDIR: folder },
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // A busy machine takes its time; what never comes still fails.
    expect: { poll: { timeout: 15_000 } },
    // Much of the time is waiting for child processes and clocks, so that three at once finish sooner even on two cores.
    maxWorkers: 3,
    // Nothing of ours is kept in a module that another test's file could find changed; loading all of it anew costs a fifth of the time.
    isolate: false,
    reporters,
    retry,
  },
});
