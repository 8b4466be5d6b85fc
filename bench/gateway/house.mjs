/**
 * The gateway itself, as `countersign up` starts it, in two forms: with everything on, and without receipts.
 *
 * The product has no such switch, and must not have one. What is measured as "without" is a copy of the built package in which a handful of
 * modules, those that make receipts, are replaced by ones that do nothing (`without-receipts/`): every other line of the gateway runs in both.
 */
import { cpSync, mkdirSync, readdirSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startSaying } from '../processes.mjs';

const here = path => fileURLToPath(new URL(path, import.meta.url));
const PACKAGE = here('../../');

/** @param options more for the command line, and for Node.js itself */
export async function startHouse(upstream, folder, { root = PACKAGE, arguments: more = [], node = [] } = {}) {
  const main = join(root, 'dist', 'shell', 'cli', 'main.js');
  const fixed = ['up', '--json', '--port', '0', '--data', folder, '--upstream', `${upstream}/v1`];
  const { child, said } = await startSaying(process.execPath, [...node, main, ...fixed, ...more]);
  return { child, port: Number(new URL(said.address).port), address: said.address };
}

/** Where the modules stand that are replaced, by the names of the files that replace them. */
const PLACES = {
  'exchange-record.mjs': 'shell/gateway',
  'issuer.mjs': 'shell/gateway',
  'opening.mjs': 'receipt',
  'server-sent-events.mjs': 'exchange',
  'stream-chain.mjs': 'receipt',
};

/** Makes the copy in a folder that does not exist yet, and returns that folder. */
export function packageWithoutReceipts(folder) {
  mkdirSync(folder);
  cpSync(join(PACKAGE, 'dist'), join(folder, 'dist'), { recursive: true });
  for (const name of ['package.json', 'node_modules', 'models', 'data', 'spec'])
    symlinkSync(join(PACKAGE, name), join(folder, name));
  for (const name of readdirSync(here('without-receipts'))) {
    const module = join(folder, 'dist', PLACES[name], name.replace('.mjs', ''));
    renameSync(`${module}.js`, `${module}.whole.js`);
    cpSync(here(`without-receipts/${name}`), `${module}.js`);
  }
  return folder;
}
