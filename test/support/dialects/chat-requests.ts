/** Requests of OpenAI's chat completions that can be translated to Anthropic's messages, and what is left of them after the way back. */
import fc from 'fast-check';
import { DEFAULT_MAX_TOKENS } from '../../../src/exchange/translate/transforms.js';
import {
  base64,
  listOf,
  memberOf,
  name,
  objectOf,
  type Pair,
  type Pairs,
  pair,
  plainObject,
  same,
  someText,
  text,
} from './pairs.js';

type Members = Readonly<Record<string, unknown>>;
type Messages = readonly Members[];

const textPart = (value: string) => ({ type: 'text', text: value });
/** One text alone is a text. */
const compact = (parts: readonly unknown[]) => {
  const [first, ...rest] = parts as readonly { type: string; text: string }[];
  return first?.type === 'text' && rest.length === 0 ? first.text : parts;
};

const textParts: Pairs = someText.chain(value =>
  fc.constantFrom(
    pair<unknown>(textPart(value), textPart(value)),
    pair<unknown>({ ...textPart(value), cache_control: { type: 'ephemeral' } }, textPart(value)),
    pair<unknown>({ ...textPart(value), prompt_cache_breakpoint: { mode: 'explicit' } }, textPart(value)),
  ),
);
const images: Pairs = fc
  .tuple(
    fc.constantFrom('data:image/png;base64,AA==', 'https://a.example/b.png', 'http://a'),
    fc.constantFrom('auto', 'low', null, undefined),
  )
  .map(([url, detail]) =>
    pair({ type: 'image_url', image_url: { url, detail } }, { type: 'image_url', image_url: { url } }),
  );
const files: Pairs = same(
  fc
    .tuple(
      fc.constantFrom('application/pdf', 'text/plain'),
      base64.filter(data => data !== 'iVBORw0KGgo='),
      fc.option(someText, { nil: undefined }),
    )
    .map(([type, data, filename]) => ({
      type: 'file',
      file: { ...(filename === undefined ? {} : { filename }), file_data: `data:${type};base64,${data}` },
    })),
);

const asContent = (parts: Pairs<readonly unknown[]>): Pairs =>
  parts.chain(({ written, normal }) => {
    const [only, ...rest] = normal as readonly { type: string; text: string }[];
    const whole = pair<unknown>(written, compact(normal));
    // A text may also be written as one.
    return only?.type === 'text' && rest.length === 0
      ? fc.constantFrom(whole, pair<unknown>(only.text, only.text))
      : fc.constant(whole);
  });

const userContent = asContent(listOf(fc.oneof(textParts, images, files), { minLength: 1, maxLength: 3 }));
const spoken = asContent(listOf(textParts, { minLength: 1, maxLength: 2 }));

const instructions: Pairs<Messages> = fc
  .array(
    fc.tuple(fc.constantFrom('system', 'developer'), listOf(textParts, { minLength: 1, maxLength: 2 })),
    { maxLength: 2 },
  )
  .map(list => {
    const parts = list.flatMap(([, { normal }]) => normal);
    const written = list.map(([role, { written: content }]) => ({ role, content }));
    return pair<Messages>(written, parts.length === 0 ? [] : [{ role: 'system', content: compact(parts) }]);
  });

const user: Pairs<Messages> = userContent.map(({ written, normal }) =>
  pair<Messages>([{ role: 'user', content: written }], [{ role: 'user', content: normal }]),
);

const later: Pairs<Messages> = fc
  .tuple(fc.constantFrom('system', 'developer'), spoken)
  .map(([role, { written, normal }]) =>
    pair<Messages>([{ role, content: written }], [{ role: 'system', content: normal }]),
  );

const thought: Pairs<Members> = fc.oneof(
  fc.constant(pair<Members>({}, {})),
  // Unsigned, no host of Anthropic's takes it back.
  someText.map(value => pair<Members>({ reasoning_content: value }, {})),
  someText.map(value =>
    pair<Members>(
      { reasoning_content: value, thinking_blocks: [{ type: 'thinking', thinking: value, signature: 's' }] },
      { reasoning_content: value },
    ),
  ),
  fc.constant(pair<Members>({ thinking_blocks: [{ type: 'redacted_thinking', data: 'x' }] }, {})),
);

