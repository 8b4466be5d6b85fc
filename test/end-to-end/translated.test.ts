/** OpenAI's own client takes what a translation makes of a host's answer, whole and streamed. */
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { concatAll, fromUtf8, utf8 } from '../../src/bytes/octets.js';
import { CHAT_TO_MESSAGES } from '../../src/exchange/translate/chat-to-messages/translation.js';
import { messageEvents } from '../support/dialects/gather.js';

const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm-1',
  content: [
    { type: 'thinking', thinking: 'Hm.', signature: 's' },
    { type: 'text', text: 'I add.' },
    { type: 'tool_use', id: 'toolu_1', name: 'add', input: { a: 1, b: 2 } },
  ],
  stop_reason: 'tool_use',
  stop_sequence: null,
  usage: { input_tokens: 3, output_tokens: 7 },
};
const ask = { model: 'm-1', messages: [{ role: 'user' as const, content: 'What is 1 + 2?' }] };
const hosts: Record<string, unknown>[] = [];

/** The SDK, with a translation and a host of Anthropic's dialect where the network would be. */
const client = new OpenAI({
  apiKey: 'none',
  maxRetries: 0,
  fetch: async (_, init) => {
    const { body, newAnswer } = CHAT_TO_MESSAGES.request(utf8(String(init?.body)));
    const request = JSON.parse(fromUtf8(body) ?? '');
    hosts.push(request);
    const answer = newAnswer(Date.now());
    if (request.model === 'none') {
      const error = { type: 'error', error: { type: 'not_found_error', message: 'No such model.' } };
      return Response.json(JSON.parse(fromUtf8(answer.body(404, error)) ?? ''), { status: 404 });
    }
    if (request.stream !== true) return Response.json(JSON.parse(fromUtf8(answer.body(200, MESSAGE)) ?? ''));
    const bytes = concatAll(messageEvents(MESSAGE, [2, 5]).flatMap(event => answer.event(event)));
    return new Response(bytes, { headers: { 'content-type': 'text/event-stream' } });
  },
});

const CALL = { id: 'toolu_1', type: 'function', function: { name: 'add', arguments: '{"a":1,"b":2}' } };

describe('the openai SDK, in front of a host of messages', () => {
  it('reads a whole answer', async () => {
    const { choices, usage } = await client.chat.completions.create(ask);
    expect(choices[0]).toMatchObject({
      message: { content: 'I add.', tool_calls: [CALL] },
      finish_reason: 'tool_calls',
    });
    expect(usage?.total_tokens).toBe(10);
    expect(hosts.at(-1)).toEqual({ model: 'm-1', max_tokens: 8192, messages: ask.messages });
  });

  it('gathers a stream to the same', async () => {
    const stream = client.chat.completions.stream({ ...ask, stream_options: { include_usage: true } });
    const { choices, usage } = await stream.finalChatCompletion();
    expect(choices[0]).toMatchObject({
      message: { content: 'I add.', tool_calls: [CALL] },
      finish_reason: 'tool_calls',
    });
    expect(usage?.total_tokens).toBe(10);
  });

  it('throws for an error', async () => {
    const failing = client.chat.completions.create({ ...ask, model: 'none' });
    await expect(failing).rejects.toThrow(OpenAI.NotFoundError);
    await expect(failing).rejects.toMatchObject({ code: 'not_found_error' });
  });
});
