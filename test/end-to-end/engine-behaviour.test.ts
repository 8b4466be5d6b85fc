/** The built-in model for every client: what it answers is its own, so that only what holds for any answer is looked at. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEMONSTRATION_MODEL, type Engine, openEngine } from '../../src/shell/engine/engine.js';
import { AI_SDK_COMPATIBLE } from './behaviour/ai-sdk-providers.js';
import { ANTHROPIC_MESSAGES } from './behaviour/anthropic-messages.js';
import type { Client } from './behaviour/client.js';
import type { Question } from './behaviour/conversation.js';
import { OPENAI_CHAT, open } from './behaviour/openai-chat.js';
import { Session, Stage } from './behaviour/stage.js';

let engine: Engine;
let stage: Stage;

beforeAll(async () => {
  engine = await openEngine();
  stage = await Stage.open(engine);
});

afterAll(async () => {
  await stage.close();
  await engine.close();
});

const QUESTION: Question = { text: 'What is a receipt?' };
/** Whose answer takes the model a good while. */
const LONG: Question = { text: 'Explain everything about Countersign, in detail.' };

function thrown(client: Client, asking: Promise<unknown>) {
  return asking.then(
    () => {
      throw new Error('it answered');
    },
    (error: unknown) => client.told(error),
  );
}

const CLIENTS: readonly (readonly [Client, transforms: readonly string[]])[] = [
  [OPENAI_CHAT, []],
  [AI_SDK_COMPATIBLE, []],
  [ANTHROPIC_MESSAGES, ['messages-to-chat-completions']],
];

describe.each(CLIENTS)('$name', (client, transforms) => {
  let session: Session;
  const ask = (question: Question, stream: boolean) => client.ask(session.connection, question, { stream });

  beforeAll(() => {
    session = new Session(stage, DEMONSTRATION_MODEL, `sk-${client.surface}-${client.name.length}`);
  });

  afterAll(async () => {
    expect(await session.settle()).toEqual([]);
  });

  it('answers, streamed the same as whole, and the receipt says which model did', async () => {
    const whole = await ask(QUESTION, false);
    expect(whole).toMatchObject({ finish: 'stop', calls: [], refusal: '' });
    expect(whole.text.length).toBeGreaterThan(10);
    const { counts } = whole;
    const first = session.receipt();
    // Greedy answers repeat bit for bit.
    expect(await ask(QUESTION, true)).toEqual(whole);
    for (const receipt of [first, session.receipt()])
      expect(receipt).toMatchObject({
        attempts: [{ upstream: 'built-in', outcome: 'answered', status: 200 }],
        model: {
          requested: { name: DEMONSTRATION_MODEL },
          served: { name: DEMONSTRATION_MODEL },
          digest: engine.modelDigest(DEMONSTRATION_MODEL),
        },
        price: { lines: null, reason: 'free' },
        request: { surface: client.surface, transforms },
        response: {
          status: 'completed',
          // In the words of the engine, which speaks chat completions.
          finish: [{ name: 'stop' }],
          usage: { prompt_tokens: counts?.prompt, completion_tokens: counts?.completion },
        },
        upstream: { origin: 'built-in:' },
      });
  });

  it('breaking off in the middle of a stream ends in a signed abort', async () => {
    const breaking = new AbortController();
    const asking = client.ask(session.connection, LONG, {
      stream: true,
      signal: breaking.signal,
      onPiece: () => breaking.abort(),
    });
    expect((await thrown(client, asking)).kind).toBe(client.aborted.during);
    expect(await session.receiptOfLeft()).toMatchObject({
      attempts: [{ upstream: 'built-in', outcome: 'aborted' }],
      response: { status: 'aborted', reason: 'client/aborted', http: 200 },
    });
  });

  it.each([
    ['the engine, which is not that warm', { ...QUESTION, temperature: 3 }, 'temperature', 'upstream/error'],
    [
      'the engine, which calls no tools',
      { ...QUESTION, tools: [{ name: 'f', description: 'f', parameters: { type: 'object' } }] },
      'tools',
      'upstream/error',
    ],
  ] as const)('what is refused by %s', async (_, question, named, reason) => {
    for (const stream of [false, true]) {
      expect(await thrown(client, ask(question, stream))).toMatchObject({
        kind: client.errorOf(400),
        status: 400,
        message: expect.stringContaining(named),
      });
      expect(session.receipt().response).toMatchObject({ status: 'refused', http: 400, reason });
    }
  });
});

it('a surface that it does not serve is not found, under a receipt', async () => {
  const session = new Session(stage, DEMONSTRATION_MODEL, 'sk-embeddings');
  const asking = open(session.connection).embeddings.create({ model: DEMONSTRATION_MODEL, input: 'a' });
  expect(await thrown(OPENAI_CHAT, asking)).toMatchObject({
    kind: 'NotFoundError',
    message: expect.stringContaining('request/surface-unsupported'),
  });
  expect(session.receipt().response).toMatchObject({ status: 'refused', http: 404 });
});
