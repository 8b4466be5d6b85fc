import { describe, expect, it } from 'vitest';
import {
  ADDRESS,
  askSample,
  clientOf,
  codeOf,
  readAnswer,
  responseOf,
  sampleRandomBytes,
  type Wire,
  wireOf,
} from '../../test/support/answered.js';
import { noTimer } from '../../test/support/paper-clock.js';
import { ISSUER, STRANGER, trustWith } from '../../test/support/parties.js';
import { make, REQUEST, RESPONSE } from '../../test/support/sample-exchange.js';
import { DEADLINE, NONCE, RECEIVED, SAMPLE_RECEIPT } from '../../test/support/sample-receipt.js';
import { toBase64Url } from '../bytes/base64.js';
import { concat, utf8 } from '../bytes/octets.js';
import { formatVerifierKey, keyLabel } from '../note/key.js';
import { formatBundle, parseBundle } from '../receipt/bundle.js';
import type { Receipt } from '../receipt/receipt.js';
import { type ClientOptions, createClient } from './client.js';

/** What a test makes of a receipt's `request`. */
type Change = (request: Receipt['request']) => Receipt['request'];

const genuine = await wireOf();

function withHeader(name: string, value: string | null, wire: Wire = genuine): Wire {
  const headers = Object.fromEntries(Object.entries(wire.headers).filter(([other]) => other !== name));
  return { ...wire, headers: value === null ? headers : { ...headers, [name]: value } };
}

