import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { CONFIG_MEMBERS } from '../src/shell/cli/settings/config-members.js';
import { METRICS } from '../src/shell/telemetry/metric-table.js';

interface Reasons {
  readonly [code: string]: { readonly says: string; readonly do: string };
}

/** What the generator offers to be tested. */
interface Generator {
  reasonTable(reasons: Reasons): string;
  reasonPage(reasons: Reasons): string;
  configurationPage(members: typeof CONFIG_MEMBERS): string;
  operationsPage(metrics: typeof METRICS): string;
}

interface CoreReasons {
  coreReasonTable(reasons: Reasons): string;
}

const ROOT = new URL('../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');
const generator: Generator = await import(new URL('scripts/generate.mjs', ROOT).href);
const coreReasons: CoreReasons = await import(new URL('scripts/core-reasons.mjs', ROOT).href);
const reasons: Reasons = JSON.parse(read('spec/reasons.json'));

/** A TypeScript file as its tokens, so that neither layout nor the choice of quotes counts, but every word and the order do. */
function tokens(source: string): string[] {
  const scanner = ts.createScanner(ts.ScriptTarget.Latest, true, ts.LanguageVariant.Standard, source);
  const found: string[] = [];
  for (let kind = scanner.scan(); kind !== ts.SyntaxKind.EndOfFileToken; kind = scanner.scan())
    found.push(
      kind === ts.SyntaxKind.StringLiteral ? JSON.stringify(scanner.getTokenValue()) : scanner.getTokenText(),
    );
  // The formatter takes the quotes off names that need none, and adds commas where a list ends.
  return found
    .map(token => token.replace(/^"([A-Za-z]+)"$/, '$1'))
    .filter((token, i, all) => !(token === ',' && /^[}\])]$/.test(all[i + 1] ?? '')));
}

/** A page of Markdown without the padding with which a formatter aligns the columns of tables. */
function unpadded(page: string): string {
  return page.replaceAll(/^\|.*\|$/gm, row => row.replaceAll(/ *\| */g, '|').replaceAll(/-{3,}/g, '---'));
}

describe('derived files are what `npm run generate` would write now', () => {
  it('src/reason-table.ts', () => {
    expect(tokens(read('src/reason-table.ts'))).toEqual(tokens(generator.reasonTable(reasons)));
  });

  it('src/reason-core-table.ts', () => {
    expect(tokens(read('src/reason-core-table.ts'))).toEqual(tokens(coreReasons.coreReasonTable(reasons)));
  });

  it('src/reason-table.ts: the comparison sees a changed word, a missing code and another order', () => {
    const now = tokens(generator.reasonTable(reasons));
    const [first, ...rest] = Object.entries(reasons);
    if (first === undefined) return expect.fail('no reasons');
    const [code, reason] = first;
    for (const other of [
      { ...reasons, [code]: { ...reason, says: `${reason.says}!` } },
      Object.fromEntries(rest),
      Object.fromEntries([...rest, first]),
    ])
      expect(tokens(generator.reasonTable(other))).not.toEqual(now);
  });

  it('docs/reasons.md', () => {
    expect(unpadded(read('docs/reasons.md'))).toBe(unpadded(generator.reasonPage(reasons)));
  });
});

it('docs/configuration.md is what `npm run generate` would write now', () => {
  expect(unpadded(read('docs/configuration.md'))).toBe(unpadded(generator.configurationPage(CONFIG_MEMBERS)));
});

it('docs/operations.md is what `npm run generate` would write now', () => {
  expect(unpadded(read('docs/operations.md'))).toBe(unpadded(generator.operationsPage(METRICS)));
});

describe('every reason is given somewhere', () => {
  it('no code of spec/reasons.json is left that no source file mentions', () => {
    const source = new URL('src/', ROOT);
    const mentioned = new Set<string>();
    for (const path of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
      if (!path.endsWith('.ts') || path.endsWith('.test.ts') || path.startsWith('reason-')) continue;
      const text = readFileSync(new URL(path, source), 'utf8');
      // Parsing takes its time: of a file that has nothing that is still missing, it is saved.
      if (!Object.keys(reasons).some(code => !mentioned.has(code) && text.includes(code))) continue;
      const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
      // Only string literals count: a code in a comment is not given to anybody.
      const visit = (node: ts.Node): void => {
        if (ts.isStringLiteralLike(node)) mentioned.add(node.text);
        ts.forEachChild(node, visit);
      };
      visit(file);
    }
    expect(Object.keys(reasons).filter(code => !mentioned.has(code))).toEqual([]);
  });
});