const assistant = (content: Pairs): Pairs<Members> =>
  objectOf(
    memberOf('role', same(fc.constant('assistant'))),
    memberOf('content', content),
    thought,
    memberOf('annotations', fc.constantFrom<Pair[]>(pair(undefined, undefined), pair([], undefined))),
    memberOf('refusal', fc.constantFrom<Pair[]>(pair(undefined, undefined), pair(null, undefined))),
  ) as Pairs<Members>;

const said: Pairs<Messages> = fc
  .oneof(
    assistant(spoken),
    someText.map(value =>
      pair<Members>(
        { role: 'assistant', content: null, refusal: value },
        { role: 'assistant', content: value },
      ),
    ),
  )
  .map(({ written, normal }) => pair<Messages>([written], [normal]));

const nothingSaid: Pairs = fc.constantFrom<Pair[]>(pair(null, null), pair('', null), pair(undefined, null));

/** A turn that calls tools, and the result of each. */
const called: Pairs<Messages> = fc
  .tuple(
    assistant(fc.oneof(spoken, nothingSaid)),
    fc.array(fc.tuple(name, plainObject, fc.constantFrom(0, 2), fc.oneof(spoken, same(fc.constant('')))), {
      minLength: 1,
      maxLength: 3,
    }),
  )
  .map(([turn, calls]) => {
    const uses = (space: (own: number) => number) =>
      calls.map(([tool, input, own], at) => ({
        id: `call_${at}`,
        type: 'function',
        function: { name: tool, arguments: JSON.stringify(input, null, space(own)) },
      }));
    const results = (side: 'written' | 'normal') =>
      calls.map(([, , , content], at) => ({
        role: 'tool',
        content: content[side],
        tool_call_id: `call_${at}`,
      }));
    return pair<Messages>(
      [{ ...turn.written, tool_calls: uses(own => own) }, ...results('written')],
      [{ ...turn.normal, tool_calls: uses(() => 0) }, ...results('normal')],
    );
  });

const messages: Pairs = fc
  .tuple(instructions, user, fc.array(fc.oneof(user, said, called, later), { maxLength: 4 }), user)
  .map(([first, second, middle, last]) => {
    const turns = [first, second, ...middle, last];
    return pair<unknown>(
      turns.flatMap(({ written }) => written),
      turns.flatMap(({ normal }) => normal),
    );
  });

const limits: Pairs<Members> = fc
  .integer({ min: 1, max: 1000 })
  .chain(limit =>
    fc.constantFrom(
      pair<Members>({ max_tokens: limit }, { max_completion_tokens: limit }),
      pair<Members>({ max_completion_tokens: limit }, { max_completion_tokens: limit }),
      pair<Members>({ max_tokens: limit, max_completion_tokens: limit }, { max_completion_tokens: limit }),
      pair<Members>({ max_tokens: null }, { max_completion_tokens: DEFAULT_MAX_TOKENS }),
      pair<Members>({}, { max_completion_tokens: DEFAULT_MAX_TOKENS }),
    ),
  );

