/**
 * Names every test that passed at its second try only, and what its first try said. A machine that others use now and then breaks off a
 * test that waits for the network; that must not stop a change, and must not be forgotten either.
 */
import { appendFileSync } from 'node:fs';
import type { Reporter, TestCase } from 'vitest/node';

export class UnstableReporter implements Reporter {
  readonly #file: string;

  /** @param file - Where a line for each such test is added. */
  constructor(file: string) {
    this.#file = file;
  }

  onTestCaseResult(test: TestCase): void {
    if (test.diagnostic()?.flaky !== true) return;
    const [first] = test.result().errors ?? [];
    const said = first?.message.split('\n')[0] ?? 'no message';
    appendFileSync(this.#file, `${test.module.relativeModuleId}: ${test.fullName}: ${said}\n`);
  }
}
