import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import { HASHED, REQUEST } from '../../../test/support/evidence/opengradient.js';
import { failureOf } from '../../../test/support/failure.js';
import { keccak256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { fromUtf8, utf8 } from '../../bytes/octets.js';
import { signedRequest } from './request.js';
import { messageHash } from './signing-key.js';

const hashed = (body: unknown) =>
  fromUtf8(signedRequest(utf8(typeof body === 'string' ? body : JSON.stringify(body))).bytes);
const ask = (message: unknown, more: object = {}) => ({ model: 'm', messages: [message], ...more });
const around = (message: string, more = '', temperature = '0.0') =>
  `{${more}"messages": [${message}], "model": "m", "temperature": ${temperature}}`;

describe('the vector that was computed from the published rules', () => {
  it('has these digests', () => {
    const { bytes, model, uncovered } = signedRequest(REQUEST);
    expect(fromUtf8(bytes)).toBe(HASHED);
    expect(toHex(keccak256(bytes))).toBe('5314beac1b564aacb74dbaa1ad5e416564c2c88802e9895ba6e643e4105a9509');
    const output = keccak256(utf8('Hi ☃'));
    expect(toHex(output)).toBe('195938ed827e961090479625294bd72bfbda30bbbc8b41e9691519adc96681b1');
    expect(toHex(messageHash(keccak256(bytes), output, 1747000000))).toBe(
      '4f3b1a879b9b0517eb94f2d6f72a99032c7a7f088e52543d5ae96fb763e8df85',
    );
    expect([model, uncovered]).toEqual(['gpt-4.1', ['top_p']]);
  });
});

describe('what the gateway hashes of a chat', () => {
  it.each<readonly [string, object, string]>([
    [
      'a message of a developer is of the system',
      { role: 'developer', content: 'x' },
      '{"content": "x", "role": "system"}',
    ],
    [
      'a system message may have a list',
      { role: 'system', content: [{ a: 1 }] },
      '{"content": [{"a": 1}], "role": "system"}',
    ],
    [
      'other members of a message are outside',
      { role: 'user', content: 'x', name: 'n' },
      '{"content": "x", "role": "user"}',
    ],
    [
      'of attachments kind and file name stay',
      {
        role: 'user',
        content: [
          { type: 'text', text: 'see' },
          { type: 'text' },
          { type: 'image_url', image_url: { url: 'data:,secret' } },
          { type: 'file', file: { filename: 'a.pdf', file_data: 'x' } },
          { type: 'file', filename: 'b.pdf' },
        ],
      },
      '{"content": [{"text": "see", "type": "text"}, {"text": "", "type": "text"}, {"type": "image_url"}, {"filename": "a.pdf", "type": "file"}, {"filename": "b.pdf", "type": "file"}], "role": "user"}',
    ],
    [
      'an assistant without text',
      { role: 'assistant', content: null },
      '{"content": "", "role": "assistant"}',
    ],
    [
      'tool calls in the form of OpenAI, with what is missing filled up',
      {
        role: 'assistant',
        content: 'x',
        tool_calls: [{ id: '1', type: 'function', index: 0, function: { name: 'f', arguments: '{}' } }, {}],
      },
      '{"content": "x", "role": "assistant", "tool_calls": [{"function": {"arguments": "{}", "name": "f"}, "id": "1", "type": "function"}, {"function": {"arguments": "", "name": ""}, "id": "", "type": "function"}]}',
    ],
    [
      'no tool calls',
      { role: 'assistant', content: 'x', tool_calls: [] },
      '{"content": "x", "role": "assistant"}',
    ],
    [
      'a tool',
      { role: 'tool', content: 'x', tool_call_id: '1' },
      '{"content": "x", "role": "tool", "tool_call_id": "1"}',
    ],
    [
      'a function',
      { role: 'function', content: 'x', name: 'f' },
      '{"content": "x", "name": "f", "role": "function"}',
    ],
  ])('%s', (_, message, expected) => {
    expect(hashed(ask(message))).toBe(around(expected));
  });

  const MESSAGE = { role: 'user', content: 'x' };
  const WRITTEN = '{"content": "x", "role": "user"}';
  it.each<readonly [string, object, string]>([
    ['parameters that it honours', { max_tokens: 5 }, '"max_tokens": 5, '],
    [
      'null for none',
      { max_tokens: null, stop: null, tools: null, response_format: null, web_search: null },
      '',
    ],
    ['what Python takes for false', { stop: '', tools: [], response_format: {}, web_search: 0 }, ''],
    ['zero tokens are some', { max_tokens: 0 }, '"max_tokens": 0, '],
    ['not others', { top_p: 1, seed: 2, tool_choice: 'auto', n: 3, stream: true }, ''],
  ])('%s', (_, more, expected) => {
    expect(hashed(ask(MESSAGE, more))).toBe(around(WRITTEN, expected));
  });

  it('stop, tools and formats as they stand there, numbers too', () => {
    const body = `{"model":"m","messages":[${JSON.stringify(MESSAGE)}],"stop":["a"],"tools":[{"z":1.0,"a":1}],"response_format":{"type":"json_object"},"web_search":1}`;
    expect(hashed(body)).toBe(
      `{"messages": [${WRITTEN}], "model": "m", "response_format": {"type": "json_object"}, "stop": ["a"], "temperature": 0.0, "tools": [{"a": 1, "z": 1.0}], "web_search": true}`,
    );
  });

  it.each([
    ['0', '0.0'],
    ['1', '1.0'],
    ['0.70', '0.7'],
    ['null', '0.0'],
  ])('a temperature of %s is %s', (given, expected) => {
    const body = `{"model":"m","messages":[${JSON.stringify(MESSAGE)}],"temperature":${given}}`;
    expect(hashed(body)).toBe(around(WRITTEN, '', expected));
  });

  it('of a completion prompt, temperature, max_tokens and stop', () => {
    expect(
      hashed({ model: 'm', prompt: 'p', stop: ['s'], max_tokens: 1, tools: [1], web_search: true }),
    ).toBe('{"max_tokens": 1, "model": "m", "prompt": "p", "stop": ["s"], "temperature": 0.0}');
  });
});

describe('refused as no request', () => {
  it.each<readonly [string, unknown]>([
    ['nothing', ''],
    ['no JSON', '{'],
    ['a list', []],
    ['no model', { messages: [{ role: 'user', content: 'x' }] }],
    ['an empty model', { model: '', messages: [{ role: 'user', content: 'x' }] }],
    ['no messages and no prompt', { model: 'm' }],
    ['empty messages', { model: 'm', messages: [] }],
    ['a message that is a text', ask('x')],
    ['a role that there is not', ask({ role: 'judge', content: 'x' })],
    ['a user without text', ask({ role: 'user' })],
    ['a user with a number', ask({ role: 'user', content: 1 })],
    ['a part that is a text', ask({ role: 'user', content: ['x'] })],
    ['tool calls that are no list', ask({ role: 'assistant', content: '', tool_calls: { a: 1 } })],
    ['a tool call that is none', ask({ role: 'assistant', content: '', tool_calls: ['x'] })],
    ['a function that is none', ask({ role: 'assistant', content: '', tool_calls: [{ function: 'f' }] })],
    ['a temperature that is a text', { model: 'm', prompt: 'p', temperature: '1' }],
    ['a prompt that is a list', { model: 'm', prompt: ['p'] }],
    ['a member twice', '{"model":"m","model":"n","prompt":"p"}'],
    ['a member twice inside', '{"model":"m","messages":[{"role":"user","content":"a","content":"b"}]}'],
  ])('%s', (_, body) => {
    const bytes = utf8(typeof body === 'string' ? body : JSON.stringify(body));
    expect(failureOf(() => signedRequest(bytes)).code).toBe('opengradient/request-malformed');
  });

  it('what is no UTF-8', () => {
    expect(failureOf(() => signedRequest(Uint8Array.of(0x7b, 0xff, 0x7d))).code).toBe(
      'opengradient/request-malformed',
    );
  });
});
