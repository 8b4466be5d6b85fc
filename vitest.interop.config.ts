import { defineConfig } from 'vitest/config';
import { reporters, retry } from './vitest.shared.js';

/** Foreign implementations against ours. A peer that cannot be had is skipped with a message. */
export default defineConfig({
  test: {
    include: ['test/interop/**/*.test.ts'],
    globalSetup: ['test/interop/build-programs.ts'],
    testTimeout: 300_000,
    hookTimeout: 600_000,
    reporters,
    retry,
  },
});
