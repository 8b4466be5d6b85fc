/** The verifying `fetch` in the clients that people use, against a real gateway; somebody on the way alters what it answers. */
import Anthropic from '@anthropic-ai/sdk';
import OpenAI, { NotFoundError } from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../src/bytes/octets.js';
import { Alarm } from '../../src/client/finding.js';
import { memoryStore } from '../../src/client/memory-store.js';
import type { Unverified, Verified } from '../../src/client/outcome.js';
import { judgeEvidence } from '../../src/court/misbehaviour/judge.js';
import { knownKeys } from '../../src/court/misbehaviour/known-keys.js';
import { formatCheckpoint, parseCheckpoint } from '../../src/note/checkpoint.js';
import { formatNote, parseNote, signNote } from '../../src/note/signed-note.js';
import { Failure, type ReasonCode } from '../../src/reason.js';
import { type CountersignOptions, countersign } from '../../src/shell/client/web.js';
import { testKey } from '../support/keys.js';
import { openGateway, type TestGateway } from './gateway.js';
import { type Meddling, meddlingFetch, spliced, withHeaders } from './meddling-fetch.js';
import { ANSWER, SDKS, type Sdk } from './sdks.js';
import { answer, event, HELLO, LISTED_MODEL as model, stream, TestUpstream } from './upstreams.js';

let upstream: TestUpstream;
let gateway: TestGateway;
/** Another house, whose receipts are as good as any and of nobody whom this client trusts. */
let stranger: TestGateway;

beforeAll(async () => {
  upstream = await TestUpstream.start();
  gateway = await openGateway({ upstream: upstream.base });
  stranger = await openGateway({ upstream: upstream.base, name: 'stranger.example' });
});

beforeEach(() => {
  upstream.requests.length = 0;
});

afterAll(async () => {
  await gateway.close();
  await stranger.close();
  await upstream.close();
});

interface Told {
  readonly verified: Verified[];
  readonly failed: Unverified[];
}

/** A verifying client behind somebody who may alter what comes. */
function client(
  meddling: Meddling = {},
  options: Partial<CountersignOptions> & { readonly checkEvery?: never } = {},
) {
  const asked: string[] = [];
  const told: Told = { verified: [], failed: [] };
  const fetch = countersign({
    trust: gateway.trust,
    fetch: meddlingFetch(meddling, asked),
    onVerified: outcome => told.verified.push(outcome),
    ...options,
  });
  return { fetch, told, asked };
}

/** The code of the failure that an SDK's error is, or was made of. */
function codeIn(error: unknown): ReasonCode | null {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof Failure) return at.code;
  return null;
}

const codeOf = (asking: Promise<string>): Promise<ReasonCode | null | string> =>
  asking.then(text => `it answered: ${text}`, codeIn);

