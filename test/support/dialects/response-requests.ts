/** Requests of OpenAI's responses that can be translated to its chat completions, each with what it is there. */
import fc from 'fast-check';
import {
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

/** One text alone is a text. */
const compact = (parts: readonly unknown[]) => {
  const [first, ...rest] = parts as readonly { type: string; text: string }[];
  return first?.type === 'text' && rest.length === 0 ? first.text : parts;
};
const textPart = (value: string) => ({ type: 'text', text: value });

const texts: Pairs = someText.map(value =>
  pair<unknown>({ type: 'input_text', text: value }, textPart(value)),
);
const images: Pairs = fc
  .tuple(
    fc.constantFrom('data:image/png;base64,AA==', 'https://a.example/b.png'),
    fc.constantFrom('auto', 'low', 'high', 'original', null, undefined),
  )
  .map(([url, detail]) =>
    pair<unknown>(
      { type: 'input_image', image_url: url, detail },
      { type: 'image_url', image_url: { url, ...(detail === 'low' || detail === 'high' ? { detail } : {}) } },
    ),
  );
const files: Pairs = fc.option(someText, { nil: undefined }).map(filename => {
  const file = {
    ...(filename === undefined ? {} : { filename }),
    file_data: 'data:application/pdf;base64,AA==',
  };
  return pair<unknown>({ type: 'input_file', ...file }, { type: 'file', file });
});

const asContent = (parts: Pairs<readonly unknown[]>): Pairs =>
  parts.chain(({ written, normal }) => {
    const whole = compact(normal);
    const listed = pair<unknown>(written, whole);
    return typeof whole === 'string'
      ? fc.constantFrom(listed, pair<unknown>(whole, whole))
      : fc.constant(listed);
  });

const user: Pairs<Messages> = fc
  .tuple(
    asContent(listOf(fc.oneof(texts, images, files), { minLength: 1, maxLength: 3 })),
    fc.constantFrom('message', undefined),
  )
  .map(([{ written, normal }, type]) =>
    pair<Messages>([{ type, role: 'user', content: written }], [{ role: 'user', content: normal }]),
  );

const later: Pairs<Messages> = fc
  .tuple(fc.constantFrom('system', 'developer'), asContent(listOf(texts, { minLength: 1, maxLength: 2 })))
  .map(([role, { written, normal }]) =>
    pair<Messages>([{ type: 'message', role, content: written }], [{ role: 'system', content: normal }]),
  );

interface Said {
  readonly items: Messages;
  readonly message: Members;
}

/** What an assistant thinks, says and calls in one turn, of which the first may be missing and one of the others not. */
const turn = fc
  .tuple(
    fc.option(someText, { nil: undefined }),
    fc.option(someText, { nil: undefined }),
    fc.option(someText, { nil: undefined }),
    fc.array(fc.tuple(name, plainObject), { maxLength: 3 }),
    fc.constantFrom('summary_text', 'reasoning_text'),
  )
  .filter(([, said, refusal, calls]) => said !== undefined || refusal !== undefined || calls.length > 0)
  .map(([thought, said, refusal, calls, kind]): Said & { readonly ids: readonly string[] } => {
    const part = [{ type: kind, text: thought }];
    const content = [
      ...(said === undefined ? [] : [{ type: 'output_text', text: said, annotations: [] }]),
      ...(refusal === undefined ? [] : [{ type: 'refusal', refusal }]),
    ];
    const ids = calls.map((_, at) => `call_${at}`);
    return {
      ids,
      items: [
        ...(thought === undefined
          ? []
          : [
              {
                type: 'reasoning',
                id: 'rs_1',
                ...(kind === 'summary_text' ? { summary: part } : { summary: [], content: part }),
              },
            ]),
        ...(content.length === 0
          ? []
          : [
              {
                type: 'message',
                id: 'msg_1',
                role: 'assistant',
                status: 'completed',
                phase: 'final_answer',
                content,
              },
            ]),
        ...calls.map(([tool, input], at) => ({
          type: 'function_call',
          call_id: ids[at],
          name: tool,
          arguments: JSON.stringify(input),
          status: 'completed',
        })),
      ],
      message: {
        role: 'assistant',
        content: said ?? null,
        ...(refusal === undefined ? {} : { refusal }),
        ...(thought === undefined ? {} : { reasoning_content: thought }),
        ...(calls.length === 0
          ? {}
          : {
              tool_calls: calls.map(([tool, input], at) => ({
                id: ids[at],
                type: 'function',
                function: { name: tool, arguments: JSON.stringify(input) },
              })),
            }),
      },
    };
  });

/** The turn and the result of each call, of which some have images. */
const answered: Pairs<Messages> = fc
  .tuple(
    turn,
    fc.array(
      fc.tuple(
        fc.oneof(
          asContent(listOf(texts, { minLength: 1, maxLength: 2 })),
          fc.constant<Pair>(pair<unknown>([], '')),
        ),
        fc.boolean(),
      ),
      {
        minLength: 3,
        maxLength: 3,
      },
    ),
  )
  .map(([{ items, message, ids }, outputs]) => {
    const results = ids.map((id, at) => ({
      id,
      output: outputs[at]?.[0] as Pair,
      shown: outputs[at]?.[1] === true,
    }));
    const image = 'data:image/png;base64,AA==';
    const parts = (output: unknown) =>
      typeof output === 'string' ? [{ type: 'input_text', text: output }] : (output as readonly unknown[]);
    const shown = results
      .filter(({ shown: isShown }) => isShown)
      .flatMap(({ id }) => [
        textPart(`Images in the result of ${id}:`),
        { type: 'image_url', image_url: { url: image } },
      ]);
    return pair<Messages>(
      [
        ...items,
        ...results.map(({ id, output, shown: isShown }) => ({
          type: 'function_call_output',
          call_id: id,
          output: isShown
            ? [...parts(output.written), { type: 'input_image', image_url: image }]
            : output.written,
        })),
      ],
      [
        message,
        ...results.map(({ id, output }) => ({ role: 'tool', tool_call_id: id, content: output.normal })),
        ...(shown.length === 0 ? [] : [{ role: 'user', content: shown }]),
      ],
    );
  });

/** The user speaks between turns: what follows images at once would be one message with them. */
const input: Pairs<Messages> = fc
  .tuple(user, fc.array(fc.oneof(user, answered, later), { maxLength: 4 }), later, user)
  .map(([first, middle, between, last]) => {
    const turns = [first, ...middle.flatMap(own => [own, between]), last];
    return pair<Messages>(
      turns.flatMap(({ written }) => written),
      turns.flatMap(({ normal }) => normal),
    );
  });

const conversation: Pairs<Members> = fc
  .tuple(fc.option(someText, { nil: undefined }), fc.oneof(input, someText))
  .map(([instructions, asked]) => {
    const isText = typeof asked === 'string';
    const messages = isText ? [{ role: 'user', content: asked }] : asked.normal;
    const system = instructions === undefined ? [] : [{ role: 'system', content: instructions }];
    return pair<Members>(
      { instructions, input: isText ? asked : asked.written },
      { messages: [...system, ...messages] },
    );
  });

const one = (...values: readonly (readonly [written: Members, normal: Members])[]): Pairs<Members> =>
  fc.constantFrom(...values.map(([written, normal]) => pair<Members>(written, normal)));
const unit = fc.option(
  fc.double({ min: 0, max: 1, noNaN: true }).map(value => Math.abs(value)),
  { nil: undefined },
);
const limit = fc.option(fc.integer({ min: 1, max: 1000 }), { nil: undefined });

const SEARCH = { type: 'web_search', external_web_access: false };
const tools: Pairs<Members> = fc
  .tuple(
    fc.array(fc.tuple(name, text, plainObject, fc.constantFrom(true, false, null)), { maxLength: 2 }),
    fc.boolean(),
  )
  .chain(([list, searches]) => {
    const written = list.map(([tool, description, parameters, strict]) => ({
      type: 'function',
      name: tool,
      description,
      parameters,
      strict,
    }));
    const normal = list.map(([tool, description, parameters, strict]) => ({
      type: 'function',
      function: { name: tool, description, parameters, ...(strict === true ? { strict } : {}) },
    }));
    if (searches && list.length > 0) {
      const inner = { type: 'function', name: 'f', parameters: {} };
      written.push({ type: 'namespace', name: 'ns', description: 'N.', tools: [inner] } as never);
      normal.push({ type: 'function', function: { name: 'ns__f', description: 'N.\n\n', parameters: {} } });
    }
    const all = searches ? [...written, SEARCH] : written;
    if (list.length === 0) return one([{ tools: all, tool_choice: 'auto', parallel_tool_calls: false }, {}]);
    return one(
      [{ tools: all }, { tools: normal }],
      [
        { tools: all, tool_choice: 'auto', parallel_tool_calls: true },
        { tools: normal, tool_choice: 'auto' },
      ],
      [
        { tools: all, tool_choice: 'required', parallel_tool_calls: false },
        { tools: normal, tool_choice: 'required', parallel_tool_calls: false },
      ],
      [
        { tools: all, tool_choice: { type: 'function', name: 'f' } },
        { tools: normal, tool_choice: { type: 'function', function: { name: 'f' } } },
      ],
    );
  });
const formats: Pairs<Members> = fc.oneof(
  one(
    [{}, {}],
    [{ text: {} }, {}],
    [{ text: { format: { type: 'text' }, verbosity: 'medium' } }, {}],
    [{ text: { verbosity: 'low' } }, { verbosity: 'low' }],
  ),
  fc
    .tuple(name, plainObject, fc.constantFrom(true, false))
    .map(([label, schema, strict]) =>
      pair<Members>(
        { text: { format: { type: 'json_schema', name: label, schema, strict } } },
        { response_format: { type: 'json_schema', json_schema: { name: label, schema, strict } } },
      ),
    ),
);

/** What stands in `normal` is what the host is sent. */
export const responseRequests: Pairs<Members> = objectOf(
  memberOf('model', same(someText)),
  conversation,
  tools,
  formats,
  limit.map(most => pair<Members>({ max_output_tokens: most }, { max_completion_tokens: most })),
  memberOf('temperature', same(unit)),
  memberOf('top_p', same(unit)),
  one(
    [{}, {}],
    [{ reasoning: { effort: 'high', summary: 'auto' } }, { reasoning_effort: 'high' }],
    [{ reasoning: { effort: null } }, {}],
  ),
  one(
    [{}, {}],
    [{ stream: false, stream_options: null }, {}],
    [
      { stream: true, stream_options: { include_obfuscation: false } },
      { stream: true, stream_options: { include_usage: true } },
    ],
  ),
  one([{}, {}], [{ include: [] }, {}], [{ include: ['reasoning.encrypted_content'] }, {}]),
  one([{}, {}], [{ store: false, background: false, truncation: 'disabled', metadata: { a: 'b' } }, {}]),
  one([{}, {}], [{ user: 'u' }, { user: 'u' }], [{ safety_identifier: 's', user: 'u' }, { user: 's' }]),
  one([{}, {}], [{ service_tier: 'auto' }, { service_tier: 'auto' }]),
  one([{}, {}], [{ prompt_cache_key: 'k', client_metadata: { a: 'b' }, previous_response_id: null }, {}]),
);
