import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, chat } from '../../../test/end-to-end/client.js';
import { run, serve } from '../../../test/end-to-end/process.js';
import { LISTED_MODEL, TestUpstream } from '../../../test/end-to-end/upstreams.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-config-'));
  file = join(folder, 'countersign.yaml');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('countersign config check', () => {
  it('shows what is in force, with the environment over the file', async () => {
    writeFileSync(file, 'retries: 1\nlisten: { port: 9000 }\n');
    const environment = { COUNTERSIGN_LISTEN_PORT: '9001' };
    const { code, stdout } = await run(['config', 'check', file, '--json'], { environment });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ retries: 1, listen: { port: 9001 } });
  });

  it('says what is wrong, and where', async () => {
    writeFileSync(file, 'retries: 1\nlisten:\n  prot: 1\n');
    const { code, stderr } = await run(['config', 'check', file]);
    expect(code).toBe(64);
    expect(stderr).toContain(`${file}:3:3: there is no setting "listen.prot". Did you mean "port"?`);
  });

  it('refuses webhooks that no gateway would start with', async () => {
    const webhook = (url: string, fields: string) =>
      `  - { name: pager, url: '${url}', secret: { env: NONE }, fields: [${fields}] }\n`;
    const checked = async (...webhooks: string[]) => {
      writeFileSync(file, `webhooks:\n${webhooks.join('')}`);
      return run(['config', 'check', file]);
    };
    const good = webhook('https://hooks.example/a', 'chip');
    expect((await checked(good)).code).toBe(0);
    for (const [webhooks, says] of [
      [
        [webhook('http://hooks.example/a', 'chip')],
        'webhooks.0.url: what goes over the internet takes https',
      ],
      [[good, good], 'webhooks.1.name: there are two of that name'],
      [
        [webhook('https://hooks.example/a', 'chips')],
        'it takes one of: chip, tcb, measurement, signer, model.',
      ],
    ] as const)
      expect(await checked(...webhooks)).toMatchObject({ code: 64, stderr: expect.stringContaining(says) });
  });
});

describe('countersign up --config', () => {
  it('does what the file says, with the key that it names', async () => {
    const upstream = await TestUpstream.start();
    const key = join(folder, 'key');
    writeFileSync(key, 'sk-named\n');
    writeFileSync(
      file,
      `data: ${join(folder, 'data')}
operator: Example Ltd
upstreams:
  - { name: mine, url: "${upstream.base}", key: { file: ${key} } }
models: { fast: mine/${LISTED_MODEL} }
`,
    );
    const gateway = await serve(['--config', file]);
    try {
      const { status } = await ask(gateway.summary.address, { body: chat({ model: 'fast' }) });
      expect(status).toBe(200);
      expect(gateway.summary.data).toBe(join(folder, 'data'));
      expect(upstream.requests.at(-1)?.headers.authorization).toBe('Bearer sk-named');
      expect(gateway.printed()).not.toContain('sk-named');
    } finally {
      await gateway.stop();
      await upstream.close();
    }
  });

  it('with a mistake in the file starts nothing', async () => {
    writeFileSync(file, 'retries: many\n');
    const { code, stdout, stderr } = await run(['up', '--config', file, '--port', '0']);
    expect([code, stdout]).toEqual([64, '']);
    expect(stderr).toContain(`${file}:1:10: retries: it takes a whole number from 0 to 10.`);
  });
});
