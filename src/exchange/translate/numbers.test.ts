/** Numbers that would be others after they have been read and written anew are refused by name wherever they would be handed on. */
import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../test/support/failure.js';
import { inexactNumbers } from '../../bytes/json-numbers.js';
import { concatAll, fromUtf8, utf8 } from '../../bytes/octets.js';
import type { StreamEvent } from '../surface.js';
import { CHAT_TO_MESSAGES } from './chat-to-messages/translation.js';
import { MESSAGES_TO_CHAT } from './messages-to-chat/translation.js';
import { RESPONSES_TO_CHAT } from './responses-to-chat/translation.js';
import { RESPONSES_TO_MESSAGES } from './responses-to-messages/translation.js';
import type { Translation } from './translation.js';

/** Written by hand, because nobody can write them with `JSON.stringify`. */
const INEXACT = [
  '12345678901234567890',
  '9007199254740993',
  '0.12345678901234567890',
  '1e999',
  '-1e999',
  '1e-999',
];
const EXACT = ['9007199254740991', '0.69999999999999996', '1e21', '-0.25'];

const CALLED = `{"role":"user","content":"a"},{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":ARGUMENTS}}]},{"role":"user","content":"b"}`;
const USED = `{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{"a":[NUMBER]}}]},{"role":"user","content":"b"}`;
const ASKED = '{"role":"user","content":"a"}';
const chat = (rest: string, messages = ASKED) => `{"model":"m","messages":[${messages}]${rest}}`;
const messages = (rest: string, turns = ASKED) => `{"model":"m","max_tokens":5,"messages":[${turns}]${rest}}`;
const response = (rest: string) => `{"model":"m","input":"a"${rest}}`;
const quoted = (text: string) => JSON.stringify(text);

describe.each<[translation: Translation, field: string, body: (number: string) => string]>([
  [
    CHAT_TO_MESSAGES,
    'tools.0.function.parameters.properties.a.maximum',
    number =>
      chat(
        `,"tools":[{"type":"function","function":{"name":"f","parameters":{"properties":{"a":{"maximum":${number}}}}}}]`,
      ),
  ],
  [
    CHAT_TO_MESSAGES,
    'response_format.json_schema.schema.enum.1',
    number =>
      chat(
        `,"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"enum":[1,${number}]}}}`,
      ),
  ],
  [
    CHAT_TO_MESSAGES,
    'tools.0.cache_control.ttl',
    number =>
      chat(`,"tools":[{"type":"function","function":{"name":"f"},"cache_control":{"ttl":${number}}}]`),
  ],
  [
    CHAT_TO_MESSAGES,
    'messages.0.content.0.cache_control.ttl',
    number =>
      chat('', `{"role":"user","content":[{"type":"text","text":"a","cache_control":{"ttl":${number}}}]}`),
  ],
  [
    CHAT_TO_MESSAGES,
    'messages.1.tool_calls.0.function.arguments',
    number => chat('', CALLED.replace('ARGUMENTS', quoted(`{"a":[${number}]}`))),
  ],
  [CHAT_TO_MESSAGES, 'top_k', number => chat(`,"top_k":${number}`)],
  [
    MESSAGES_TO_CHAT,
    'tools.0.input_schema.properties.a.maximum',
    number => messages(`,"tools":[{"name":"f","input_schema":{"properties":{"a":{"maximum":${number}}}}}]`),
  ],
  [
    MESSAGES_TO_CHAT,
    'output_config.format.schema.enum.0',
    number => messages(`,"output_config":{"format":{"type":"json_schema","schema":{"enum":[${number}]}}}`),
  ],
  [
    MESSAGES_TO_CHAT,
    'messages.1.content.0.input.a.0',
    number => messages('', USED.replace('NUMBER', number)),
  ],
  [MESSAGES_TO_CHAT, 'temperature', number => messages(`,"temperature":${number}`)],
  [
    RESPONSES_TO_CHAT,
    'tools.0.parameters.properties.a.maximum',
    number =>
      response(
        `,"tools":[{"type":"function","name":"f","parameters":{"properties":{"a":{"maximum":${number}}}}}]`,
      ),
  ],
  [
    RESPONSES_TO_CHAT,
    'text.format.schema.enum.0',
    number => response(`,"text":{"format":{"type":"json_schema","name":"n","schema":{"enum":[${number}]}}}`),
  ],
  [RESPONSES_TO_CHAT, 'top_p', number => response(`,"top_p":${number}`)],
  [RESPONSES_TO_MESSAGES, 'top_p', number => response(`,"top_p":${number}`)],
])('%# a request with a number at %s', (translation, field, body) => {
  it.each(INEXACT)('is refused for %s', number => {
    expect(failureOf(() => translation.request(utf8(body(number))))).toMatchObject({
      code: 'request/number-inexact',
      field,
    });
  });

  it('is translated with others, and with a text of the same digits', () => {
    for (const number of [...EXACT.filter(one => Number(one) > 0 && Number(one) <= 1), '1'])
      expect(fromUtf8(translation.request(utf8(body(number))).body)).toContain(String(Number(number)));
  });
});

