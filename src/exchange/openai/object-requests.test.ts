import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../test/support/failure.js';
import { mutants, parseOrRefuse } from '../../../test/support/mutation.js';
import { NO_TARGET } from '../../../test/support/targets.js';
import { canonicalize, parseCanonical } from '../../bytes/json.js';
import { fromUtf8, utf8 } from '../../bytes/octets.js';
import type { ParameterName } from '../parameters.js';
import { NOTHING_SET } from '../set-parameters.js';
import type { RequestFacts, Surface } from '../surface.js';
import { COMPLETIONS } from './completions.js';
import { EMBEDDINGS } from './embeddings.js';
import { IMAGE_GENERATIONS } from './image-generations.js';
import { MODERATIONS } from './moderations.js';
import { RESPONSES } from './responses.js';

interface Row {
  readonly surface: Surface;
  /** A request that says no more than it must. */
  readonly least: Readonly<Record<string, unknown>>;
  /** Bodies that are also requests. */
  readonly good: readonly object[];
  /** What a member must not be, and the field that is then named. */
  readonly bad: readonly (readonly [field: string, body: object])[];
  /** What a receipt states of each parameter, to the edges of its range, and what hosts may take beyond them. */
  readonly parameters: Partial<
    Record<ParameterName, readonly [stated: readonly unknown[], others: readonly unknown[]]>
  >;
}

const modelIsNeeded = (rest: object): Row['bad'] => [
  ['model', rest],
  ['model', { ...rest, model: null }],
];
const modelIsText = (rest: object): Row['bad'] =>
  [1, '', [], {}, 'x'.repeat(1025)].map(model => ['model', { ...rest, model }] as const);
const flag = [
  [true, false],
  ['true', 1, {}],
] as const;
const penalty = [
  [-2, 0.5, 2],
  [-2.01, 2.01, '1'],
] as const;