describe('an answer in one body that is the issuer’s', () => {
  it('comes byte for byte, with its status and its headers, and is told of', async () => {
    const { fetch, told } = clientOf(genuine);
    const response = await fetch(ADDRESS, { method: 'POST', body: new Uint8Array(REQUEST) });
    expect(response.status).toBe(200);
    expect(response.headers.get('countersign-exchange')).toBe(SAMPLE_RECEIPT.exchange);
    expect((await readAnswer(response)).bytes).toEqual(RESPONSE);
    expect(told.verified).toEqual([
      {
        verified: true,
        exchange: SAMPLE_RECEIPT.exchange,
        receipt: SAMPLE_RECEIPT,
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ]);
    expect(told.asked).toEqual([]);
  });

  it('in parts of any size', async () => {
    const parts = Array.from(RESPONSE, byte => Uint8Array.of(byte));
    expect(await askSample({ ...genuine, parts })).toMatchObject({ bytes: RESPONSE, code: null });
  });

  it.each([
    ['a string', new TextDecoder().decode(REQUEST)],
    ['bytes', new Uint8Array(REQUEST)],
    ['a blob', new Blob([new Uint8Array(REQUEST)])],
  ])('to a request whose body is %s', async (_, body) => {
    const { fetch } = clientOf(genuine);
    expect((await readAnswer(await fetch(ADDRESS, { method: 'POST', body }))).code).toBeNull();
    expect(
      (await readAnswer(await clientOf(genuine).fetch(new Request(ADDRESS, { method: 'POST', body })))).code,
    ).toBeNull();
  });

  it('whose receipt did not fit into a header: it is asked for, at the gateway that was asked', async () => {
    const bundle = formatBundle({ ...parseBundle((await make()).bundle), proof: null });
    const { code, told } = await askSample({ ...withHeader('countersign-receipt', null), bundle });
    expect(code).toBeNull();
    expect(told.asked).toEqual([`https://gateway.example/v1/receipts/${SAMPLE_RECEIPT.exchange}`]);
  });
});

describe('an answer in one body that is not the issuer’s', () => {
  it('altered in any byte', async () => {
    for (let at = 0; at < RESPONSE.length; at++) {
      const altered = RESPONSE.map((byte, index) => (index === at ? byte ^ 1 : byte));
      expect(await askSample({ ...genuine, parts: [altered] })).toMatchObject({
        bytes: new Uint8Array(),
        code: 'content/response-mismatch',
      });
    }
  });

  it.each([
    ['cut off', [RESPONSE.subarray(0, -1)]],
    ['longer', [RESPONSE, utf8(' ')]],
    ['empty', []],
  ])('%s', async (_, parts) => {
    expect(await codeOf({ ...genuine, parts })).toBe('content/response-mismatch');
  });

  it('to another request', async () => {
    const { code } = await askSample(genuine, {}, concat(REQUEST, utf8(' ')));
    expect(code).toBe('content/request-mismatch');
  });

  it('under another status', async () => {
    expect(await codeOf({ ...genuine, status: 400 })).toBe('client/status-mismatch');
  });

  it('without a receipt, or anything that leads to one', async () => {
    const bare = { ...genuine, headers: { 'content-type': 'application/json' } };
    expect(await codeOf(bare)).toBe('client/receipt-missing');
    expect(await codeOf(bare, { withoutReceipt: 'everything' })).toBeNull();
    expect(await codeOf({ ...bare, status: 503 })).toBeNull();
    expect(await codeOf({ ...bare, status: 503 }, { withoutReceipt: 'nothing' })).toBe(
      'client/receipt-missing',
    );
  });

  it('whose receipt neither came nor can be fetched', async () => {
    expect(await codeOf(withHeader('countersign-receipt', null))).toBe('client/receipt-missing');
  });

  it.each([
    ['no exchange', 'countersign-exchange', null, 'client/header-malformed'],
    ['a path for an exchange', 'countersign-exchange', '../../log/checkpoint', 'client/header-malformed'],
    [
      'two exchanges',
      'countersign-exchange',
      `${'a'.repeat(26)}, ${'a'.repeat(26)}`,
      'client/header-malformed',
    ],
    ['an endless exchange', 'countersign-exchange', 'a'.repeat(1000), 'client/header-malformed'],
    ['another exchange', 'countersign-exchange', 'b'.repeat(26), 'client/exchange-mismatch'],
    ['no opening', 'countersign-opening', null, 'client/header-malformed'],
    [
      'an opening that is too short',
      'countersign-opening',
      toBase64Url(new Uint8Array(31)),
      'content/opening-malformed',
    ],
    ['another opening', 'countersign-opening', toBase64Url(new Uint8Array(32)), 'content/request-mismatch'],
    ['a receipt that is not one', 'countersign-receipt', '{}', 'envelope/malformed'],
    ['a receipt that is no JSON', 'countersign-receipt', 'é', 'client/header-malformed'],
    [
      'a receipt that is too long',
      'countersign-receipt',
      'x'.repeat(16 * 1024 + 1),
      'client/header-too-large',
    ],
  ])('with %s', async (_, name, value, code) => {
    expect(await codeOf(withHeader(name, value))).toBe(code);
  });

  it('longer than this client takes: the rest is not read', async () => {
    expect(await codeOf(genuine, { maxAnswerBytes: RESPONSE.length })).toBeNull();
    expect(await codeOf(genuine, { maxAnswerBytes: RESPONSE.length - 1 })).toBe('client/answer-too-large');
  });
});

describe('a receipt that does not count', () => {
  it('by an issuer whom the trust file does not name', async () => {
    const wire = await wireOf({ seal: () => ({ keyId: keyLabel(STRANGER.key), signer: STRANGER.signer }) });
    expect(await codeOf(wire)).toBe('envelope/issuer-unknown');
  });

  it('forged under an issuer’s name', async () => {
    const wire = await wireOf({ seal: () => ({ keyId: keyLabel(ISSUER.key), signer: STRANGER.signer }) });
    expect(await codeOf(wire)).toBe('envelope/signature-invalid');
  });

  it('by a key that no longer signs: nothing shows when it did', async () => {
    const retired = trustWith({
      issuers: [],
      controllers: [],
      retired: [{ key: formatVerifierKey(ISSUER.key), role: 'issuer', why: 'rotated', until: 1000 }],
    });
    expect(await codeOf(genuine, { trust: retired })).toBe('key/standing-unknown');
  });

  it('that promises another log', async () => {
    const wire = await wireOf({
      receipt: receipt => ({ ...receipt, log: { ...receipt.log, origin: 'other.example' } }),
    });
    expect(await codeOf(wire)).toBe('receipt/log-mismatch');
  });

  it('that promises too little', async () => {
    const promise = DEADLINE - RECEIVED;
    expect(await codeOf(genuine, { longestPromise: promise - 60_000 })).toBeNull();
    expect(await codeOf(genuine, { longestPromise: promise - 60_001 })).toBe('client/promise-too-long');
  });

  it('that leaves the request out, for an answer that was given', async () => {
    const wire = await wireOf({
      receipt: receipt => ({ ...receipt, request: { ...receipt.request, complete: false } }),
    });
    expect(await codeOf(wire)).toBe('content/request-partial');
  });

  it.each<[string, Change, string]>([
    [
      'to another nonce than was sent',
      request => ({ ...request, nonce: 'f'.repeat(64) }),
      'client/nonce-mismatch',
    ],
    ['to no nonce', ({ nonce: _, ...request }) => request, 'client/nonce-missing'],
  ])('that commits %s', async (_, change, code) => {
    const receipt = (sample: Receipt) => ({ ...sample, request: change(sample.request) });
    expect(await codeOf(await wireOf({ receipt }))).toBe(code);
  });

  it('to the nonce of another request: each is sent with one of its own, whatever the caller has set', async () => {
    const sent: (string | null)[] = [];
    let made = 0;
    const fetch = createClient(
      { trust: trustWith() },
      {
        fetch: async (input, init) => {
          sent.push(new Request(input, init).headers.get('countersign-nonce'));
          return responseOf(genuine);
        },
        ask: async () => new Response(null, { status: 404 }),
        now: () => RECEIVED,
        randomBytes: count => new Uint8Array(count).fill(made++),
        after: noTimer,
      },
    );
    const init = {
      method: 'POST',
      body: new Uint8Array(REQUEST),
      headers: { 'countersign-nonce': 'one-that-the-caller-has-chosen' },
    };
    expect((await readAnswer(await fetch(ADDRESS, init))).code).toBeNull();
    await fetch(new Request(ADDRESS, init));
    expect(sent).toEqual([NONCE, toBase64Url(new Uint8Array(16).fill(1))]);
  });

  it('of a time before the question', async () => {
    const ask = async (now: number) => {
      const { fetch } = clientOf(genuine, {}, () => now);
      return (await readAnswer(await fetch(ADDRESS, { method: 'POST', body: new Uint8Array(REQUEST) }))).code;
    };
    expect(await ask(RECEIVED + 60_000)).toBeNull();
    expect(await ask(RECEIVED + 60_001)).toBe('client/receipt-stale');
  });

  it('that has come before, also when the first one is only settled or arriving', async () => {
    const { fetch } = clientOf(genuine);
    const ask = async () =>
      readAnswer(await fetch(ADDRESS, { method: 'POST', body: new Uint8Array(REQUEST) }));
    expect((await ask()).code).toBeNull();
    expect((await ask()).code).toBe('client/receipt-replayed');
    const other = clientOf(genuine).fetch;
    const both = await Promise.all(
      [1, 2].map(async () =>
        readAnswer(await other(ADDRESS, { method: 'POST', body: new Uint8Array(REQUEST) })),
      ),
    );
    expect(both.map(({ code }) => code).sort()).toEqual(['client/receipt-replayed', null]);
  });
});

describe('what is not to be verified, and how failures are told', () => {
  it('other requests than exchanges pass untouched', async () => {
    const bare = { ...genuine, headers: {} };
    const { fetch, told } = clientOf(bare);
    expect((await readAnswer(await fetch('https://gateway.example/v1/models'))).bytes).toEqual(RESPONSE);
    expect(told.verified).toEqual([]);
    const none = clientOf(bare, { isExchange: ({ url }) => !url.endsWith('/v1/files') }).fetch;
    expect(
      (await readAnswer(await none('https://gateway.example/v1/files', { method: 'POST' }))).code,
    ).toBeNull();
    expect((await readAnswer(await none(ADDRESS, { method: 'POST' }))).code).toBe('client/receipt-missing');
  });

  it('a flagged answer passes as it came, and nothing calls it verified', async () => {
    const failed: unknown[] = [];
    const altered = concat(RESPONSE, utf8(' '));
    const { fetch, told } = clientOf(
      { ...genuine, parts: [altered] },
      { onFailure: outcome => failed.push(outcome) },
    );
    const response = await fetch(ADDRESS, { method: 'POST', body: new Uint8Array(REQUEST) });
    expect(await readAnswer(response)).toEqual({ bytes: altered, code: null });
    expect(failed).toEqual([
      {
        verified: false,
        exchange: SAMPLE_RECEIPT.exchange,
        failure: expect.objectContaining({ code: 'content/response-mismatch' }),
      },
    ]);
    expect(told.verified).toEqual([]);
  });

  it('a flagged answer that is too long still comes whole', async () => {
    const failed: unknown[] = [];
    const options = { maxAnswerBytes: 5, onFailure: (outcome: unknown) => failed.push(outcome) };
    const parts = Array.from(RESPONSE, byte => Uint8Array.of(byte));
    const { fetch } = clientOf({ ...genuine, parts }, options);
    const response = await fetch(ADDRESS, { method: 'POST', body: new Uint8Array(REQUEST) });
    expect(await readAnswer(response)).toEqual({ bytes: RESPONSE, code: null });
    expect(failed).toHaveLength(1);
  });

  it('an SDK is told not to ask again', async () => {
    const { fetch } = clientOf({ ...genuine, status: 500 });
    const response = await fetch(ADDRESS, { method: 'POST', body: new Uint8Array(REQUEST) });
    expect(response.headers.get('x-should-retry')).toBe('false');
  });

  it.each(['arrayBuffer', 'blob', 'formData', 'json', 'text'] as const)(
    'whoever reads a failed answer with %s() hears why, whatever error the runtime makes of it',
    async how => {
      const { fetch } = clientOf({ ...genuine, parts: [utf8('{}')] });
      const response = await fetch(ADDRESS, { method: 'POST', body: new Uint8Array(REQUEST) });
      await expect(response[how]()).rejects.toMatchObject({ code: 'content/response-mismatch' });
    },
  );

  it.each([204, 205, 304])(
    'a failed answer of status %i, which has no body, is one whose body cannot be read',
    async status => {
      const surroundings = {
        fetch: async () => new Response(null, { status }),
        ask: async () => new Response(null, { status: 404 }),
        now: () => RECEIVED,
        randomBytes: sampleRandomBytes,
        after: noTimer,
      };
      const ask = (onFailure: NonNullable<ClientOptions['onFailure']>) =>
        createClient({ trust: trustWith(), onFailure }, surroundings)(ADDRESS, {
          method: 'POST',
          body: '{}',
        });
      const response = await ask('throw');
      expect(response.status).toBe(200);
      await expect(response.text()).rejects.toMatchObject({ code: 'client/receipt-missing' });
      expect((await ask(() => undefined)).status).toBe(status);
    },
  );

  it.each([0, 700])(
    'a failed answer of status %i, which nobody can make, comes as a failure all the same',
    async status => {
      const odd = Object.defineProperty(responseOf({ ...genuine, parts: [utf8('{}')] }), 'status', {
        value: status,
      });
      const client = createClient(
        { trust: trustWith() },
        {
          fetch: async () => odd,
          ask: async () => new Response(null, { status: 404 }),
          now: () => RECEIVED,
          randomBytes: sampleRandomBytes,
          after: noTimer,
        },
      );
      const response = await client(ADDRESS, { method: 'POST', body: new Uint8Array(REQUEST) });
      await expect(response.text()).rejects.toMatchObject({ code: 'content/response-mismatch' });
    },
  );

  it('a store that fails is a failure', async () => {
    const store = {
      get: async () => null,
      put: () => Promise.reject(new Error('full')),
      delete: async () => undefined,
      names: async () => [],
    };
    expect(await codeOf(genuine, { store })).toBe('client/store-unavailable');
  });

  it('a request asks for the receipt in a header, and keeps its own headers', async () => {
    const sent: Headers[] = [];
    const fetch = createClient(
      { trust: trustWith(), withoutReceipt: 'everything' },
      {
        fetch: async (_, init) => {
          sent.push(new Headers(init?.headers));
          return new Response('{}');
        },
        ask: async () => new Response(null, { status: 404 }),
        now: () => RECEIVED,
        randomBytes: sampleRandomBytes,
        after: noTimer,
      },
    );
    await fetch(ADDRESS, { method: 'POST', body: '{}', headers: { authorization: 'Bearer x' } });
    expect(Object.fromEntries(sent[0] ?? [])).toMatchObject({
      authorization: 'Bearer x',
      'countersign-inline': 'receipt',
    });
  });
});
