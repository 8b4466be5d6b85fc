/** Go programs of this repository, built when they are needed. What they need comes from the Go module proxy, by go.sum. */
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = new URL('../../', import.meta.url);

export type GoProgram =
  | { readonly path: string; readonly missing: null }
  /** Why there is none, and how to get it. */
  | { readonly missing: string };

export interface GoBuild {
  /** The folder of the module, from the root of the repository. */
  readonly module: string;
  /** What is built: a package of the module, or of one that it requires. */
  readonly package?: string;
  /** Where the program goes; a folder for this process among the temporary ones when it is left out. */
  readonly folder?: string;
}

/**
 * The path of the built program, or why it cannot be had here. Go itself remembers what has not changed since, and fetches the toolchain
 * that a module asks for where the installed one is older.
 */
export async function buildGo(build: GoBuild): Promise<GoProgram> {
  const { module, package: what = '.' } = build;
  const folder = build.folder ?? join(tmpdir(), `countersign-interop-${process.pid}`);
  const path = join(folder, `${module}-${what}`.replaceAll(/[^a-z0-9]+/g, '-'));
  try {
    await mkdir(folder, { recursive: true });
    await run('go', ['build', '-trimpath', '-o', path, what], {
      cwd: fileURLToPath(new URL(module, ROOT)),
      env: { ...process.env, GOTOOLCHAIN: 'auto', GOFLAGS: '-mod=readonly -buildvcs=false' },
      timeout: 500_000,
    });
    return { path, missing: null };
  } catch (error) {
    const { code, stderr, message } = error as NodeJS.ErrnoException & { stderr?: string };
    if (code === 'ENOENT')
      return { missing: 'skipped: there is no Go; install 1.21 or later (https://go.dev/dl)' };
    return { missing: `skipped: ${module} cannot be built: ${stderr?.trim() || message}` };
  }
}
