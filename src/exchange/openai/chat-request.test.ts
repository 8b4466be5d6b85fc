import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../test/support/failure.js';
import { mutants, parseOrRefuse } from '../../../test/support/mutation.js';
import { canonicalize, type Json, parseCanonical } from '../../bytes/json.js';
import { fromUtf8, utf8 } from '../../bytes/octets.js';
import type { ParameterName } from '../parameters.js';
import { NOTHING_SET } from '../set-parameters.js';
import { CHAT_PARAMETERS, readChatRequest } from './chat-request.js';

const MESSAGES: Json = [{ role: 'user', content: 'Hello' }];
const BODY = { model: 'sample-1', messages: MESSAGES };
const read = (body: unknown) => readChatRequest(utf8(JSON.stringify(body)));
const refusal = (body: string | Uint8Array) => {
  const { code, field } = failureOf(() => readChatRequest(typeof body === 'string' ? utf8(body) : body));
  return { code, field };
};
const refusalOf = (body: unknown) => refusal(JSON.stringify(body));

describe('a chat request', () => {
  it('is read for its model, and nothing else is asked of it', () => {
    expect(read(BODY)).toEqual({ model: 'sample-1', stream: false, ...NOTHING_SET, attachments: [] });
    expect(read({ ...BODY, tools: [{}], stop: ['a'], unknown: { deeply: [[[1]]] } })).toEqual(read(BODY));
  });

  it('a model may be any text, and is not bent', () => {
    for (const model of [' ', 'a\nb', '\u0000', '../..', '__proto__', 'é', 'x'.repeat(1024)])
      expect(read({ ...BODY, model }).model).toBe(model);
  });

  it('white space around the JSON does not matter; a byte order mark does', () => {
    expect(readChatRequest(utf8(` \r\n\t${JSON.stringify(BODY)}\n`)).model).toBe('sample-1');
    expect(refusal(`\ufeff${JSON.stringify(BODY)}`).code).toBe('request/malformed');
  });
});

