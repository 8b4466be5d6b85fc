import { defineConfig } from 'vitest/config';
import { reporters } from './vitest.shared.js';

/** The bounded slow suites: crashes and longer fuzzing. */
export default defineConfig({
  test: {
    include: ['test/slow/**/*.test.ts'],
    // One waits for processes while another computes.
    maxWorkers: 2,
    testTimeout: 600_000,
    hookTimeout: 120_000,
    reporters,
  },
});
