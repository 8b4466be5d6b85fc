import { defineConfig } from 'vitest/config';
import { reporters, retry } from './vitest.shared.js';

/** The bounded slow suites: crashes, longer fuzzing, and what takes whole processes many seconds. */
export default defineConfig({
  test: {
    include: [
      'test/slow/**/*.test.ts',
      'src/**/*.slow.test.ts',
      // Unit tests that take a sample there, and everything here.
      'src/appraise/verdict/forged-runs.test.ts',
      'src/client/streamed-answers.test.ts',
      'src/evidence/nvidia/mutation.test.ts',
      'src/evidence/nvidia/nras/verify.test.ts',
      'src/evidence/nvidia/rim/manifest.test.ts',
      'src/evidence/x509/ocsp.test.ts',
      'src/evidence/dcap/genuine.test.ts',
      'src/evidence/dcap/mutation.test.ts',
      'src/evidence/dcap/quote.test.ts',
      'src/evidence/dcap/verify.test.ts',
      'src/evidence/nitro/mutation.test.ts',
      'src/evidence/snp/mutation.test.ts',
      'src/evidence/x509/certificate.test.ts',
      'src/exchange/translate/answers.test.ts',
      'src/exchange/translate/hostile.test.ts',
      'src/exchange/translate/requests.test.ts',
      'src/note/policy.test.ts',
      'src/receipt/key-history.test.ts',
      'src/shell/archive/evidence-records.test.ts',
      'src/shell/cli/reconcile/one-of-many.test.ts',
      'src/shell/gateway/broken-streams.test.ts',
      'src/shell/mirror/mirrored-log.test.ts',
      'src/shell/tiles/key-index.test.ts',
      'test/end-to-end/cut-streams.test.ts',
      'test/receipts.test.ts',
    ],
    // Its bound on memory is not met in every run since contents go to the sealing thread, which holds more copies of large ones: `npm run test:hostile`.
    exclude: process.env.COUNTERSIGN_HOSTILE === '1' ? [] : ['test/slow/hostile/**'],
    env: { COUNTERSIGN_THOROUGH: '1' },
    // One waits for processes while another computes.
    maxWorkers: 2,
    testTimeout: 600_000,
    hookTimeout: 120_000,
    reporters,
    retry,
  },
});
