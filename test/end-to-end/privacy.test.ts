import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Vault } from '../../src/shell/vault/vault.js';
import { type Canary, canary, digestCanary, filesBelow, findCanaries } from './canaries.js';
import { type Answer, ask, begin, type Question } from './client.js';
import { serve } from './process.js';
import { openingOf } from './receipts.js';
import {
  answer,
  type Behaviour,
  chunk,
  completion,
  cutStream,
  DONE,
  stream,
  TestUpstream,
} from './upstreams.js';

/** Words that nobody else would write, one for each place that a client or an upstream can write into. */
const WORDS = {
  prompt: 'CanaryPromptQ7x3',
  answer: 'CanaryAnswerW8y4',
  model: 'canary-model-e9z5',
  served: 'canary-served-r1a6',
  toolName: 'canary_tool_t2b7',
  toolArguments: 'CanaryArgumentY3c8',
  toolId: 'call_CanaryU4d9',
  authorization: 'sk-CanaryKeyI5e1',
  user: 'CanaryUserO6f2',
  unknown: 'CanaryUnknownP7g3',
  requestId: 'req_CanaryA8h4',
  finish: 'canary_finish_s9i5',
  fingerprint: 'fp_CanaryD1j6',
  message: 'CanaryMessageF2k7',
  organisation: 'org-CanaryG3l8',
  agent: 'CanaryAgentH4m9',
  path: 'canary-path-J5n1',
  image: 'CanaryImageK6o2',
  comment: 'CanaryCommentL7p3',
  role: 'canaryroleZ8q4',
  nonce: 'canary-nonce_N5s6-t7u8',
  queryKey: 'AIza-CanaryQueryM4r5',
} as const;

const headers = {
  authorization: `Bearer ${WORDS.authorization}`,
  'openai-organization': WORDS.organisation,
  'user-agent': WORDS.agent,
  'countersign-nonce': WORDS.nonce,
};

function question(rest: object = {}): Question {
  const body = {
    model: WORDS.model,
    messages: [
      { role: WORDS.role, content: 'x' },
      {
        role: 'user',
        content: [
          { type: 'text', text: WORDS.prompt },
          { type: 'image_url', image_url: { url: `data:,${WORDS.image}` } },
        ],
      },
    ],
    user: WORDS.user,
    [WORDS.unknown]: [WORDS.unknown],
    tools: [{ type: 'function', function: { name: WORDS.toolName, parameters: {} } }],
    ...rest,
  };
  return { headers, body };
}

const CALLS = [
  {
    index: 0,
    id: WORDS.toolId,
    type: 'function',
    function: { name: WORDS.toolName, arguments: JSON.stringify({ x: WORDS.toolArguments }) },
  },
];
const REST = { model: WORDS.served, system_fingerprint: WORDS.fingerprint };
const UPSTREAM_HEADERS = { 'x-request-id': WORDS.requestId, 'set-cookie': WORDS.message };
const BEHAVIOURS: { what: string; behaviour: Behaviour; stream: boolean }[] = [
  {
    what: 'an answer',
    behaviour: answer(
      200,
      completion(WORDS.answer, {
        message: { tool_calls: CALLS },
        choice: { finish_reason: WORDS.finish },
        rest: REST,
      }),
      UPSTREAM_HEADERS,
    ),
    stream: false,
  },
  {
    what: 'a stream',
    behaviour: stream(
      `: ${WORDS.comment}\n`,
      chunk({ content: WORDS.answer, tool_calls: CALLS }, null, REST),
      chunk({}, WORDS.finish, REST),
      DONE,
    ),
    stream: true,
  },
  {
    what: 'a broken stream',
    behaviour: cutStream(chunk({ content: WORDS.answer }, null, REST)),
    stream: true,
  },
  {
    what: 'a refusal',
    behaviour: answer(400, { error: { message: WORDS.message } }, UPSTREAM_HEADERS),
    stream: false,
  },
  {
    what: 'an error page',
    behaviour: answer(500, `<h1>${WORDS.message}</h1>`, UPSTREAM_HEADERS),
    stream: false,
  },
  { what: 'garbage', behaviour: answer(200, `{"${WORDS.message}":`, UPSTREAM_HEADERS), stream: false },
  {
    what: 'another type',
    behaviour: answer(200, WORDS.message, { 'content-type': `text/${WORDS.message}` }),
    stream: false,
  },
];

let folder: string;
let upstream: TestUpstream;
let printed: string;
const bundles: Buffer[] = [];
const exchanges: string[] = [];
const canaries: Canary[] = Object.entries(WORDS).map(([name, word]) => canary(name, word));

