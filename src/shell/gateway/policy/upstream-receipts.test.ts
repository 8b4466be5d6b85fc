/** Policies that ask for another gateway's receipts: these are checked before the answer passes. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, chat, errorOf } from '../../../../test/end-to-end/client.js';
import { openGateway, type TestGateway } from '../../../../test/end-to-end/gateway.js';
import { receiptOf } from '../../../../test/end-to-end/receipts.js';
import { answer, completion, HELLO, stream, TestUpstream } from '../../../../test/end-to-end/upstreams.js';
import type { PolicyInput } from '../../../appraise/policy/language.js';

let provider: TestUpstream;
let far: TestGateway;
/** What stands between the two gateways, and may change what comes. */
let between: TestUpstream;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-upstream-receipts-'));
  provider = await TestUpstream.start();
  between = await TestUpstream.start();
  far = await openGateway({ upstream: provider.base, name: 'far.example' });
  await writeFile(join(folder, 'far.json'), far.trustText);
  const stranger = await openGateway({ name: 'stranger.example' });
  await writeFile(join(folder, 'stranger.json'), stranger.trustText);
  await stranger.close();
});

afterAll(async () => {
  await far.close();
  await provider.close();
  await between.close();
  await rm(folder, { recursive: true });
});

const policyWith = (trust: string): PolicyInput => ({
  name: 'signed',
  upstreams: { far: { trust: { file: join(folder, trust) } } },
  rules: [
    {
      name: 'signed',
      buffer: true,
      require: { model: 'provider-signed' },
      checks: [{ check: 'upstream-receipt', stage: 'final', onFailure: 'block' }],
    },
  ],
});

/** Passes on what the far gateway answers, changed. */
function relay(change: (body: string) => string): void {
  between.behaviour = async (response, { body, headers }) => {
    const got = await ask(far.address, {
      body,
      headers: { 'countersign-inline': String(headers['countersign-inline']) },
    });
    const kept = ['content-type', 'countersign-opening', 'countersign-exchange', 'countersign-receipt'];
    const given = kept.flatMap(name =>
      got.headers[name] === undefined ? [] : [[name, String(got.headers[name])]],
    );
    response.writeHead(got.status, Object.fromEntries(given));
    response.end(change(got.body.toString()));
  };
}

async function near(trust: string, use: (gateway: TestGateway) => Promise<void>): Promise<void> {
  const gateway = await openGateway({
    more: { far: { base: between.base, givesReceipts: true } },
    policy: policyWith(trust),
  });
  try {
    await use(gateway);
    expect(gateway.problems).toEqual([]);
  } finally {
    await gateway.close();
  }
}

const QUESTIONS = [
  { what: 'a body', question: { body: chat() }, behaviour: answer(200, completion('Far.')), text: 'Far.' },
  { what: 'a stream', question: { body: chat({ stream: true }) }, behaviour: stream(...HELLO), text: 'Hel' },
];

describe.each(QUESTIONS)("another gateway's receipt for $what", ({ question, behaviour, text }) => {
  it('lets the answer pass, where its trust file bears it out', async () => {
    provider.behaviour = behaviour;
    relay(body => body);
    await near('far.json', async gateway => {
      const got = await ask(gateway.address, question);
      expect([got.status, got.body.toString()]).toEqual([200, expect.stringContaining(text)]);
      const { evidence, policy } = await receiptOf(gateway, got);
      expect(policy.findings).toBeUndefined();
      expect(evidence).toMatchObject([{ type: 'countersign-receipt' }]);
    });
  });

  it('is the only way to the grade: nobody else is asked', async () => {
    const gateway = await openGateway({
      more: {
        far: { base: between.base, givesReceipts: true },
        one: { base: provider.base },
      },
      policy: policyWith('far.json'),
    });
    try {
      provider.requests.length = 0;
      const got = await ask(gateway.address, { body: chat({ model: 'one/test-model' }) });
      expect([got.status, errorOf(got).code]).toEqual([403, 'clause/grade-unreachable']);
      expect(provider.requests).toEqual([]);
      const { policy } = await receiptOf(gateway, got);
      expect(policy.findings).toEqual([{ check: 'grades', stage: 'before', done: 'block' }]);
    } finally {
      await gateway.close();
    }
  });

  it.each<{ what: string; trust: string; change: (body: string) => string }>([
    { what: 'is by a stranger', trust: 'stranger.json', change: body => body },
    { what: 'is for another answer', trust: 'far.json', change: body => body.replace(/Far|Hel/, 'Liar') },
    {
      what: 'is not there',
      trust: 'far.json',
      change: body => body.replaceAll(/^: countersign-receipt.*\n/gm, '').replace('Far', 'Liar'),
    },
  ])('blocks it, where the receipt $what', async ({ trust, change }) => {
    provider.behaviour = behaviour;
    relay(change);
    await near(trust, async gateway => {
      const got = await ask(gateway.address, question);
      expect([got.status, errorOf(got).code]).toEqual([502, 'clause/grade-missed']);
      const { policy, response } = await receiptOf(gateway, got);
      expect(response.status).toBe('refused');
      expect(policy.findings).toEqual([
        { check: 'upstream-receipt', stage: 'final', done: 'block' },
        { check: 'grades', stage: 'final', done: 'block' },
      ]);
    });
  });
});
