/** Requests of every surface with what the rules name taken out, and their answers with it put back. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../../test/support/failure.js';
import { concatAll, fromUtf8, utf8 } from '../../../bytes/octets.js';
import { EventSplitter } from '../../../exchange/server-sent-events.js';
import { NOTHING_SET } from '../../../exchange/set-parameters.js';
import type { SurfaceName } from '../../../exchange/surface-names.js';
import { surfaceNamed } from '../../../exchange/surfaces.js';
import { redact } from './redaction.js';
import { REDACTION_KINDS, type RedactionRules } from './rules.js';

const RULES: RedactionRules = { kinds: REDACTION_KINDS, names: ['Jane Doe'], restore: true };
const LIMIT = 1 << 20;

function redactedBy(rules: RedactionRules, surface: SurfaceName, body: Uint8Array, contentType: string) {
  const problems: string[] = [];
  const facts = { model: 'm', stream: false, ...NOTHING_SET, attachments: [] };
  const request = { surface: surfaceNamed(surface), facts, body, contentType };
  return { ...redact(rules, request, problem => problems.push(problem)), problems };
}

const redacted = (surface: SurfaceName, json: string, rules = RULES) =>
  redactedBy(rules, surface, utf8(json), 'application/json');
const sent = (surface: SurfaceName, json: string) => fromUtf8(redacted(surface, json).body);
const sentOf = (surface: SurfaceName, value: object) => sent(surface, JSON.stringify(value));

/** Where in a request `@` stands, there is text; where `!` does, there is none. */
const REQUESTS: readonly [SurfaceName, object][] = [
  [
    'chat/completions',
    {
      model: '!',
      user: '!',
      metadata: { a: '!' },
      messages: [
        { role: 'system', content: '@' },
        { role: 'user', name: '!', content: [{ type: 'text', text: '@' }] },
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url: '!' } },
            { type: 'new', words: ['@'] },
          ],
        },
        { role: 'user', content: [{ type: 'file', file: { file_data: '!', file_id: '!', filename: '@' } }] },
        {
          role: 'assistant',
          content: null,
          refusal: '@',
          reasoning_content: '@',
          tool_calls: [{ id: '!', type: 'function', function: { name: '!', arguments: '@' } }],
        },
        { role: 'tool', tool_call_id: '!', content: '@' },
      ],
      tools: [
        {
          type: 'function',
          function: {
            name: '!',
            description: '@',
            parameters: {
              type: 'object',
              properties: { '!': { type: 'string', description: '@', enum: ['!'] } },
            },
          },
        },
      ],
      response_format: { type: 'json_schema', json_schema: { name: '!', schema: { description: '@' } } },
      prediction: { type: 'content', content: '@' },
    },
  ],
  ['completions', { model: '!', prompt: ['@', '@'], suffix: '@', user: '!' }],
  [
    'responses',
    {
      model: '!',
      instructions: '@',
      previous_response_id: '!',
      prompt: { id: '!', variables: { a: '@', b: { type: 'input_text', text: '@' } } },
      input: [
        { role: 'user', content: '@' },
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: '@' }] },
        { type: 'message', role: 'user', content: [{ type: 'input_image', image_url: '!', file_id: '!' }] },
        { type: 'function_call', id: '!', call_id: '!', name: '!', arguments: '@' },
        { type: 'function_call_output', call_id: '!', output: '@' },
        { type: 'function_call_output', call_id: '!', output: [{ type: 'input_text', text: '@' }] },
        {
          type: 'reasoning',
          id: '!',
          summary: [{ type: 'summary_text', text: '@' }],
          encrypted_content: '!',
        },
        { type: 'image_generation_call', id: '!', result: '!' },
        { type: 'code_interpreter_call', code: '@', outputs: [{ type: 'logs', logs: '@' }] },
        { type: 'mcp_list_tools', tools: [{ name: '!', input_schema: { enum: ['!'], description: '@' } }] },
        { type: 'of_next_year', result: '@' },
      ],
      tools: [{ type: 'function', name: '!', description: '@' }],
    },
  ],
  ['embeddings', { model: '!', input: '@' }],
  ['embeddings', { model: '!', input: ['@', '@'] }],
  [
    'moderations',
    { input: ['@', { type: 'text', text: '@' }, { type: 'image_url', image_url: { url: '!' } }] },
  ],
  ['images/generations', { model: '!', prompt: '@' }],
  ...(['messages', 'messages/count_tokens'] as const).map((surface): [SurfaceName, object] => [
    surface,
    {
      model: '!',
      metadata: { user_id: '!' },
      system: [{ type: 'text', text: '@', cache_control: { type: '!' } }],
      messages: [
        { role: 'user', content: '@' },
        {
          role: 'user',
          content: [
            { type: 'text', text: '@' },
            { type: 'image', source: { type: 'base64', data: '!' } },
          ],
        },
        {
          role: 'user',
          content: [
            {
              type: 'document',
              title: '@',
              context: '@',
              source: { data: '@', media_type: '!', type: 'text' },
            },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: '@', signature: '!' },
            { type: 'redacted_thinking', data: '!' },
            { type: 'tool_use', id: '!', name: '!', input: { '@': ['@'], id: '@', name: '@' } },
          ],
        },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: '!', content: [{ type: 'text', text: '@' }] }],
        },
      ],
      tools: [
        { name: '!', description: '@', input_schema: { properties: { description: { description: '@' } } } },
      ],
    },
  ]),
  ...(['generateContent', 'streamGenerateContent'] as const).map((surface): [SurfaceName, object] => [
    surface,
    {
      systemInstruction: { parts: [{ text: '@' }] },
      contents: [
        {
          role: 'user',
          parts: [
            { text: '@' },
            { inlineData: { mimeType: '!', data: '!' } },
            { file_data: { file_uri: '!' } },
          ],
        },
        {
          role: 'model',
          parts: [{ functionCall: { id: '!', name: '!', args: { '@': '@' } }, thoughtSignature: '!' }],
        },
        { role: 'user', parts: [{ function_response: { name: '!', response: { a: { name: '@' } } } }] },
      ],
      tools: [{ functionDeclarations: [{ name: '!', description: '@' }] }],
      cachedContent: '!',
    },
  ]),
  ['countTokens', { generateContentRequest: { model: '!', contents: [{ parts: [{ text: '@' }] }] } }],
  ['embedContent', { model: '!', content: { parts: [{ text: '@' }] }, title: '@' }],
  ['batchEmbedContents', { requests: [{ model: '!', content: { parts: [{ text: '@' }] } }] }],
];

