/**
 * Secrets are planted wherever a gateway has any, exchanges are made that end in every way there is, its configuration is broken, its disk is taken
 * away and it is killed; then everything that was written anywhere is searched for them.
 */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Canary, canary, digestCanary, filesBelow, findCanaries } from './canaries.js';
import { type Answer, ask, begin, chat, json } from './client.js';
import { run, type Served, serve } from './process.js';
import { answer, chunk, completion, cutStream, stream, TestUpstream } from './upstreams.js';

const UPSTREAM_KEY = 'sk-PlantedUpstreamKeyA1b2';
const COLLECTOR_KEY = 'PlantedCollectorKeyC3d4';
const HOOK_SECRET = `whsec_${Buffer.from('PlantedHookSecretThatIsLongEnough').toString('base64')}`;
/** Receivers of webhooks put a secret into the address. */
const HOOK_PATH = 'PlantedHookPathB2c3';
const CLIENT_KEY = 'sk-PlantedClientKeyE5f6';
const NAME = 'PlantedNameG7h8';
const TEAM = 'PlantedTeamI9j1';
const PROMPT = 'PlantedPromptK2l3';
const ANSWER = 'PlantedAnswerM4n5';
const MODEL = 'planted-model-o6p7';
const USER_AGENT = 'PlantedAgentQ8r9';
const ERROR = 'PlantedErrorS1t2';
/** Whom the policy's list of names takes out of prompts, and whom it makes answer for them. */
const PERSON = 'Plantedperson Uvthreefour';
const GATE = 'PlantedGateW5x6';
/** Models whose answers the policy holds back, and which nobody may be asked for. */
const [HELD, BLOCKED] = ['planted-held-y7z8', 'planted-blocked-a9b1'];

let folder: string;
let data: string;
let upstream: TestUpstream;
let collector: Server;
let collected: string;
let house: Served;
let virtualKey: string;
let adminKey: string;
/** Of each run, with which its commands were let in. */
const tokens: string[] = [];
const answers: Answer[] = [];
/** Whatever was told to an operator. */
const told: string[] = [];
const outputs: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-secrets-'));
  data = join(folder, 'data');
  upstream = await TestUpstream.start();
  collected = '';
  collector = createServer((request, response) => {
    request.setEncoding('utf8').on('data', part => {
      collected += part;
    });
    request.on('end', () => response.end('{}'));
  });
  await new Promise<void>(resolve => {
    collector.listen(0, '127.0.0.1', resolve);
  });
  writeFileSync(join(folder, 'key'), `${UPSTREAM_KEY}\n`, { mode: 0o600 });
  writeFileSync(join(folder, 'names'), `${PERSON}\n`);
  writeFileSync(policy(), JSON.stringify(POLICY));
  await start();
  await exercise();
  await revoke('OutOfDate');
  house.child.kill('SIGKILL');
  await house.stop('SIGKILL');
  outputs.push(house.printed());
  await start();
  await exercise();
  await revoke('SWHardeningNeeded');
  await breakDisk();
  await house.stop();
  outputs.push(house.printed());
}, 180_000);

afterAll(async () => {
  await upstream.close();
  collector.closeAllConnections();
  collector.close();
  rmSync(folder, { recursive: true, force: true });
});

const config = () => join(folder, 'countersign.yaml');
const policy = () => join(folder, 'policy.json');
const REDACT = { kinds: ['email'], names: { file: 'names' }, restore: true };
const POLICY = {
  name: 'secrets',
  rules: [
    { name: 'blocked', for: { models: ['planted-blocked-*'] }, upstreams: { names: ['built-in'] } },
    {
      name: 'held',
      for: { models: ['planted-held-*'] },
      buffer: true,
      checks: [{ check: 'model-as-asked', stage: 'final', onFailure: 'block' }],
      redact: REDACT,
    },
    { name: 'all', redact: REDACT, responsibility: [{ role: 'human-gate', person: GATE }] },
  ],
};
const settings = (more = '') => `
upstreams: [{ name: planted, url: "${upstream.base}", key: { file: ${join(folder, 'key')} } }]
timeouts: { idle: 1, firstToken: 1 }
policy: ${policy()}
logs: { format: json, level: debug }
webhooks: [{ name: planted, url: "http://127.0.0.1:${(collector.address() as AddressInfo).port}/${HOOK_PATH}", secret: { env: HOOK } }]
telemetry: { endpoint: "http://127.0.0.1:${(collector.address() as AddressInfo).port}", headers: { env: PLANTED }, propagate: true }
${more}`;

