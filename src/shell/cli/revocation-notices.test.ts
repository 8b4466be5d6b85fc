import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask } from '../../../test/end-to-end/client.js';
import { run, type Served, serve } from '../../../test/end-to-end/process.js';
import { exchangeOf, fetchBundle } from '../../../test/end-to-end/receipts.js';
import { Receiver, WEBHOOK_SECRET } from '../../../test/support/receiver.js';
import { parseBundle } from '../../receipt/bundle.js';
import { RECEIPT } from '../../receipt/receipt.js';
import { readStatement } from '../../receipt/statement.js';

let folder: string;
let receiver: Receiver;
let gateway: Served;
const at = (name: string) => join(folder, name);
const open = () =>
  serve(['--data', at('house'), '--config', at('c.yaml')], { environment: { HOOK: WEBHOOK_SECRET } });
const revoke = async (...args: string[]) => {
  const ended = await run(['revoke', '--data', at('house'), ...args, '--reason', 'vulnerable', '--json']);
  return JSON.parse(ended.stdout) as { entry: number; sequence: number };
};
const status = async () => {
  const { stdout } = await run(['status', '--data', at('house'), '--json']);
  return (JSON.parse(stdout) as { webhooks: object[] }).webhooks;
};
const kill = async () => {
  gateway.child.kill('SIGKILL');
  await gateway.stop('SIGKILL');
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-notices-'));
  receiver = await Receiver.start();
  writeFileSync(
    at('c.yaml'),
    `webhooks:
  - { name: pager, url: "http://127.0.0.1:${receiver.port}/hook", secret: { env: HOOK } }
  - { name: chips, url: "http://127.0.0.1:1/", secret: { env: HOOK }, fields: [chip] }
`,
  );
  gateway = await open();
}, 60_000);
afterAll(async () => {
  await gateway.stop();
  await receiver.close();
  rmSync(folder, { recursive: true, force: true });
});

const LONG = { timeout: 120_000 };

it('subscribers are told what was revoked, and of which receipts, by their entries alone', LONG, async () => {
  const { address, models } = gateway.summary;
  const body = { model: models[0], messages: [{ role: 'user', content: 'What is a receipt?' }] };
  const exchange = exchangeOf(await ask(address, { body }));
  const bundle = parseBundle(await fetchBundle({ address }, exchange));
  const model = readStatement(RECEIPT, bundle.envelope).predicate.model.digest as string;
  const index = Number(/^index (\d+)$/m.exec(bundle.proof ?? '')?.[1]);
  const { entry } = await revoke('--model', model);
  const [received] = await receiver.until(1);
  expect(received).toMatchObject({
    isGenuine: true,
    path: '/hook',
    id: expect.stringMatching(/^revocation_[0-9a-f]{32}$/),
  });
  expect(JSON.parse(received?.body ?? '')).toEqual({
    type: 'revocation.logged',
    timestamp: expect.stringMatching(/^20.*Z$/),
    data: {
      ...{ field: 'model', value: model, reason: 'vulnerable', since: null, sequence: 0, entry },
      ...{ log: gateway.summary.log, decided: expect.any(Number), fact: 'model', to: 'none' },
      receipts: { count: 1, entries: [index] },
    },
  });
});

it('what was sent and not taken is sent again after kill -9, by the same id', LONG, async () => {
  // The receiver has it, and its answer never comes.
  receiver.answer = () => undefined;
  await revoke('--chip', 'abcd');
  const [, sent] = await receiver.until(2);
  expect(await status()).toMatchObject([
    { name: 'pager', undelivered: 1 },
    { name: 'chips', undelivered: 1 },
  ]);
  await kill();
  receiver.answer = response => void response.writeHead(204).end();
  gateway = await open();
  const [, , again] = await receiver.until(3);
  expect([again?.id, again?.body, again?.isGenuine]).toEqual([sent?.id, sent?.body, true]);
});

it(
  'what was revoked while nobody listened, and before kill -9, or while no gateway ran, is not lost',
  LONG,
  async () => {
    const { port } = receiver;
    const told = receiver.received.length;
    await receiver.close();
    await revoke('--tcb', 'OutOfDate');
    await kill();
    await revoke('--tcb', 'Revoked');
    gateway = await open();
    expect(await status()).toMatchObject([{ name: 'pager', undelivered: 2 }, { name: 'chips' }]);
    receiver = await Receiver.start(port);
    await receiver.until(2);
    expect(told).toBe(3);
    const values = receiver.received.map(
      ({ body }) => (JSON.parse(body) as { data: { value: string } }).data.value,
    );
    expect(values.slice(0, 2)).toEqual(['OutOfDate', 'Revoked']);
    while (
      (await status()).some(
        one => 'name' in one && one.name === 'pager' && !('undelivered' in one && one.undelivered === 0),
      )
    )
      await sleep(100);
    // Whoever never answers has its file of a line, and what it wants to hear of.
    const { stdout } = await run(['status', '--data', at('house')]);
    expect(stdout).toMatch(/webhook {4}pager: told of everything/);
    expect(stdout).toMatch(/webhook {4}chips: 1 undelivered, webhook\/unreachable/);
    expect(readFileSync(at('house/webhooks/chips.json')).length).toBeLessThan(200);
  },
);