describe.each(SDKS)('$name', sdk => {
  beforeEach(() => {
    upstream.behaviour = sdk.behaviour;
  });

  describe('an answer that is the issuer’s', () => {
    it('in one body: it verifies, with no other question', async () => {
      const { fetch, told, asked } = client();
      expect(await sdk.ask(fetch, gateway.address)).toBe(ANSWER);
      expect(told.verified).toMatchObject([
        { verified: true, receipt: { response: { status: 'completed' } } },
      ]);
      expect(asked).toHaveLength(1);
    });

    it('as a stream: it comes while it is checked, and verifies with no other question', async () => {
      const { fetch, told, asked } = client();
      const before: number[] = [];
      const text = await sdk.askForStream(fetch, gateway.address, () => before.push(told.verified.length));
      expect(text).toBe(ANSWER);
      expect(before).toEqual([0, 0, 0, 0]);
      expect(told.verified).toMatchObject([
        { verified: true, receipt: { response: { status: 'completed' } } },
      ]);
      expect(asked).toHaveLength(1);
    });

    it('is settled by a later check', async () => {
      const { fetch, told } = client();
      await sdk.ask(fetch, gateway.address);
      await sdk.askForStream(fetch, gateway.address);
      const exchanges = told.verified.map(({ exchange }) => exchange).sort();
      const { outcome, witnessed, findings } = await fetch.check();
      expect({ outcome, findings, witnessed: [...witnessed].sort() }).toEqual({
        outcome: 'settled',
        findings: [],
        witnessed: exchanges,
      });
    });
  });

  const cases: readonly (readonly [string, Meddling, { body: ReasonCode; stream: ReasonCode }])[] = [
    [
      'one byte of the answer is another',
      { body: bytes => spliced(bytes, 'proof.', 'proof!') },
      { body: 'content/response-mismatch', stream: 'content/response-mismatch' },
    ],
    [
      'the opening is another',
      { headers: withHeaders({ 'countersign-opening': 'A'.repeat(43) }) },
      { body: 'content/request-mismatch', stream: 'acceptance/mismatch' },
    ],
    [
      'the exchange is another',
      { headers: withHeaders({ 'countersign-exchange': 'a'.repeat(26) }) },
      { body: 'client/exchange-mismatch', stream: 'acceptance/mismatch' },
    ],
    [
      'the receipt is taken out, and every way to it',
      {
        headers: withHeaders({
          'countersign-receipt': null,
          'countersign-exchange': null,
          'countersign-opening': null,
        }),
      },
      { body: 'client/receipt-missing', stream: 'client/receipt-missing' },
    ],
    [
      'the request was another on its way',
      { request: bytes => spliced(bytes, 'What is a receipt?', 'What is a ransom??') },
      { body: 'content/request-mismatch', stream: 'acceptance/mismatch' },
    ],
    [
      'the nonce is taken out on its way',
      { requestHeaders: withHeaders({ 'countersign-nonce': null }) },
      { body: 'client/nonce-missing', stream: 'client/nonce-missing' },
    ],
    [
      'another client’s nonce comes in its place',
      { requestHeaders: withHeaders({ 'countersign-nonce': 'another-clients-nonce' }) },
      { body: 'client/nonce-mismatch', stream: 'client/nonce-mismatch' },
    ],
    [
      'the status is another',
      { status: 202 },
      { body: 'client/status-mismatch', stream: 'client/status-mismatch' },
    ],
  ];

  describe.each(cases)('when %s', (_, meddling, code) => {
    it('an answer in one body never comes, and is not asked for again', async () => {
      const { fetch, told } = client(meddling);
      expect(await codeOf(sdk.ask(fetch, gateway.address))).toBe(code.body);
      expect(told.verified).toEqual([]);
      expect(upstream.requests).toHaveLength(1);
    });

    it('a stream never ends well, and is not asked for again', async () => {
      const { fetch, told } = client(meddling);
      expect(await codeOf(sdk.askForStream(fetch, gateway.address))).toBe(code.stream);
      expect(told.verified).toEqual([]);
      expect(upstream.requests).toHaveLength(1);
    });

    it('a client that flags passes it on as it came, and says so', async () => {
      const failed: Unverified[] = [];
      const { fetch, told } = client(meddling, { onFailure: outcome => failed.push(outcome) });
      await sdk.askForStream(fetch, gateway.address).catch(() => undefined);
      expect(failed.map(({ failure }) => failure.code)).toEqual([code.stream]);
      expect(told.verified).toEqual([]);
    });
  });

  it('another house’s answer is nobody’s', async () => {
    expect(await codeOf(sdk.ask(client().fetch, stranger.address))).toBe('envelope/issuer-unknown');
    expect(await codeOf(sdk.askForStream(client().fetch, stranger.address))).toBe('envelope/issuer-unknown');
  });

  it('the receipt of another exchange, to the same question, is not this one’s', async () => {
    let receipt: string | null = null;
    const meddling: Meddling = {
      headers: headers => {
        const own = headers.get('countersign-receipt');
        if (receipt !== null) headers.set('countersign-receipt', receipt);
        receipt ??= own;
      },
    };
    const { fetch } = client(meddling);
    expect(await sdk.ask(fetch, gateway.address)).toBe(ANSWER);
    expect(await codeOf(sdk.ask(fetch, gateway.address))).toBe('content/request-mismatch');
  });

  it.each(['ask', 'askForStream'] as const)('a whole answer of before, played once more (%s)', async how => {
    const store = memoryStore();
    const recorded: Response[] = [];
    const { fetch } = client({ response: response => recorded.push(response) }, { store });
    expect(await sdk[how](fetch, gateway.address)).toBe(ANSWER);
    const [first] = recorded;
    if (first === undefined) throw new Error('nothing came');
    const again = client({ replay: first }, { store });
    expect(await codeOf(sdk[how](again.fetch, gateway.address))).toBe('client/receipt-replayed');
  });

  it.each(['ask', 'askForStream'] as const)(
    'another client’s answer to the very same request, within the minute that clocks may differ (%s)',
    async how => {
      const bodies: Uint8Array[] = [];
      const recorded: Response[] = [];
      const recording: Meddling = {
        request: bytes => {
          bodies.push(bytes);
          return bytes;
        },
        response: response => recorded.push(response),
      };
      expect(await sdk[how](client(recording).fetch, gateway.address)).toBe(ANSWER);
      const [replay] = recorded;
      if (replay === undefined) throw new Error('nothing came');
      let pieces = 0;
      const { fetch, told } = client({ ...recording, replay });
      expect(await codeOf(sdk[how](fetch, gateway.address, () => pieces++))).toBe('client/nonce-mismatch');
      expect({ pieces, verified: told.verified }).toEqual({ pieces: 0, verified: [] });
      // Nothing else gives it away: the requests are the same.
      expect(bodies).toHaveLength(2);
      expect(bodies[1]).toEqual(bodies[0]);
    },
  );

  it('a stream that is cut anywhere between two events', async () => {
    const blocksOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes).split(/(?<=\n\n)/);
    let count = 0;
    const counting = (bytes: Uint8Array) => {
      count = blocksOf(bytes).length;
      return bytes;
    };
    await sdk.askForStream(client({ body: counting }).fetch, gateway.address);
    expect(count).toBeGreaterThan(4);
    for (let kept = 0; kept < count; kept++) {
      const cut = (bytes: Uint8Array) => utf8(blocksOf(bytes).slice(0, kept).join(''));
      expect({
        kept,
        code: await codeOf(sdk.askForStream(client({ body: cut }).fetch, gateway.address)),
      }).toEqual({
        kept,
        code: 'client/stream-cut',
      });
    }
  });
});

