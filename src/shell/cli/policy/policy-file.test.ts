import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SURROUNDINGS } from '../../../../test/support/policies.js';
import { thorough } from '../../../../test/support/thoroughness.js';
import { CHECKS } from '../../../appraise/policy/checks.js';
import { CONSEQUENCES, REDACTION_KINDS, STAGES, STATED_ROLES } from '../../../receipt/policy-words.js';
import { readPolicy } from './policy-file.js';
import { PolicyRefused } from './problem.js';

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-policy-'));
  file = join(folder, 'p.yaml');
  writeFileSync(join(folder, 'names.txt'), 'Jane Roe\r\n\n  Ada L.\nJane Roe\n');
  writeFileSync(join(folder, 'empty.txt'), '\n\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function read(text: string | Uint8Array) {
  writeFileSync(file, text);
  return readPolicy(file, SURROUNDINGS, new Uint8Array(32));
}

/** What is said of a policy that cannot be used, without the folder's name. */
async function complaints(text: string | Uint8Array): Promise<readonly string[]> {
  try {
    await read(text);
  } catch (error) {
    if (!(error instanceof PolicyRefused)) throw error;
    return error.problems.map(
      ({ code, where, detail }) =>
        `${where.replace(`${folder}/`, '')} ${code}${detail === null ? '' : ` ${detail.replaceAll(`${folder}/`, '')}`}`,
    );
  }
  return [];
}

describe('a policy file', () => {
  it('is read, with what it refers to', async () => {
    const { policy, files, logged } = await read(`# Who may ask whom.
name: careful
rules:
  - name: staff
    for: { keys: [alice, ci-*], models: ["gpt-*"] }
    buffer: true
    redact: { kinds: [email], names: { file: names.txt } }
    checks:
      - { check: usage-known, stage: final, onFailure: block }
  - name: rest
`);
    expect(policy.rules.map(({ name, buffer }) => [name, buffer])).toEqual([
      ['staff', true],
      ['rest', false],
    ]);
    expect(files.names.get('names.txt')).toEqual(['Jane Roe', 'Ada L.']);
    expect(logged.rules[0]?.redact).toMatchObject({ kinds: ['email'], restore: true });
  });

  it('may be JSON', async () => {
    expect(await complaints('{"name": "a", "rules": [{"name": "all"}]}')).toEqual([]);
  });

  it.each<readonly [string, string, string]>([
    [
      'a member that there is not',
      'name: a\nrules:\n  - name: all\n    bufer: true\n',
      'p.yaml:4:5 clause/malformed there is no member "rules.0.bufer". Did you mean "buffer"?',
    ],
    [
      'one in a section of a rule',
      'name: a\nrules:\n  - name: all\n    for: {key: [alice]}\n',
      'p.yaml:4:11 clause/malformed there is no member "rules.0.for.key". Did you mean "keys"?',
    ],
    [
      'a check that there is not',
      'name: a\nrules:\n  - name: all\n    checks: [{check: usage, stage: final, onFailure: flag}]\n',
      'p.yaml:4:22 clause/malformed rules.0.checks.0.check: "check" takes one of: answer-whole, finish-known, model-as-asked, model-pinned, price-known, upstream-answered, upstream-attested, upstream-receipt, usage-known.',
    ],
    [
      'a consequence that there is not',
      'name: a\nrules:\n  - name: all\n    checks:\n      - check: usage-known\n        stage: final\n        onFailure: shout\n',
      'p.yaml:7:20 clause/malformed rules.0.checks.0.onFailure: it takes one of: block, reroute, refund, flag.',
    ],
    [
      'a pinned model without digests',
      'name: a\nrules:\n  - name: all\n    checks: [{check: model-pinned, stage: before, onFailure: block}]\n',
      'p.yaml:4:14 clause/malformed rules.0.checks.0.digests: it is missing.',
    ],
    [
      'names that are written down',
      'name: a\nrules:\n  - name: all\n    redact: {names: [Jane Roe]}\n',
      'p.yaml:4:21 clause/malformed rules.0.redact.names.file: names are named, never written down: {file: PATH}.',
    ],
    [
      'no rules',
      'name: a\nrules: []\n',
      'p.yaml:2:8 clause/malformed rules: a policy without rules lets nobody ask anything.',
    ],
    [
      'more rules than there may be',
      `name: a\nrules: [${'{name: a},'.repeat(10_000)}]\n`,
      'p.yaml:2:8 clause/malformed rules: a policy has at most 200 rules.',
    ],
    ['a list', '- 1\n', 'p.yaml:1:1 clause/malformed the file is a list. It takes members by their names.'],
    [
      'an alias',
      'name: &a x\nrules: *a\n',
      'p.yaml:1:10 clause/malformed anchors, aliases and tags are not read here. Write the value out.',
    ],
    [
      'a file of names that is not there',
      'name: a\nrules:\n  - name: all\n    redact: {names: {file: none.txt}}\n',
      'p.yaml:4:28 clause/file-unreadable none.txt cannot be read (there is no such file).',
    ],
    [
      'one without names',
      'name: a\nrules:\n  - name: all\n    redact: {names: {file: empty.txt}}\n',
      'p.yaml:4:28 clause/file-unreadable it has 0 names; one a line, up to 100000.',
    ],
    [
      'a trust file that is none',
      'name: a\nupstreams:\n  far: { trust: { file: names.txt } }\nrules:\n  - name: all\n',
      'p.yaml:3:25 clause/file-unreadable trust/malformed: The trust file is not one. Found: not JSON. Correct what is named; the schema is spec/schemas/trust.json.',
    ],
  ])('with %s is refused, with the place', async (_, text, says) => {
    expect(await complaints(text)).toEqual([says]);
  });

  it('that cannot work has all of it said, each with its line', async () => {
    const text = `name: a
rules:
  - name: all
    checks:
      - check: usage-known
        stage: final
        onFailure: block
  - name: late
    upstreams: { names: [four] }
`;
    expect(await complaints(text)).toEqual([
      'p.yaml:7:20 clause/buffer-needed block',
      'p.yaml:8:5 clause/rule-unreachable rule 1 ("all") is for all that it is for',
      'p.yaml:9:26 clause/upstream-unknown "four"; there are built-in, one, two, far',
    ]);
  });

  it('that is too large for the log is refused', async () => {
    const models = Array.from({ length: 200 }, (_, at) => `${'m'.repeat(120)}-${at}`);
    const rules = [0, 1].map(at => ({
      name: `r${at}`,
      for: { models: models.map(name => `${name}-${at}`) },
    }));
    const [complaint] = await complaints(JSON.stringify({ name: 'a', rules }));
    expect(complaint).toMatch(
      /^p.yaml:1:\d+ clause\/too-large \d+ bytes as the log would have it; 45000 at most$/,
    );
  });
});

