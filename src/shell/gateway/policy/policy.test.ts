/** What a policy does to exchanges, end to end: a gateway with its log, upstreams, and receipts that anybody checks. */
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, ask, chat, errorOf } from '../../../../test/end-to-end/client.js';
import { type GatewayOptions, openGateway, type TestGateway } from '../../../../test/end-to-end/gateway.js';
import { eventually, openingOf, receiptOf } from '../../../../test/end-to-end/receipts.js';
import {
  answer,
  chunk,
  completion,
  cutStream,
  DONE,
  HELLO,
  stream,
  TestUpstream,
} from '../../../../test/end-to-end/upstreams.js';
import { checkAgainstPolicy } from '../../../appraise/policy/against.js';
import type { PolicyInput } from '../../../appraise/policy/language.js';
import { toHex } from '../../../bytes/hex.js';
import { Budgets } from '../../../economy/budgets.js';
import { withNewKey } from '../../../economy/key-changes.js';
import { KeyedAdmission } from '../../../economy/keyed-admission.js';
import { formatSecret, type KeyFile, NO_KEYS, secretDigest } from '../../../economy/virtual-key.js';
import { POLICY_V2 } from '../../../receipt/logged-policy.js';
import { commit } from '../../../receipt/opening.js';
import { POLICY } from '../../../receipt/policy.js';
import type { PriceList } from '../../../receipt/price/price-list.js';
import { readStatement } from '../../../receipt/statement.js';
import { AnswerCache } from '../cache/answer-cache.js';
import type { RouteDescriptions } from '../routing/route-description.js';

type Rule = PolicyInput['rules'][number];

let one: TestUpstream;
let two: TestUpstream;

/** A model of the operator's that two upstreams can answer for, the first of them first. */
const ROUTES: RouteDescriptions = new Map([
  [
    'both',
    [
      { balance: 'weight', targets: [{ model: 'one/test-model', weight: 1 }] },
      { balance: 'weight', targets: [{ model: 'two/test-model', weight: 1 }] },
    ],
  ],
]);
const ONE_ROUTE: RouteDescriptions = new Map([
  ['both', [{ balance: 'weight', targets: [{ model: 'one/test-model', weight: 1 }] }]],
]);
const BOTH = { body: chat({ model: 'both' }) };
const STREAMED = { body: chat({ model: 'both', stream: true }) };
const OTHER = completion('Other.', { rest: { model: 'other-model' } });
const SILENT = completion('Silent.', { rest: { usage: undefined } });

beforeAll(async () => {
  one = await TestUpstream.start();
  two = await TestUpstream.start();
});

afterAll(async () => {
  await one.close();
  await two.close();
});

beforeEach(() => {
  one.requests.length = 0;
  two.requests.length = 0;
  one.behaviour = answer(200, completion('One.'));
  two.behaviour = answer(200, completion('Two.'));
});

async function withRules(
  rules: readonly [Rule, ...Rule[]],
  use: (gateway: TestGateway) => Promise<void>,
  options: GatewayOptions = {},
): Promise<void> {
  const gateway = await openGateway({
    more: { one: { base: one.base }, two: { base: two.base } },
    routes: ROUTES,
    policy: {
      name: 'test',
      upstreams: { one: { controller: 'Example One' }, two: { controller: 'Example Two' } },
      rules: [...rules],
    },
    ...options,
  });
  try {
    await use(gateway);
    expect(gateway.problems).toEqual([]);
    expect(gateway.running).toBe(0);
  } finally {
    await gateway.close();
  }
}

/** The receipt of an answer, which is in keeping with the policy that the log has. */
async function checkedReceipt(gateway: TestGateway, got: Answer) {
  const receipt = await receiptOf(gateway, got);
  const entries = (await gateway.entriesOf(POLICY_V2.predicateType)).map(one =>
    readStatement(POLICY_V2, one),
  );
  const entry = entries.find(({ subject }) => subject[0].digest.sha256 === receipt.policy.digest);
  if (entry === undefined) throw new Error('the policy is not in the log');
  checkAgainstPolicy(receipt, entry.predicate.policy, receipt.policy.digest);
  return receipt;
}

