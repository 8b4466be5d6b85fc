/** Files of the owner's that cannot be read: every command that opens the house says so, and ends. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../../../test/end-to-end/process.js';
import { TestHouse } from '../../../test/support/key-house.js';

let house: TestHouse;
beforeAll(async () => {
  house = await TestHouse.make();
  mkdirSync(house.folder.log, { recursive: true });
});
afterAll(() => house.remove());

it.each([[['up', '--port', '0']], [['key', 'list']], [['log', 'retention']]])(
  'policy/malformed: %j names the file and the line, and ends with 1',
  async args => {
    writeFileSync(house.folder.policy, 'quorum none\nwitness w\n');
    const { code, stderr } = await run([...args, '--data', house.folder.path]);
    expect(stderr).toContain(`policy/malformed (${house.folder.policy}, line 2)`);
    expect(code).toBe(1);
  },
);

it.each([
  ['controllers', '{', 'not JSON'],
  ['controllers', '{}', 'not a list as in the trust file'],
  ['controllers', '[{"name": 7, "keys": []}]', '0.name'],
  ['statements', '[7]', '0'],
] as const)('trust/member-malformed: %s.json that holds %s', async (member, text, detail) => {
  const file = house.folder[member];
  rmSync(house.folder.policy, { force: true });
  writeFileSync(file, text);
  const { code, stderr } = await run(['key', 'list', '--data', house.folder.path]);
  rmSync(file);
  expect(stderr).toContain(`trust/member-malformed (${file})`);
  expect(stderr).toContain(detail);
  expect(code).toBe(1);
});
