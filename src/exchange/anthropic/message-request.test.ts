import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../test/support/failure.js';
import { mutants, parseOrRefuse } from '../../../test/support/mutation.js';
import { canonicalize, parseCanonical } from '../../bytes/json.js';
import { fromUtf8, utf8 } from '../../bytes/octets.js';
import { NOTHING_SET } from '../set-parameters.js';
import { readMessageRequest } from './message-request.js';

const messages = [{ role: 'user', content: 'Hello' }];
const LEAST = { model: 'm', messages };
const read = (body: unknown) =>
  readMessageRequest(utf8(typeof body === 'string' ? body : JSON.stringify(body)));
const refusal = (body: unknown) => {
  const { code, field } = failureOf(() => read(body));
  return { code, field };
};
const withContent = (content: unknown) => ({ model: 'm', messages: [{ role: 'user', content }] });

describe('a request', () => {
  it('is a model and messages', () => {
    const facts = { model: 'm', stream: false, ...NOTHING_SET, attachments: [] };
    expect(read(LEAST)).toEqual(facts);
    expect(read({ ...LEAST, system: 'a', tools: [{}], metadata: { user_id: 'u' } })).toEqual(facts);
  });

  it.each<[field: string | undefined, body: unknown]>([
    [undefined, '[]'],
    [undefined, ''],
    [undefined, '{"model":"m","model":"n","messages":[{}]}'],
    [undefined, '{"model":"m","messages":[{}],"Stream":true}'],
    ['model', { messages }],
    ['model', { ...LEAST, model: 1 }],
    ['model', { ...LEAST, model: '' }],
    ['messages', { model: 'm' }],
    ['messages', { model: 'm', messages: [] }],
    ['messages', { model: 'm', messages: 'a' }],
    ['messages', { model: 'm', messages: [null] }],
    ['messages', { model: 'm', messages: Array.from({ length: 100_001 }, () => ({})) }],
    ['messages.content', withContent(Array.from({ length: 1025 }, () => ({ type: 'image' })))],
    ['messages.content', withContent([{ type: 'image', source: '\ud800' }])],
  ])('request/malformed (%s)', (field, body) => {
    expect(refusal(body)).toEqual({ code: 'request/malformed', field });
  });

  it.each<[name: string, stated: readonly unknown[], others: readonly unknown[]]>([
    ['max_tokens', [0, 1024], [-1, 1.5, '1']],
    ['service_tier', ['auto', 'standard_only', 'flex'], ['batch', 1]],
    ['temperature', [0, 1, 1.5], [2.1, -0.1]],
    ['top_k', [0, 40], [-1, 0.5]],
    ['top_p', [0, 1], [1.1]],
  ])('%s: in its range it is stated, beyond it it is named', (name, stated, others) => {
    for (const value of stated)
      expect(read({ ...LEAST, [name]: value })).toMatchObject({
        parameters: { [name]: value },
        unstated: [],
      });
    for (const value of others)
      expect(read({ ...LEAST, [name]: value })).toMatchObject({ parameters: {}, unstated: [name] });
  });

  it('is for a stream or not; request/parameter-invalid where it says something else', () => {
    for (const stream of [true, false]) expect(read({ ...LEAST, stream }).stream).toBe(stream);
    for (const stream of ['true', 1])
      expect(refusal({ ...LEAST, stream })).toEqual({ code: 'request/parameter-invalid', field: 'stream' });
  });

  it('parts that do not say what they are are attachments unless they are text, in results of tools too', () => {
    const source = { source: { type: 'url', url: 'https://a' } };
    const result = { type: 'tool_result', content: ['a', { text: 'b' }, source, 1] };
    const { attachments } = read(withContent(['a', { text: 'b' }, source, null, result]));
    const part = '{"source":{"type":"url","url":"https://a"}}';
    expect(attachments.map(fromUtf8)).toEqual([part, 'null', part, '1']);
  });

  it('its images, documents and files are attachments, those in results of tools too, in their order', () => {
    const part = (type: string, rest: object = {}) => ({ type, ...rest });
    const result = part('tool_result', { content: [part('text'), part('image', { a: 2 })] });
    const content = [part('text'), part('image', { a: 1 }), result, part('document'), part('thinking')];
    expect(
      read({
        model: 'm',
        messages: [
          { role: 'user', content },
          { role: 'user', content: [part('tool_result', { content: 'a' }), part('container_upload')] },
        ],
      }).attachments.map(fromUtf8),
    ).toEqual([
      '{"a":1,"type":"image"}',
      '{"a":2,"type":"image"}',
      '{"type":"document"}',
      '{"type":"container_upload"}',
    ]);
  });

  it('any bytes are read or refused, and nothing else happens', () => {
    const sample = withContent([{ type: 'tool_result', content: [{ type: 'image' }] }]);
    fc.assert(
      fc.property(mutants([utf8(JSON.stringify({ ...sample, stream: true, temperature: 1 }))]), bytes => {
        const facts = parseOrRefuse(
          () => readMessageRequest(bytes),
          ['request/malformed', 'request/parameter-invalid'],
        );
        for (const part of facts?.attachments ?? []) expect(canonicalize(parseCanonical(part))).toEqual(part);
      }),
      { numRuns: 500 },
    );
  });
});