const textOf = ({ body }: Pick<Answer, 'body'>) => body.toString();

describe('a policy in the log', () => {
  it('is there before the first receipt, once, and every receipt names it and its rule', async () => {
    await withRules([{ name: 'all' }], async gateway => {
      const got = await ask(gateway.address, BOTH);
      expect(textOf(got)).toContain('One.');
      const { policy, responsibility } = await checkedReceipt(gateway, got);
      expect(policy).toEqual({
        digest: gateway.rules.status.digest,
        index: gateway.rules.status.index,
        rule: 'all',
      });
      expect(responsibility.map(({ role }) => role)).toEqual(['operator', 'host', 'policy-author']);
      expect(got.headers['countersign-policy']).toBeUndefined();
      expect(await gateway.entriesOf(POLICY.predicateType)).toEqual([]);
    });
  });

  it('has no name of a key, a team or a person', async () => {
    const rules: [Rule, Rule] = [
      {
        name: 'some',
        for: { keys: ['alice'], teams: ['research'] },
        responsibility: [{ role: 'human-gate', person: 'Jane Roe' }],
      },
      { name: 'all', responsibility: [{ role: 'human-gate', person: 'Jane Roe' }] },
    ];
    await withRules(rules, async gateway => {
      const got = await ask(gateway.address, BOTH);
      const { responsibility } = await checkedReceipt(gateway, got);
      expect(responsibility.at(-1)).toMatchObject({
        role: 'human-gate',
        party: expect.stringMatching(/^person:[0-9a-f]{64}$/),
      });
      const [entry] = await gateway.entriesOf(POLICY_V2.predicateType);
      const logged = Buffer.from(entry?.payload ?? []).toString();
      for (const name of ['alice', 'research', 'Jane']) expect(logged).not.toContain(name);
    });
  });
});

