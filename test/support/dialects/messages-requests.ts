/** Requests of Anthropic's messages that can be translated to OpenAI's chat completions, and what is left of them after the way back. */
import fc from 'fast-check';
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
type Turns = readonly Members[];

const compact = (blocks: readonly unknown[]) => {
  const [first, ...rest] = blocks as readonly { type: string; text: string }[];
  return first?.type === 'text' && rest.length === 0 ? first.text : blocks;
};
const MARKS = [undefined, null, { type: 'ephemeral' }] as const;

const texts: Pairs = fc
  .tuple(someText, fc.constantFrom(...MARKS), fc.constantFrom(undefined, null, []))
  .map(([value, cache_control, citations]) =>
    pair<unknown>({ type: 'text', text: value, cache_control, citations }, { type: 'text', text: value }),
  );
const images: Pairs = fc
  .tuple(
    fc.oneof(
      fc.constantFrom('https://a.example', 'http://a').map(url => ({ type: 'url', url })),
      fc
        .tuple(fc.constantFrom('image/png', 'image/webp'), base64)
        .map(([media_type, data]) => ({ type: 'base64', media_type, data })),
    ),
    fc.constantFrom(...MARKS),
  )
  .map(([source, cache_control]) =>
    pair<unknown>({ type: 'image', source, cache_control }, { type: 'image', source }),
  );
const documents: Pairs = fc
  .tuple(
    fc.oneof(
      base64.map(data => ({ type: 'base64', media_type: 'application/pdf', data })),
      text.map(data => ({ type: 'text', media_type: 'text/plain', data })),
    ),
    fc.option(someText, { nil: undefined }),
    fc.constantFrom(undefined, null, { enabled: false }),
  )
  .map(([source, title, citations]) =>
    pair<unknown>(
      { type: 'document', source, title, citations },
      { type: 'document', source, ...(title === undefined ? {} : { title }) },
    ),
  );

const asContent = (blocks: Pairs<readonly unknown[]>): Pairs =>
  blocks.chain(({ written, normal }) => {
    const whole = pair<unknown>(written, compact(normal));
    const only = compact(normal);
    return typeof only === 'string' ? fc.constantFrom(whole, pair<unknown>(only, only)) : fc.constant(whole);
  });
const parts = listOf(fc.oneof(texts, images, documents), { minLength: 1, maxLength: 3 });
const spoken = asContent(listOf(texts, { minLength: 1, maxLength: 2 }));

const turn = (role: string, content: Pairs): Pairs<Turns> =>
  content.map(({ written, normal }) =>
    pair<Turns>([{ role, content: written }], [{ role, content: normal }]),
  );
const user = turn('user', asContent(parts));
const later = turn('system', spoken);

/** Thoughts do not come back: no host of the other dialect can sign them. */
const thoughts: Pairs<readonly unknown[]> = fc
  .array(
    fc.constantFrom(
      { type: 'thinking', thinking: 'a', signature: 's' },
      { type: 'redacted_thinking', data: 'x' },
    ),
    { maxLength: 2 },
  )
  .map(written => pair<readonly unknown[]>(written, []));
const said = turn(
  'assistant',
  fc
    .tuple(thoughts, listOf(texts, { maxLength: 2 }))
    .filter(([thought, spoke]) => thought.written.length + spoke.written.length > 0)
    .map(([thought, spoke]) =>
      pair<unknown>([...thought.written, ...spoke.written], compact([...thought.normal, ...spoke.normal])),
    ),
);

const results = (side: 'written' | 'normal', contents: readonly (readonly [Pair, boolean | undefined])[]) =>
  contents.map(([content, failed], at) => {
    const own = content[side];
    const base = { type: 'tool_result', tool_use_id: `toolu_${at}` };
    if (side === 'written') return { ...base, content: own, is_error: failed };
    return { ...base, content: failed === true ? withError(own) : (own ?? '') };
  });
