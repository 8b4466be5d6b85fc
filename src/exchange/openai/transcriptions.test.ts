import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../test/support/failure.js';
import { NO_TARGET } from '../../../test/support/targets.js';
import { fromUtf8, utf8 } from '../../bytes/octets.js';
import { NOTHING_SET } from '../set-parameters.js';
import type { AnswerFacts } from '../surface.js';
import { TRANSCRIPTIONS } from './transcriptions.js';

const TYPE = 'multipart/form-data; boundary=b';
const FILE = ['file"; filename="a.wav', 'sound'] as const;
const MODEL = ['model', 'm'] as const;
type Field = readonly [name: string, text: string];
const read = (...fields: readonly Field[]) => {
  const parts = fields.map(
    ([name, text]) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`,
  );
  return TRANSCRIPTIONS.readRequest(utf8(`${parts.join('')}--b--`), TYPE, NO_TARGET);
};
const refusal = (...fields: readonly Field[]) => {
  const { code, field } = failureOf(() => read(...fields));
  return { code, field };
};

describe('a request for a transcript', () => {
  it('is a model and a file, whose bytes are an attachment', () => {
    const { attachments, ...facts } = read(MODEL, FILE);
    expect(facts).toEqual({ model: 'm', stream: false, ...NOTHING_SET });
    expect(attachments.map(fromUtf8)).toEqual(['sound']);
  });

  it('may say more, also several times', () => {
    const list: Field = ['timestamp_granularities[]', 'word'];
    const speaker: Field = ['speaker"; filename="b.wav', 'voice'];
    const { attachments, ...facts } = read(
      FILE,
      list,
      list,
      MODEL,
      ['stream', 'true'],
      ['temperature', '0.25'],
      speaker,
    );
    expect(facts).toEqual({
      model: 'm',
      stream: true,
      parameters: { stream: true, temperature: 0.25 },
      unstated: [],
    });
    expect(attachments.map(fromUtf8)).toEqual(['sound', 'voice']);
  });

  it.each<[field: string | undefined, fields: readonly Field[]]>([
    ['file', [MODEL]],
    ['file', [MODEL, ['file', 'a text']]],
    ['model', [FILE]],
    ['model', [FILE, ['model', '']]],
    ['model', [FILE, ['model', 'x'.repeat(1025)]]],
    ['model', [FILE, ['model"; filename="m', 'm']]],
    [undefined, [FILE, MODEL, MODEL]],
    [undefined, [FILE, FILE, MODEL]],
    [undefined, [FILE, MODEL, ['Model', 'n']]],
    [undefined, [FILE, MODEL, ['\u017ftream', 'true']]],
    [undefined, [FILE, MODEL, ['stream', 'true'], ['stream', 'false']]],
  ])('request/malformed (%s): %j', (field, fields) => {
    expect(refusal(...fields)).toEqual({ code: 'request/malformed', field });
  });

  it.each(['True', '1', '', ' true'])('request/parameter-invalid: stream of %j', text => {
    const refused = { code: 'request/parameter-invalid', field: 'stream' };
    expect(refusal(FILE, MODEL, ['stream', text])).toEqual(refused);
  });

  it.each(['true', '3', '-1', '1e0', '.5', '0x1', ''])('a temperature of %j is not stated', text => {
    const facts = read(FILE, MODEL, ['temperature', text]);
    expect(facts).toMatchObject({ parameters: {}, unstated: ['temperature'] });
  });

  it('request/malformed: JSON', () => {
    const body = utf8('{"model":"m","file":"a"}');
    expect(failureOf(() => TRANSCRIPTIONS.readRequest(body, 'application/json', NO_TARGET)).code).toBe(
      'request/malformed',
    );
  });
});

const NOTHING: AnswerFacts = { model: null, finish: [], usage: null, images: [], toolCalls: [] };
const USAGE = { type: 'tokens', input_tokens: 1, output_tokens: 2, total_tokens: 3 };
const COUNTS = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };

describe('a transcript', () => {
  it.each<[what: string, value: object | null, type: string, answer: AnswerFacts | null]>([
    ['an object', { text: 'a', usage: USAGE }, 'application/json', { ...NOTHING, usage: COUNTS }],
    [
      'one that tells seconds',
      { text: 'a', usage: { type: 'duration', seconds: 3 } },
      'application/json',
      { ...NOTHING, usage: {} },
    ],
    ['a text', null, 'text/plain', NOTHING],
    ['a text that is JSON', { said: 'a' }, 'text/plain', NOTHING],
    ['subtitles', null, 'text/vtt', NOTHING],
    ['a page', null, 'text/html', null],
    ['no JSON where it should be', null, 'application/json', null],
    ['text without a type', null, '', null],
    ['an object without a text', { usage: USAGE }, 'application/json', null],
    ['an event', { type: 'error', text: 'a' }, 'application/json', null],
  ])('%s', (_, value, type, answer) => {
    const reader = TRANSCRIPTIONS.newReader();
    expect(reader.body(value, type) ? reader.answer : null).toEqual(answer);
  });

  it('in a stream is finished by the event that has all of it; [DONE] ends the stream', () => {
    const reader = TRANSCRIPTIONS.newReader();
    const add = (value: object) => reader.event({ type: null, data: JSON.stringify(value) });
    expect(add({ type: 'transcript.text.delta', delta: 'a' })).toBe(false);
    expect(reader).toMatchObject({ finished: false, failed: false });
    expect(add({ type: 'transcript.text.done', text: 'a', usage: USAGE })).toBe(false);
    expect(reader).toMatchObject({ finished: true, failed: false, answer: { ...NOTHING, usage: COUNTS } });
    expect(reader.event({ type: null, data: '[DONE]' })).toBe(true);
  });

  it('that fails says so', () => {
    const reader = TRANSCRIPTIONS.newReader();
    reader.event({ type: null, data: '{"type":"error","error":{"message":"no"}}' });
    expect(reader).toMatchObject({ finished: false, failed: true });
  });
});
