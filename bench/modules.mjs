/** What the benchmarks need from npm, by the lockfile of this folder. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BENCH = fileURLToPath(new URL('.', import.meta.url));
export const MODULES = join(BENCH, 'node_modules');

/** Installs everything when that package is not here. Null, or why it cannot be had. */
export function install(name) {
  if (existsSync(join(MODULES, name, 'package.json'))) return null;
  process.stderr.write(`installing ${name}\n`);
  try {
    execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: BENCH,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return null;
  } catch {
    return 'it cannot be installed from npm';
  }
}

export function versionOf(name) {
  return JSON.parse(readFileSync(join(MODULES, name, 'package.json'), 'utf8')).version;
}