const withError = (content: unknown): unknown => {
  if (!Array.isArray(content)) return `Error: ${content ?? ''}`;
  const [first, ...rest] = content as readonly { text: string }[];
  return [{ type: 'text', text: `Error: ${first?.text ?? ''}` }, ...rest];
};

/** A turn that calls tools and says something before, between or after; then one with the results, and with words. */
const called: Pairs<Turns> = fc
  .tuple(
    thoughts,
    listOf(texts, { maxLength: 2 }),
    fc.array(fc.tuple(name, plainObject, fc.constantFrom(undefined, { type: 'direct' })), {
      minLength: 1,
      maxLength: 3,
    }),
    fc.array(
      fc.tuple(
        fc.oneof(spoken, fc.constantFrom<Pair[]>(pair(undefined, undefined), pair('', ''))),
        fc.constantFrom(true, false, undefined),
      ),
      { minLength: 3, maxLength: 3 },
    ),
    fc.option(parts, { nil: pair<readonly unknown[]>([], []) }),
    fc.boolean(),
  )
  .map(([thought, spoke, calls, contents, words, textLast]) => {
    const use = ([tool, input]: (typeof calls)[number], at: number) => ({
      type: 'tool_use',
      id: `toolu_${at}`,
      name: tool,
      input,
    });
    const written = calls.map((call, at) => ({ ...use(call, at), caller: call[2] }));
    const own = contents.slice(0, calls.length);
    const mixed = textLast ? [...written, ...spoke.written] : [...spoke.written, ...written];
    return pair<Turns>(
      [
        { role: 'assistant', content: [...thought.written, ...mixed] },
        { role: 'user', content: [...results('written', own), ...words.written] },
      ],
      [
        { role: 'assistant', content: [...spoke.normal, ...calls.map(use)] },
        { role: 'user', content: [...results('normal', own), ...words.normal] },
      ],
    );
  });

/** What the user says right after the results of tools would be one turn with them. */
const messages: Pairs = fc
  .tuple(user, fc.array(fc.oneof(user, said, called, later), { maxLength: 4 }), later, user)
  .map(([first, middle, between, last]) => {
    const turns = [first, ...middle.flatMap(own => [own, between]), last];
    return pair<unknown>(
      turns.flatMap(({ written }) => written),
      turns.flatMap(({ normal }) => normal),
    );
  });

const one = (
  member: string,
  ...values: readonly (readonly [written: unknown, normal: unknown])[]
): Pairs<Members> =>
  fc
    .constantFrom(...values)
    .map(([written, normal]) => pair<Members>({ [member]: written }, { [member]: normal }));
const absent = [undefined, undefined] as const;
const unit = fc.double({ min: 0, max: 1, noNaN: true }).map(value => Math.abs(value));

const tools: Pairs = fc.oneof(
  fc.constantFrom<Pair[]>(pair(undefined, undefined), pair([], undefined)),
  listOf(
    objectOf(
      one('type', absent, [null, undefined], ['custom', undefined]),
      memberOf('name', same(name)),
      memberOf('description', fc.oneof(same(text), fc.constant<Pair>(pair(undefined, undefined)))),
      memberOf('input_schema', same(plainObject)),
      one('strict', absent, [true, true], [false, undefined]),
      one('cache_control', absent, [{ type: 'ephemeral' }, undefined]),
      one('allowed_callers', absent, [['direct'], undefined]),
      one('defer_loading', absent, [false, undefined]),
    ),
    { minLength: 1, maxLength: 2 },
  ),
);
const choices: Pairs<Members> = fc.constantFrom(
  ...[{ type: 'auto' }, { type: 'any' }, { type: 'tool', name: 'f' }].flatMap(choice => [
    pair<Members>({ tool_choice: choice }, { tool_choice: choice }),
    pair<Members>({ tool_choice: { ...choice, disable_parallel_tool_use: false } }, { tool_choice: choice }),
    pair<Members>(
      { tool_choice: { ...choice, disable_parallel_tool_use: true } },
      { tool_choice: { ...choice, disable_parallel_tool_use: true } },
    ),
  ]),
  pair<Members>({ tool_choice: { type: 'none' } }, { tool_choice: { type: 'none' } }),
  pair<Members>({}, {}),
);