const ROWS: readonly Row[] = [
  {
    surface: COMPLETIONS,
    least: { model: 'm' },
    good: [
      { model: 'm', prompt: 'Once' },
      { model: 'm', prompt: ['Once', 'Twice'] },
      { model: 'm', prompt: [1, 2, 3] },
      { model: 'm', prompt: null, stop: ['.'], suffix: 'x', stream_options: {} },
    ],
    bad: [
      ...modelIsNeeded({}),
      ...modelIsText({}),
      ['prompt', { model: 'm', prompt: 1 }],
      ['prompt', { model: 'm', prompt: {} }],
    ],
    parameters: {
      best_of: [
        [0, 1, 129],
        [-1, 1.5, '1'],
      ],
      echo: flag,
      frequency_penalty: penalty,
      logprobs: [
        [0, 5, 20, true, false],
        [-1, 21, 0.5],
      ],
      max_tokens: [
        [0, 1, 2 ** 31],
        [-1, 1.5, 2 ** 31 + 1, '1'],
      ],
      n: [
        [0, 1, 129],
        [-1, '1'],
      ],
      presence_penalty: penalty,
      seed: [
        [-1, 7],
        [1.5, 2 ** 53],
      ],
      stream: flag,
      temperature: [
        [0, 2],
        [-0.1, 2.1],
      ],
      top_p: [
        [0, 1],
        [-0.1, 1.1],
      ],
    },
  },
  {
    surface: RESPONSES,
    least: {},
    good: [
      { model: null, input: null, prompt: { id: 'pmpt_1' } },
      { model: 'm', input: 'a', reasoning: { effort: 'low' }, text: { verbosity: 'low' } },
      { input: [] },
      { input: [{ role: 'user', content: 'a' }] },
      { input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'a' }] }] },
      {
        input: [
          { type: 'item_reference', id: 'a' },
          { type: 'reasoning', content: [1] },
        ],
      },
      { input: [{ type: 'shell_call_output', output: [{ stdout: 'a' }] }] },
      { input: [{ type: 'function_call_output', output: 'a' }] },
      { input: [{ type: 'toString', content: [1] }] },
      { input: ['a', { content: ['b', { text: 'c' }] }] },
      { input: [{ type: 'computer_call_output', output: 'a' }] },
      { input: [{ type: 'custom_tool_call_output', output: ['a'] }] },
    ],
    bad: [
      ...modelIsText({}),
      ['input', { input: 1 }],
      ['input', { input: Array.from({ length: 10_001 }, () => ({ content: 'a' })) }],
      [
        'input.content',
        { input: [{ content: Array.from({ length: 1025 }, () => ({ type: 'input_file' })) }] },
      ],
      [
        'input.content',
        { input: Array.from({ length: 1025 }, () => ({ content: [{ type: 'input_file' }] })) },
      ],
      ['input.output', { input: [{ type: 'function_call_output', output: [{ type: 'a', b: '\ud800' }] }] }],
    ],
    parameters: {
      // What it would be otherwise is refused by another code.
      background: [[false], []],
      max_output_tokens: [
        [1, 2 ** 31],
        [0, 1.5],
      ],
      max_tool_calls: [
        [0, 10],
        [-1, '1'],
      ],
      parallel_tool_calls: flag,
      service_tier: [['auto', 'priority'], ['gold']],
      store: flag,
      stream: flag,
      temperature: [[0, 2], [2.1]],
      top_logprobs: [[0, 20], [21]],
      top_p: [[0, 1], [1.1]],
      truncation: [
        ['auto', 'disabled'],
        ['some', true],
      ],
    },
  },
  {
    surface: EMBEDDINGS,
    least: { model: 'm', input: 'a' },
    good: [
      { model: 'm', input: ['a', 'b'] },
      { model: 'm', input: [[1, 2], [3]] },
      { model: 'm', input: 'a', user: 'u', stream: 'not of this surface' },
    ],
    bad: [
      ...modelIsNeeded({ input: 'a' }),
      ...modelIsText({ input: 'a' }),
      ['input', { model: 'm' }],
      ['input', { model: 'm', input: null }],
      ['input', { model: 'm', input: { length: 1, 0: 'a' } }],
    ],
    parameters: {
      dimensions: [
        [1, 3072],
        [0, 1.5, '1'],
      ],
      encoding_format: [
        ['float', 'base64'],
        ['int8', 1, '__proto__'],
      ],
    },
  },
  {
    surface: MODERATIONS,
    least: { input: 'a' },
    good: [
      { input: 'a', model: null },
      { input: 'a', model: 'm' },
      { input: ['a', 'b'] },
      { input: [{ type: 'text', text: 'a' }, 'b', { text: 'c' }] },
    ],
    bad: [
      ...modelIsText({ input: 'a' }),
      ['input', {}],
      ['input', { input: 1 }],
      ['input', { input: Array.from({ length: 1025 }, () => ({ type: 'image_url' })) }],
    ],
    parameters: {},
  },
  {
    surface: IMAGE_GENERATIONS,
    least: { prompt: 'a' },
    good: [
      { prompt: 'a', model: 'm' },
      { prompt: 'a', model: null, size: '1024x1024', background: 'opaque' },
    ],
    bad: [
      ...modelIsText({ prompt: 'a' }),
      ['prompt', {}],
      ['prompt', { prompt: null }],
      ['prompt', { prompt: ['a'] }],
    ],
    parameters: {
      n: [
        [1, 10],
        [-1, 2.5],
      ],
      output_compression: [
        [0, 100],
        [-1, 101, 0.5],
      ],
      partial_images: [
        [0, 3],
        [-1, 4],
      ],
      stream: flag,
    },
  },
];

/** What the gateway acts on. */
const ACTED_ON: ReadonlySet<string> = new Set(['best_of', 'n', 'stream']);

const read = ({ surface }: Row, body: unknown): RequestFacts =>
  surface.readRequest(
    utf8(typeof body === 'string' ? body : JSON.stringify(body)),
    'application/json',
    NO_TARGET,
  );
const refusal = (row: Row, body: unknown) => {
  const { code, field } = failureOf(() => read(row, body));
  return { code, field };
};

