/** What every suite's configuration shares: a report for whoever sums the suites up, and how often a test is tried. */
import type { InlineConfig } from 'vitest/node';
import { UnstableReporter } from './test/support/unstable-reporter.js';

const report = process.env.COUNTERSIGN_TEST_REPORT;

export const reporters: NonNullable<InlineConfig['reporters']> =
  report === undefined
    ? ['default']
    : ['default', ['json', { outputFile: report }], new UnstableReporter(`${report}.unstable`)];

/** Whoever asks for a report gets a second try for what failed, and the names of what needed it. By hand, what fails fails. */
export const retry = report === undefined ? 0 : 1;
