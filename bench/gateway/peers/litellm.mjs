/** LiteLLM's proxy, the most used gateway, in the environment in which the tests of interoperability install it. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { versionOf } from '../../machine.mjs';
import { freePort } from '../../processes.mjs';
import { MODEL } from '../exchange-bytes.mjs';

/** As in `test/interop/foreign-server.ts`. */
const VERSION = '1.80.11';
const ENVIRONMENT = join(tmpdir(), `countersign-litellm-${VERSION}`);

export const litellm = {
  name: 'LiteLLM',
  missing: () => (existsSync(join(ENVIRONMENT, 'complete')) ? null : '`npm run interop` installs it'),
  version: () => `${VERSION}, ${versionOf(join(ENVIRONMENT, 'bin', 'python3'), ['--version'])}`,

  async start(upstream, folder) {
    const port = await freePort();
    mkdirSync(folder);
    const config = join(folder, 'config.yaml');
    const model = { model: `openai/${MODEL}`, api_base: `${upstream}/v1`, api_key: 'none' };
    // JSON is YAML.
    writeFileSync(config, JSON.stringify({ model_list: [{ model_name: MODEL, litellm_params: model }] }));
    const child = spawn(
      join(ENVIRONMENT, 'bin', 'litellm'),
      ['--config', config, '--host', '127.0.0.1', '--port', String(port)],
      {
        stdio: 'ignore',
        env: { PATH: process.env.PATH, HOME: folder, LITELLM_LOCAL_MODEL_COST_MAP: 'True' },
      },
    );
    return { child, port };
  },
};
