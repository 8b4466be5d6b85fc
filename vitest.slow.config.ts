import { defineConfig } from 'vitest/config';
import { reporters } from './vitest.shared.js';

/** The bounded slow suites: crashes, longer fuzzing, and what takes whole processes many seconds. */
export default defineConfig({
  test: {
    include: ['test/slow/**/*.test.ts', 'src/**/*.slow.test.ts'],
    // One waits for processes while another computes.
    maxWorkers: 2,
    testTimeout: 600_000,
    hookTimeout: 120_000,
    reporters,
  },
});
