import { describe, expect, it } from 'vitest';
import { type Reply, StreamedReply, WholeReply } from './reply.js';

const identity = { id: 'chatcmpl-1', created: 1, model: 'm', system_fingerprint: 'fp_1' };
const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };

function chunksOf(reply: Reply): string[] {
  const chunks = [
    ...reply.begin(),
    ...reply.text('Hel'),
    ...reply.text(''),
    ...reply.text('lo\n\n'),
    ...reply.finish('stop', usage),
  ];
  return chunks.map(chunk => Buffer.from(chunk).toString());
}

describe('a whole reply', () => {
  it('is one chat.completion in one chunk', () => {
    const chunks = chunksOf(new WholeReply(identity));
    expect(chunks).toHaveLength(1);
    expect(JSON.parse(chunks[0] ?? '')).toEqual({
      ...identity,
      object: 'chat.completion',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hello\n\n', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage,
    });
  });
});

describe('a streamed reply', () => {
  const choicesOf = (chunk: string) => JSON.parse(chunk.slice('data: '.length)).choices;

  it('is one event a chunk: the role, the texts, the ending, [DONE]', () => {
    const chunks = chunksOf(new StreamedReply(identity, false));
    expect(chunks.every(chunk => /^data: [^\n]+\n\n$/.test(chunk))).toBe(true);
    expect(chunks.at(-1)).toBe('data: [DONE]\n\n');
    const choices = chunks.slice(0, -1).map(choicesOf);
    expect(choices.flat().map(choice => choice.delta)).toEqual([
      { role: 'assistant', content: '', refusal: null },
      { content: 'Hel' },
      { content: 'lo\n\n' },
      {},
    ]);
    expect(choices.flat().map(choice => choice.finish_reason)).toEqual([null, null, null, 'stop']);
    expect(chunks.some(chunk => chunk.includes('usage'))).toBe(false);
  });

  it('reports usage, when asked, in a last chunk without choices', () => {
    const chunks = chunksOf(new StreamedReply(identity, true)).slice(0, -1);
    const usages = chunks.map(chunk => JSON.parse(chunk.slice('data: '.length)).usage);
    expect(usages).toEqual([null, null, null, null, usage]);
    expect(choicesOf(chunks.at(-1) ?? '')).toEqual([]);
  });
});