describe('what is text', () => {
  it.each(REQUESTS)('in %s', (surface, request) => {
    const json = JSON.stringify(request).replaceAll(/[@!]/g, 'jane@example.com');
    const expected = JSON.stringify(request).replaceAll('@', '[EMAIL_1]').replaceAll('!', 'jane@example.com');
    expect(sent(surface, json)).toBe(expected);
    // Layout and escapes are the client's.
    const spaced = JSON.stringify(request, null, 2).replaceAll(/[@!]/g, 'j\\u0061ne\\u0040example.com');
    expect(JSON.parse(sent(surface, spaced) ?? '')).toEqual(JSON.parse(expected));
  });

  it('a prompt in a form, and no other field of it', () => {
    const form = (prompt: string) =>
      ['file"; filename="a.wav', 'prompt', 'model']
        .map(
          name =>
            `--b\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${name === 'prompt' ? prompt : 'jane@example.com'}\r\n`,
        )
        .join('')
        .concat('--b--\r\n');
    const type = 'multipart/form-data; boundary=b';
    const { body, transforms } = redactedBy(RULES, 'audio/transcriptions', utf8(form('Jane Doe')), type);
    expect(fromUtf8(body)).toBe(form('[NAME_1]'));
    expect(transforms).toEqual(['redacted-name']);
  });
});

