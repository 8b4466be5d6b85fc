/** Packages of PyPI in a virtual environment of their own, kept between runs. */
import { execFile } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const INSTALL_TIME = 240_000;

/** Installs exactly these into a folder. Null when they are there; otherwise why not. */
export async function installPython(
  environment: string,
  packages: readonly string[],
): Promise<string | null> {
  // Written last, so that an install that was broken off is not taken for one that was not.
  const complete = join(environment, 'complete');
  if (existsSync(complete)) return null;
  const run = promisify(execFile);
  const timeout = { timeout: INSTALL_TIME };
  try {
    await run('python3', ['-m', 'venv', '--clear', environment], timeout);
  } catch {
    return 'python3 with venv is not here';
  }
  try {
    const quietly = [
      '--quiet',
      '--disable-pip-version-check',
      '--no-input',
      '--retries',
      '1',
      '--timeout',
      '20',
    ];
    await run(join(environment, 'bin', 'pip'), ['install', ...quietly, ...packages], timeout);
  } catch {
    rmSync(environment, { recursive: true, force: true });
    return `${packages.join(', ')} cannot be installed from PyPI`;
  }
  writeFileSync(complete, packages.join('\n'));
  return null;
}