describe('a request', () => {
  it.each(INEXACT)('with a limit of %s is refused', number => {
    expect(failureOf(() => CHAT_TO_MESSAGES.request(utf8(chat(`,"max_tokens":${number}`))))).toMatchObject({
      code: 'request/number-inexact',
      field: 'max_tokens',
    });
  });

  it.each(EXACT)('has %s in a schema as what it is', number => {
    const tools = `,"tools":[{"type":"function","function":{"name":"f","parameters":{"maximum":${number}}}}]`;
    const sent = fromUtf8(CHAT_TO_MESSAGES.request(utf8(chat(tools))).body) ?? '';
    const [, written = ''] = /"maximum":([^}]*)\}/.exec(sent) ?? [];
    expect(Number(written)).toBe(Number(number));
    expect(inexactNumbers(sent).size).toBe(0);
  });

  it('may have any number where it is not handed on', () => {
    const { body } = CHAT_TO_MESSAGES.request(
      utf8(chat(',"metadata":{"id":12345678901234567890},"top_k":5')),
    );
    expect(fromUtf8(body)).toContain('"top_k":5');
  });
});

const answerOf = (translation: Translation) => translation.request(utf8(messages(''))).newAnswer(0);
const whole = (translation: Translation, text: string) =>
  fromUtf8(answerOf(translation).body(JSON.parse(text), inexactNumbers(text)));
function streamed(translation: Translation, events: readonly StreamEvent[]): string {
  const answer = answerOf(translation);
  return fromUtf8(concatAll([...events.flatMap(event => answer.event(event)), ...answer.end()])) ?? '';
}
const named = (type: string, rest: string): StreamEvent => ({ type, data: `{"type":"${type}",${rest}}` });

describe('an answer of messages, as a completion', () => {
  const message = (number: string, usage = '1') =>
    `{"id":"m","model":"m","content":[{"type":"tool_use","id":"t","name":"f","input":{"a":${number}}}],"stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":1,"other":${usage}}}`;
  const stream = (block: string, deltas: readonly string[]) => [
    named('message_start', '"message":{"id":"m","model":"m"}'),
    named(
      'content_block_start',
      `"index":0,"content_block":{"type":"tool_use","id":"t","name":"f","input":${block}}`,
    ),
    ...deltas.map(text =>
      named(
        'content_block_delta',
        `"index":0,"delta":{"type":"input_json_delta","partial_json":${quoted(text)}}`,
      ),
    ),
    named('content_block_stop', '"index":0'),
    named('message_delta', '"delta":{"stop_reason":"tool_use"}'),
    named('message_stop', '"a":0'),
  ];

  it.each(INEXACT)('is refused for %s in what a tool is called with', number => {
    const refused = { code: 'upstream/number-inexact' };
    expect(failureOf(() => whole(CHAT_TO_MESSAGES, message(number)))).toMatchObject({
      ...refused,
      field: 'content.0.input.a',
    });
    // Where no text of it comes, the object at the beginning is all.
    expect(failureOf(() => streamed(CHAT_TO_MESSAGES, stream(`{"a":${number}}`, [])))).toMatchObject({
      ...refused,
      field: 'content_block.input.a',
    });
  });

  it('passes with others, with any where it is not handed on, and as a stream with any in a text', () => {
    for (const number of EXACT)
      expect(whole(CHAT_TO_MESSAGES, message(number))).toContain(
        `{\\"a\\":${JSON.stringify(Number(number))}}`,
      );
    expect(whole(CHAT_TO_MESSAGES, message('1', '12345678901234567890'))).toContain('{\\"a\\":1}');
    for (const number of INEXACT)
      expect(streamed(CHAT_TO_MESSAGES, stream('{}', ['{"a":', `${number}}`]))).toContain(`"${number}}"`);
  });
});

describe('an answer of chat completions, as a message', () => {
  const called = (text: string) =>
    `"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":${quoted(text)}}}]`;
  const completion = (text: string, timing = '1') =>
    `{"id":"c","model":"m","choices":[{"index":0,"message":{"role":"assistant",${called(text)}},"finish_reason":"tool_calls"}],"timing":${timing}}`;

  it.each(INEXACT)(
    'is refused for %s in the arguments of a tool, and as a stream has their text as it is',
    number => {
      expect(failureOf(() => whole(MESSAGES_TO_CHAT, completion(`{"a":[${number}]}`)))).toMatchObject({
        code: 'upstream/number-inexact',
        field: 'choices.0.message.tool_calls.0.function.arguments',
      });
      const events = [
        `{"id":"c","model":"m","choices":[{"index":0,"delta":{${called(`{"a":[${number}]}`)}}}]}`,
        '{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}',
        '[DONE]',
      ].map(data => ({ type: null, data }));
      expect(streamed(MESSAGES_TO_CHAT, events)).toContain(`[${number}]}`);
    },
  );

  it('passes with others, and with any where it is not handed on', () => {
    for (const number of EXACT)
      expect(whole(MESSAGES_TO_CHAT, completion(`{"a":${number}}`))).toContain(
        `{"a":${JSON.stringify(Number(number))}}`,
      );
    expect(whole(MESSAGES_TO_CHAT, completion('{}', '0.12345678901234567890'))).toContain('"input":{}');
  });
});