describe('a request', () => {
  const ask = (content: string) => ({ model: 'm', messages: [{ role: 'user', content }] });
  const asked = (content: string) =>
    JSON.parse(sentOf('chat/completions', ask(content)) ?? '').messages[0].content;

  it('has the same placeholder for the same value, and others for others', () => {
    expect(asked('a@b.com, c@d.com, a@b.com, +49 30 901820, Jane Doe')).toBe(
      '[EMAIL_1], [EMAIL_2], [EMAIL_1], [PHONE_1], [NAME_1]',
    );
  });

  it('has none that it had before', () => {
    expect(asked('[EMAIL_1] [EMAIL_2] a@b.com [EMAIL_03]')).toBe('[EMAIL_1] [EMAIL_2] [EMAIL_3] [EMAIL_03]');
    expect(sent('completions', '{"prompt":["a@b.com","\\u005bEMAIL_1]"]}')).toBe(
      '{"prompt":["[EMAIL_2]","\\u005bEMAIL_1]"]}',
    );
  });

  it('with nothing to take out is sent as the very bytes that came, and no transform is named', () => {
    const body = utf8(' {"messages" : [ {"role":"user","content":"\\u0061 \\/ é"} ]}');
    const result = redactedBy(RULES, 'chat/completions', body, 'application/json');
    expect(result.body).toBe(body);
    expect(result.transforms).toEqual([]);
    expect(result.newRestorer(LIMIT)).toBeNull();
  });

  it('names what was taken out, and that there were parts that nobody looked into', () => {
    const facts = { model: 'm', stream: false, ...NOTHING_SET, attachments: [utf8('a')] };
    const body = utf8('{"messages":[{"role":"user","content":"Jane Doe, 4111111111111111, a@b.com"}]}');
    const request = { surface: surfaceNamed('chat/completions'), facts, body, contentType: '' };
    const { transforms } = redact(RULES, request, () => undefined);
    expect(transforms).toEqual(['redacted-email', 'redacted-card', 'redacted-name', 'attachments-unread']);
  });

  it.each([
    [
      'numbers in JSON that is a text',
      '{"card":4111111111111111,"n":[1.5,12]}',
      '{"card":"[CARD_1]","n":[1.5,12]}',
    ],
    ['escapes in it', '{"a":"jane\\u0040example.com"}', '{"a":"[EMAIL_1]"}'],
    ['names of members in it', '[{"jane@example.com":true}]', '[{"[EMAIL_1]":true}]'],
    ['JSON in JSON', '{"a":"{\\"b\\":\\"jane\\\\u0040example.com\\"}"}', '{"a":"{\\"b\\":\\"[EMAIL_1]\\"}"}'],
    ['a text that only begins like it', '{"card":4111111111111111', '{"card":[CARD_1]'],
  ])('%s', (_, content, expected) => {
    expect(asked(content)).toBe(expected);
  });

  it.each([
    ['tokens', 'completions', '{"prompt":[1,2]}', 'prompt'],
    ['lists of tokens', 'embeddings', '{"input":[[1],[2]]}', 'input'],
    [
      'a member twice',
      'chat/completions',
      '{"messages":[{"role":"user","content":"a","content":"b"}]}',
      undefined,
    ],
    ['depth', 'chat/completions', `{"messages":${'['.repeat(200)}${']'.repeat(200)}}`, 'messages'],
    ['depth in a text', 'completions', JSON.stringify({ prompt: '['.repeat(200) + ']'.repeat(200) }), ''],
    [
      'too much in a text',
      'completions',
      JSON.stringify({ prompt: `[${'1,'.repeat(4_000_000)}1]` }),
      undefined,
    ],
  ] as const)('%s: refused', (_, surface, json, field) => {
    expect(failureOf(() => redacted(surface, json))).toMatchObject({ code: 'redaction/unreadable', field });
  });

  it('too many values: refused', () => {
    const prompt = Array.from({ length: 100_001 }, (_, at) => `a${at}@b.com`).join(' ');
    expect(failureOf(() => redacted('completions', JSON.stringify({ prompt })))).toMatchObject({
      code: 'redaction/unreadable',
    });
  });

  it('a fault of ours: nothing is sent, and nothing of it is told', () => {
    const problems: string[] = [];
    const broken = { kinds: REDACTION_KINDS, restore: true } as unknown as RedactionRules;
    const facts = { model: 'm', stream: false, ...NOTHING_SET, attachments: [] };
    const request = {
      surface: surfaceNamed('completions'),
      facts,
      body: utf8('{"prompt":"secret@example.com"}'),
      contentType: '',
    };
    const failure = failureOf(() => redact(broken, request, problem => problems.push(problem)));
    expect(failure.code).toBe('redaction/failed');
    expect(problems).toEqual(['redaction failed: TypeError']);
  });
});

