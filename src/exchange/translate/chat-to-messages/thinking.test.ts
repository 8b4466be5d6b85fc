/** Which model takes what is Anthropic's documentation of thinking and of effort, in its table by model. */
import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../../bytes/octets.js';
import { CHAT_TO_MESSAGES } from './translation.js';

type Members = Readonly<Record<string, unknown>>;
const USER = { role: 'user', content: 'a' };
const CALL = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } };
const RESULT = { role: 'tool', tool_call_id: 'c', content: 'b' };
const SIGNED = [{ type: 'thinking', thinking: 'Hm.', signature: 's' }];

function sent(model: string, effort: string, rest: Members = {}) {
  const request = { model, max_tokens: 64_000, messages: [USER], reasoning_effort: effort, ...rest };
  const { body, transforms } = CHAT_TO_MESSAGES.request(utf8(JSON.stringify(request)));
  const { thinking, output_config: config } = JSON.parse(fromUtf8(body) ?? '');
  return { thinking, config, transforms: transforms.slice(1) };
}

const adaptive = (effort: string, ...transforms: readonly string[]) => ({
  thinking: { type: 'adaptive' },
  config: { effort },
  transforms,
});
const enabled = (budget_tokens: number) => ({ thinking: { type: 'enabled', budget_tokens }, transforms: [] });
const OMITTED = { thinking: undefined, config: undefined, transforms: ['effort-omitted'] };

describe('a model that takes a budget alone gets one', () => {
  it.each([
    'claude-haiku-4-5',
    'claude-haiku-4-5-20251001',
    'claude-haiku-4.5',
    'anthropic/claude-haiku-4.5',
    'claude-sonnet-4-5-20250929',
    'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    'claude-opus-4-5',
    'claude-opus-4-5@20251101',
    'claude-opus-4-1-20250805',
    'claude-opus-4-1',
    'claude-sonnet-4-0',
    'claude-opus-4-20250514',
    'claude-opus-4@20250514',
    'claude-3-7-sonnet-20250219',
    'claude-3-7-sonnet-latest',
  ])('%s', model => {
    expect(sent(model, 'low')).toEqual(enabled(1024));
    expect(sent(model, 'none')).toEqual({ thinking: { type: 'disabled' }, transforms: [] });
  });

  it.each([
    ['minimal', 64_000, 1024],
    ['medium', 64_000, 8192],
    ['high', 64_000, 24_576],
    ['xhigh', 64_000, 32_000],
    ['max', 64_001, 32_000],
    // Half is left for the answer, but for the least that the host takes.
    ['medium', 8192, 4096],
    ['high', 2049, 1024],
    ['high', 1025, 1024],
    ['low', 1025, 1024],
  ])('of %s under %j tokens: %j', (effort, max_tokens, budget) => {
    expect(sent('claude-haiku-4-5', effort, { max_tokens })).toEqual(enabled(budget));
  });

  it('below the limit that is added where there is none', () => {
    const { thinking, transforms } = sent('claude-haiku-4-5', 'high', { max_tokens: null });
    expect({ thinking, transforms }).toEqual({
      thinking: { type: 'enabled', budget_tokens: 4096 },
      transforms: ['max-tokens-default'],
    });
  });

  it.each<[where: string, rest: Members]>([
    ['the limit is below the least budget', { max_tokens: 1024 }],
    ['a tool must be called', { tool_choice: 'required' }],
    ['one tool must be called', { tool_choice: { type: 'function', function: { name: 'f' } } }],
    [
      'a tool was called without a thought that could go back',
      { messages: [USER, { role: 'assistant', tool_calls: [CALL] }, RESULT] },
    ],
    [
      'the user has spoken since the result, in the same turn',
      { messages: [USER, { role: 'assistant', content: 'a', tool_calls: [CALL] }, RESULT, USER] },
    ],
  ])('but none where %s', (_, rest) => {
    expect(sent('claude-haiku-4-5', 'high', rest)).toEqual(OMITTED);
  });

  it.each<[where: string, rest: Members]>([
    ['a tool may be called', { tool_choice: 'auto' }],
    [
      'the thought before the call goes back',
      { messages: [USER, { role: 'assistant', tool_calls: [CALL], thinking_blocks: SIGNED }, RESULT] },
    ],
    [
      'that turn is over',
      {
        messages: [
          USER,
          { role: 'assistant', tool_calls: [CALL] },
          RESULT,
          { role: 'assistant', content: 'c' },
          USER,
        ],
      },
    ],
  ])('and one where %s', (_, rest) => {
    expect(sent('claude-haiku-4-5', 'low', rest)).toEqual(enabled(1024));
  });
});

describe('a model that takes an effort gets one', () => {
  it.each([
    'claude-opus-4-7',
    'claude-opus-4-10',
    'claude-sonnet-5',
    'claude-opus-5-20260724',
    'claude-fable-5',
    'claude-mythos-preview',
    'my-own-name',
    'claude-opus-10',
    '',
  ])('%j', model => {
    expect(sent(model, 'xhigh')).toEqual(adaptive('xhigh'));
    expect(sent(model, 'low', { max_tokens: 5, tool_choice: 'required' })).toEqual(adaptive('low'));
  });

  it.each(['claude-opus-4-6', 'claude-sonnet-4-6-20260217', 'claude-sonnet-4.6'])(
    '%s, which does not know all of them',
    model => {
      expect(sent(model, 'xhigh')).toEqual(adaptive('high', 'effort-lowered'));
      expect(sent(model, 'max')).toEqual(adaptive('max'));
    },
  );
});

it.each(['claude-3-5-haiku-20241022', 'claude-3-5-sonnet-latest', 'claude-3-opus-20240229', 'claude-2.1'])(
  '%s does not think, and is told nothing of it',
  model => {
    expect(sent(model, 'high')).toEqual(OMITTED);
    expect(sent(model, 'none')).toEqual({ thinking: undefined, config: undefined, transforms: [] });
  },
);