async function start(): Promise<void> {
  writeFileSync(config(), settings());
  house = await serve(['--data', data, '--config', config()], {
    environment: { PLANTED: `x-key=${COLLECTOR_KEY}`, HOOK: HOOK_SECRET },
  });
  adminKey = readFileSync(join(data, 'keys', 'admin.key'), 'utf8').trim();
  const { token } = JSON.parse(readFileSync(join(data, 'control.json'), 'utf8')) as { token: string };
  tokens.push(token);
}

const admin = async (path: string, method = 'GET', body: unknown = '') => {
  const got = await ask(house.summary.admin, {
    path,
    method,
    headers: { authorization: `Bearer ${adminKey}` },
    body,
  });
  told.push(`${path.replace(PROMPT, '…')}: ${got.body}`);
  return got;
};

/** Exchanges that end in every way, and requests that are none. */
async function exercise(): Promise<void> {
  const { address } = house.summary;
  const body = (rest: object = {}) => chat({ model: MODEL, user: NAME, ...rest }, PROMPT);
  const asked = async (question: Parameters<typeof ask>[1]) => {
    const headers = {
      'user-agent': USER_AGENT,
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    };
    answers.push(await ask(address, { ...question, headers: { ...headers, ...question?.headers } }));
  };
  const own = { authorization: `Bearer ${CLIENT_KEY}` };
  upstream.behaviour = answer(200, completion(ANSWER));
  // Before there are virtual keys, and with them; the second time there are.
  await asked({ body: body(), headers: own });
  if (virtualKey === undefined) {
    const made = await ask(house.summary.admin, {
      path: '/admin/keys',
      method: 'POST',
      headers: { authorization: `Bearer ${adminKey}` },
      body: { name: NAME, team: TEAM, limits: ['requests=1000/day', 'tokens=100000000/day'] },
    });
    virtualKey = json<{ key: string }>(made).key;
  }
  const mine = { authorization: `Bearer ${virtualKey}` };
  const behaviours = [
    answer(200, completion(ANSWER)),
    answer(401, { error: { message: `Incorrect API key provided: ${UPSTREAM_KEY}` } }),
    answer(500, ERROR),
    answer(200, `{"${ERROR}`),
    cutStream(chunk({ content: ANSWER })),
    stream(chunk({ content: ANSWER }), 3000),
    () => undefined,
  ];
  for (const behaviour of behaviours)
    for (const streamed of [false, true]) {
      upstream.behaviour = behaviour;
      await asked({ body: body({ stream: streamed }), headers: mine });
    }
  upstream.behaviour = answer(200, completion(ANSWER));
  for (const streamed of [false, true]) {
    for (const model of [HELD, BLOCKED])
      await asked({ body: body({ model, stream: streamed }), headers: mine });
    await asked({ body: chat({ model: MODEL, stream: streamed }, `${PERSON}, ${PROMPT}`), headers: mine });
  }
  // What cannot be looked through is sent nowhere.
  const twice = `{"model":"${MODEL}","messages":[{"role":"user","content":"${PERSON}","content":"${PROMPT}"}]}`;
  await asked({ body: twice, headers: mine });
  for (const wrong of [`{"${PROMPT}`, body({ temperature: PROMPT }), body({ n: PROMPT }), `"${PROMPT}"`])
    await asked({ body: wrong, headers: mine });
  await asked({ body: body(), headers: own });
  await asked({ body: body(), headers: { ...mine, 'content-encoding': PROMPT } });
  await asked({ body: body(), headers: { ...mine, 'x-request-id': `"${PROMPT}"` } });
  await asked({ body: body(), headers: { ...mine, 'countersign-nonce': PROMPT } });
  for (const path of [
    `/${PROMPT}`,
    `/v1/receipts/${PROMPT}`,
    `/v1/models?key=${CLIENT_KEY}`,
    `/admin/${PROMPT}`,
  ])
    await asked({ path, headers: mine });
  const gemini = `/v1beta/models/${MODEL}:generateContent?key=${virtualKey}`;
  await asked({ path: gemini, method: 'POST', body: { contents: [{ parts: [{ text: PROMPT }] }] } });
  upstream.behaviour = stream(chunk({ content: ANSWER }), 500);
  const leaving = begin(address, { body: body({ stream: true }), headers: mine });
  await leaving.started;
  leaving.leave();
  await administer();
}

