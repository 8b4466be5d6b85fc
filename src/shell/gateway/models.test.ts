import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, json } from '../../../test/end-to-end/client.js';
import { CANNED_MODEL, openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { LISTED_MODEL, TestUpstream } from '../../../test/end-to-end/upstreams.js';

let first: TestUpstream;
let second: TestUpstream;
let gateway: TestGateway;
/** Without upstreams. */
let lonely: TestGateway;
let own: string;

beforeAll(async () => {
  first = await TestUpstream.start();
  second = await TestUpstream.start();
  own = new URL(first.base).host;
  gateway = await openGateway({
    upstream: first.base,
    more: {
      far: { base: second.base },
      plain: { base: second.base, surfaces: ['chat/completions'] },
    },
    routes: new Map([
      ['quick', [{ balance: 'weight', targets: [{ model: `far/${LISTED_MODEL}`, weight: 1 }] }]],
    ]),
  });
  lonely = await openGateway();
});

afterAll(async () => {
  await Promise.all([gateway, lonely].map(one => one.close()));
  await Promise.all([first, second].map(one => one.close()));
});

const ANTHROPIC = { 'anthropic-version': '2023-06-01' };
const GOOGLE = { 'x-goog-api-key': 'g' };

describe('GET one model', () => {
  it.each([
    ['the built-in one', CANNED_MODEL],
    ['one of the first upstream', LISTED_MODEL],
    ['one with the first upstream’s name in front', () => `${own}/${LISTED_MODEL}`],
    ['one of another upstream', `far/${LISTED_MODEL}`],
    ['the operator’s own name', 'quick'],
  ])('%s, whether its slashes are encoded or not', async (_, named) => {
    const id = typeof named === 'string' ? named : named();
    for (const path of [encodeURIComponent(id), id]) {
      const got = await ask(gateway.address, { path: `/v1/models/${path}` });
      expect(got.status).toBe(200);
      expect(json(got)).toMatchObject({ id, object: 'model' });
      const head = await ask(gateway.address, { path: `/v1/models/${path}`, method: 'HEAD' });
      expect(head.status).toBe(200);
    }
  });

  it('as Anthropic’s and as Google’s clients expect it', async () => {
    const path = `/v1/models/far%2F${LISTED_MODEL}`;
    expect(json(await ask(gateway.address, { path, headers: ANTHROPIC }))).toEqual({
      type: 'model',
      id: `far/${LISTED_MODEL}`,
      display_name: `far/${LISTED_MODEL}`,
      created_at: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    const google = { name: `models/far/${LISTED_MODEL}`, displayName: `far/${LISTED_MODEL}` };
    expect(json(await ask(gateway.address, { path, headers: GOOGLE }))).toEqual(google);
    expect(json(await ask(gateway.address, { path: `${path}?key=g` }))).toEqual(google);
    expect(json(await ask(gateway.address, { path: path.replace('/v1/', '/v1beta/') }))).toEqual(google);
  });

  it.each([
    'nobody',
    'far/nobody',
    'nobody/far',
    `far/${LISTED_MODEL}/`,
    'far%2F',
    '%2F',
    '%00',
    '%E9',
    '%',
    'constructor',
    '__proto__',
    'x'.repeat(5000),
  ])('%s is none, in the words of each API', async id => {
    for (const [headers, error] of [
      [{}, { error: { type: 'invalid_request_error', code: 'model_not_found' } }],
      [ANTHROPIC, { type: 'error', error: { type: 'not_found_error' } }],
      [GOOGLE, { error: { code: 404, status: 'NOT_FOUND' } }],
    ] as const) {
      for (const { address } of [gateway, lonely]) {
        const got = await ask(address, { path: `/v1/models/${id}`, headers });
        expect(got.status).toBe(404);
        expect(got.headers['countersign-reason']).toBe('request/model-unknown');
        expect(json(got)).toMatchObject(error);
      }
    }
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH'])('%s is refused', async method => {
    const got = await ask(gateway.address, { path: `/v1/models/${LISTED_MODEL}`, method });
    expect(got.status).toBe(405);
    expect(got.headers.allow).toBe('GET, HEAD');
  });

  it('a client’s key goes to the upstream that it has named or that is first', async () => {
    const headers = { authorization: 'Bearer client' };
    for (const one of [first, second]) one.ownModels.set(headers.authorization, ['tuned']);
    const status = async (model: string, more: Record<string, string>) =>
      (await ask(gateway.address, { path: `/v1/models/${model}`, headers: more })).status;
    for (const model of ['tuned', 'far%2Ftuned', 'plain%2Ftuned']) {
      expect(await status(model, {})).toBe(404);
      expect(await status(model, headers)).toBe(200);
    }
    expect(await status('far%2Ftuned', { ...headers, ...ANTHROPIC })).toBe(200);
    expect(await status('plain%2Ftuned', { ...headers, ...ANTHROPIC })).toBe(200);
  });
});

describe('GET the list', () => {
  it('as Anthropic’s clients expect it', async () => {
    const got = json<{ data: object[] }>(
      await ask(gateway.address, { path: '/v1/models', headers: ANTHROPIC }),
    );
    expect(got).toMatchObject({ has_more: false, first_id: 'quick', last_id: `plain/${LISTED_MODEL}` });
    for (const one of got.data)
      expect(Object.keys(one).sort()).toEqual(['created_at', 'display_name', 'id', 'type']);
  });

  it('as Google’s clients expect it, at both of its versions', async () => {
    for (const path of ['/v1/models', '/v1beta/models']) {
      const got = await ask(gateway.address, { path, headers: GOOGLE });
      expect(json(got)).toMatchObject({ models: [{ name: 'models/quick' }, {}, {}] });
    }
  });
});

describe('what is nowhere is so in the words of the client’s API', () => {
  const OPENAI_SAYS = { error: { code: 'unknown_url', param: null } };
  const ANTHROPIC_SAYS = { type: 'error', error: { type: 'not_found_error' } };
  const GOOGLE_SAYS = { error: { code: 404, status: 'NOT_FOUND' } };
  it.each<[path: string, headers: Record<string, string>, says: object]>([
    ['/v1/files', {}, OPENAI_SAYS],
    ['/v1/files', ANTHROPIC, ANTHROPIC_SAYS],
    ['/v1/messages/batches', {}, ANTHROPIC_SAYS],
    ['/v1/files', GOOGLE, GOOGLE_SAYS],
    ['/v1/files', { 'x-goog-api-client': 'sdk' }, GOOGLE_SAYS],
    ['/v1/files?key=g', {}, GOOGLE_SAYS],
    ['/v1beta/files', ANTHROPIC, GOOGLE_SAYS],
    ['/v1betas', {}, OPENAI_SAYS],
  ])('%s %j', async (path, headers, says) => {
    const got = await ask(gateway.address, { path, headers });
    expect(got.status).toBe(404);
    expect(got.headers['countersign-reason']).toBe('request/route-unknown');
    expect(json(got)).toMatchObject(says);
  });

  it('a receipt that is unknown has one form for everybody', async () => {
    for (const headers of [{}, ANTHROPIC, GOOGLE])
      expect(json(await ask(gateway.address, { path: '/v1/receipts/x', headers }))).toMatchObject({
        error: { code: 'receipt/unknown' },
      });
  });
});