const VALUE = fc.constantFrom(
  'jane@example.com',
  'JANE@example.com',
  '+49 30 901820',
  'Jane Doe',
  '4111 1111 1111 1111',
  'DE89370400440532013000',
);
const WORD = fc.oneof(
  fc.constantFrom(
    'hello',
    '[',
    ']',
    '[EMAIL',
    '_1]',
    '[EMAIL_1]',
    '[NAME_2]',
    '"',
    '\\',
    '\n',
    '{',
    '😀',
    '[[EMAIL_',
  ),
  fc.string({ unit: 'grapheme', maxLength: 5 }),
);
const TEXT = fc
  .array(
    fc.oneof(
      WORD,
      VALUE.map(value => ` ${value} ; `),
    ),
    { maxLength: 12 },
  )
  .map(pieces => pieces.join(''));

/** A JSON of the same text, with as many escapes as there may be. */
const escapedAll = (text: string) =>
  `"${[...Array(text.length).keys()].map(at => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`;

const completionOf = (content: string) =>
  utf8(JSON.stringify({ choices: [{ index: 0, message: { content } }] }));

describe('there and back', () => {
  it('an echo of the prompt is the prompt', () => {
    fc.assert(
      fc.property(fc.array(TEXT, { maxLength: 4 }), fc.boolean(), (texts, isEscaped) => {
        const literals = texts.map(text => (isEscaped ? escapedAll(text) : JSON.stringify(text)));
        const { body, newRestorer } = redacted('completions', `{"prompt":[${literals.join()}]}`);
        const prompts = JSON.parse(fromUtf8(body) ?? '').prompt as string[];
        const echoed = prompts.map(prompt => {
          const answer = completionOf(prompt);
          const restorer = redactedChat(texts).newRestorer(LIMIT);
          return restorer === null
            ? prompt
            : JSON.parse(fromUtf8(restorer.body(answer)) ?? '').choices[0].message.content;
        });
        expect(echoed).toEqual(texts);
        expect(newRestorer(LIMIT) === null).toBe(fromUtf8(body) === `{"prompt":[${literals.join()}]}`);
      }),
    );
  });

  it('nothing that was taken out is in what is sent, and all else is', () => {
    fc.assert(
      fc.property(fc.array(VALUE, { minLength: 1, maxLength: 6 }), WORD, (values, word) => {
        const text = values.map(value => ` ${value} ; ${word}`).join('');
        const body = fromUtf8(redacted('completions', JSON.stringify({ prompt: text })).body) ?? '';
        const prompt = JSON.parse(body).prompt as string;
        for (const value of values) expect(prompt).not.toContain(value);
        expect(prompt.split(/\[[A-Z]+_[0-9]+\]/).join('')).toContain(
          word.split(/\[[A-Z]+_[0-9]+\]/).join(''),
        );
      }),
    );
  });

  it('every byte outside of what was taken out stays', () => {
    fc.assert(
      fc.property(
        TEXT,
        fc.json({ stringUnit: 'binary' }),
        fc.constantFrom('', ' ', '\n\t '),
        (text, other, blank) => {
          const json = `{${blank}"x"${blank}:${other}${blank},"prompt":${blank}${escapedAll(text)}${blank}}`;
          const { body, transforms } = redacted('completions', json);
          const [head, tail] = [json.slice(0, json.indexOf('\\u')), `"${blank}}`];
          const result = fromUtf8(body) ?? '';
          if (transforms.length === 0) expect(result).toBe(json);
          else {
            expect(result.startsWith(head)).toBe(true);
            expect(result.endsWith(tail)).toBe(true);
          }
        },
      ),
    );
  });
});