describe('every other surface', () => {
  const through = () => {
    const { fetch, told, asked } = client();
    const openai = new OpenAI({ baseURL: `${gateway.address}/v1`, apiKey: 'sk-test', fetch });
    return { fetch, told, asked, openai };
  };
  const surfaces = ({ verified }: Told) => verified.map(({ receipt }) => receipt.request.surface);

  it('in one body, a form with a sound in it among them', async () => {
    const { openai, told, asked, fetch } = through();
    upstream.behaviour = answer(200, {
      model,
      object: 'text_completion',
      choices: [{ index: 0, text: 'a', finish_reason: 'stop', logprobs: null }],
    });
    await openai.completions.create({ model, prompt: 'Once' });
    upstream.behaviour = answer(200, { object: 'list', model, data: [{ index: 0, embedding: 'AAAAAA==' }] });
    await openai.embeddings.create({ model, input: 'a' });
    upstream.behaviour = answer(200, { id: 'modr-1', model, results: [{ flagged: true }] });
    await openai.moderations.create({ input: 'a' });
    upstream.behaviour = answer(200, { created: 1, data: [{ b64_json: 'AA==' }] });
    await openai.images.generate({ prompt: 'a seal' });
    upstream.behaviour = answer(200, { text: 'Hello.' });
    const file = new File(['sound'], 'a.wav', { type: 'audio/wav' });
    await openai.audio.transcriptions.create({ model, file });
    upstream.behaviour = answer(200, { input_tokens: 3 });
    const anthropic = new Anthropic({ baseURL: gateway.address, apiKey: 'sk-test', fetch });
    await anthropic.messages.countTokens({ model, messages: [{ role: 'user', content: 'a' }] });
    expect(surfaces(told)).toEqual([
      'completions',
      'embeddings',
      'moderations',
      'images/generations',
      'audio/transcriptions',
      'messages/count_tokens',
    ]);
    expect(asked).toHaveLength(6);
  });

  it('streams whose upstream just closes them: the receipt is asked for, since there is no event to carry it', async () => {
    const { openai, told, asked } = through();
    const file = new File(['sound'], 'a.wav', { type: 'audio/wav' });
    upstream.behaviour = stream(
      event('{"type":"transcript.text.delta","delta":"Hel"}'),
      event('{"type":"transcript.text.done","text":"Hello."}'),
    );
    const transcript = await openai.audio.transcriptions.create({ model, file, stream: true });
    const types: string[] = [];
    for await (const part of transcript) types.push(part.type);
    expect(types).toEqual(['transcript.text.delta', 'transcript.text.done']);
    upstream.behaviour = stream(...HELLO.slice(0, -1));
    const [chat] = SDKS as readonly [Sdk];
    const { fetch, told: toldChat, asked: askedChat } = client();
    expect(await chat.askForStream(fetch, gateway.address)).toBe('Hello.');
    expect(surfaces(told)).toEqual(['audio/transcriptions']);
    expect(surfaces(toldChat)).toEqual(['chat/completions']);
    for (const [{ length }, verified] of [
      [asked, told.verified],
      [askedChat, toldChat.verified],
    ] as const) {
      expect(length).toBe(2);
      expect(verified).toMatchObject([{ receipt: { response: { status: 'completed' } } }]);
    }
  });

  it('Gemini’s, whose streams just end: the receipt comes last, in a block of its own', async () => {
    const part = (text: string, finishReason?: string) => ({
      candidates: [{ content: { role: 'model', parts: [{ text }] }, ...(finishReason && { finishReason }) }],
      modelVersion: model,
    });
    const { fetch, told, asked } = through();
    const ask = async (method: string) => {
      const response = await fetch(`${gateway.address}/v1beta/models/${model}:${method}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-goog-api-key': 'test' },
        body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'a' }] }] }),
      });
      return response.text();
    };
    upstream.behaviour = answer(200, part('Hello.', 'STOP'));
    await ask('generateContent');
    upstream.behaviour = stream(
      event(JSON.stringify(part('Hel'))),
      event(JSON.stringify(part('lo.', 'STOP'))),
    );
    expect(await ask('streamGenerateContent?alt=sse')).toContain('lo.');
    upstream.behaviour = answer(200, [part('Hel'), part('lo.', 'STOP')]);
    await ask('streamGenerateContent');
    upstream.behaviour = answer(200, { totalTokens: 3 });
    await ask('countTokens');
    upstream.behaviour = answer(200, { embedding: { values: [0.5] } });
    await ask('embedContent');
    expect(surfaces(told)).toEqual([
      'generateContent',
      'streamGenerateContent',
      'streamGenerateContent',
      'countTokens',
      'embedContent',
    ]);
    expect(asked).toHaveLength(5);
    expect(await fetch.check()).toMatchObject({ outcome: 'settled', findings: [] });
  });

  it('what is no exchange passes: the list of models', async () => {
    const { openai, told } = through();
    const ids: string[] = [];
    for await (const { id } of openai.models.list()) ids.push(id);
    expect(ids).toContain(model);
    expect(told.verified).toEqual([]);
  });

  it('a request that never gets to be an exchange fails in the SDK’s own way', async () => {
    const { openai, told } = through();
    await expect(openai.post('/nothing', { body: {} })).rejects.toThrow(NotFoundError);
    expect(told).toEqual({ verified: [], failed: [] });
  });
});

describe('later, when somebody on the way does not show everything', () => {
  const [sdk] = SDKS as readonly [Sdk];

  beforeEach(() => {
    upstream.behaviour = sdk.behaviour;
  });

  it('a receipt that the gateway does not show is handed in at its log, which proves that it has it', async () => {
    const { fetch, asked } = client({ hidden: /^\/v1\/receipts\// });
    await sdk.ask(fetch, gateway.address);
    expect(await fetch.check()).toMatchObject({ outcome: 'settled', findings: [] });
    expect(asked).toContain(`${gateway.address}/log/entries?wait=witnessed`);
  });

  it('before the deadline, nothing is said about a log that shows nothing', async () => {
    const { fetch } = client({ hidden: /^\/(?:v1\/receipts|log)\// });
    await sdk.ask(fetch, gateway.address);
    expect(await fetch.check()).toMatchObject({ outcome: 'open', findings: [] });
  });

  it('a checkpoint of another history, signed with the log’s own key, is an alarm with a proof', async () => {
    const { fetch } = client({ checkpoint: forkedCheckpoint });
    await sdk.ask(fetch, gateway.address);
    const alarm = await fetch.check().catch((error: unknown) => error);
    expect(alarm).toBeInstanceOf(Alarm);
    const [finding] = (alarm as Alarm).result.findings;
    expect(finding).toMatchObject({ kind: 'fork', code: 'misbehaviour/log-forked' });
    const judgement = await judgeEvidence(finding?.evidence ?? new Uint8Array(), knownKeys(gateway.trust));
    expect(judgement.outcome).toBe('proven');
  });
});

/** The same size as that which is shown, and another root. */
function forkedCheckpoint(note: Uint8Array): Uint8Array {
  const { size } = parseCheckpoint(parseNote(note).text);
  const { key, signer } = testKey(gateway.trust.log.name, 1);
  const text = formatCheckpoint({ origin: key.name, size, root: new Uint8Array(32) });
  return formatNote({ text, signatures: [signNote(text, key, signer)] });
}