describe('before anything is sent', () => {
  it('an upstream that may not be asked is passed over, and the receipt says so', async () => {
    await withRules([{ name: 'second', upstreams: { names: ['two'] } }], async gateway => {
      const got = await ask(gateway.address, BOTH);
      expect(textOf(got)).toContain('Two.');
      expect(one.requests).toEqual([]);
      const { attempts, policy } = await checkedReceipt(gateway, got);
      expect(attempts).toMatchObject([
        { upstream: 'one', outcome: 'failed', reason: 'clause/upstream-refused', sent: null },
        { upstream: 'two', outcome: 'answered', reason: null },
      ]);
      expect(policy.findings).toBeUndefined();
    });
  });

  it('and where there is no other, the request is refused, with a signed refusal', async () => {
    await withRules([{ name: 'built-in-only', upstreams: { names: ['built-in'] } }], async gateway => {
      const got = await ask(gateway.address, { body: chat({ model: 'two/test-model' }) });
      expect(got.status).toBe(403);
      expect(errorOf(got)).toMatchObject({ code: 'clause/upstream-refused', param: 'policy.rules.0' });
      expect(textOf(got)).toContain('built-in-only');
      expect(got.headers).toMatchObject({
        'countersign-reason': 'clause/upstream-refused',
        'countersign-policy': 'built-in-only; upstream-allowed=block',
      });
      expect(two.requests).toEqual([]);
      const { attempts, policy, request, response, upstream } = await checkedReceipt(gateway, got);
      expect(response).toMatchObject({ status: 'refused', reason: 'clause/upstream-refused', http: 403 });
      expect(attempts).toMatchObject([
        { upstream: 'two', outcome: 'failed', reason: 'clause/upstream-refused' },
      ]);
      expect([request.sent, upstream]).toEqual([null, null]);
      expect(policy).toMatchObject({
        rule: 'built-in-only',
        findings: [{ check: 'upstream-allowed', stage: 'before', done: 'block' }],
      });
    });
  });

  it('a request that no rule is for is refused', async () => {
    await withRules([{ name: 'small', for: { models: ['canned-*'] } }], async gateway => {
      const got = await ask(gateway.address, BOTH);
      expect([got.status, errorOf(got).code]).toEqual([403, 'clause/none-applies']);
      const { policy } = await checkedReceipt(gateway, got);
      expect(policy).toEqual({ digest: gateway.rules.status.digest, index: gateway.rules.status.index });
    });
  });

  it('a rule about a model is not passed by another name of it', async () => {
    const rules: [Rule, Rule] = [
      { name: 'narrow', for: { models: ['test-model'] }, upstreams: { names: ['built-in'] } },
      { name: 'wide' },
    ];
    await withRules(rules, async gateway => {
      for (const model of ['test-model', 'two/test-model', 'Test-Model', 'both']) {
        const got = await ask(gateway.address, { body: chat({ model }) });
        expect([model, got.headers['countersign-reason']]).toEqual([model, 'clause/upstream-refused']);
      }
    });
  });

  it.each<{ onFailure: 'block' | 'reroute'; digests: [string]; text: string }>([
    { onFailure: 'reroute', digests: ['ab'.repeat(32)], text: 'Canned.' },
    { onFailure: 'block', digests: ['ab'.repeat(32)], text: 'clause/model-unpinned' },
    { onFailure: 'reroute', digests: ['cd'.repeat(32)], text: 'clause/model-unpinned' },
  ])('a model with other files than those that are pinned: $onFailure, $text', async row => {
    const { onFailure, digests, text } = row;
    const routes: RouteDescriptions = new Map([
      [
        'pinned',
        [
          { balance: 'weight', targets: [{ model: 'one/test-model', weight: 1 }] },
          { balance: 'weight', targets: [{ model: 'canned-model', weight: 1 }] },
        ],
      ],
    ]);
    const checks: Rule['checks'] = [{ check: 'model-pinned', stage: 'before', onFailure, digests }];
    await withRules(
      [{ name: 'pinned', checks }],
      async gateway => {
        const got = await ask(gateway.address, { body: chat({ model: 'pinned' }) });
        expect(textOf(got)).toContain(text);
        expect(one.requests).toEqual([]);
        const { attempts } = await checkedReceipt(gateway, got);
        if (onFailure === 'reroute')
          expect(attempts[0]).toMatchObject({ upstream: 'one', reason: 'clause/model-unpinned' });
      },
      { routes },
    );
  });

  it('a model without a price is not asked for, where the rule wants one', async () => {
    const prices: PriceList = {
      currency: 'EUR',
      dated: '2026-11-21',
      entries: [
        { upstream: 'two', models: ['test-model'], prompt: '10', completion: '20', asOf: '2026-11-21' },
      ],
    };
    const checks: Rule['checks'] = [{ check: 'price-known', stage: 'before', onFailure: 'block' }];
    await withRules(
      [{ name: 'priced', checks }],
      async gateway => {
        const priced = await ask(gateway.address, { body: chat({ model: 'two/test-model' }) });
        expect(textOf(priced)).toContain('Two.');
        expect((await checkedReceipt(gateway, priced)).policy.findings).toBeUndefined();
        const got = await ask(gateway.address, { body: chat({ model: 'one/test-model' }) });
        expect([got.status, errorOf(got).code]).toEqual([403, 'clause/price-unknown']);
        expect(one.requests).toEqual([]);
        const { policy } = await checkedReceipt(gateway, got);
        expect(policy.findings).toEqual([{ check: 'price-known', stage: 'before', done: 'block' }]);
      },
      { prices },
    );
  });

  it('traffic is spread as the rule says, and refused where it cannot be', async () => {
    const spread: Rule = {
      name: 'spread',
      upstreams: { names: ['one', 'two'] },
      diversity: [{ of: 'controller', atMost: 50, ofLast: 4, onFailure: 'reroute' }],
    };
    await withRules([spread], async gateway => {
      const texts: string[] = [];
      for (let at = 0; at < 8; at++) texts.push(textOf(await ask(gateway.address, BOTH)));
      expect(texts.map(text => /One|Two/.exec(text)?.[0])).toEqual([
        'One',
        'One',
        'Two',
        'Two',
        'One',
        'One',
        'Two',
        'Two',
      ]);
      const got = await ask(gateway.address, BOTH);
      expect(textOf(got)).toContain('One.');
      await ask(gateway.address, BOTH);
      const direct = await ask(gateway.address, { body: chat({ model: 'one/test-model' }) });
      expect([direct.status, direct.headers['countersign-reason']]).toEqual([
        503,
        'clause/diversity-exceeded',
      ]);
      const { attempts, policy } = await checkedReceipt(gateway, direct);
      expect(attempts).toEqual([]);
      expect(policy.findings).toEqual([{ check: 'diversity', stage: 'before', done: 'block' }]);
    });
  });
});

