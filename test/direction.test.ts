import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { check, type Violation } from './direction/check.js';
import { oldFunctions } from './direction/old-functions.js';
import { ROOMS } from './direction/rooms.js';

const SOURCE = new URL('../src/', import.meta.url);

function sourcesOfThisProject(): Map<string, string> {
  const paths = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
    .map(path => path.replaceAll('\\', '/'))
    .filter(path => /\.tsx?$/.test(path) && !path.endsWith('.test.ts'));
  return new Map(paths.map(path => [path, readFileSync(new URL(path, SOURCE), 'utf8')]));
}

/** What the checker says about these files, as lines that are easy to read in a failing test. */
function verdict(files: Record<string, string>): string[] {
  return lines(check(new Map(Object.entries(files))));
}

function lines(violations: readonly Violation[]): string[] {
  return violations.map(({ file, symbol, why }) => `src/${file}: ${symbol}: ${why}`);
}

describe('this project', () => {
  const sources = sourcesOfThisProject();

  it('is read: every file that is known to exist, and many more', () => {
    for (const path of ['reason.ts', 'bytes/json.ts', 'note/policy.ts', 'tree/merkle.ts', 'shell/node.ts'])
      expect(sources.has(path)).toBe(true);
    expect(sources.size).toBeGreaterThan(20);
  });

  // All of the source is parsed, which takes a busy machine its time.
  it('keeps the direction', { timeout: 60_000 }, () => {
    expect(lines(check(sources))).toEqual([]);
  });
});

describe('what requests pass through makes no function among what is old', () => {
  it('in this project', { timeout: 60_000 }, () => {
    expect(oldFunctions(sourcesOfThisProject())).toEqual([]);
  });

  it.each([
    ['this.told = () => 1;', true],
    ['delivery.told = async reason => reason;', true],
    ['this.#told = function told() {};', true],
    ['all[name] = () => 1;', true],
    ['const told = () => 1; delivery.told = told;', false],
    ['delivery.whenTold(() => 1);', false],
    ['told = () => 1;', false],
    ['const all = { told: () => 1 };', false],
  ])('%s: %s', (statement, isOne) => {
    const text = `\n${statement}\n`;
    expect(oldFunctions(new Map([['shell/gateway/a.ts', text]]))).toEqual(
      isOne ? ['src/shell/gateway/a.ts:2'] : [],
    );
    expect(oldFunctions(new Map([['shell/cli/a.ts', text]]))).toEqual([]);
  });
});

describe('imports point only up the list of rooms', () => {
  const pathIn = (name: string) => (name === 'shell' ? 'shell/log/a.ts' : `${name}/a.ts`);
  const pairs = ROOMS.flatMap((from, i) => ROOMS.map((to, j) => ({ from, to, allowed: j <= i })));

  it.each(pairs)('from $from to $to: $allowed', ({ from, to, allowed }) => {
    const up = '../'.repeat(pathIn(from).split('/').length - 1);
    const importing = `import { b } from '${up}${pathIn(to).replace('a.ts', 'b.js')}';\nexport const a = b;\n`;
    const found = verdict({
      [pathIn(from)]: importing,
      [pathIn(to).replace('a.ts', 'b.ts')]: 'export const b = 1;\n',
    });
    expect(found).toEqual(allowed ? [] : [`src/${pathIn(from)}: b: an import of the lower room ${to}`]);
  });

  it.each([
    ['a type', "import type { B } from '../tree/b.js';\nexport type A = B;\n", 'B'],
    ['a re-export', "export { b } from '../tree/b.js';\n", '{ b }'],
    ['a re-export of everything', "export * from '../tree/b.js';\n", '*'],
    ['an import for its effect', "import '../tree/b.js';\n", '*'],
    ['a namespace', "import * as b from '../tree/b.js';\nexport const a = b;\n", '*'],
    ['a default', "import b from '../tree/b.js';\nexport const a = b;\n", 'b'],
    ['a dynamic import', "export const a = () => import('../tree/b.js');\n", 'import()'],
    ['a type in import()', "export type A = import('../tree/b.js').B;\n", 'import()'],
    ['an import with =', "import b = require('../tree/b.js');\nexport const a = b;\n", 'b'],
  ])('%s of a lower room', (_, text, symbol) => {
    expect(verdict({ 'note/a.ts': text })).toEqual([
      `src/note/a.ts: ${symbol}: an import of the lower room tree`,
    ]);
  });

  it('rooms that are one file have a place on the list as well', () => {
    expect(verdict({ 'reason.ts': "import './bytes/b.js';\n" })).toHaveLength(1);
    expect(verdict({ 'reason-table.ts': '', 'reason.ts': "import './reason-table.js';\n" })).toEqual([]);
  });

  it('no room is made without a place on the list, and nothing outside src/ is imported', () => {
    expect(verdict({ 'common/a.ts': '' })).toEqual([
      'src/common/a.ts: common/a.ts: a file in a room that is not on the list',
    ]);
    expect(verdict({ 'shell/log/a.ts': "import '../../common/b.js';\n" })).toHaveLength(1);
    expect(verdict({ 'note/a.ts': "import '../../test/support/keys.js';\n" })).toEqual([
      'src/note/a.ts: *: an import that leaves src/',
    ]);
  });
});