/** Objects as requests and answers have them, and as nobody has. */
const { tree: HOSTILE } = fc.letrec(tie => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    fc.oneof(
      VALUE,
      fc.constantFrom('[EMAIL_1]', '[EMA', 'IL_1]', '{"a":', '{"a":"[NAME_1]"}', 'text'),
      fc.double(),
    ),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(
      fc.constantFrom(
        ...[
          'messages',
          'content',
          'text',
          'type',
          'role',
          'input',
          'prompt',
          'choices',
          'delta',
          'index',
          'parts',
        ],
        ...[
          'candidates',
          'output',
          'tool_calls',
          'function',
          'arguments',
          'contents',
          'source',
          'data',
          '__proto__',
        ],
      ),
      tie('tree'),
      { maxKeys: 5 },
    ),
  ),
}));

describe('whatever comes', () => {
  const SURFACES = REQUESTS.map(([surface]) => surface);

  it('a request is redacted to JSON, or refused for what it is', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SURFACES), HOSTILE, (surface, value) => {
        const json = JSON.stringify({ ...(value as object) });
        try {
          const { body, transforms, problems } = redacted(surface, json);
          expect(problems).toEqual([]);
          JSON.parse(fromUtf8(body) ?? '');
          if (transforms.length === 0) expect(fromUtf8(body)).toBe(json);
        } catch (error) {
          expect(error).toMatchObject({ code: 'redaction/unreadable' });
        }
      }),
    );
  });

  it('an answer is restored to JSON, and each event is given once', () => {
    const surfaces = [
      'chat/completions',
      'responses',
      'messages',
      'completions',
      'streamGenerateContent',
    ] as const;
    fc.assert(
      fc.property(fc.constantFrom(...surfaces), fc.array(HOSTILE, { maxLength: 5 }), (surface, values) => {
        const body = restorerFor(surface).body(utf8(JSON.stringify(values)));
        expect(JSON.parse(fromUtf8(body) ?? '')).toHaveLength(values.length);
        const events = values.map(value => `data: ${JSON.stringify(value)}\n\n`).join('');
        // A type that is none of the API's, and one that is under no name, are for the reader to refuse.
        try {
          restoredStream(surface, events);
        } catch (error) {
          expect(error).toMatchObject({ code: 'upstream/garbage' });
        }
      }),
    );
  });
});

/** The same prompt at another surface, with the same placeholders. */
function redactedChat(texts: readonly string[]) {
  const messages = texts.map(content => ({ role: 'user', content }));
  return redacted('chat/completions', JSON.stringify({ model: 'm', messages }));
}

/** One restorer that knows `[EMAIL_1]`, `[NAME_1]` and `[CARD_1]`, for an answer of a surface. */
function restorerFor(surface: SurfaceName, limit = LIMIT) {
  const value = 'jane@example.com, Jane\nDoe, 4111111111111111';
  const bodies: Partial<Record<SurfaceName, object>> = {
    'chat/completions': { messages: [{ role: 'user', content: value }] },
    messages: { messages: [{ role: 'user', content: value }] },
    responses: { input: value },
    completions: { prompt: value },
    streamGenerateContent: { contents: { parts: { text: value } } },
    generateContent: { contents: { parts: { text: value } } },
    'images/generations': { prompt: value },
  };
  const restorer = redacted(surface, JSON.stringify(bodies[surface])).newRestorer(limit);
  if (restorer === null) throw new Error('there is nothing to restore');
  return restorer;
}