const thinking = ({
  effort,
  type,
  budget,
}: {
  effort?: string;
  type?: string;
  budget?: number;
}): Members => ({
  ...(type === undefined ? {} : { thinking: { type, budget_tokens: budget } }),
  ...(effort === undefined ? {} : { output_config: { effort } }),
});
const adaptive = (effort: string): Members => ({ thinking: { type: 'adaptive' }, output_config: { effort } });
const efforts: Pairs<Members> = fc.constantFrom(
  pair<Members>({}, {}),
  pair<Members>({ thinking: { type: 'disabled' } }, { thinking: { type: 'disabled' } }),
  pair<Members>(thinking({ type: 'disabled', effort: 'high' }), { thinking: { type: 'disabled' } }),
  pair<Members>(thinking({ type: 'adaptive' }), {}),
  pair<Members>(thinking({ effort: 'max' }), adaptive('max')),
  pair<Members>(thinking({ type: 'adaptive', effort: 'low' }), adaptive('low')),
  pair<Members>(thinking({ type: 'enabled', budget: 1024 }), adaptive('low')),
  pair<Members>(thinking({ type: 'enabled', budget: 8192 }), adaptive('medium')),
  pair<Members>(thinking({ type: 'enabled', budget: 32_000 }), adaptive('high')),
  pair<Members>(thinking({ type: 'enabled', budget: 1024, effort: 'xhigh' }), adaptive('xhigh')),
);
const formats: Pairs<Members> = fc.oneof(
  fc.constant(pair<Members>({}, {})),
  plainObject.map(schema => {
    const format = { type: 'json_schema', schema };
    return pair<Members>({ output_format: format }, { output_config: { format } });
  }),
);

const rest = objectOf(
  memberOf('model', same(someText)),
  memberOf('messages', messages),
  memberOf(
    'system',
    fc.oneof(spoken, fc.constantFrom<Pair[]>(pair(undefined, undefined), pair([], undefined))),
  ),
  memberOf('max_tokens', same(fc.integer({ min: 1, max: 1000 }))),
  memberOf('tools', tools),
  choices,
  memberOf('temperature', same(fc.option(unit, { nil: undefined }))),
  memberOf('top_p', same(fc.option(unit, { nil: undefined }))),
  memberOf('top_k', same(fc.option(fc.nat(100), { nil: undefined }))),
  one(
    'stop_sequences',
    absent,
    [[], undefined],
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
  ),
  one(
    'metadata',
    absent,
    [{}, undefined],
    [{ user_id: 'u' }, { user_id: 'u' }],
    [{ user_id: null }, undefined],
  ),
  one('service_tier', absent, ['auto', 'auto'], ['standard_only', 'standard_only']),
  one('stream', absent, [true, true], [false, undefined]),
  one('cache_control', absent, [{ type: 'ephemeral' }, undefined]),
  one('mcp_servers', absent, [[], undefined]),
  one('speed', absent, ['standard', undefined], ['fast', undefined]),
  one('context_management', absent, [
    { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
    undefined,
  ]),
);

export const messagesRequests: Pairs<Members> = fc
  .tuple(rest, efforts, formats)
  .map(([members, effort, format]) => {
    const side = (which: 'written' | 'normal'): Members => {
      const config = {
        ...(effort[which].output_config as object),
        ...(format[which].output_config as object),
      };
      const merged = { ...members[which], ...effort[which], ...format[which] };
      return Object.keys(config).length === 0 ? merged : { ...merged, output_config: config };
    };
    return pair<Members>(side('written'), side('normal'));
  });