const tools: Pairs = fc.oneof(
  fc.constantFrom<Pair[]>(pair(undefined, undefined), pair([], undefined)),
  listOf(
    objectOf(
      memberOf('type', same(fc.constant('function'))),
      memberOf(
        'function',
        objectOf(
          memberOf('name', same(name)),
          memberOf(
            'description',
            fc.oneof(same(text), fc.constantFrom<Pair[]>(pair(null, undefined), pair(undefined, undefined))),
          ),
          memberOf(
            'parameters',
            fc.oneof(
              same(plainObject),
              fc.constant<Pair>(pair(undefined, { type: 'object', properties: {} })),
            ),
          ),
          memberOf(
            'strict',
            fc.constantFrom<Pair[]>(pair(true, true), pair(false, undefined), pair(undefined, undefined)),
          ),
        ),
      ),
    ),
    { minLength: 1, maxLength: 2 },
  ),
);
const choices: Pairs<Members> = fc.constantFrom(
  ...['auto', 'required', { type: 'function', function: { name: 'f' } }].flatMap(choice => [
    pair<Members>({ tool_choice: choice }, { tool_choice: choice }),
    pair<Members>({ tool_choice: choice, parallel_tool_calls: true }, { tool_choice: choice }),
    pair<Members>(
      { tool_choice: choice, parallel_tool_calls: false },
      { tool_choice: choice, parallel_tool_calls: false },
    ),
  ]),
  pair<Members>({ tool_choice: 'none', parallel_tool_calls: false }, { tool_choice: 'none' }),
  pair<Members>({}, {}),
);

const one = (
  member: string,
  ...values: readonly (readonly [written: unknown, normal: unknown])[]
): Pairs<Members> =>
  fc
    .constantFrom(...values)
    .map(([written, normal]) => pair<Members>({ [member]: written }, { [member]: normal }));
const absent = [undefined, undefined] as const;
const unit = fc.double({ min: 0, max: 1, noNaN: true }).map(value => Math.abs(value));

const formats: Pairs = fc.oneof(
  fc.constantFrom<Pair[]>(pair(undefined, undefined), pair({ type: 'text' }, undefined)),
  fc
    .tuple(
      name,
      plainObject,
      fc.constantFrom(true, false, undefined),
      fc.option(someText, { nil: undefined }),
    )
    .map(([label, fields, strict, description]) => {
      const { description: _, ...schema } = fields;
      const described = description === undefined ? schema : { ...schema, description };
      return pair<unknown>(
        { type: 'json_schema', json_schema: { name: label, schema, strict, description } },
        { type: 'json_schema', json_schema: { name: 'answer', schema: described, strict: true } },
      );
    }),
);

export const chatRequests: Pairs<Members> = objectOf(
  memberOf('model', same(someText)),
  memberOf('messages', messages),
  limits,
  memberOf('tools', tools),
  choices,
  memberOf('response_format', formats),
  memberOf('temperature', same(fc.option(unit, { nil: undefined }))),
  memberOf('top_p', same(fc.option(unit, { nil: undefined }))),
  memberOf('top_k', same(fc.option(fc.nat(100), { nil: undefined }))),
  one(
    'stop',
    absent,
    ['a', ['a']],
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
    [[], undefined],
    [null, undefined],
  ),
  one(
    'reasoning_effort',
    absent,
    ['minimal', 'low'],
    ...['none', 'low', 'medium', 'high', 'xhigh', 'max'].map(word => [word, word] as const),
  ),
  one('service_tier', absent, ['auto', 'auto'], ['default', 'default'], ['flex', undefined]),
  fc.constantFrom(
    pair<Members>({}, {}),
    pair<Members>({ user: 'u' }, { user: 'u' }),
    pair<Members>({ safety_identifier: 's', user: 'u' }, { user: 's' }),
  ),
  fc.constantFrom(
    pair<Members>({}, {}),
    pair<Members>({ stream: false }, {}),
    pair<Members>({ stream: true }, { stream: true, stream_options: { include_usage: true } }),
    pair<Members>(
      { stream: true, stream_options: { include_usage: false } },
      { stream: true, stream_options: { include_usage: true } },
    ),
  ),
  one('n', absent, [1, undefined], [null, undefined]),
  one('logit_bias', absent, [{}, undefined]),
  one('modalities', absent, [['text'], undefined]),
  one('frequency_penalty', absent, [0, undefined]),
  one('logprobs', absent, [false, undefined]),
  one('store', absent, [true, undefined]),
  one('metadata', absent, [{ a: 'b' }, undefined]),
  one('prompt_cache_key', absent, ['a', undefined]),
);
