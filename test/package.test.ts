/** What the package publishes: every subpath leads to what it says. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

const ROOT = new URL('../', import.meta.url);
const { exports: published } = JSON.parse(await readFile(new URL('package.json', ROOT), 'utf8')) as {
  exports: Record<string, string>;
};
const modules = Object.entries(published).filter(([, path]) => path.endsWith('.js'));
const documents = Object.entries(published).filter(([, path]) => path.endsWith('.json'));

it.each(modules)('%s is a module: %s', async (_, path) => {
  expect(Object.keys(await import(new URL(path, ROOT).href))).not.toEqual([]);
});

it.each(documents)('%s is a JSON document: %s', async (_, path) => {
  const document = JSON.parse(await readFile(new URL(path, ROOT), 'utf8')) as Record<
    string,
    { title?: string }
  >;
  // What a schema is called stands in itself, what an API is called in what it says of itself.
  expect(document.title ?? document.info?.title).toBeTypeOf('string');
});

/** What a browser may load. */
const ANYWHERE = [
  './verify',
  './reason',
  './receipt',
  './bundle',
  './trust',
  './client',
  './client/finding',
  './client/memory-store',
  './client/indexed-db-store',
];

/** Every module that is loaded with one, and what is not ours among what they import. */
async function loadedWith(path: string): Promise<{ readonly modules: number; readonly foreign: string[] }> {
  const waiting = [new URL(path, ROOT).href];
  const seen = new Set(waiting);
  const foreign = new Set<string>();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const source = await readFile(new URL(next), 'utf8');
    for (const [, specifier = ''] of source.matchAll(
      /(?:^(?:import|export)\b[^;]*?from |^import |\bimport\()'([^']+)'/gm,
    )) {
      const url = specifier.startsWith('.') ? new URL(specifier, next).href : null;
      if (url === null) foreign.add(specifier);
      else if (!seen.has(url)) {
        seen.add(url);
        waiting.push(url);
      }
    }
  }
  return { modules: seen.size, foreign: [...foreign] };
}

describe('what browsers, Deno and Bun load as well', () => {
  it.each(ANYWHERE)('%s: nothing of Node.js', async subpath => {
    const { modules, foreign } = await loadedWith(published[subpath] ?? '');
    expect(modules).toBeGreaterThan(0);
    expect(foreign.filter(name => !/^(?:@noble\/|valibot$)/.test(name))).toEqual([]);
  });

  it('is looked at as a whole, and what is of Node.js would be seen', async () => {
    expect((await loadedWith(published['./client'] ?? '')).modules).toBeGreaterThan(50);
    expect((await loadedWith(published['./client/file-store'] ?? '')).foreign).toContain('node:fs/promises');
  });
});