describe('request/malformed', () => {
  it.each<[what: string, body: string | Uint8Array]>([
    ['nothing', ''],
    ['not JSON', '{'],
    ['two values', '{}{}'],
    ['not UTF-8', Uint8Array.of(0x22, 0xff, 0x22)],
    ['UTF-8 of a surrogate', Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)],
    ['UTF-16', new Uint8Array(Buffer.from(JSON.stringify(BODY), 'utf16le'))],
    ['null', 'null'],
    ['a text', '"{}"'],
    ['a number', '1'],
    ['an array', '[]'],
    ['an array that holds a request', JSON.stringify([BODY])],
    ['arrays within arrays', '['.repeat(200_000)],
    ['arrays within arrays, all closed', '['.repeat(200_000) + ']'.repeat(200_000)],
  ])('%s', (_, body) => {
    expect(refusal(body)).toEqual({ code: 'request/malformed', field: undefined });
  });

  it.each<[field: string, what: string, body: Json]>([
    ['model', 'no model', { messages: MESSAGES }],
    ['model', 'null', { ...BODY, model: null }],
    ['model', 'a number', { ...BODY, model: 1 }],
    ['model', 'an array', { ...BODY, model: ['sample-1'] }],
    ['model', 'nothing', { ...BODY, model: '' }],
    ['model', '1025 characters', { ...BODY, model: 'x'.repeat(1025) }],
    ['messages', 'no messages', { model: 'sample-1' }],
    ['messages', 'null', { ...BODY, messages: null }],
    ['messages', 'an empty list', { ...BODY, messages: [] }],
    ['messages', 'a text', { ...BODY, messages: 'Hello' }],
    ['messages', 'an object', { ...BODY, messages: { 0: { role: 'user' }, length: 1 } }],
    ['messages.0', 'null', { ...BODY, messages: [null] }],
    ['messages.0', 'a text', { ...BODY, messages: ['Hello'] }],
    ['messages.0', 'an array', { ...BODY, messages: [[]] }],
    ['messages.0.role', 'no role', { ...BODY, messages: [{ content: 'Hello' }] }],
    ['messages.0.role', 'no text', { ...BODY, messages: [{ role: 1 }] }],
    ['messages.0.role', 'nothing', { ...BODY, messages: [{ role: '' }] }],
    ['messages.0.role', '65 characters', { ...BODY, messages: [{ role: 'r'.repeat(65) }] }],
    ['messages.1.role', 'the second message', { ...BODY, messages: [{ role: 'user' }, {}] }],
  ])('%s: %s', (field, _, body) => {
    expect(refusalOf(body)).toEqual({ code: 'request/malformed', field });
  });

  const image = { type: 'image_url' };
  const message = { role: 'user' };
  const times = <Value>(count: number, value: Value) => Array.from({ length: count }, () => value);
  it.each<[most: number, what: string, body: (count: number) => object]>([
    [10_000, 'messages', count => ({ ...BODY, messages: times(count, message) })],
    [
      1024,
      'attachments in one message',
      count => ({ ...BODY, messages: [{ role: 'user', content: times(count, image) }] }),
    ],
    [
      1024,
      'attachments in many messages',
      count => ({ ...BODY, messages: times(count, { role: 'user', content: [image] }) }),
    ],
    [
      1000,
      'members',
      count => ({ ...BODY, ...Object.fromEntries(times(count - 2, 0).map((zero, at) => [`x${at}`, zero])) }),
    ],
  ])('at most %i %s', (most, _, body) => {
    expect(read(body(most)).model).toBe('sample-1');
    expect(refusalOf(body(most + 1)).code).toBe('request/malformed');
  });

  it.each([
    'Model',
    'MODEL',
    'MeSSages',
    'messageS',
    'Temperature',
    'Stream',
    '\u017ftream',
    'Top_P',
    'max_to\u212aens',
    'max_complet\u0131on_tokens',
    '\\u004dodel',
    'm\\u004fdel',
  ])('a known member in other letters: %j', name => {
    for (const body of [
      `{"${name}":1,"model":"a","messages":[{"role":"u"}]}`,
      `{"model":"a","messages":[{"role":"u"}],"${name}":1}`,
    ]) {
      expect(refusal(body)).toEqual({ code: 'request/malformed', field: undefined });
    }
  });

  it.each(['Metadata', 'x-Unknown', 'modelx', 'Role', ' model', 'Model\u0000'])(
    'an unknown member may be called %j, but not in two ways',
    name => {
      expect(read({ ...BODY, [name]: 1 }).model).toBe('sample-1');
      expect(refusalOf({ ...BODY, [name]: 1, [name.toLowerCase()]: 2, [name.toUpperCase()]: 3 }).code).toBe(
        'request/malformed',
      );
    },
  );

  // Each is read in some milliseconds. Whoever needs the square of that takes hours, and runs into the time that a test has.
  const small = '"model":"m","messages":[{"role":"u"}]';
  const nested = '['.repeat(200_000) + ']'.repeat(200_000);
  const zeros = `[${'0,'.repeat(1_000_000)}0]`;
  it.each<[what: string, body: () => string, field: string | undefined]>([
    ['a million messages that are none', () => `{"model":"m","messages":${zeros}}`, 'messages'],
    [
      'a million parts of a message that are none',
      () => `{"model":"m","messages":[{"role":"u","content":${zeros}}]}`,
      'messages.content',
    ],
    ['one name 400,000 times', () => `{${small}${',"":0'.repeat(400_000)}}`, undefined],
    [
      '100,000 names',
      () => `{${small},${Array.from({ length: 100_000 }, (_, at) => `"x${at}":0`).join()}}`,
      undefined,
    ],
    ['a model of a million parts', () => `{"model":${zeros},"messages":${nested}}`, 'model'],
    [
      'a million lists in one another',
      () => `{${small},"user":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`,
      undefined,
    ],
    ['a stream of a million parts', () => `{${small},"stream":${zeros}}`, 'stream'],
  ])('%s: refused however large it is', (_, body, field) => {
    expect(refusal(body()).field).toBe(field);
  });

  it.each<[what: string, member: () => string]>([
    ['nesting', () => `"user":${nested}`],
    ['a million line ends', () => `"user":"${'\\n'.repeat(1_000_000)}"`],
    ['a million quotation marks', () => `"user":"${'\\"'.repeat(1_000_000)}"`],
    ['a million backslashes', () => `"user":"${'\\\\'.repeat(1_000_000)}"`],
    ['escapes of both kinds', () => `"user":"${'\\u0022\\\\'.repeat(200_000)}"`],
    ['half a million texts', () => `"user":[${'"a",'.repeat(500_000)}"model"]`],
    ['two million spaces', () => `"user"${' '.repeat(2_000_000)}:1`],
    ['a temperature of a million parts', () => `"temperature":${zeros}`],
  ])('%s where we do not look: read however large it is', (_, member) => {
    expect(readChatRequest(utf8(`{${member()},"model":"m","messages":[{"role":"u"}]}`)).model).toBe('m');
  });

  it('no text of the client is in the message', () => {
    const secret = 'a-text-that-nobody-may-see';
    for (const body of [
      secret,
      { [secret]: 1 },
      { ...BODY, stream: secret },
      { ...BODY, messages: [{ role: [secret] }] },
    ])
      expect(failureOf(() => read(body)).message).not.toContain(secret);
  });
});

