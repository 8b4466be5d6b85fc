/**
 * Sums vitest's JSON reports into one closing line, after the names of what failed and of what passed at its second try only.
 * Arguments: 1 when a suite failed as a whole, else 0; then the reports.
 */
import { existsSync, readFileSync } from 'node:fs';

const [suiteFailed, ...files] = process.argv.slice(2);
let passed = 0;
let failed = 0;
let skipped = 0;
for (const file of files) {
  const report = JSON.parse(readFileSync(file, 'utf8'));
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  skipped += report.numPendingTests;
  for (const { name, message, assertionResults } of report.testResults) {
    if (message) console.log(`failed: ${name}: ${message.split('\n')[0]}`);
    for (const { status, fullName, failureMessages } of assertionResults)
      if (status === 'failed')
        console.log(
          `failed: ${name}: ${fullName}\n${failureMessages.map(each => each.slice(0, 800)).join('\n')}`,
        );
  }
  if (existsSync(`${file}.unstable`))
    console.log(
      readFileSync(`${file}.unstable`, 'utf8').replaceAll(/^(?=.)/gm, 'passed at the second try: '),
    );
}
// A suite can fail without a failed test: it did not build, a lint warning, a time limit.
if (suiteFailed !== '0' && failed === 0) {
  console.log('failed: a suite as a whole, and none of its tests: see above');
  failed = 1;
}
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