/** What a client gets of a stream. */
function restoredStream(surface: SurfaceName, stream: string): string {
  const restorer = restorerFor(surface);
  const splitter = new EventSplitter(1 << 20);
  const blocks = [...splitter.push(utf8(stream)), ...splitter.end()].filter(({ event }) => event !== null);
  const given = [...blocks.flatMap(block => restorer.event(block)), ...restorer.end()];
  expect(given).toHaveLength(blocks.length);
  return fromUtf8(concatAll(given.map(({ raw }) => raw))) ?? '';
}

/** Where in an answer `@` stands, a placeholder is put back; where `!` does, it stays. */
const ANSWERS: readonly [SurfaceName, unknown][] = [
  [
    'chat/completions',
    {
      id: '!',
      model: '!',
      choices: [
        {
          index: 0,
          message: {
            role: '!',
            content: '@',
            refusal: '@',
            reasoning_content: '@',
            tool_calls: [{ id: '!', function: { name: '!', arguments: '@' } }],
          },
          logprobs: { content: [{ token: '!' }] },
          finish_reason: '!',
        },
      ],
    },
  ],
  ['completions', { model: '!', choices: [{ index: 0, text: '@', finish_reason: '!' }] }],
  [
    'responses',
    {
      id: '!',
      model: '!',
      instructions: '@',
      metadata: { a: '!' },
      output: [
        {
          type: 'message',
          id: '!',
          content: [{ type: 'output_text', text: '@', annotations: [{ title: '@', url: '!' }] }],
        },
        { type: 'function_call', call_id: '!', name: '!', arguments: '@' },
        { type: 'image_generation_call', result: '!' },
      ],
    },
  ],
  [
    'messages',
    {
      model: '!',
      content: [
        { type: 'text', text: '@' },
        { type: 'tool_use', id: '!', name: '!', input: { '@': '@', id: '@' } },
      ],
    },
  ],
  [
    'generateContent',
    {
      modelVersion: '!',
      candidates: [
        { content: { parts: [{ text: '@' }, { functionCall: { name: '!', args: { a: '@' } } }] } },
      ],
    },
  ],
  ['streamGenerateContent', [{ candidates: [{ content: { parts: [{ text: '@' }] } }] }]],
  ['images/generations', { data: [{ revised_prompt: '@', url: '!' }] }],
];

describe('what is put back', () => {
  it.each(ANSWERS)('into an answer of %s', (surface, answer) => {
    const written = JSON.stringify(answer, null, 1);
    const restorer = restorerFor(surface);
    const got = restorer.body(utf8(written.replaceAll(/[@!]/g, 'to [EMAIL_1].')));
    expect(fromUtf8(got)).toBe(
      written.replaceAll('!', 'to [EMAIL_1].').replaceAll('@', 'to jane@example.com.'),
    );
    expect(restorer.changed).toBe(true);
  });

  it('into a text that is JSON, as JSON has it', () => {
    const message = { tool_calls: [{ function: { arguments: '{"to":"[NAME_1]"}' } }], content: '[NAME_1]' };
    const answer = utf8(JSON.stringify({ choices: [{ message }] }));
    const { choices } = JSON.parse(fromUtf8(restorerFor('chat/completions').body(answer)) ?? '');
    expect(choices[0].message.content).toBe('Jane\nDoe');
    expect(JSON.parse(choices[0].message.tool_calls[0].function.arguments)).toEqual({ to: 'Jane\nDoe' });
  });

  it.each([
    ['no placeholder of the request', '[EMAIL_2] [PHONE_1] [EMAIL_01] EMAIL_1 [email_1]'],
    ['no JSON of the surface', '{"choices":1}'],
  ])('nothing, where there is %s', (_, content) => {
    const restorer = restorerFor('chat/completions');
    const body = completionOf(content);
    expect(restorer.body(body)).toBe(body);
    expect(restorer.changed).toBe(false);
  });

  it('at most so much: an upstream may say a placeholder without end', () => {
    const body = completionOf('[EMAIL_1]'.repeat(10));
    expect(restorerFor('chat/completions', 160).changed).toBe(false);
    expect(fromUtf8(restorerFor('chat/completions', 160).body(body))).toContain('jane@example.com');
    expect(failureOf(() => restorerFor('chat/completions', 159).body(body)).code).toBe('upstream/oversized');
  });

  it('nothing at all, where the rules do not say so', () => {
    const { transforms, newRestorer } = redacted('completions', '{"prompt":"a@b.com"}', {
      ...RULES,
      restore: false,
    });
    expect(transforms).toEqual(['redacted-email']);
    expect(newRestorer(LIMIT)).toBeNull();
  });
});