describe('when the answer begins', () => {
  it.each([
    { what: 'a body', question: BOTH, behaviour: answer(200, OTHER) },
    {
      what: 'a stream',
      question: STREAMED,
      behaviour: stream(chunk({ content: 'Other.' }, null, { model: 'other-model' }), DONE),
    },
  ])('another model than was asked for: $what goes elsewhere', async ({ question, behaviour }) => {
    one.behaviour = behaviour;
    two.behaviour = question === BOTH ? answer(200, completion('Two.')) : stream(...HELLO);
    const checks: Rule['checks'] = [{ check: 'model-as-asked', stage: 'first-byte', onFailure: 'reroute' }];
    await withRules([{ name: 'as-asked', checks }], async gateway => {
      const got = await ask(gateway.address, question);
      expect(textOf(got)).not.toContain('Other.');
      const { attempts, response } = await checkedReceipt(gateway, got);
      expect(response.status).toBe('completed');
      expect(attempts).toMatchObject([
        { upstream: 'one', outcome: 'failed', reason: 'clause/model-substituted' },
        { upstream: 'two', outcome: 'answered' },
      ]);
    });
  });

  it.each([
    { what: 'a body', question: BOTH, behaviour: answer(200, OTHER) },
    {
      what: 'a stream',
      question: STREAMED,
      behaviour: stream(chunk({ content: 'Other.' }, null, { model: 'other-model' }), DONE),
    },
  ])('or is refused, with what came committed to: $what', async ({ question, behaviour }) => {
    one.behaviour = behaviour;
    const checks: Rule['checks'] = [{ check: 'model-as-asked', stage: 'first-byte', onFailure: 'block' }];
    await withRules([{ name: 'as-asked', checks }], async gateway => {
      const got = await ask(gateway.address, question);
      expect([got.status, errorOf(got).code]).toEqual([502, 'clause/model-substituted']);
      expect(got.headers['x-should-retry']).toBe('false');
      expect(textOf(got)).not.toContain('Other.');
      const { model, policy, price, response } = await checkedReceipt(gateway, got);
      expect(response).toMatchObject({
        status: 'refused',
        reason: 'clause/model-substituted',
        transforms: ['answer-withheld'],
        received: expect.stringMatching(/^[0-9a-f]{64}$/),
      });
      if (question === BOTH)
        expect(response.received).toBe(
          toHex(commit(openingOf(got), 'response/received', Buffer.from(JSON.stringify(OTHER)))),
        );
      expect(model.served).not.toBeNull();
      expect(price.lines).toBeNull();
      expect(policy.findings).toEqual([{ check: 'model-as-asked', stage: 'first-byte', done: 'block' }]);
    });
  });

  it('an upstream that refuses: another is asked, or it is said that the policy wants an answer', async () => {
    one.behaviour = answer(400, { error: { message: 'No.' } });
    const checked = (onFailure: 'block' | 'reroute'): Rule['checks'] => [
      { check: 'upstream-answered', stage: 'first-byte', onFailure },
    ];
    await withRules([{ name: 'answered', checks: checked('reroute') }], async gateway => {
      const got = await ask(gateway.address, BOTH);
      expect(textOf(got)).toContain('Two.');
      const { attempts } = await checkedReceipt(gateway, got);
      expect(attempts[0]).toMatchObject({ status: 400, reason: 'clause/upstream-failed' });
    });
    await withRules([{ name: 'answered', checks: checked('block') }], async gateway => {
      const got = await ask(gateway.address, BOTH);
      expect([got.status, errorOf(got).code]).toEqual([502, 'clause/upstream-failed']);
      await checkedReceipt(gateway, got);
    });
  });

  it('a stream that has given signs of life is refused in its own words, or goes elsewhere', async () => {
    one.behaviour = async response => {
      await new Promise(resolve => setTimeout(resolve, 60));
      answer(400, { error: { message: 'No.' } })(response);
    };
    two.behaviour = stream(...HELLO);
    const checked = (onFailure: 'block' | 'reroute'): Rule['checks'] => [
      { check: 'upstream-answered', stage: 'first-byte', onFailure },
    ];
    const timeouts = { keepAlive: 20 };
    await withRules(
      [{ name: 'answered', checks: checked('reroute') }],
      async gateway => {
        const got = await ask(gateway.address, STREAMED);
        expect(textOf(got)).toContain('Hel');
        expect((await checkedReceipt(gateway, got)).attempts[0]?.reason).toBe('clause/upstream-failed');
      },
      { timeouts },
    );
    await withRules(
      [{ name: 'answered', checks: checked('block') }],
      async gateway => {
        const got = await ask(gateway.address, STREAMED);
        expect([got.status, textOf(got)]).toEqual([200, expect.stringContaining('clause/upstream-failed')]);
        expect((await checkedReceipt(gateway, got)).response.status).toBe('refused');
      },
      { timeouts },
    );
  });

  it('what is only flagged passes, and header and receipt say so', async () => {
    one.behaviour = answer(200, OTHER);
    const checks: Rule['checks'] = [{ check: 'model-as-asked', stage: 'first-byte', onFailure: 'flag' }];
    await withRules([{ name: 'as-asked', checks }], async gateway => {
      const got = await ask(gateway.address, BOTH);
      expect(textOf(got)).toContain('Other.');
      expect(got.headers['countersign-policy']).toBe('as-asked; model-as-asked=flag');
      const { policy, response } = await checkedReceipt(gateway, got);
      expect(response.status).toBe('completed');
      expect(policy.findings).toEqual([{ check: 'model-as-asked', stage: 'first-byte', done: 'flag' }]);
    });
  });
});

