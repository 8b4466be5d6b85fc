import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../../../test/end-to-end/process.js';
import type { Verification } from '../../appraise/verify.js';

let temporary: string;

beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'countersign-demo-test-'));
});

afterEach(() => {
  rmSync(temporary, { recursive: true, force: true });
});

/** It does more than most commands, and a busy machine takes its time. */
const options = () => ({ environment: { TMPDIR: temporary }, limit: 60_000 });

describe('countersign demo', { timeout: 60_000 }, () => {
  it('asks, verifies, tampers and fails, and leaves nothing behind', async () => {
    const { code, stdout, stderr } = await run(['demo'], options());
    expect(code).toBe(0);
    expect(stderr).toBe('');
    const at = [
      'What is a receipt?',
      'PASS',
      'FAIL',
      'content/response-mismatch',
      'FAIL',
      'envelope/signature-invalid',
    ];
    let from = 0;
    for (const text of at) {
      const found = stdout.indexOf(text, from);
      expect(found, text).toBeGreaterThanOrEqual(from);
      from = found + 1;
    }
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('--json: one line with the answer and the three verifications', async () => {
    const { code, stdout } = await run(['demo', '--json'], options());
    expect(code).toBe(0);
    expect(stdout.match(/\n/g)).toHaveLength(1);
    const steps = JSON.parse(stdout) as { answer: string } & Record<string, Verification>;
    expect(steps.answer.length).toBeGreaterThan(0);
    expect(steps.genuine?.outcome).toBe('pass');
    expect(steps.genuine?.checks.filter(({ status }) => status !== 'pass').map(({ name }) => name)).toEqual([
      'epoch',
    ]);
    expect(steps.answerAltered?.outcome).toBe('fail');
    expect(steps.bundleAltered?.outcome).toBe('fail');
  });
});