/** Each surface's way to say a text in pieces, and the text that its client puts together. */
interface Streaming {
  readonly surface: SurfaceName;
  write(piece: string): string;
  readonly end: string;
  read(data: { type?: string } & Record<string, never>): string;
}

const block = (value: { type?: string } | object) =>
  `${'type' in value ? `event: ${value.type}\n` : ''}data: ${JSON.stringify(value)}\n\n`;

// biome-ignore lint/suspicious/noExplicitAny: what a stream says is read as a client would
type Read = any;

const STREAMS: Readonly<Record<string, Streaming>> = {
  'the content of a chat': {
    surface: 'chat/completions',
    write: content => block({ choices: [{ index: 0, delta: { content } }] }),
    end: `${block({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}data: [DONE]\n\n`,
    read: (data: Read) => data.choices[0].delta.content ?? '',
  },
  'the arguments of a call in a chat': {
    surface: 'chat/completions',
    write: text =>
      block({
        choices: [{ index: 0, delta: { tool_calls: [{ index: 3, function: { arguments: text } }] } }],
      }),
    end: `${block({ choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] })}data: [DONE]\n\n`,
    read: (data: Read) => data.choices[0].delta.tool_calls?.[0].function.arguments ?? '',
  },
  'a completion': {
    surface: 'completions',
    write: text => block({ choices: [{ index: 0, text }] }),
    end: 'data: [DONE]\n\n',
    read: (data: Read) => data.choices[0].text,
  },
  'the text of a response': {
    surface: 'responses',
    write: delta => block({ type: 'response.output_text.delta', output_index: 0, content_index: 0, delta }),
    end: block({ type: 'response.completed', response: { status: 'completed' } }),
    read: (data: Read) => data.delta ?? '',
  },
  'the text of a message': {
    surface: 'messages',
    write: text => block({ type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text } }),
    end: block({ type: 'message_stop' }),
    read: (data: Read) => data.delta?.text ?? '',
  },
  'the input of a tool in a message': {
    surface: 'messages',
    write: text =>
      block({
        type: 'content_block_delta',
        index: 1,
        delta: { type: 'input_json_delta', partial_json: text },
      }),
    end: block({ type: 'message_stop' }),
    read: (data: Read) => data.delta?.partial_json ?? '',
  },
  'the text of a candidate': {
    surface: 'streamGenerateContent',
    write: text => block({ candidates: [{ index: 0, content: { parts: [{ text }] } }] }),
    end: block({ candidates: [{ index: 0, finishReason: 'STOP' }] }),
    read: (data: Read) => data.candidates[0].content?.parts[0].text ?? '',
  },
};

