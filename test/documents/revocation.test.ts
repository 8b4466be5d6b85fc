/** docs/revocation.md: its receiver, as it stands there, is told of a revocation, and believes nobody else. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run, type Served, serve } from '../end-to-end/process.js';
import { WEBHOOK_SECRET, WEBHOOK_SECRET_BYTES } from '../support/receiver.js';
import { blocksOf } from './document.js';

let folder: string;
let port: number;
let receiver: ChildProcess;
let gateway: Served;
let said = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-document-'));
  port = await freePort();
  const [program] = blocksOf('docs/revocation.md').filter(({ name }) => name === 'receiver.mjs');
  writeFileSync(join(folder, 'receiver.mjs'), program?.code ?? '');
  receiver = spawn(process.execPath, [join(folder, 'receiver.mjs')], {
    env: { WEBHOOK_SECRET, PORT: `${port}` },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  receiver.stdout?.setEncoding('utf8').on('data', text => {
    said += text;
  });
  const hook = `{ name: pager, url: "http://127.0.0.1:${port}/", secret: { env: HOOK } }`;
  writeFileSync(join(folder, 'c.yaml'), `webhooks: [${hook}]\n`);
  gateway = await serve(['--data', join(folder, 'house'), '--config', join(folder, 'c.yaml')], {
    environment: { HOOK: WEBHOOK_SECRET },
  });
}, 60_000);
afterAll(async () => {
  receiver.kill();
  await gateway.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Of a port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port: free } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return free;
}

async function post(id: string, time: number, signature: string, body: string): Promise<number> {
  const headers = { 'webhook-id': id, 'webhook-timestamp': `${time}`, 'webhook-signature': signature };
  return (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body })).status;
}

it('prints what was revoked, once however often it is told, and refuses what is forged or old', {
  timeout: 60_000,
}, async () => {
  const args = ['--data', join(folder, 'house'), '--tcb', 'driver:550.90.07', '--reason', 'vulnerable'];
  expect((await run(['revoke', ...args])).code).toBe(0);
  while (!said.includes('\n')) await sleep(20);
  expect(said).toBe('revoked: tcb driver:550.90.07; 0 receipts lose a grade: \n');

  const now = Math.floor(Date.now() / 1000);
  const body = JSON.stringify({
    data: { field: 'chip', value: 'ab12', receipts: { count: 1, entries: [3] } },
  });
  const signed = (id: string, time: number) =>
    `v1,${createHmac('sha256', WEBHOOK_SECRET_BYTES).update(`${id}.${time}.${body}`).digest('base64')}`;
  expect(await post('a', now, `v1,AAAA v1a,AAAA ${signed('a', now)}`, body)).toBe(204);
  expect(await post('a', now, signed('a', now), body)).toBe(204);
  for (const [id, time, signature] of [
    ['b', now, 'v1,AAAA'],
    ['b', now, signed('a', now)],
    ['b', now - 3600, signed('b', now - 3600)],
    ['b', now, signed('b', now).replace('v1,', 'v2,')],
  ] as const)
    expect(await post(id, time, signature, body)).toBe(401);
  expect(await post('b', now, signed('b', now), `${body} `)).toBe(401);
  expect(said.match(/chip ab12/g)).toHaveLength(1);
});
