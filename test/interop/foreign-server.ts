/**
 * LiteLLM's proxy, an OpenAI-compatible server that is not ours: installed from PyPI into a virtual environment of its own, kept between
 * runs, and started on the loopback interface with a model whose answer is written in its configuration. It needs no network.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { installPython } from './python-packages.js';

/** Pinned, and never 1.82.7 or 1.82.8, which carried a backdoor. */
const VERSION = '1.80.11';
const START_TIME = 60_000;

export const FOREIGN_MODEL = 'mock-model';
export const FOREIGN_ANSWER =
  'A receipt says what was asked, what was answered – and who answers for it. 収据';

export interface ForeignServer {
  /** The API's base. */
  readonly base: string;
  close(): Promise<void>;
}

/** The running server, or why it cannot be had here. */
export async function startForeignServer(): Promise<ForeignServer | { readonly missing: string }> {
  const environment = join(tmpdir(), `countersign-litellm-${VERSION}`);
  const problem = await installPython(environment, [`litellm[proxy]==${VERSION}`]);
  if (problem !== null) return { missing: problem };
  const folder = mkdtempSync(join(tmpdir(), 'countersign-foreign-'));
  const config = join(folder, 'config.yaml');
  const model = { model: `openai/${FOREIGN_MODEL}`, api_key: 'none', mock_response: FOREIGN_ANSWER };
  // JSON is YAML.
  writeFileSync(
    config,
    JSON.stringify({ model_list: [{ model_name: FOREIGN_MODEL, litellm_params: model }] }),
  );
  const port = await freePort();
  const child = spawn(
    join(environment, 'bin', 'litellm'),
    ['--config', config, '--host', '127.0.0.1', '--port', String(port)],
    {
      stdio: 'ignore',
      env: { PATH: process.env.PATH, HOME: folder, LITELLM_LOCAL_MODEL_COST_MAP: 'True' },
    },
  );
  const ended = new Promise<void>(resolve => child.once('close', () => resolve()));
  const close = async () => {
    child.kill('SIGTERM');
    const patience = setTimeout(() => child.kill('SIGKILL'), 5000);
    await ended;
    clearTimeout(patience);
    rmSync(folder, { recursive: true, force: true });
  };
  const base = `http://127.0.0.1:${port}/v1`;
  if (await answers(child, `${base}/models`)) return { base, close };
  await close();
  return { missing: `LiteLLM ${VERSION} was installed but does not start here` };
}

async function answers(child: ChildProcess, url: string): Promise<boolean> {
  const deadline = performance.now() + START_TIME;
  while (performance.now() < deadline && child.exitCode === null) {
    const reply = await fetch(url, { signal: AbortSignal.timeout(2000) }).catch(() => null);
    if (reply?.ok) return true;
    await sleep(200);
  }
  return false;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
