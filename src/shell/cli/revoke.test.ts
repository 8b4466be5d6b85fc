import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../../../test/end-to-end/client.js';
import { run, type Served, serve } from '../../../test/end-to-end/process.js';
import { exchangeOf, fetchBundle } from '../../../test/end-to-end/receipts.js';
import { parseTrust } from '../../appraise/trust.js';
import { formatVerifierKey, keyLabel } from '../../note/key.js';
import { parseBundle } from '../../receipt/bundle.js';
import { RECEIPT } from '../../receipt/receipt.js';
import { readStatement } from '../../receipt/statement.js';

let folder: string;
let gateway: Served;
let exchange: string;
let model: string;
const at = (name: string) => join(folder, name);
const data = () => at('house');
const open = () => serve(['--data', data()]);
const revoke = (...args: string[]) => run(['revoke', '--data', data(), ...args]);
const verified = async (...args: string[]) =>
  JSON.parse((await run(['verify', ...args, '--json'])).stdout) as {
    outcome: string;
    facts: { model: object };
    revocations: object[];
  };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-revoke-'));
  gateway = await open();
  const { address, models, trust } = gateway.summary;
  const body = { model: models[0], messages: [{ role: 'user', content: 'What is a receipt?' }] };
  exchange = exchangeOf(await ask(address, { body }));
  const bundle = await fetchBundle({ address }, exchange);
  writeFileSync(at('before.json'), bundle);
  copyFileSync(trust, at('trust-before.json'));
  model = readStatement(RECEIPT, parseBundle(bundle).envelope).predicate.model.digest as string;
}, 60_000);
afterAll(async () => {
  await gateway.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Some start five commands one after another, on whatever machine. In milliseconds. */
const MANY_COMMANDS = { timeout: 90_000 };

describe('countersign revoke, while the gateway runs', () => {
  it('--dry-run says who would lose a grade, and logs nothing', MANY_COMMANDS, async () => {
    const { code, stdout } = await revoke('--model', model, '--reason', 'defective', '--dry-run', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ field: 'model', value: model, count: expect.any(Number) });
    expect(JSON.parse(stdout)).not.toHaveProperty('entry');
    expect(parseTrust(readFileSync(gateway.summary.trust)).revocations).toEqual([]);
  });

  it(
    'logs it, and lists at once whose grade falls; bundle, trust file and verify say so',
    MANY_COMMANDS,
    async () => {
      const began = Date.now();
      const out = at('losing.jsonl');
      const ended = await revoke('--model', model, '--reason', 'defective', '--out', out, '--json');
      expect([ended.code, ended.stderr]).toEqual([0, '']);
      const revoked = JSON.parse(ended.stdout) as { entry: number; decided: number };
      const losing = { entry: expect.any(Number), exchange, fact: 'model', from: 'asserted', to: 'none' };
      expect(revoked).toMatchObject({
        ...{ field: 'model', value: model, reason: 'defective', since: null, sequence: 0 },
        ...{ witnessed: true, count: 1, receipts: [losing], more: false, behind: 0 },
      });
      expect(JSON.parse(readFileSync(out, 'utf8'))).toMatchObject({ exchange });
      const { address, trust } = gateway.summary;
      writeFileSync(at('after.json'), await fetchBundle({ address }, exchange));
      expect(parseBundle(readFileSync(at('after.json'))).revocations).toHaveLength(1);

      const fallen = {
        grade: 'none',
        revoked: { code: 'revocation/model', was: 'asserted', until: revoked.decided },
      };
      // Whoever has the new bundle, or the new trust file, or both.
      for (const [bundle, trusted] of [
        ['after.json', at('trust-before.json')],
        ['before.json', trust],
        ['after.json', trust],
      ] as const) {
        const { outcome, facts, revocations } = await verified(at(bundle), '--trust', trusted);
        expect([outcome, revocations.length]).toEqual(['pass', 1]);
        expect(facts.model).toMatchObject(fallen);
      }
      const then = new Date(began - 1).toISOString();
      const before = await verified(at('before.json'), '--trust', at('trust-before.json'), '--as-of', then);
      const early = await verified(at('after.json'), '--trust', trust, '--as-of', then);
      expect(early.facts).toEqual(before.facts);
      const { stdout } = await run(['verify', at('after.json'), '--trust', trust]);
      expect(stdout).toMatch(/what it rests on was revoked/);
      expect(stdout).toMatch(/was asserted until .*: revocation\/model/);
      expect(stdout).toMatch(/defective, always bad,\s+known since \S+,\s+entry \d+ of the log/);
    },
  );

  it('once: more cannot be taken away', MANY_COMMANDS, async () => {
    const again = await revoke('--model', model, '--reason', 'withdrawn', '--since', '2026-01-01T00:00:00Z');
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('revocation/repeated')]);
  });
});

