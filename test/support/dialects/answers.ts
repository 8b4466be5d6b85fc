/** Answers of both dialects that can be translated, and what is left of them after the way there and back. */
import fc from 'fast-check';
import { name, type Pair, pair, plainObject, someText, text } from './pairs.js';

type Members = Readonly<Record<string, unknown>>;
type Block = Members & { readonly type: string };

const count = fc.nat(1000);
const optional = <Value>(values: fc.Arbitrary<Value>) => fc.option(values, { nil: undefined });
const without = (members: Members): Members =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));

const block: fc.Arbitrary<Block> = fc.oneof(
  text.map(value => ({ type: 'text', text: value })),
  fc
    .tuple(text, fc.constantFrom('', 'sig'))
    .map(([thinking, signature]) => ({ type: 'thinking', thinking, signature })),
  fc.constant({ type: 'redacted_thinking', data: 'x' }),
  fc
    .tuple(fc.uuid(), name, plainObject)
    .map(([id, tool, input]) => ({ type: 'tool_use', id, name: tool, input })),
);

/** What Anthropic's stop reasons are after the way back. */
const REASONS: Readonly<Record<string, (calls: boolean) => string>> = {
  end_turn: calls => (calls ? 'tool_use' : 'end_turn'),
  stop_sequence: calls => (calls ? 'tool_use' : 'end_turn'),
  max_tokens: () => 'max_tokens',
  model_context_window_exceeded: () => 'max_tokens',
  tool_use: () => 'tool_use',
  refusal: () => 'refusal',
  pause_turn: () => 'pause_turn',
  compaction: () => 'compaction',
};

export const messageAnswers: fc.Arbitrary<Pair<Members>> = fc
  .record({
    content: fc.array(block, { maxLength: 5 }),
    reason: fc.constantFrom(...Object.keys(REASONS)),
    explanation: optional(someText),
    input: count,
    output: count,
    read: optional(count),
    written: optional(count),
    thought: optional(count),
  })
  .map(({ content, reason, explanation, input, output, read, written, thought }) => {
    const usage = without({
      input_tokens: input,
      output_tokens: output,
      cache_read_input_tokens: read,
      cache_creation_input_tokens: written,
      output_tokens_details: thought === undefined ? undefined : { thinking_tokens: thought },
    });
    const head = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm-1' };
    const stop_details =
      reason === 'refusal' && explanation !== undefined ? { type: 'refusal', explanation } : null;
    const ofType = (...types: readonly string[]) => content.filter(({ type }) => types.includes(type));
    const texts = ofType('text').map(({ text: own }) => own);
    const said = [...texts, ...(stop_details === null ? [] : [explanation])].join('');
    const calls = ofType('tool_use');
    return pair<Members>(
      { ...head, content, stop_reason: reason, stop_sequence: null, stop_details, usage },
      {
        ...head,
        content: [
          ...ofType('thinking', 'redacted_thinking'),
          ...(said === '' ? [] : [{ type: 'text', text: said }]),
          ...calls,
        ],
        stop_reason: REASONS[reason]?.(calls.length > 0),
        stop_sequence: null,
        usage,
      },
    );
  });

/** What OpenAI's finish reasons are after the way back. */
const FINISH: Readonly<Record<string, (ends: { calls: boolean; refused: boolean }) => string>> = {
  stop: ({ calls, refused }) => (refused ? 'content_filter' : calls ? 'tool_calls' : 'stop'),
  length: () => 'length',
  tool_calls: () => 'tool_calls',
  content_filter: () => 'content_filter',
  insufficient_system_resource: () => 'insufficient_system_resource',
};

/** Without reasoning, a completion says the same under both names, and with it in two. */
export const completionAnswers: fc.Arbitrary<Pair<Members>> = fc
  .record({
    content: fc.option(text, { nil: null }),
    reasoning: optional(someText),
    refusal: fc.option(someText, { nil: null }),
    calls: fc.array(fc.tuple(fc.uuid(), name, plainObject), { maxLength: 3 }),
    reason: fc.constantFrom(...Object.keys(FINISH)),
    prompt: fc.integer({ min: 2000, max: 3000 }),
    output: count,
    read: optional(count),
    written: optional(count),
    thought: optional(count),
  })
  .map(({ content, reasoning, refusal, calls, reason, prompt, output, read, written, thought }) => {
    const details = without({ cached_tokens: read, cache_write_tokens: written });
    const usage = without({
      prompt_tokens: prompt,
      completion_tokens: output,
      total_tokens: prompt + output,
      prompt_tokens_details: Object.keys(details).length === 0 ? undefined : details,
      completion_tokens_details: thought === undefined ? undefined : { reasoning_tokens: thought },
    });
    const head = { id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'm-1' };
    const tool_calls = calls.map(([id, tool, input]) => ({
      id,
      type: 'function',
      function: { name: tool, arguments: JSON.stringify(input) },
    }));
    const whole = (members: Members, finish: unknown): Members => ({
      ...head,
      choices: [
        {
          index: 0,
          message: without({
            role: 'assistant',
            ...members,
            tool_calls: calls.length === 0 ? undefined : tool_calls,
          }),
          logprobs: null,
          finish_reason: finish,
        },
      ],
      usage,
    });
    const said = `${content ?? ''}${refusal ?? ''}`;
    const thoughts =
      reasoning === undefined
        ? {}
        : {
            reasoning_content: reasoning,
            thinking_blocks: [{ type: 'thinking', thinking: reasoning, signature: '' }],
          };
    const ends = { calls: calls.length > 0, refused: refusal !== null };
    return pair<Members>(
      whole({ content, refusal, reasoning_content: reasoning }, reason),
      whole({ content: said === '' ? null : said, refusal: null, ...thoughts }, FINISH[reason]?.(ends)),
    );
  });
