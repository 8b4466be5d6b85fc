import { defineConfig } from 'vitest/config';
import { sampledTests } from './test/support/sampled-tests.js';
import { reporters, retry } from './vitest.shared.js';

/** The bounded slow suites: crashes, longer fuzzing, and what takes whole processes many seconds. */
export default defineConfig({
  test: {
    include: [
      'test/slow/**/*.test.ts',
      '{src,test}/**/*.slow.test.ts',
      // Unit tests that take a sample there, and everything here.
      ...sampledTests(),
    ],
    env: { COUNTERSIGN_THOROUGH: '1' },
    // One waits for processes while another computes.
    maxWorkers: 2,
    testTimeout: 600_000,
    hookTimeout: 120_000,
    reporters,
    retry,
  },
});
