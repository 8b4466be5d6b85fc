/** What the package publishes: every subpath leads to what it says. */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

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
  expect(JSON.parse(await readFile(new URL(path, ROOT), 'utf8'))).toHaveProperty('title');
});
