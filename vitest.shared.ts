/** What every suite's configuration shares: a report for whoever sums the suites up. */
import type { InlineConfig } from 'vitest/node';

const report = process.env.COUNTERSIGN_TEST_REPORT;

export const reporters: NonNullable<InlineConfig['reporters']> =
  report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]];