/** The admin API and the commands, with keys that are right and wrong; and a configuration that cannot be used. */
async function administer(): Promise<void> {
  for (const path of ['/admin/status', '/admin/config', '/admin/upstreams', '/metrics']) await admin(path);
  await admin('/admin/keys', 'POST', `{"name": "${PROMPT}"`);
  await admin(`/admin/keys/${PROMPT}/revoke`, 'POST');
  const wrong = { path: '/admin/status', headers: { authorization: `Bearer ${CLIENT_KEY}` } };
  told.push((await ask(house.summary.admin, wrong)).body.toString());
  for (const broken of [
    settings('listen: { prot: 1 }'),
    settings('prices: /nowhere'),
    settings(`prices: ${join(folder, 'key')}`),
    settings(`policy: ${join(folder, 'key')}`),
    settings().replace('{ env: HOOK }', HOOK_SECRET),
    settings().replace('http://127.0.0.1', `http://${HOOK_PATH}@127.0.0.1`),
    settings().replace('name: planted, url: "http:', 'name: planted, url: "ftp:'),
    'upstreams: [nobody]',
    '{',
    UPSTREAM_KEY,
  ]) {
    writeFileSync(config(), broken);
    told.push(JSON.stringify(await run(['reload', '--data', data, '--json'])));
  }
  writeFileSync(config(), settings());
  for (const broken of [PERSON, `{"name": "${GATE}", "rules": [{"name": "a", "for": "${PERSON}"}]}`]) {
    writeFileSync(policy(), broken);
    told.push(JSON.stringify(await run(['reload', '--data', data, '--json'])));
  }
  writeFileSync(policy(), JSON.stringify(POLICY));
  chmodSync(join(folder, 'key'), 0o600);
  writeFileSync(join(folder, 'key'), `${UPSTREAM_KEY} ${UPSTREAM_KEY}\n`);
  writeFileSync(config(), settings());
  told.push(JSON.stringify(await run(['reload', '--data', data])));
  writeFileSync(join(folder, 'key'), `${UPSTREAM_KEY}\n`);
  told.push(JSON.stringify(await run(['reload', '--data', data])));
  told.push(JSON.stringify(await run(['status', '--data', data])));
}

/** Somebody is told of a revocation, and somebody else cannot be. */
async function revoke(value: string): Promise<void> {
  const args = ['revoke', '--data', data, '--tcb', value, '--reason', 'vulnerable'];
  const ended = await run(args);
  expect(ended.code).toBe(0);
  told.push(JSON.stringify(ended));
  while (!collected.includes(value)) await sleep(50);
}

/** The vault cannot keep what comes next. */
async function breakDisk(): Promise<void> {
  rmSync(join(data, 'archive'), { recursive: true, force: true });
  rmSync(join(data, 'access'), { recursive: true, force: true });
  mkdirSync(join(data, 'access', 'keys.json'), { recursive: true });
  await admin('/admin/reload', 'POST');
  await admin('/admin/keys');
  await sleep(100);
}

