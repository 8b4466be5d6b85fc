import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, chat, errorOf, json } from '../../../test/end-to-end/client.js';
import { openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { answer, completion, DONE, HELLO, stream, TestUpstream } from '../../../test/end-to-end/upstreams.js';
import { type Disk, nodeDisk } from '../files/disk.js';

const SECRET_ANSWER = 'an answer that must not leave';

let upstream: TestUpstream;
let gateway: TestGateway;
let diskIsFull: boolean;

const disk: Disk = {
  ...nodeDisk,
  write: (file, bytes, offset, position) => {
    if (diskIsFull) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    return nodeDisk.write(file, bytes, offset, position);
  },
};

beforeEach(async () => {
  diskIsFull = false;
  upstream = await TestUpstream.start();
  upstream.behaviour = answer(200, completion(SECRET_ANSWER));
  gateway = await openGateway({ upstream: upstream.base, disk });
});

afterEach(async () => {
  diskIsFull = false;
  await gateway.close();
  await upstream.close();
});

describe('without a receipt there is no answer', () => {
  it('when the log cannot be written: 503, and from then on before anything goes upstream', async () => {
    diskIsFull = true;
    const got = await ask(gateway.address);
    expect(got.status).toBe(503);
    expect(errorOf(got)).toMatchObject({ type: 'api_error', code: 'log/unavailable' });
    expect(got.body.toString()).not.toContain(SECRET_ANSWER);
    expect(got.headers['countersign-receipt-digest']).toBeUndefined();

    const requests = upstream.requests.length;
    const next = await ask(gateway.address);
    expect(next.status).toBe(503);
    expect(upstream.requests).toHaveLength(requests);
    expect((await ask(gateway.address, { path: '/healthz' })).status).toBe(200);
    const ready = await ask(gateway.address, { path: '/readyz' });
    expect(ready.status).toBe(503);
    expect(json(ready)).toMatchObject({ status: 'not-ready', checks: { log: false } });
    expect(gateway.problems.join()).toContain('log/unavailable');
    expect(await gateway.receipts()).toEqual([]);
  });

  it('what was logged before can still be had', async () => {
    const got = await ask(gateway.address);
    const path = `/v1/receipts/${got.headers['countersign-exchange']}`;
    await ask(gateway.address, { path: `${path}?wait=witnessed` });
    diskIsFull = true;
    await ask(gateway.address);
    expect((await ask(gateway.address, { path })).status).toBe(200);
    expect((await ask(gateway.address, { path: '/log/checkpoint' })).status).toBe(200);
  });

  it('when the log fails in the middle of a stream: it breaks off before its end', async () => {
    upstream.behaviour = stream(HELLO[0], 100, HELLO[2], DONE);
    const asking = ask(gateway.address, { body: chat({ stream: true }) });
    setTimeout(() => {
      diskIsFull = true;
    }, 50);
    const got = await asking;
    expect(got.broken).toBe(true);
    expect(got.body.toString()).not.toContain('[DONE]');
    expect(await gateway.receipts()).toEqual([]);
    expect(gateway.running).toBe(0);
  });

  it('when the vault cannot be written: 503', async () => {
    await writeFile(join(gateway.folder, 'vault'), 'a file where a folder belongs');
    const got = await ask(gateway.address);
    expect(errorOf(got)).toMatchObject({ type: 'api_error', code: 'vault/unavailable' });
    expect(got.body.toString()).not.toContain(SECRET_ANSWER);
    expect(await gateway.receipts()).toEqual([]);
    expect(got.status).toBe(503);
  });

  it('when the vault cannot be written at the end of a stream: it breaks off before its end', async () => {
    await writeFile(join(gateway.folder, 'vault'), 'a file where a folder belongs');
    upstream.behaviour = stream(...HELLO);
    const got = await ask(gateway.address, { body: chat({ stream: true }) });
    expect(got.broken).toBe(true);
    expect(got.body.toString()).not.toContain('[DONE]');
    expect(await gateway.receipts()).toEqual([]);
  });

  it('the operator is told why the vault could not be written', async () => {
    await writeFile(join(gateway.folder, 'vault'), 'a file where a folder belongs');
    await ask(gateway.address);
    expect(gateway.problems.join()).toContain('vault/unavailable');
  });
});