describe('no import cycle', () => {
  it('of two files in one room', () => {
    expect(verdict({ 'note/a.ts': "import './b.js';\n", 'note/b.ts': "import './a.js';\n" })).toEqual([
      'src/note/a.ts: note/a.ts -> note/b.ts -> note/a.ts: an import cycle',
    ]);
  });

  it('of types alone', () => {
    const found = verdict({
      'note/a.ts': "import type { B } from './b.js';\nexport type A = B;\n",
      'note/b.ts': "import type { C } from './c.js';\nexport type B = C;\n",
      'note/c.ts': "import type { A } from './a.js';\nexport type C = A;\n",
    });
    expect(found).toEqual([
      'src/note/a.ts: note/a.ts -> note/b.ts -> note/c.ts -> note/a.ts: an import cycle',
    ]);
  });

  it('of a file with itself', () => {
    expect(verdict({ 'note/a.ts': "import './a.js';\n" })).toEqual([
      'src/note/a.ts: note/a.ts -> note/a.ts: an import cycle',
    ]);
  });

  it('two ways to one file are no cycle', () => {
    const files = {
      'note/a.ts': "import './b.js';\nimport './c.js';\n",
      'note/b.ts': "import './c.js';\n",
      'note/c.ts': '',
    };
    expect(verdict(files)).toEqual([]);
  });
});

describe('shells meet only through the command line', () => {
  const importing = (from: string, target: string) => verdict({ [from]: `import '${target}';\n` });

  it.each([
    ['shell/log/a.ts', '../witness/b.js', 'witness'],
    ['shell/log/deep/a.ts', '../../witness/b.js', 'witness'],
    ['shell/log/a.ts', '../cli/b.js', 'cli'],
    ['shell/log.ts', './witness.js', 'witness'],
    ['shell/files/a.ts', '../log/b.js', 'log'],
    ['shell/node.ts', './log/b.js', 'log'],
  ])('%s may not import %s', (from, target, other) => {
    expect(importing(from, target)).toEqual([`src/${from}: *: an import of another shell: ${other}`]);
  });

  it.each([
    ['shell/cli/a.ts', '../log/b.js'],
    ['shell/log/a.ts', './b.js'],
    ['shell/log/deep/a.ts', '../b.js'],
    ['shell/log/a.ts', '../node.js'],
    ['shell/log/a.ts', '../files/b.js'],
    ['shell/log/a.ts', '../../client.js'],
  ])('%s may import %s', (from, target) => {
    expect(importing(from, target)).toEqual([]);
  });
});

describe('outside shell/: only @noble/* and valibot', () => {
  it.each(['node:crypto', 'fs', 'undici', '@noblest/hashes', 'valibot-extra', '#internal'])(
    'not %s',
    specifier => {
      const text = `import { b } from '${specifier}';\nexport const a = b;\n`;
      expect(verdict({ 'note/a.ts': text })).toHaveLength(1);
      expect(verdict({ 'note/a.ts': text.replace('import {', 'import type {') })).toHaveLength(1);
      expect(verdict({ 'shell/log/a.ts': text })).toEqual([]);
    },
  );

  it.each(['@noble/hashes/sha2.js', '@noble/curves/ed25519.js', 'valibot'])('%s is allowed', specifier => {
    expect(verdict({ 'note/a.ts': `import { b } from '${specifier}';\nexport const a = b;\n` })).toEqual([]);
  });

  it('an import() of a computed name could be anything', () => {
    const text = 'export const a = (name: string) => import(name);\n';
    expect(verdict({ 'note/a.ts': text })).toEqual([
      'src/note/a.ts: import(): an import() of what is not written there',
    ]);
    expect(verdict({ 'shell/engine/a.ts': text })).toEqual([]);
  });
});

