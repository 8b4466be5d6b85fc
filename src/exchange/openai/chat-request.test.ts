import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../test/support/failure.js';
import { mutants, parseOrRefuse } from '../../../test/support/mutation.js';
import { canonicalize, type Json, parseCanonical } from '../../bytes/json.js';
import { fromUtf8, utf8 } from '../../bytes/octets.js';
import type { ParameterName } from '../parameters.js';
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
    expect(read(BODY)).toEqual({ model: 'sample-1', stream: false, parameters: {}, attachments: [] });
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
    ['messages.content', 'a part that is null', { ...BODY, messages: [{ role: 'user', content: [null] }] }],
    ['messages.content', 'a part that is a text', { ...BODY, messages: [{ role: 'user', content: ['a'] }] }],
    ['messages.content', 'a part that is an array', { ...BODY, messages: [{ role: 'user', content: [[]] }] }],
    ['messages.content', 'a part without type', { ...BODY, messages: [{ role: 'user', content: [{}] }] }],
    [
      'messages.content',
      'a part whose type is no text',
      { ...BODY, messages: [{ role: 'user', content: [{ type: 1 }] }] },
    ],
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
    ['a temperature of a million parts', () => `{${small},"temperature":${zeros}}`, 'temperature'],
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
  ])('%s where we do not look: read however large it is', (_, member) => {
    expect(readChatRequest(utf8(`{${member()},"model":"m","messages":[{"role":"u"}]}`)).model).toBe('m');
  });

  it('no text of the client is in the message', () => {
    const secret = 'a-text-that-nobody-may-see';
    for (const body of [
      secret,
      { [secret]: 1 },
      { ...BODY, temperature: secret },
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

/** The edges of each parameter's range, and what lies just beyond them. */
const RANGES: Partial<Record<ParameterName, { good: readonly unknown[]; bad: readonly unknown[] }>> = {
  frequency_penalty: { good: [-2, 0, 0.5, 2], bad: [-2.01, 2.01, '1', true, [1]] },
  logprobs: { good: [true, false], bad: [0, 1, 'true', []] },
  max_completion_tokens: { good: [1, 2 ** 31], bad: [0, -1, 1.5, 2 ** 31 + 1, '1'] },
  max_tokens: { good: [1, 2 ** 31], bad: [0, -1, 1.5, 2 ** 31 + 1, 1e300, '1', {}] },
  n: { good: [1, 128], bad: [0, 129, 1.5, '1'] },
  parallel_tool_calls: { good: [true, false], bad: ['yes', 1] },
  presence_penalty: { good: [-2, 2], bad: [-3, 3, 'a'] },
  reasoning_effort: { good: ['none', 'xhigh', 'max'], bad: ['', 'HIGH', 1, 'toString', '__proto__'] },
  seed: { good: [0, -1, Number.MAX_SAFE_INTEGER], bad: [1.5, 2 ** 53, '1'] },
  service_tier: { good: ['auto', 'priority', 'fast'], bad: ['gold', 1] },
  store: { good: [true, false], bad: ['true', 1] },
  stream: { good: [true, false], bad: ['true', 1, 0, {}] },
  temperature: { good: [0, 0.7, 2], bad: [-0.1, 2.1, '0.7', [0.7]] },
  top_logprobs: { good: [0, 20], bad: [-1, 21, 0.5] },
  top_p: { good: [0, 1], bad: [-0.1, 1.1, '1'] },
  verbosity: { good: ['low', 'high'], bad: ['loud', 3] },
};

describe('parameters', () => {
  it('every parameter has a row here', () => {
    expect(Object.keys(RANGES).sort()).toEqual([...CHAT_PARAMETERS.names].sort());
  });

  it.each(Object.entries(RANGES))(
    '%s: in its range it is read; null stands for nothing',
    (name, { good }) => {
      for (const value of good)
        expect(read({ ...BODY, [name]: value }).parameters).toEqual({ [name]: value });
      expect(read({ ...BODY, [name]: null }).parameters).toEqual({});
    },
  );

  it.each(Object.entries(RANGES))('request/parameter-invalid: %s', (name, { bad }) => {
    for (const value of bad)
      expect(refusalOf({ ...BODY, [name]: value }), JSON.stringify(value)).toEqual({
        code: 'request/parameter-invalid',
        field: name,
      });
  });

  it.each(['1e999', '-1e999'])(
    'request/parameter-invalid: a temperature of %s, which is no finite number',
    text => {
      const body = `{"model":"m","messages":[{"role":"u"}],"temperature":${text}}`;
      expect(refusal(body)).toEqual({ code: 'request/parameter-invalid', field: 'temperature' });
    },
  );

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
