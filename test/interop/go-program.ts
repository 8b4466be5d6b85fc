/** Go programs of this repository, built when they are needed. What they need comes from the Go module proxy, by go.sum. */
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = new URL('../../', import.meta.url);

export type GoProgram = { readonly path: string; readonly missing: null } | { readonly missing: string };

export interface GoBuild {
  /** The folder of the module, from the root of the repository. */
  readonly module: string;
  /** What is built: a package of the module, or of one that it requires. */
  readonly package?: string;
  /** The toolchain that it takes, to be fetched from the proxy where the installed one is older. */
  readonly toolchain?: string;
}

/** The path of the built program, or why it cannot be had here. Go itself remembers what has not changed since. */
export async function buildGo({
  module,
  package: what = '.',
  toolchain = 'local',
}: GoBuild): Promise<GoProgram> {
  const folder = join(tmpdir(), `countersign-interop-${process.getuid?.() ?? ''}`);
  const name = `${module}-${what}`.replaceAll(/[^a-z0-9]+/g, '-');
  const path = join(folder, `${name}-${process.pid}`);
  try {
    await mkdir(folder, { recursive: true });
    await run('go', ['build', '-trimpath', '-o', path, what], {
      cwd: fileURLToPath(new URL(module, ROOT)),
      env: { ...process.env, GOTOOLCHAIN: toolchain, GOFLAGS: '-mod=readonly -buildvcs=false' },
      timeout: 500_000,
    });
    return { path, missing: null };
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim();
    return { missing: `skipped: ${module} cannot be built: ${said || (error as Error).message}` };
  }
}