describe.each(ROWS.map(row => [row.surface.name, row] as const))('%s', (_, row) => {
  it('the least that is a request', () => {
    expect(read(row, row.least)).toEqual({
      model: row.least.model ?? null,
      stream: false,
      ...NOTHING_SET,
      attachments: [],
    });
  });

  it.each(row.good.map(body => [JSON.stringify(body), body] as const))('%s is one', (_text, body) => {
    expect(read(row, body)).toMatchObject({ ...NOTHING_SET, attachments: [] });
  });

  it.each(row.bad.map(([field, body]) => [field, JSON.stringify(body).slice(0, 60), body] as const))(
    'request/malformed: %s in %s',
    (field, _text, body) => {
      expect(refusal(row, body)).toEqual({ code: 'request/malformed', field });
    },
  );

  it.each(['', '[]', 'null', '"a"', '{', '{}{}'])('request/malformed: %j', body => {
    expect(refusal(row, body)).toEqual({ code: 'request/malformed', field: undefined });
  });

  it('request/malformed: every member that is read, twice or in other letters', () => {
    const text = JSON.stringify(row.least).slice(0, -1);
    for (const name of [...Object.keys(row.least), ...Object.keys(row.parameters)]) {
      expect(refusal(row, `${text},"${name}":1,"${name}":1}`).code).toBe('request/malformed');
      expect(refusal(row, `${text},"${name.toUpperCase()}":1}`).code).toBe('request/malformed');
    }
  });

  it('parameters: in their ranges they are stated, with other values named; null stands for nothing', () => {
    for (const [name, [stated, others]] of Object.entries(row.parameters)) {
      for (const value of stated)
        expect(read(row, { ...row.least, [name]: value })).toMatchObject({
          parameters: { [name]: value },
          unstated: [],
        });
      for (const value of ACTED_ON.has(name) ? [] : others)
        expect(read(row, { ...row.least, [name]: value }), `${name} ${JSON.stringify(value)}`).toMatchObject({
          parameters: {},
          unstated: [name],
        });
      expect(read(row, { ...row.least, [name]: null })).toMatchObject(NOTHING_SET);
    }
  });

  it('request/parameter-invalid: those that the gateway acts on, with values that it does not understand', () => {
    for (const [name, [, others]] of Object.entries(row.parameters)) {
      for (const value of ACTED_ON.has(name) ? others : [])
        expect(refusal(row, { ...row.least, [name]: value }), `${name} ${JSON.stringify(value)}`).toEqual({
          code: 'request/parameter-invalid',
          field: name,
        });
    }
  });

  it('any bytes are read or refused, and nothing else happens', () => {
    const samples = [row.least, ...row.good].map(body => utf8(JSON.stringify(body)));
    fc.assert(
      fc.property(mutants(samples), bytes => {
        const facts = parseOrRefuse(
          () => row.surface.readRequest(bytes, '', NO_TARGET),
          ['request/malformed', 'request/parameter-invalid'],
        );
        for (const part of facts?.attachments ?? []) expect(canonicalize(parseCanonical(part))).toEqual(part);
      }),
      { numRuns: 300 },
    );
  });
});

it('a moderation’s images are attachments, each as canonical JSON', () => {
  const image = (url: string) => ({ type: 'image_url', image_url: { url } });
  const input = [{ type: 'text', text: 'a' }, image('data:,a'), 'b', image('data:,b')];
  const body = utf8(JSON.stringify({ input }));
  expect(MODERATIONS.readRequest(body, '', NO_TARGET).attachments.map(fromUtf8)).toEqual([
    '{"image_url":{"url":"data:,a"},"type":"image_url"}',
    '{"image_url":{"url":"data:,b"},"type":"image_url"}',
  ]);
});

it('a response’s attachments are the parts of messages and of tools’ outputs that are no text, in their order', () => {
  const part = (type: string) => ({ type, a: 1 });
  const input = [
    { role: 'user', content: [part('input_text'), part('input_image')] },
    { type: 'message', role: 'assistant', content: [part('output_text'), part('refusal')] },
    { type: 'function_call_output', call_id: 'c', output: [part('input_file'), part('input_text')] },
    { type: 'custom_tool_call_output', call_id: 'c', output: [part('input_audio')] },
    { type: 'computer_call_output', call_id: 'c', output: part('computer_screenshot') },
  ];
  const kinds = RESPONSES.readRequest(utf8(JSON.stringify({ input })), '', NO_TARGET).attachments.map(
    fromUtf8,
  );
  expect(kinds).toEqual(
    ['input_image', 'input_file', 'input_audio', 'computer_screenshot'].map(
      type => `{"a":1,"type":"${type}"}`,
    ),
  );
});

it('what is no item of a response, and parts that do not say what they are, are attachments unless they are text', () => {
  const parts = [{ image_url: 'data:,' }, { type: null, text: 'a', file_id: 'f' }];
  const input = [[{ type: 'input_image' }], null, { type: null, content: parts }, { type: 2, content: [1] }];
  expect(
    RESPONSES.readRequest(utf8(JSON.stringify({ input })), '', NO_TARGET).attachments.map(fromUtf8),
  ).toEqual([
    '[{"type":"input_image"}]',
    'null',
    '{"image_url":"data:,"}',
    '{"file_id":"f","text":"a","type":null}',
    '1',
  ]);
});