it('the example of docs/policy.md can be used', async () => {
  const page = readFileSync(new URL('../../../../docs/policy.md', import.meta.url), 'utf8');
  const [, example = ''] = /```yaml\n(.*?)```/s.exec(page) ?? [];
  writeFileSync(file, example);
  const upstreams = ['built-in', 'openai', 'mistral'].map(name => ({
    name,
    givesReceipts: false,
    givesDigests: name === 'built-in',
  }));
  const surroundings = { upstreams, keys: [], teams: ['research'], hasPrices: true };
  const { policy } = await readPolicy(file, surroundings, new Uint8Array(32));
  expect(policy.rules.map(({ name }) => name)).toEqual(['research', 'rest']);
  // Every member, check and stage that the page tells of is one that there is.
  for (const word of [
    ...Object.keys(CHECKS),
    ...CONSEQUENCES,
    ...STAGES,
    ...REDACTION_KINDS,
    ...STATED_ROLES,
  ])
    expect(page).toContain(word);
});

describe('a hostile file', () => {
  // Both are far deeper than what calls itself can go.
  const DEPTH = thorough(100_000, 20_000);
  const deep = (open: string, close: string) =>
    `name: a\nrules: ${open.repeat(DEPTH)}${close.repeat(DEPTH)}\n`;

  it.each<readonly [string, string | Uint8Array]>([
    ['deep lists', deep('[', ']')],
    ['deep objects', deep('{a: ', '}')],
    ['deep lists that do not end', deep('[', '')],
    ['deep block lists', `rules: \n  ${'- '.repeat(DEPTH)}a\n`],
    [
      'a bomb of aliases',
      Array.from({ length: 30 }, (_, at) => `a${at}: &a${at} [*a${at - 1}, *a${at - 1}]`).join('\n'),
    ],
    ['what is no UTF-8', Uint8Array.of(0xff, 0xfe)],
    ['nulls', '\0'.repeat(1000)],
    ['over a megabyte', 'a'.repeat(1024 * 1024 + 1)],
    ['a name that every object has', '{"name": "a", "rules": [{"name": "all"}], "__proto__": {}}'],
    [
      'an upstream that every object has',
      '{"name": "a", "upstreams": {"hasOwnProperty": {}}, "rules": [{"name": "all"}]}',
    ],
  ])(
    'with %s is refused',
    async (_, text) => {
      const found = await complaints(text);
      expect(found).toHaveLength(1);
      expect(found[0]).toMatch(/clause\/(?:malformed|upstream-unknown)/);
    },
    30_000,
  );
});