describe('when the answer is there', () => {
  const usage = (onFailure: 'block' | 'reroute' | 'flag'): Rule['checks'] => [
    { check: 'usage-known', stage: 'final', onFailure },
  ];
  const QUIET = stream(chunk({ content: 'Quiet.' }), chunk({}, 'stop'), DONE);
  const COUNTED = stream(
    chunk({ content: 'Coun' }),
    chunk({ content: 'ted.' }, 'stop', {
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    }),
    DONE,
  );

  it('a stream that is held back passes whole, event for event, once it has been checked', async () => {
    one.behaviour = COUNTED;
    await withRules([{ name: 'held', buffer: true, checks: usage('block') }], async gateway => {
      const got = await ask(gateway.address, STREAMED);
      expect(textOf(got)).toContain('Coun');
      expect(textOf(got)).toContain('ted.');
      const { policy, response } = await checkedReceipt(gateway, got);
      expect([response.status, policy.findings]).toEqual(['completed', undefined]);
    });
  });

  it.each([
    { what: 'a body', question: BOTH, behaviour: answer(200, SILENT), text: 'Silent.' },
    { what: 'a stream', question: STREAMED, behaviour: QUIET, text: 'Quiet.' },
  ])('$what without usage is blocked, and nothing of it has passed', async row => {
    one.behaviour = row.behaviour;
    await withRules([{ name: 'held', buffer: true, checks: usage('block') }], async gateway => {
      const got = await ask(gateway.address, row.question);
      expect([got.status, errorOf(got).code]).toEqual([502, 'clause/usage-missing']);
      expect(textOf(got)).not.toContain(row.text);
      const { response } = await checkedReceipt(gateway, got);
      expect(response).toMatchObject({ status: 'refused', transforms: ['answer-withheld'] });
    });
  });

  it.each([
    { what: 'a body', question: BOTH, behaviours: [answer(200, SILENT), answer(200, completion('Two.'))] },
    { what: 'a stream', question: STREAMED, behaviours: [QUIET, COUNTED] },
  ] as const)('$what without usage goes elsewhere', async ({ question, behaviours }) => {
    [one.behaviour, two.behaviour] = behaviours;
    await withRules([{ name: 'held', buffer: true, checks: usage('reroute') }], async gateway => {
      const got = await ask(gateway.address, question);
      expect(textOf(got)).toMatch(/Two\.|ted\./);
      const { attempts } = await checkedReceipt(gateway, got);
      expect(attempts).toMatchObject([
        { upstream: 'one', reason: 'clause/usage-missing' },
        { upstream: 'two', outcome: 'answered' },
      ]);
    });
  });

  it('and where nobody else can answer either, it is refused', async () => {
    one.behaviour = answer(200, SILENT);
    two.behaviour = answer(200, SILENT);
    await withRules([{ name: 'held', buffer: true, checks: usage('reroute') }], async gateway => {
      const got = await ask(gateway.address, BOTH);
      expect(errorOf(got).code).toBe('clause/usage-missing');
      const { policy } = await checkedReceipt(gateway, got);
      expect(policy.findings).toEqual([{ check: 'usage-known', stage: 'final', done: 'block' }]);
    });
  });

  it('a stream that is not held back is flagged in its receipt', async () => {
    one.behaviour = QUIET;
    await withRules([{ name: 'open', checks: usage('flag') }], async gateway => {
      const got = await ask(gateway.address, STREAMED);
      expect(textOf(got)).toContain('Quiet.');
      const { policy } = await checkedReceipt(gateway, got);
      expect(policy.findings).toEqual([{ check: 'usage-known', stage: 'final', done: 'flag' }]);
    });
  });

  it('so is one that breaks off after a part of it has passed', async () => {
    one.behaviour = cutStream(chunk({ content: 'Hel' }));
    const checks: Rule['checks'] = [{ check: 'answer-whole', stage: 'final', onFailure: 'flag' }];
    await withRules([{ name: 'whole', checks }], async gateway => {
      const got = await ask(gateway.address, STREAMED);
      const { policy, response } = await checkedReceipt(gateway, got);
      expect(response).toMatchObject({ status: 'failed', reason: 'upstream/broken' });
      expect(policy.findings).toEqual([{ check: 'answer-whole', stage: 'final', done: 'flag' }]);
    });
  });

  it('one that breaks off while it is held back is a failure, and nothing of it has passed', async () => {
    one.behaviour = cutStream(chunk({ content: 'Hel' }));
    two.behaviour = cutStream(chunk({ content: 'Hel' }));
    await withRules([{ name: 'held', buffer: true, checks: usage('block') }], async gateway => {
      const got = await ask(gateway.address, STREAMED);
      expect([got.status, errorOf(got).code]).toEqual([502, 'upstream/broken']);
      expect(textOf(got)).not.toContain('Hel"');
      expect((await checkedReceipt(gateway, got)).response.status).toBe('failed');
    });
  });

  it('what is held back counts as held, and is let go of', async () => {
    one.behaviour = stream(...Array.from({ length: 50 }, () => chunk({ content: 'x'.repeat(1000) })), DONE);
    await withRules(
      [{ name: 'held', buffer: true, checks: usage('block'), upstreams: { names: ['one'] } }],
      async gateway => {
        const got = await ask(gateway.address, STREAMED);
        expect(errorOf(got).code).toBe('gateway/busy');
      },
      { limits: { heldAnswerBytes: 20_000 } },
    );
  });
});