describe('a stream', () => {
  const dataOf = (stream: string) =>
    stream
      .split('\n')
      .filter(line => line.startsWith('data: {'))
      .map(line => JSON.parse(line.slice(6)));
  const isJson = (name: string) => name.includes('call') || name.includes('input');

  it.each(Object.entries(STREAMS))(
    '%s is the same wherever it is cut',
    (name, { surface, write, end, read }) => {
      const pieces = fc.array(
        fc.constantFrom(
          '[EMAIL_1]',
          '[NAME_1]',
          '[CARD_1]',
          '[EMAIL_9]',
          '[',
          '[EMAIL_',
          'hello ',
          '😀',
          '[NATIONAL_ID_',
          ']',
          '1',
        ),
        { maxLength: 10 },
      );
      fc.assert(
        fc.property(pieces, fc.array(fc.nat(200), { maxLength: 12 }), (words, places) => {
          const text = words.join('');
          const cuts = [
            0,
            ...places.map(place => place % (text.length + 1)).sort((a, b) => a - b),
            text.length,
          ];
          const said =
            cuts
              .slice(1)
              .map((cut, at) => write(text.slice(cuts[at], cut)))
              .join('') + end;
          const got = dataOf(restoredStream(surface, said)).map(read).join('');
          const name1 = isJson(name) ? 'Jane\\nDoe' : 'Jane\nDoe';
          expect(got).toBe(
            text
              .replaceAll('[EMAIL_1]', 'jane@example.com')
              .replaceAll('[NAME_1]', name1)
              .replaceAll('[CARD_1]', '4111111111111111'),
          );
        }),
      );
    },
  );

  it('in which nothing is put back passes as the very bytes that came', () => {
    const text = ['a [', 'EMA', 'IL_2] [EMAIL', '_1', ' ]'];
    const { write, end } = STREAMS['the content of a chat'] as Streaming;
    const stream = `: hello\nid: 1\r\ndata: {"choices" : []}\r\n\r\n${text.map(write).join('')}${end}`;
    expect(restoredStream('chat/completions', stream)).toBe(stream);
  });

  it('changes its texts and nothing else: comments, ids, line ends and layout stay', () => {
    const stream = (text: string) =>
      `: c\rid: 7\rdata: {"choices" :\rdata: [ {"index":0, "delta": {"content":${JSON.stringify(text)}}}],"id":"[EMAIL_1]"}\r\r`;
    expect(restoredStream('chat/completions', stream('\u00e9 [EMAIL_1]'))).toBe(
      stream('\u00e9 jane@example.com'),
    );
  });

  it('pieces of other texts in between do not matter, and neither do pings', () => {
    const say = (index: number, content: string) => block({ choices: [{ index, delta: { content } }] });
    const stream = [
      say(0, '[EMA'),
      say(1, '[CARD'),
      block({ choices: [] }),
      say(0, 'IL_1]'),
      say(1, '_1]'),
    ].join('');
    const got = dataOf(restoredStream('chat/completions', stream));
    const textOf = (index: number) =>
      got
        .flatMap((data: Read) => data.choices)
        .filter((choice: Read) => choice.index === index)
        .map((choice: Read) => choice.delta.content)
        .join('');
    expect([textOf(0), textOf(1)]).toEqual(['jane@example.com', '4111111111111111']);
  });

  it('nothing waits for long, nor for anything once the model is done', () => {
    const restorer = restorerFor('chat/completions');
    const splitter = new EventSplitter(1 << 20);
    const given = (stream: string) =>
      splitter.push(utf8(stream)).flatMap(event => restorer.event(event)).length;
    const { write, end } = STREAMS['the content of a chat'] as Streaming;
    expect(given(write('hello'))).toBe(1);
    expect(given(write('hello ['))).toBe(0);
    expect(given(write('0]'))).toBe(2);
    expect(given(write('['))).toBe(0);
    const other = block({ choices: [{ index: 1, delta: { content: 'a' } }] });
    expect(given(other.repeat(32))).toBe(0);
    expect(given(other)).toBe(34);
    expect(given(write('[EMAIL_1'))).toBe(0);
    expect(given(`${block({ choices: [{ index: 1, delta: {}, finish_reason: 'stop' }] })}`)).toBe(0);
    expect(given(end)).toBe(4);
  });

  it('a model that begins ever more placeholders holds back no more than there is room for', () => {
    const restorer = restorerFor('chat/completions');
    const splitter = new EventSplitter(1 << 20);
    let [held, most] = [0, 0];
    for (let index = 0; index < 3000; index++) {
      const event = block({
        choices: [{ index: index % 4096, delta: { content: '[EMAIL_' } }],
      });
      for (const each of splitter.push(utf8(event))) held += 1 - restorer.event(each).length;
      most = Math.max(most, held);
    }
    expect(most).toBeLessThanOrEqual(65);
  });
});