const canaries = (): Canary[] => {
  const words = {
    ...{ UPSTREAM_KEY, COLLECTOR_KEY, CLIENT_KEY, PROMPT, ANSWER, MODEL, USER_AGENT, ERROR },
    ...{ PERSON, GATE, HELD, BLOCKED, HOOK_SECRET, HOOK_PATH },
  };
  const all = [
    ...Object.entries(words).map(([name, word]) => canary(name, word)),
    ...Object.entries(words).map(([name, word]) => digestCanary(name, word)),
    canary('the virtual key', virtualKey),
    canary('the admin key', adminKey),
    ...tokens.map(token => canary('the token of a run', token)),
  ];
  for (const { headers, request } of answers) {
    const opening = headers['countersign-opening'];
    if (typeof opening === 'string') all.push(canary('an opening', opening));
    all.push(digestCanary('a request', request));
  }
  return all;
};
/** What an operator has named, which his own key file and his own admin API show him. */
const names = () => [canary('the name of a key', NAME), canary('the name of a team', TEAM)];

describe('no secret, and nothing of what clients and upstreams say,', () => {
  it('could be missed: each way of ending was gone through', () => {
    const statuses = new Set(answers.map(({ status }) => status));
    for (const status of [200, 400, 401, 404, 415, 500, 502, 504]) expect(statuses).toContain(status);
    const reasons = new Set(answers.map(({ headers }) => headers['countersign-reason']));
    for (const reason of ['clause/upstream-refused', 'clause/model-substituted', 'redaction/unreadable'])
      expect(reasons).toContain(reason);
    expect(collected).toContain('gen_ai.operation.name');
    expect(collected).toContain('"type":"revocation.logged"');
    expect(outputs.join('')).toContain('"event":"exchange"');
    expect(findCanaries(Buffer.from(`x${virtualKey}x`), canaries())).toEqual(['the virtual key']);
  });

  it('is sent to an upstream that the policy keeps from it', () => {
    const sent = upstream.requests.map(({ body }) => body.toString());
    expect(sent.filter(body => body.includes('[NAME_1]')).length).toBeGreaterThan(2);
    for (const body of sent)
      expect(findCanaries(Buffer.from(body), [canary('a person', PERSON)])).toEqual([]);
  });

  it('is in what the process prints, through failures, a crash and broken configurations', () => {
    for (const printed of outputs)
      expect(findCanaries(Buffer.from(printed), [...canaries(), ...names()])).toEqual([]);
  });

  it('is in a trace or a metric', () => {
    expect(collected.length).toBeGreaterThan(10_000);
    expect(findCanaries(Buffer.from(collected), [...canaries(), ...names()])).toEqual([]);
  });

  it('is in what the admin API and the commands say', () => {
    for (const one of told) expect(findCanaries(Buffer.from(one), canaries()), one.slice(0, 80)).toEqual([]);
    const metrics = told.filter(one => one.startsWith('/metrics'));
    expect(metrics).toHaveLength(2);
    for (const one of metrics) expect(findCanaries(Buffer.from(one), names())).toEqual([]);
  });

  it('is in an error of the gateway’s own, nor in a header', () => {
    for (const { status, headers, body } of answers) {
      if (headers['countersign-reason'] === undefined) continue;
      const shown = Buffer.concat([
        body,
        Buffer.from(JSON.stringify({ ...headers, 'countersign-opening': '' })),
      ]);
      expect(
        findCanaries(
          shown,
          canaries().filter(({ name }) => name !== 'an opening'),
        ),
        `${status}`,
      ).toEqual([]);
    }
  });

  it('is in clear in a file, but where it is meant to be: the admin key, and the names of keys', () => {
    for (const { path, bytes, mode } of filesBelow(data)) {
      const found = findCanaries(bytes, [...canaries(), ...names()]);
      const isTheirs = path === 'keys/admin.key' || path.startsWith('access/');
      if (isTheirs) expect(mode, path).toBe(0o600);
      expect(
        found.filter(name => !(isTheirs && /^the (?:admin key|name of)/.test(name))),
        path,
      ).toEqual([]);
    }
  });
});