describe('attachments: the content parts that are not text', () => {
  const withParts = (...content: unknown[]) =>
    read({ ...BODY, messages: [{ role: 'user', content }] }).attachments;
  const image = { type: 'image_url', image_url: { url: 'data:,', detail: 'low' } };

  it('each as canonical JSON, in the order of the request', () => {
    const sound = { type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } };
    const request = read({
      ...BODY,
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Look:' }, image] },
        { role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] },
        { role: 'user', content: 'and' },
        { role: 'user', content: [sound] },
      ],
    });
    expect(request.attachments.map(fromUtf8)).toEqual([
      '{"image_url":{"detail":"low","url":"data:,"},"type":"image_url"}',
      '{"input_audio":{"data":"AA==","format":"wav"},"type":"input_audio"}',
    ]);
  });

  it('the same part is the same bytes, however it was written', () => {
    const [first] = withParts(image);
    const [second] = readChatRequest(
      utf8(
        `{"messages":[{"role":"u","content":[ {"image_url":{"url":"\\u0064ata:,","detail":"low"} ,"type":"image_url"}]}],"model":"m"}`,
      ),
    ).attachments;
    expect(second).toEqual(first);
  });

  it('a part that does not say what it is is one, unless it is a text and nothing else', () => {
    const text = ['a', { text: 'a' }, { type: null, text: 'a' }];
    const others = [
      { image_url: 'data:,' },
      { text: 'a', image_url: 'data:,' },
      { text: { value: 'a' } },
      { type: 1, text: 'a' },
      { type: ['text'], text: 'a' },
      {},
      [image],
      null,
      1,
    ];
    expect(withParts(...text)).toEqual([]);
    expect(withParts(...others).map(fromUtf8)).toEqual(
      others.map(part => fromUtf8(canonicalize(part as Json))),
    );
  });

  it('what canonical JSON cannot carry is refused: a lone surrogate, depth without end', () => {
    const deep = `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`;
    const body = (part: string) =>
      `{"model":"m","messages":[{"role":"u","content":[{"type":"image_url","x":${part}}]}]}`;
    for (const part of [
      '"\\ud800"',
      '"\\udc00a"',
      '{"\\ud800":1}',
      deep,
      `${'['.repeat(50_000)}${']'.repeat(50_000)}`,
      '1e999',
    ])
      expect(refusal(body(part))).toEqual({ code: 'request/malformed', field: 'messages.content' });
  });

  it('a lone surrogate in a text is not ours to judge', () => {
    expect(withParts({ type: 'text', text: '\ud800' })).toEqual([]);
    expect(read({ ...BODY, messages: [{ role: 'user', content: '\ud800' }] }).attachments).toEqual([]);
  });

  it('a name that every object has is a name like others', () => {
    const [part] = readChatRequest(
      utf8('{"model":"m","messages":[{"role":"u","content":[{"type":"file","__proto__":{"a":1}}]}]}'),
    ).attachments;
    expect(fromUtf8(part as Uint8Array)).toBe('{"__proto__":{"a":1},"type":"file"}');
  });
});

/** What a receipt states of each parameter, to the edges of its range, and what hosts may take beyond them. */
const RANGES: Partial<Record<ParameterName, { stated: readonly unknown[]; others: readonly unknown[] }>> = {
  frequency_penalty: { stated: [-2, 0, 0.5, 2], others: [-2.01, 2.01, '1', true, [1]] },
  logprobs: { stated: [true, false, 0, 5, 20], others: [21, -1, 'true', []] },
  max_completion_tokens: { stated: [1, 2 ** 31], others: [0, -1, 1.5, 2 ** 31 + 1, '1'] },
  max_tokens: { stated: [0, 1, 2 ** 31], others: [-1, 1.5, 2 ** 31 + 1, 1e300, '1', {}] },
  n: { stated: [0, 1, 129, 2 ** 31], others: [-1, 1.5, '1', 2 ** 31 + 1] },
  parallel_tool_calls: { stated: [true, false], others: ['yes', 1] },
  presence_penalty: { stated: [-2, 2], others: [-3, 3, 'a'] },
  reasoning_effort: {
    stated: ['none', 'xhigh', 'max'],
    others: ['', 'default', 'HIGH', 1, true, 'toString', '__proto__'],
  },
  seed: { stated: [0, -1, Number.MAX_SAFE_INTEGER], others: [1.5, 2 ** 53, '1'] },
  service_tier: { stated: ['auto', 'priority', 'fast'], others: ['on_demand', 'performance', 1] },
  store: { stated: [true, false], others: ['true', 1] },
  stream: { stated: [true, false], others: ['true', 1, 0, {}] },
  temperature: { stated: [0, 0.7, 2], others: [-0.1, 2.1, '0.7', [0.7]] },
  top_logprobs: { stated: [0, 20], others: [-1, 21, 0.5] },
  top_p: { stated: [0, 1], others: [-0.1, 1.1, '1'] },
  verbosity: { stated: ['low', 'high'], others: ['loud', 3] },
};
/** What the gateway acts on. */
const ACTED_ON: ReadonlySet<string> = new Set(['n', 'stream']);

