/** Schemathesis, which asks an HTTP API what its description allows, and what it does not: installed from PyPI into a virtual environment that is kept. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const VERSION = '4.32.5';
const INSTALL_TIME = 240_000;
const DESCRIPTION = fileURLToPath(new URL('../../spec/openapi.json', import.meta.url));

/** What has to hold for every answer, whatever was asked. */
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'unsupported_method',
  'allow_header_conformance',
  'ignored_auth',
];

export interface Schemathesis {
  /** Asks for so many seconds. `paths`: a pattern of those that are asked. */
  run(address: string, paths: string, seconds: number, headers?: readonly string[]): Promise<Outcome>;
}

export interface Outcome {
  /** Whether every check held. */
  readonly passed: boolean;
  /** How many requests were made. */
  readonly cases: number;
  readonly said: string;
}

/** Ready to run, or why it cannot be had here. */
export async function getSchemathesis(): Promise<Schemathesis | { readonly missing: string }> {
  const environment = join(tmpdir(), `countersign-schemathesis-${VERSION}`);
  const problem = await install(environment);
  if (problem !== null) return { missing: problem };
  return { run: (...asked) => run(environment, ...asked) };
}

async function run(
  environment: string,
  address: string,
  paths: string,
  seconds: number,
  headers: readonly string[] = [],
): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-schemathesis-run-'));
  const args = [
    ...['run', DESCRIPTION, '--url', address, '--include-path-regex', paths],
    ...['--max-time', String(seconds), '--phases', 'examples,coverage,fuzzing', '--seed', '1'],
    ...['--checks', CHECKS.join(','), '--continue-on-failure', '--suppress-health-check', 'all'],
    ...['--request-timeout', '15', '--warnings', 'off', '--output-truncate', 'true'],
    ...headers.flatMap(header => ['--header', header]),
  ];
  const program = join(environment, 'bin', 'schemathesis');
  try {
    // It keeps what it has found in the folder that it is started in.
    const options = {
      cwd: folder,
      timeout: (seconds + 120) * 1000,
      maxBuffer: 1 << 26,
      env: { PATH: process.env.PATH, NO_COLOR: '1' },
    };
    const { code, stdout } = await promisify(execFile)(program, args, options).then(
      ({ stdout }) => ({ code: 0, stdout }),
      (error: { code?: number; stdout?: string; stderr?: string }) => ({
        code: error.code ?? -1,
        stdout: `${error.stdout ?? ''}${error.stderr ?? ''}`,
      }),
    );
    const cases = Number(/([0-9,]+) (?:generated|test cases?)/.exec(stdout)?.[1]?.replaceAll(',', '') ?? 0);
    return { passed: code === 0, cases, said: stdout };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Null when it is installed; otherwise why not. */
async function install(environment: string): Promise<string | null> {
  // Written last, so that an install that was broken off is not taken for one that was not.
  const complete = join(environment, 'complete');
  if (existsSync(complete)) return null;
  const act = promisify(execFile);
  try {
    await act('python3', ['-m', 'venv', '--clear', environment], { timeout: INSTALL_TIME });
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
    const pip = join(environment, 'bin', 'pip');
    await act(pip, ['install', ...quietly, `schemathesis==${VERSION}`], { timeout: INSTALL_TIME });
  } catch {
    rmSync(environment, { recursive: true, force: true });
    return `Schemathesis ${VERSION} cannot be installed from PyPI`;
  }
  writeFileSync(complete, VERSION);
  return null;
}
