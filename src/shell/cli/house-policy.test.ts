/** A policy of the owner's that cannot be read: every command that opens the house says so, and ends. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../../../test/end-to-end/process.js';
import { TestHouse } from '../../../test/support/key-house.js';

let house: TestHouse;
beforeAll(async () => {
  house = await TestHouse.make();
  mkdirSync(house.folder.log, { recursive: true });
  writeFileSync(house.folder.policy, 'quorum none\nwitness w\n');
});
afterAll(() => house.remove());

it.each([[['up', '--port', '0']], [['key', 'list']], [['log', 'retention']]])(
  'policy/malformed: %j names the file and the line, and ends with 1',
  async args => {
    const { code, stderr } = await run([...args, '--data', house.folder.path]);
    expect(stderr).toContain(`policy/malformed (${house.folder.policy}, line 2)`);
    expect(code).toBe(1);
  },
);