describe('parameters', () => {
  it('every parameter has a row here', () => {
    expect(Object.keys(RANGES).sort()).toEqual([...CHAT_PARAMETERS.names].sort());
  });

  it.each(Object.entries(RANGES))('%s: in its range it is stated; null stands for nothing', (name, row) => {
    for (const value of row.stated)
      expect(read({ ...BODY, [name]: value })).toMatchObject({ parameters: { [name]: value }, unstated: [] });
    expect(read({ ...BODY, [name]: null })).toMatchObject(NOTHING_SET);
  });

  it.each(Object.entries(RANGES).filter(([name]) => !ACTED_ON.has(name)))(
    '%s: with any other value it is named, and not stated',
    (name, { others }) => {
      for (const value of others)
        expect(read({ ...BODY, [name]: value }), JSON.stringify(value)).toMatchObject({
          parameters: {},
          unstated: [name],
        });
    },
  );

  it.each(Object.entries(RANGES).filter(([name]) => ACTED_ON.has(name)))(
    'request/parameter-invalid: %s, which the gateway acts on',
    (name, { others }) => {
      for (const value of others)
        expect(refusalOf({ ...BODY, [name]: value }), JSON.stringify(value)).toEqual({
          code: 'request/parameter-invalid',
          field: name,
        });
    },
  );

  it('those that are not stated stand in order beside those that are', () => {
    const body = { ...BODY, top_p: 7, seed: 1, max_tokens: -1, temperature: 'warm' };
    expect(read(body)).toMatchObject({
      parameters: { seed: 1 },
      unstated: ['max_tokens', 'temperature', 'top_p'],
    });
  });

  it.each(['1e999', '-1e999'])('a temperature of %s, which is no finite number, is not stated', text => {
    const body = `{"model":"m","messages":[{"role":"u"}],"temperature":${text}}`;
    expect(readChatRequest(utf8(body))).toMatchObject({ parameters: {}, unstated: ['temperature'] });
  });

  it('a stream is one only when the request says so', () => {
    expect(read({ ...BODY, stream: true }).stream).toBe(true);
    for (const stream of [false, null]) expect(read({ ...BODY, stream }).stream).toBe(false);
  });

  it.each([
    ['a member twice', '{"model":"a","messages":[{"role":"u"}],"model":"b"}'],
    ['a member twice, once in other letters', '{"model":"a","messages":[{"role":"u"}],"m\\u006fdel":"b"}'],
    ['a member twice, with white space', '{"model" :"a","messages":[{"role":"u"}],"model"\n: "b"}'],
  ])('request/malformed: %s', (_, body) => {
    expect(failureOf(() => readChatRequest(utf8(body)))?.code).toBe('request/malformed');
  });

  it('a name may stand again further in, and in any text', () => {
    const body =
      '{"model":"a","messages":[{"role":"u","model":"b","content":"\\"model\\": {[\\\\"}],"metadata":{"model":["model"]}}';
    expect(readChatRequest(utf8(body))).toMatchObject({ model: 'a' });
  });

  it('what stands under __proto__ is not set', () => {
    const body = '{"model":"m","messages":[{"role":"u"}],"__proto__":{"stream":true,"temperature":9}}';
    expect(readChatRequest(utf8(body))).toMatchObject({ stream: false, parameters: {} });
    expect(({} as { stream?: boolean }).stream).toBeUndefined();
  });
});

describe('any bytes', () => {
  it('are read or refused, and nothing else happens', () => {
    const sample = utf8(
      JSON.stringify({
        ...BODY,
        stream: true,
        temperature: 1,
        messages: [{ role: 'user', content: [{ type: 'file' }] }],
      }),
    );
    fc.assert(
      fc.property(fc.oneof(mutants([sample]), fc.json().map(utf8), fc.uint8Array()), bytes => {
        const request = parseOrRefuse(
          () => readChatRequest(bytes),
          ['request/malformed', 'request/parameter-invalid'],
        );
        for (const part of request?.attachments ?? [])
          expect(canonicalize(parseCanonical(part))).toEqual(part);
      }),
      { numRuns: 1000 },
    );
  });
});
