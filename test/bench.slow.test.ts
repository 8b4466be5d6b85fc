/** What `bench/gateway` measures as "without receipts", running: it passes on what the other does. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

interface House {
  readonly child: ChildProcess;
  readonly address: string;
}

const GATEWAY = new URL('../bench/gateway/', import.meta.url);
const load = (name: string) => import(new URL(name, GATEWAY).href);
const { faultOf, requestBody } = (await load('exchange-bytes.mjs')) as {
  faultOf: (text: string, isStream: boolean) => string | null;
  requestBody: (stream: boolean) => Buffer;
};

describe('the gateway of which "without receipts" is measured', () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-without-'));
  const children: ChildProcess[] = [];
  afterAll(async () => {
    await Promise.all(
      children.map(child => {
        const ended = new Promise(resolve => child.once('exit', resolve));
        child.kill('SIGTERM');
        return ended;
      }),
    );
    rmSync(folder, { recursive: true, force: true });
  });

  it('passes on what the other does, and nothing of a receipt', async () => {
    const { packageWithoutReceipts, startHouse } = (await load('house.mjs')) as {
      packageWithoutReceipts: (folder: string) => string;
      startHouse: (upstream: string, data: string, options: object) => Promise<House>;
    };
    const upstream = spawn(process.execPath, [new URL('upstream.mjs', GATEWAY).pathname], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(upstream);
    const { address } = JSON.parse(
      await new Promise<string>(resolve => upstream.stdout.once('data', line => resolve(String(line)))),
    ) as { address: string };
    const root = packageWithoutReceipts(join(folder, 'package'));
    const house = await startHouse(address, join(folder, 'house'), { root, arguments: ['--no-inline'] });
    children.push(house.child);
    for (const stream of [false, true]) {
      const response = await fetch(`${house.address}/v1/chat/completions`, {
        method: 'POST',
        body: requestBody(stream),
      });
      expect(faultOf(await response.text(), stream)).toBe(null);
      expect(
        [...response.headers.keys()].filter(name => /^(?:link|countersign-(?!receipt-digest))/.test(name)),
      ).toEqual([]);
    }
  });
});
