/** Sums vitest's JSON reports into one closing line. Arguments: 1 when a suite failed as a whole, else 0; then the reports. */
import { readFileSync } from 'node:fs';

const [suiteFailed, ...files] = process.argv.slice(2);
let passed = 0;
let failed = 0;
let skipped = 0;
for (const file of files) {
  const report = JSON.parse(readFileSync(file, 'utf8'));
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  skipped += report.numPendingTests;
}
// A suite can fail without a failed test: it did not build, a lint warning, a time limit.
if (suiteFailed !== '0' && failed === 0) failed = 1;
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