describe('who asks', () => {
  const key = (byte: number) => formatSecret(new Uint8Array(32).fill(byte));
  const ring = [
    { id: 'a'.repeat(26), name: 'alice', team: null },
    { id: 'b'.repeat(26), name: 'bob', team: 'research' },
    { id: 'c'.repeat(26), name: 'carol', team: null },
  ].reduce<KeyFile>(
    (file, holder, at) =>
      withNewKey(
        file,
        { ...holder, digest: secretDigest(key(at)) as string, expires: null, models: ['*'], limits: [] },
        0,
      ) as KeyFile,
    NO_KEYS,
  );

  it('has the rule that is for his key or his team', async () => {
    const rules: [Rule, Rule] = [
      { name: 'alice', for: { keys: ['alice'] }, upstreams: { names: ['two'] } },
      { name: 'team', for: { teams: ['res*'] }, upstreams: { names: ['one'] } },
    ];
    const budgets = new Budgets({ marks: [], record: () => undefined });
    const admission = new KeyedAdmission(ring, budgets, () => undefined);
    await withRules(
      rules,
      async gateway => {
        const asked = await Promise.all(
          [0, 1, 2].map(at =>
            ask(gateway.address, { ...BOTH, headers: { authorization: `Bearer ${key(at)}` } }),
          ),
        );
        expect(asked.map(got => /One|Two|none-applies/.exec(textOf(got))?.[0])).toEqual([
          'Two',
          'One',
          'none-applies',
        ]);
        const receipts = await Promise.all(asked.map(got => checkedReceipt(gateway, got)));
        expect(receipts.map(({ policy }) => policy.rule)).toEqual(['alice', 'team', undefined]);
      },
      { admission },
    );
  });

  it('is given nothing again that was answered under the rule of a team that he has left', async () => {
    const rules: [Rule, Rule] = [
      { name: 'team', for: { teams: ['research'] }, upstreams: { names: ['one'] } },
      { name: 'others', upstreams: { names: ['two'] } },
    ];
    const inTeam = (team: string | null): KeyFile => ({
      ...ring,
      keys: ring.keys.map(one => ({ ...one, team: one.name === 'bob' ? team : one.team })),
    });
    const budgets = new Budgets({ marks: [], record: () => undefined });
    const admission = new KeyedAdmission(inTeam('research'), budgets, () => undefined);
    const cache = new AnswerCache({ maximumBytes: 1_000_000, lifetime: 60_000, now: Date.now });
    await withRules(
      rules,
      async gateway => {
        const bob = { ...BOTH, headers: { authorization: `Bearer ${key(1)}` } };
        const asks = async () => {
          const got = await ask(gateway.address, bob);
          const { policy, response } = await checkedReceipt(gateway, got);
          return [/One|Two/.exec(textOf(got))?.[0], policy.rule, 'cached' in response];
        };
        expect([await asks(), await asks()]).toEqual([
          ['One', 'team', false],
          ['One', 'team', true],
        ]);
        admission.exchangeKeys(inTeam(null));
        expect([await asks(), await asks()]).toEqual([
          ['Two', 'others', false],
          ['Two', 'others', true],
        ]);
      },
      { admission, cache },
    );
  });
});

