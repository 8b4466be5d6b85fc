import { describe, expect, it } from 'vitest';
import {
  makeAnswer,
  makeStream,
  SIGNED_AT,
  signedMembers,
  TEXT,
} from '../../../test/support/evidence/opengradient.js';
import { failureOf } from '../../../test/support/failure.js';
import { utf8 } from '../../bytes/octets.js';
import { parseAnswer } from './answer.js';

const outputOf = (choice: Readonly<Record<string, unknown>>) => parseAnswer(makeAnswer({ choice })).output;
const refused = (bytes: Uint8Array) => failureOf(() => parseAnswer(bytes)).code;
const CALLS = [{ type: 'function', id: '1', function: { name: 'f', arguments: '{"a": 1}' } }];

describe('an answer', () => {
  it('has what was signed beside it', () => {
    expect(parseAnswer(makeAnswer())).toMatchObject({ form: 'body', output: TEXT, timestamp: SIGNED_AT });
  });

  it.each<readonly [string, Record<string, unknown>, string]>([
    ['the text', { message: { content: 'x' }, finish_reason: 'stop' }, 'x'],
    [
      'the texts of parts',
      { message: { content: [{ text: 'a' }, { type: 'image' }, 'z', { text: 'b' }] } },
      'ab',
    ],
    ['no text', { message: { content: null } }, ''],
    ['the text of a completion', { text: 'x' }, 'x'],
    ['nothing', {}, ''],
    [
      "tool calls in Python's notation, and not the text beside them",
      { message: { content: 'x', tool_calls: CALLS }, finish_reason: 'tool_calls' },
      '[{"function": {"arguments": "{\\"a\\": 1}", "name": "f"}, "id": "1", "type": "function"}]',
    ],
    [
      'the text, where the answer did not end in tool calls',
      { message: { content: 'x', tool_calls: CALLS }, finish_reason: 'stop' },
      'x',
    ],
    ['the text, where there are none', { message: { content: 'x' }, finish_reason: 'tool_calls' }, 'x'],
  ])('%s', (_, choice, expected) => {
    expect(outputOf(choice)).toBe(expected);
  });

  it('may name its key without 0x, and digests with it', () => {
    const members = signedMembers() as Record<string, string>;
    const others = {
      ...members,
      tee_id: members.tee_id?.slice(2),
      tee_request_hash: `0x${members.tee_request_hash?.toUpperCase()}`,
    };
    expect(parseAnswer(makeAnswer({ members: others }))).toEqual(parseAnswer(makeAnswer({ members })));
  });
});

describe('a stream', () => {
  it('has the texts of its events one after another', () => {
    expect(parseAnswer(makeStream())).toMatchObject({ form: 'stream', output: TEXT, timestamp: SIGNED_AT });
  });

  it.each([
    ['a delta of them', makeStream([{ tool_calls: CALLS }])],
    ['a finish reason', makeStream([], { finish: 'tool_calls' })],
  ])('that ends in tool calls has no output that can be told: %s', (_, stream) => {
    expect(parseAnswer(stream).output).toBeNull();
  });

  it('comments and events without data mean nothing', () => {
    const stream = `: hello\n\nevent: ping\n\n${new TextDecoder().decode(makeStream())}`;
    expect(parseAnswer(utf8(stream)).output).toBe(TEXT);
  });

  it.each([
    ['broke off', utf8('data: {"choices":[{"delta":{"content":"x"}}]}\n\ndata: [DONE]\n\n')],
    [
      'has two signatures',
      utf8(`${new TextDecoder().decode(makeStream())}data: ${JSON.stringify(signedMembers())}\n\n`),
    ],
    ['has an event that is no JSON', utf8('data: x\n\n')],
    ['is of bytes that clients read differently', utf8('data\u0000: x\n\nda')],
  ])('is refused when it %s', (_, bytes) => {
    expect(refused(bytes)).toBe('opengradient/response-malformed');
  });
});

describe('refused as no answer of theirs', () => {
  it.each<readonly [string, Record<string, unknown>]>([
    ['no signature', { tee_signature: undefined }],
    ['a signature that is no base64', { tee_signature: '!' }],
    ['an empty signature', { tee_signature: '' }],
    ['a signature that is too long', { tee_signature: 'A'.repeat(1028) }],
    ['no digest of the request', { tee_request_hash: undefined }],
    ['a digest that is too short', { tee_output_hash: 'ab' }],
    ['a digest that is none', { tee_output_hash: 'z'.repeat(64) }],
    ['a time that is a text', { tee_timestamp: '1' }],
    ['a time with a fraction', { tee_timestamp: 1.5 }],
    ['a time before time', { tee_timestamp: -1 }],
    ['no key', { tee_id: undefined }],
    ['a key of 20 bytes', { tee_id: `0x${'ab'.repeat(20)}` }],
  ])('%s', (_, members) => {
    expect(refused(makeAnswer({ members }))).toBe('opengradient/response-malformed');
  });

  it.each([
    ['nothing', ''],
    ['a list', '[]'],
    ['null', 'null'],
    ['a member twice', '{"tee_id":"","tee_id":""}'],
  ])('%s', (_, text) => {
    expect(refused(utf8(text))).toBe('opengradient/response-malformed');
  });
});
