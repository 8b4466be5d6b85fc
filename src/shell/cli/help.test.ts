import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { run } from '../../../test/end-to-end/process.js';

/** Some eighty, one after another. */
const MANY_COMMANDS = { timeout: 60_000 };

describe('--help', () => {
  it.each([
    ['countersign', []],
    ['up', ['up']],
    ['status', ['status']],
    ['reload', ['reload']],
    ['verify', ['verify']],
    ['verify-cose', ['verify-cose']],
    ['appraise', ['appraise']],
    ['compare', ['compare']],
    ['trust', ['trust']],
    ['evidence verify', ['evidence', 'verify']],
    ['evidence explain', ['evidence', 'explain']],
    ['import opengradient', ['import', 'opengradient']],
    ['import aci', ['import', 'aci']],
    ['import near', ['import', 'near']],
    ['import air', ['import', 'air']],
    ['receipt', ['receipt']],
    ['submit', ['submit']],
    ['erase', ['erase']],
    ['access', ['access']],
    ['access list', ['access', 'list']],
    ['access create', ['access', 'create']],
    ['access rotate', ['access', 'rotate']],
    ['access revoke', ['access', 'revoke']],
    ['access limit', ['access', 'limit']],
    ['fees', ['fees']],
    ['recount', ['recount']],
    ['refund', ['refund']],
    ['policy', ['policy']],
    ['policy lint', ['policy', 'lint']],
    ['policy explain', ['policy', 'explain']],
    ['policy try', ['policy', 'try']],
    ['appraisal', ['appraisal']],
    ['appraisal lint', ['appraisal', 'lint']],
    ['appraisal explain', ['appraisal', 'explain']],
    ['appraisal try', ['appraisal', 'try']],
    ['releases', ['releases']],
    ['releases verify', ['releases', 'verify']],
    ['releases import', ['releases', 'import']],
    ['releases check', ['releases', 'check']],
    ['demo', ['demo']],
    ['log', ['log']],
    ['log fsck', ['log', 'fsck']],
    ['log restore', ['log', 'restore']],
    ['witness', ['witness']],
    ['mirror', ['mirror']],
    ['mirror push', ['mirror', 'push']],
    ['key list', ['key', 'list']],
    ['key rotate', ['key', 'rotate']],
    ['key revoke', ['key', 'revoke']],
    ['key propose', ['key', 'propose']],
    ['key admit', ['key', 'admit']],
    ['validator', ['validator']],
    ['validator agree', ['validator', 'agree']],
    ['validator audit', ['validator', 'audit']],
    ['validator overturn', ['validator', 'overturn']],
    ['validator record', ['validator', 'record']],
  ])('of %s: what it is for, with examples', async (name, args) => {
    const { code, stdout, stderr } = await run([...args, '--help']);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toContain(`Usage: ${args.length === 0 ? name : `countersign ${name}`}`);
    expect(stdout).toMatch(/^Examples:\n {2}countersign /m);
    if (args.length > 0) expect(stdout).toMatch(/^Exit codes: 0 /m);
    if (args.length > 0) expect(stdout).toContain('--json');
  });

  it('of each command, and of each that is below one: examples and exit codes', MANY_COMMANDS, async () => {
    const lacking: string[] = [];
    const walk = async (path: readonly string[]): Promise<void> => {
      const { stdout } = await run([...path, '--help']);
      // The first of all has no codes of its own.
      const hasCodes = path.length === 0 || /^Exit codes( with --once)?: 0 /m.test(stdout);
      if (!/^Examples:\n {2}/m.test(stdout) || !hasCodes) lacking.push(path.join(' '));
      const [, listed = ''] = stdout.split('\nCommands:\n');
      const below = [...(listed.split('\n\n')[0] ?? '').matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name);
      for (const name of below) if (name !== undefined && name !== 'help') await walk([...path, name]);
    };
    await walk([]);
    expect(lacking).toEqual([]);
  });

  it('of all commands: each has its place in docs/reference.md', async () => {
    const { stdout } = await run(['--help']);
    const [, listed = ''] = stdout.split('\nCommands:\n');
    const names = [...(listed.split('\n\n')[0] ?? '').matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name);
    const page = readFileSync(new URL('../../../docs/reference.md', import.meta.url), 'utf8');
    const [, section = ''] = /^## Commands$(.*?)^## /ms.exec(page) ?? [];
    const named = (name = '') => new RegExp(`countersign ${name}\\b(?!-)|\`${name}\``).test(section);
    expect(names.length).toBeGreaterThan(30);
    expect(names.filter(name => name !== 'help' && !named(name))).toEqual([]);
  });

  it('names every command', async () => {
    const { stdout } = await run(['--help']);
    for (const name of [
      'up',
      'verify',
      'appraise',
      'compare',
      'validator',
      'verify-cose',
      'trust',
      'receipt',
      'submit',
      'erase',
      'demo',
      'log',
    ])
      expect(stdout).toMatch(new RegExp(`^ {2}${name}\\b`, 'm'));
  });
});

describe('countersign', () => {
  it('--version is the package’s', async () => {
    const { version } = JSON.parse(
      readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
    ) as {
      version: string;
    };
    expect((await run(['--version'])).stdout).toBe(`${version}\n`);
  });

  it.each([
    ['without a command', []],
    ['with an unknown one', ['fly']],
    ['with an unknown option', ['--fast']],
  ])('%s is wrong usage, and says so', async (_, args) => {
    const { code, stdout, stderr } = await run(args);
    expect(code).toBe(64);
    expect(stdout).toBe('');
    expect(stderr.length).toBeGreaterThan(0);
  });
});