describe('outside shell/: no clock, no randomness, no environment', () => {
  it.each([
    ['Buffer', "export const a = Buffer.from('');"],
    ['Buffer', 'export let a: Buffer;'],
    ['Buffer', 'export let a: readonly Buffer[];'],
    ['NodeJS', 'export let a: NodeJS.Timeout;'],
    ['process', 'export const a = process.env;'],
    ['process', "export const a = process['env'];"],
    ['process', 'export const { env } = process;'],
    ['fetch', "export const a = fetch('');"],
    ['fetch', 'export const a = { fetch };'],
    ['fetch', 'export const a = { get: fetch };'],
    ['fetch', 'export const a = (get = fetch) => get;'],
    ['fetch', 'export const { get = fetch } = {};'],
    ['fetch', "export const a = globalThis.fetch('');"],
    ['fetch', "export const a = globalThis['fetch'];"],
    ['globalThis', 'export const { fetch } = globalThis;'],
    ['Date.now', 'export const a = Date.now();'],
    ['Date.now', 'export const a = globalThis.Date.now();'],
    ['Date.now', "export const a = Date['now'];"],
    ['Date', 'export const { now } = Date;'],
    ['Date', 'export const a = Date();'],
    ['Date', 'export const a = [Date];'],
    ['new Date()', 'export const a = new Date();'],
    ['new Date()', 'export const a = new Date;'],
    ['performance', 'export const a = performance.now();'],
    ['Math.random', 'export const a = Math.random();'],
    ['Math', 'export const { random } = Math;'],
    ['setTimeout', 'setTimeout(() => undefined, 1);'],
    ['setInterval', 'setInterval(() => undefined, 1);'],
    ['setImmediate', 'setImmediate(() => undefined);'],
    ['AbortSignal.timeout', 'export const a = AbortSignal.timeout(1);'],
    ['crypto.getRandomValues', 'export const a = crypto.getRandomValues(new Uint8Array(1));'],
    ['crypto.randomUUID', 'export const a = crypto.randomUUID();'],
    ['crypto', 'export const { subtle } = crypto;'],
    ['require', "export const a = require('node:fs');"],
    ['self', 'export const a = self.crypto;'],
  ])('%s in: %s', (symbol, text) => {
    expect(verdict({ 'note/a.ts': text })).toContain(`src/note/a.ts: ${symbol}: not for pure code`);
    expect(verdict({ 'shell/log/a.ts': text })).toEqual([]);
  });

  it.each([
    ['a parameter of that name', "export const a = (fetch: (url: string) => unknown) => fetch('');"],
    ['a parameter of the type of a global', 'export const a = (get: typeof fetch) => get;'],
    ['a member of that name', 'export const a = (b: { process: number }) => b.process;'],
    ['a method of that name', 'export class A { fetch() { return 1; } }'],
    ['an interface that has it', 'export interface A { fetch(url: string): unknown; process: number }'],
    ['a property of that name', 'export const a = { process: 1, performance: 2 };'],
    ['a type of that name, declared here', 'interface Buffer { length: number }\nexport let a: Buffer;'],
    ['an import of that name', "import { fetch } from './b.js';\nexport const a = fetch;"],
    [
      'a variable that is shorter-lived',
      'export function a() { const performance = 1; return { performance }; }',
    ],
    ['a date that is given', 'export const a = (time: number) => new Date(time).toISOString();'],
    ['a date that is read from text', "export const a = Date.parse('1970-01-01') + Date.UTC(1970);"],
    ['the type of a date', 'export const a = (b: Date) => b.getTime();'],
    ['arithmetic', 'export const a = Math.max(1, 2);'],
    ['crypto.subtle', "export const a = crypto.subtle.digest('SHA-256', new Uint8Array());"],
    ['an abort signal', 'export const a = (b: AbortSignal) => b.aborted;'],
    ['a word in a comment or a string', "// Buffer, process, Date.now()\nexport const a = 'fetch';"],
  ])('%s is allowed', (_, text) => {
    expect(verdict({ 'note/a.ts': text, 'note/b.ts': 'export const fetch = 1;' })).toEqual([]);
  });
});