describe('what is refused is said in the words of the API', () => {
  const rules: [Rule] = [{ name: 'no', upstreams: { names: ['built-in'] } }];

  it.each([
    {
      path: '/v1/messages',
      body: { model: 'both', max_tokens: 1, messages: [{ role: 'user', content: 'a' }] },
      shape: { type: 'error', error: { type: 'permission_error' } },
    },
    {
      path: '/v1beta/models/both:generateContent',
      body: { contents: [{ parts: [{ text: 'a' }] }] },
      shape: { error: { code: 403, status: 'PERMISSION_DENIED' } },
    },
    {
      path: '/v1/responses',
      body: { model: 'both', input: 'a' },
      shape: { error: { type: 'invalid_request_error', code: 'clause/upstream-refused' } },
    },
  ])('$path', async ({ path, body, shape }) => {
    await withRules(rules, async gateway => {
      const got = await ask(gateway.address, { path, method: 'POST', body });
      expect(got.status).toBe(403);
      expect(JSON.parse(textOf(got))).toMatchObject(shape);
      expect(textOf(got)).toContain('the rule \\"no\\"');
      expect(textOf(got)).toContain('policy.rules.0');
      expect((await checkedReceipt(gateway, got)).response.reason).toBe('clause/upstream-refused');
    });
  });

  it('also of an answer of another dialect, which is committed to as it came', async () => {
    const silent = completion('Silent.', { rest: { usage: undefined } });
    one.behaviour = answer(200, silent);
    const checks: Rule['checks'] = [{ check: 'usage-known', stage: 'final', onFailure: 'block' }];
    const body = { model: 'both', max_tokens: 1, messages: [{ role: 'user', content: 'a' }] };
    await withRules(
      [{ name: 'held', buffer: true, upstreams: { names: ['one'] }, checks }],
      async gateway => {
        const got = await ask(gateway.address, { path: '/v1/messages', method: 'POST', body });
        expect([got.status, got.headers['countersign-reason']]).toEqual([502, 'clause/usage-missing']);
        const { response } = await checkedReceipt(gateway, got);
        expect(response.received).toBe(
          toHex(commit(openingOf(got), 'response/received', Buffer.from(JSON.stringify(silent)))),
        );
      },
      {
        more: { one: { base: one.base, surfaces: ['chat/completions'] }, two: { base: two.base } },
        routes: ONE_ROUTE,
      },
    );
  });
});

