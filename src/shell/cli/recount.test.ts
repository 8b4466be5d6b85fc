import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../../../test/end-to-end/client.js';
import { openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { run } from '../../../test/end-to-end/process.js';
import { exchangeOf, fetchBundle } from '../../../test/end-to-end/receipts.js';
import { answer, completion, TestUpstream } from '../../../test/end-to-end/upstreams.js';

let folder: string;
let upstream: TestUpstream;
let gateway: TestGateway;
const path = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-recount-'));
  upstream = await TestUpstream.start();
  upstream.models = ['gpt-4o', 'mystery-1'];
  gateway = await openGateway({ upstream: upstream.base });
  writeFileSync(path('trust.json'), gateway.trustText);
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

async function recount(model: string, change: (response: Buffer) => Buffer = same => same) {
  const usage = { prompt_tokens: 12, completion_tokens: 700 };
  upstream.behaviour = answer(
    200,
    completion('A receipt is a signed statement.', { rest: { model, usage } }),
  );
  const given = await ask(gateway.address, {
    body: { model, messages: [{ role: 'user', content: 'What is a receipt?' }] },
  });
  writeFileSync(path('bundle.json'), await fetchBundle(gateway, exchangeOf(given)));
  writeFileSync(path('opening'), `${given.headers['countersign-opening']}\n`);
  writeFileSync(path('request.json'), given.request);
  writeFileSync(path('response.json'), change(given.body));
  const files = [
    '--opening',
    path('opening'),
    '--request',
    path('request.json'),
    '--response',
    path('response.json'),
  ];
  return (...more: string[]) =>
    run(['recount', path('bundle.json'), ...files, '--trust', path('trust.json'), ...more]);
}

describe('countersign recount', () => {
  it('states the difference as a claim, and ends well whatever it is', async () => {
    const asked = await recount('gpt-4o');
    const { code, stdout } = await asked('--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      claim: {
        about: 'usage-recount',
        status: 'asserted',
        prompt: { tokens: 12, stated: 12, difference: 0 },
        completion: { tokens: 7, stated: 700, difference: 693 },
      },
    });
    expect((await asked()).stdout).toContain('700 stated, 7 counted, difference 693');
  });

  it('says so where nothing can be counted', async () => {
    const { code, stdout } = await (await recount('mystery-1'))('--json');
    expect(code).toBe(20);
    expect(JSON.parse(stdout)).toMatchObject({ claim: { status: 'unknown', encoding: null } });
  });

  it('counts nothing of what is not the content of the receipt', async () => {
    const { code, stdout } = await (await recount('gpt-4o', body => Buffer.concat([body, Buffer.from(' ')])))(
      '--json',
    );
    expect(code).toBe(10);
    expect(JSON.parse(stdout)).toEqual({ claim: null, code: 'content/response-mismatch', exitCode: 10 });
  });

  it('is used wrongly without an opening', async () => {
    const asked = await recount('gpt-4o');
    writeFileSync(path('opening'), 'none');
    expect((await asked()).code).toBe(64);
    expect((await run(['recount', path('bundle.json')])).code).toBe(64);
  });
});
