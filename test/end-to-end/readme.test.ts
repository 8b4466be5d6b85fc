/** The README's first screen is what the demonstration prints today: `npm run picture` writes it, and this notices when it no longer is. */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { run } from './process.js';

const ROOT = new URL('../../', import.meta.url);

/** What is random or of its time, in the same number of characters. */
function withoutChance(text: string): string {
  return text
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/\b[a-z2-7]{26}\b/g, 'EXCHANGE')
    .replaceAll(/countersign\.invalid\/[0-9a-f]{16}/g, 'ORIGIN')
    .replaceAll(/issuer\+[0-9a-f]{8}/g, 'ISSUER')
    .replaceAll(/entry \d+ of \d+/g, 'ENTRY');
}

it('the first screen is the output of npm run demo', { timeout: 60_000 }, async () => {
  const { stdout } = await run(['demo'], { limit: 60_000 });
  const readme = await readFile(new URL('README.md', ROOT), 'utf8');
  const shown = /<!-- demo -->\n```text\n\$ npm run demo\n(.*?)\n```\n<!-- \/demo -->/s.exec(readme)?.[1];
  const lines = stdout.trimEnd().split('\n');
  expect(withoutChance(shown ?? '')).toBe(withoutChance(lines.map(line => line.trimEnd()).join('\n')));
});