describe('a policy that is exchanged while the gateway runs', () => {
  it('is in the log before the first receipt under it, and one that cannot be used changes nothing', async () => {
    const gateway = await openGateway({
      more: { one: { base: one.base }, two: { base: two.base } },
      routes: ROUTES,
      policy: { name: 'test', rules: [{ name: 'first' }] },
    });
    try {
      const before = await checkedReceipt(gateway, await ask(gateway.address, BOTH));
      const next = { name: 'test', rules: [{ name: 'second', upstreams: { names: ['two'] } }] };
      await writeFile(gateway.policyFile, JSON.stringify(next));
      expect(await gateway.rules.reload()).toEqual({ outcome: 'applied' });
      const { index } = gateway.rules.status;
      const got = await ask(gateway.address, BOTH);
      expect(textOf(got)).toContain('Two.');
      const after = await checkedReceipt(gateway, got);
      expect([before.policy.rule, after.policy.rule, after.policy.index]).toEqual(['first', 'second', index]);
      expect(after.policy.index).toBeLessThan(after.seen.size);

      await writeFile(gateway.policyFile, '{"name": "test", "rules": [{"name": "third", "bufer": true}]}');
      await expect(gateway.rules.reload()).rejects.toThrow('Did you mean "buffer"?');
      expect(gateway.rules.status).toMatchObject({
        index,
        problem: expect.stringContaining('clause/malformed'),
      });
      expect((await checkedReceipt(gateway, await ask(gateway.address, BOTH))).policy.rule).toBe('second');

      const { inForce } = gateway.rules.desk;
      await writeFile(gateway.policyFile, JSON.stringify(next));
      expect(await gateway.rules.reload()).toEqual({ outcome: 'unchanged' });
      // What it has counted of its limits is not forgotten.
      expect(gateway.rules.desk.inForce).toBe(inForce);
      expect(gateway.rules.status).toMatchObject({ index, problem: null });
    } finally {
      await gateway.close();
    }
  });

  it('an exchange ends under the policy that it began with', async () => {
    let answerNow: () => void = () => undefined;
    one.behaviour = async response => {
      await new Promise<void>(resolve => {
        answerNow = resolve;
      });
      answer(200, completion('One.'))(response);
    };
    await withRules([{ name: 'first' }], async gateway => {
      const waiting = ask(gateway.address, BOTH);
      await eventually(() => (one.requests.length > 0 ? true : undefined));
      await writeFile(gateway.policyFile, JSON.stringify({ name: 'test', rules: [{ name: 'second' }] }));
      await gateway.rules.reload();
      answerNow();
      expect((await checkedReceipt(gateway, await waiting)).policy.rule).toBe('first');
    });
  });
});