/** All that happens between a client, a gateway in a process of its own, and an upstream, remembered for the tests below. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-privacy-'));
  upstream = await TestUpstream.start();
  const gateway = await serve(['--data', folder, '--upstream', upstream.base, '--idle-timeout', '1']);
  const { address } = gateway.summary;
  const answers: Answer[] = [];
  for (const { behaviour, stream: streamed } of BEHAVIOURS) {
    upstream.behaviour = behaviour;
    answers.push(await ask(address, question({ stream: streamed })));
  }
  answers.push(await ask(address, { headers, body: `{"model": "${WORDS.prompt}` }));
  answers.push(await ask(address, question({ temperature: WORDS.prompt })));
  answers.push(await ask(address, question({ reasoning_effort: WORDS.prompt })));
  answers.push(
    await ask(address, { ...question(), headers: { ...headers, 'content-encoding': WORDS.unknown } }),
  );
  const gemini = `/v1beta/models/${WORDS.model}:streamGenerateContent?alt=sse&key=${WORDS.queryKey}`;
  for (const { behaviour } of BEHAVIOURS.slice(-3)) {
    upstream.behaviour = behaviour;
    const body = { contents: [{ parts: [{ text: WORDS.prompt }] }] };
    answers.push(await ask(address, { path: gemini, method: 'POST', body }));
  }
  upstream.behaviour = stream(chunk({ content: WORDS.answer }), 500);
  const leaving = begin(address, question({ stream: true }));
  await leaving.started;
  leaving.leave();
  for (const path of [`/${WORDS.path}`, `/v1/receipts/${WORDS.path}`, `/v1/models?x=${WORDS.path}`])
    await ask(address, { path, headers });
  await sleep(300);
  for (const got of answers) {
    const exchange = String(got.headers['countersign-exchange']);
    exchanges.push(exchange);
    bundles.push((await ask(address, { path: `/v1/receipts/${exchange}?wait=witnessed` })).body);
    canaries.push(canary(`opening of ${exchange}`, openingOf(got)));
    canaries.push(canary(`opening of ${exchange}, as text`, String(got.headers['countersign-opening'])));
    canaries.push(digestCanary(`the request of ${exchange}`, got.request));
    canaries.push(digestCanary(`the answer of ${exchange}`, got.body));
  }
  for (const [name, word] of Object.entries(WORDS)) canaries.push(digestCanary(name, word));
  canaries.push(digestCanary('Authorization', headers.authorization));
  await gateway.stop();
  printed = gateway.printed();
});

afterAll(async () => {
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('nothing personal or guessable', () => {
  it('could be missed by these tests', () => {
    const hidden = Buffer.from(`…${WORDS.prompt}…`).toString('base64');
    const nested = Buffer.from(JSON.stringify({ long: 'x'.repeat(100), [WORDS.answer]: 1 })).toString(
      'base64',
    );
    const found = findCanaries(Buffer.from(`{"a":"${hidden}","b":"${nested}"}`), canaries);
    expect(found).toEqual(['prompt', 'answer']);
    expect(bundles.length).toBe(BEHAVIOURS.length + 7);
  });

  it('is in a bundle', () => {
    for (const bundle of bundles) {
      expect(JSON.parse(bundle.toString())).toHaveProperty('envelope');
      expect(findCanaries(bundle, canaries)).toEqual([]);
    }
  });

  it('is in any file of the log, of the witnesses, or beside them', () => {
    const files = filesBelow(folder).filter(({ path }) => !path.startsWith('vault'));
    expect(files.map(({ path }) => path.split('/')[0])).toEqual(
      expect.arrayContaining(['log', 'witnesses', 'trust.json']),
    );
    for (const { path, bytes } of files) expect(findCanaries(bytes, canaries), path).toEqual([]);
  });

  it('is in the name of a file', () => {
    const names = filesBelow(folder).map(({ path }) => path);
    expect(findCanaries(Buffer.from(names.join('\n')), canaries)).toEqual([]);
  });

  it('is in clear in the vault, where all of it is', () => {
    const files = filesBelow(join(folder, 'vault'));
    expect(files.map(({ path }) => path.replace(/^.*\./, '')).sort()).toEqual(['content', 'keys']);
    // Each is kept there, and takes a slot of its own.
    const vault = new Vault(join(folder, 'vault'), new Uint8Array(32));
    for (const exchange of exchanges) expect(vault.state(exchange)).toBe('kept');
    for (const { path, bytes } of files) expect(findCanaries(bytes, canaries), path).toEqual([]);
  });

  it('is printed by the process', () => {
    expect(printed).toContain('"address"');
    expect(findCanaries(Buffer.from(printed), canaries)).toEqual([]);
  });
});

describe('files that only their owner may read', () => {
  it('are the keys', () => {
    const keys = filesBelow(join(folder, 'keys'));
    expect(keys.map(({ path }) => path).sort()).toEqual([
      'admin.key',
      'clients.key',
      'issuer.key',
      'log-ml-dsa.key',
      'log.key',
      'recovery.key',
      'vault.key',
      'witness-1.key',
      'witness-2.key',
      'witness-3.key',
    ]);
    for (const { path, mode } of keys) expect(mode, path).toBe(0o600);
    expect(statSync(join(folder, 'keys')).mode & 0o777).toBe(0o700);
  });

  it('are those of the vault', () => {
    for (const { path, mode } of filesBelow(join(folder, 'vault'))) expect(mode, path).toBe(0o600);
    expect(statSync(join(folder, 'vault')).mode & 0o777).toBe(0o700);
  });
});
