import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../../../test/end-to-end/process.js';
import { TestHouse } from '../../../test/support/key-house.js';
import { parseTrust } from '../../appraise/trust.js';
import { formatVerifierKey, KEY_TYPE, keyLabel } from '../../note/key.js';
import { openSigningKey, type SigningKey } from '../files/keys.js';

let house: TestHouse;
let first: SigningKey;
let second: SigningKey;
const at = (name: string) => join(house.folder.path, name);
const key = (...args: string[]) => run(['key', ...args, '--data', house.folder.path]);
const validators = () => parseTrust(readFileSync(house.folder.trust)).validators.map(keyLabel);
const agree = (...args: string[]) =>
  run(['validator', 'agree', at('proposal'), '--out', at('agreed'), ...args]);

beforeAll(async () => {
  house = await TestHouse.make();
  await house.using(async () => undefined);
  first = await openSigningKey(at('first.key'), 'validator.example', KEY_TYPE.ed25519);
  second = await openSigningKey(at('second.key'), 'validator.example', KEY_TYPE.ed25519);
});
afterAll(() => house.remove());

it('nobody is admitted who has not agreed, or by an agreement to something else', async () => {
  await key('propose', formatVerifierKey(first.key), '--out', at('proposal'));
  const refused = await key('admit', at('proposal'));
  expect(refused.code).toBe(64);
  expect(refused.stderr).toContain('nobody has agreed to what is in');
  expect((await agree('--key', at('second.key'))).code).toBe(64);
  expect(validators()).toEqual([]);
});

it('each says what the other does next, and no private key is repeated', async () => {
  const proposed = await key('propose', formatVerifierKey(first.key), '--out', at('proposal'));
  const next = /npx countersign (validator agree \S+ --key )<file>( --out )agreed\.json/.exec(
    proposed.stdout,
  );
  expect(next?.[1]).toContain(at('proposal'));
  expect((await agree('--key', at('first.key'))).stdout).toContain(
    `npx countersign key admit ${at('agreed')}`,
  );
  const secret = readFileSync(at('first.key'), 'utf8').trim();
  const refused = await key('propose', secret, '--out', at('x'));
  expect(refused.code).toBe(64);
  expect(refused.stderr).toContain('private key');
  expect(refused.stderr).not.toContain(secret.slice(-20));
});

it('is admitted, and an agreement is used up', async () => {
  expect((await agree('--key', at('first.key'))).code).toBe(0);
  const admitted = await key('admit', at('agreed'), '--json');
  expect(JSON.parse(admitted.stdout)).toMatchObject({ action: 'add', key: keyLabel(first.key) });
  expect(validators()).toEqual([keyLabel(first.key)]);
  expect((await key('admit', at('agreed'))).stderr).toContain('key/change-out-of-order');
  expect((await key('list')).stdout).toContain(`validator  ${keyLabel(first.key)}  in force`);
});

it('rotates with the agreement of both keys', async () => {
  const label = keyLabel(first.key);
  await key('propose', formatVerifierKey(second.key), '--in-place-of', label, '--out', at('proposal'));
  await agree('--key', at('first.key'), '--new-key', at('second.key'));
  expect((await key('admit', at('agreed'))).code).toBe(0);
  expect(validators()).toEqual([keyLabel(second.key)]);
  const { retired } = parseTrust(readFileSync(house.folder.trust));
  expect(retired).toMatchObject([{ role: 'validator', why: 'rotated', successor: keyLabel(second.key) }]);
});

it('is revoked by the recovery key without its word, and by the issuer with it alone', async () => {
  const label = keyLabel(second.key);
  await key('propose', label, '--revoke', '--out', at('proposal'));
  expect((await key('admit', at('proposal'))).stderr).toContain('key/change-forbidden');
  const recovery = ['--recovery-key', house.folder.recoveryKey];
  await key('propose', label, '--revoke', '--out', at('proposal'), ...recovery);
  expect((await key('admit', at('proposal'), ...recovery)).code).toBe(0);
  expect(validators()).toEqual([]);
});

it.each<[string, string[]]>([
  ['what is no key', ['propose', 'validator', '--out', 'x']],
  ['a stranger’s label', ['propose', 'other.example+00000000', '--revoke', '--out', 'x']],
  ['two things at once', ['propose', 'a', '--revoke', '--in-place-of', 'b', '--out', 'x']],
  ['a recovery key that is not there', ['admit', 'package.json', '--recovery-key', 'nowhere']],
])('%s is wrong usage', async (_, args) => {
  const { code } = await key(...args);
  expect(code === 64 || code === 1).toBe(true);
});