describe('countersign revoke', () => {
  it.each<[string, string[], number, string]>([
    ['nothing', [], 64, 'It takes one of'],
    ['two things', ['--chip', 'abcd', '--tcb', 'Revoked'], 64, 'It takes one of'],
    ['what is no chip', ['--chip', 'Jane'], 1, 'revocation/value-malformed'],
    ['the name of no key', ['--key', 'somebody.example+12345678'], 1, 'revocation/value-malformed'],
    [
      'what is bad only from later on',
      ['--tcb', 'Revoked', '--since', '2999-01-01T00:00:00Z'],
      1,
      'revocation/since-future',
    ],
    [
      'what would be bad only from later on',
      ['--tcb', 'Revoked', '--since', '2999-01-01T00:00:00Z', '--dry-run'],
      1,
      'revocation/since-future',
    ],
  ])('of %s is refused', MANY_COMMANDS, async (_, args, code, says) => {
    const ended = await revoke(...args, '--reason', 'vulnerable');
    expect([ended.code, ended.stderr]).toEqual([code, expect.stringContaining(says)]);
  });

  it('of the log’s own keys says that they end by a key change', MANY_COMMANDS, async () => {
    const { issuers, log } = parseTrust(readFileSync(gateway.summary.trust));
    const issuer = issuers[0] as (typeof issuers)[number];
    for (const key of [keyLabel(issuer), formatVerifierKey(issuer), keyLabel(log)]) {
      const { code, stderr } = await revoke('--key', key, '--reason', 'compromised');
      expect([code, stderr]).toEqual([1, expect.stringContaining('revocation/key-of-log')]);
      expect(stderr).toContain('countersign key revoke');
    }
  });

  it('with a reason of its own, or without a house, is wrong usage', MANY_COMMANDS, async () => {
    expect((await revoke('--tcb', 'Revoked', '--reason', 'because')).code).toBe(64);
    expect(
      (await run(['revoke', '--data', at('none'), '--tcb', 'Revoked', '--reason', 'unspecified'])).code,
    ).toBe(64);
  });
});

describe('countersign revoke, while no gateway runs', () => {
  it('logs it itself, and the next start knows of all', MANY_COMMANDS, async () => {
    await gateway.stop();
    const ended = await revoke('--tcb', 'OutOfDate', '--reason', 'vulnerable', '--json');
    expect(JSON.parse(ended.stdout)).toMatchObject({ sequence: 1, witnessed: true, count: 0 });
    const words = await revoke(
      '--chip',
      'AB12',
      '--reason',
      'compromised',
      '--since',
      '2026-01-01T00:00:00Z',
    );
    expect(words.stdout).toMatch(/^Revoked: chip ab12 \(compromised, bad since 2026-01-01/);
    expect(words.stdout).toContain('0 receipts lose a grade');
    gateway = await open();
    const listed = await run(['revocations', '--trust', gateway.summary.trust, '--json']);
    expect(JSON.parse(listed.stdout)).toMatchObject({
      revocations: [{ field: 'model' }, { field: 'tcb' }, { field: 'chip', value: 'ab12' }],
    });
    const said = await run(['revocations', '--trust', gateway.summary.trust]);
    expect(said.stdout).toMatch(/3 revoked:/);
    expect(said.stdout).toMatch(
      /chip {8}ab12\n.*compromised, bad since 2026-01-01T00:00:00.000Z, known since .*, entry \d+/,
    );
    const { address } = gateway.summary;
    // The evidence of none is of that chip or level.
    expect(parseBundle(await fetchBundle({ address }, exchange)).revocations).toHaveLength(1);
  });
});
