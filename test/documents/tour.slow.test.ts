/** docs/tour.md, from its first command to its last, in one shell. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { blocksOf, Desk } from './document.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-tour-'));
});
afterAll(() => {
  // Where the tour did not come to its end.
  const pid = join(folder, 'gateway.pid');
  try {
    if (existsSync(pid)) process.kill(Number(readFileSync(pid, 'utf8')), 'SIGKILL');
  } catch {
    // It has ended, as it should.
  }
  rmSync(folder, { recursive: true, force: true });
});

it('is walked to its end', async () => {
  const desk = new Desk(folder, 'docs/tour.md', { PORT: String(await freePort()) });
  const names = blocksOf('docs/tour.md').map(({ name }) => name);
  expect(names).toEqual(['start', 'ask', 'keep', 'check', 'change', 'log', 'erase', 'stop']);
  const { code, stdout, stderr } = await desk.run(...names);
  expect([code, stderr]).toEqual([0, '']);
  const seen = [
    '"choices"',
    'PASS ',
    'cosigned by 3 witnesses of 1 controller',
    'FAIL ',
    'content/response-mismatch',
    'exit code 10',
    '\n— countersign.invalid/',
    'is erased; entry',
  ];
  let from = 0;
  for (const text of seen) {
    const at = stdout.indexOf(text, from);
    expect([text, at]).not.toEqual([text, -1]);
    from = at + text.length;
  }
  // What is checked, once more without the content, and once more without a gateway.
  expect(stdout.match(/^PASS /gm)).toHaveLength(3);
  expect(existsSync(join(folder, 'monitor/evidence'))).toBe(false);
}, 180_000);

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
