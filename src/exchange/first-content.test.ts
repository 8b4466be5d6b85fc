/** With which event of a stream an answer begins, by surface: what only says that one will come is none of it. */
import { describe, expect, it } from 'vitest';
import type { StreamEvent, Surface } from './surface.js';
import { surfaceNamed } from './surfaces.js';

const CHAT = surfaceNamed('chat/completions');
const COMPLETIONS = surfaceNamed('completions');
const RESPONSES = surfaceNamed('responses');
const MESSAGES = surfaceNamed('messages');
const GEMINI = surfaceNamed('streamGenerateContent');
const IMAGES = surfaceNamed('images/generations');
const TRANSCRIPTIONS = surfaceNamed('audio/transcriptions');

const event = (value: unknown): StreamEvent => ({
  type: null,
  data: typeof value === 'string' ? value : JSON.stringify(value),
});
const named = (type: string, rest: object = {}): StreamEvent => ({
  type,
  data: JSON.stringify({ type, ...rest }),
});
const delta = (delta: object, rest: object = {}) => event({ choices: [{ index: 0, delta, ...rest }] });
const block = (content_block: object) => named('content_block_start', { index: 0, content_block });
const candidate = (candidate: object) => event({ candidates: [candidate] });

/** Whether the answer has begun after each of the events. */
function begun(surface: Surface, events: readonly StreamEvent[]): boolean[] {
  const reader = surface.newReader();
  return events.map(next => {
    reader.event(next);
    return reader.begun;
  });
}

describe('no content', () => {
  it.each<[what: string, surface: Surface, event: StreamEvent]>([
    ['a chunk with a role', CHAT, delta({ role: 'assistant' })],
    ['a chunk with a role and nothing said', CHAT, delta({ role: 'assistant', content: '', refusal: null })],
    ['a chunk with empty lists', CHAT, delta({ role: 'assistant', tool_calls: [], reasoning_details: [] })],
    ['a chunk without a delta', CHAT, event({ choices: [{ index: 0, finish_reason: null }] })],
    ['a chunk without choices', CHAT, event({ choices: [], prompt_filter_results: [{}] })],
    ['a chunk without text', COMPLETIONS, event({ choices: [{ index: 0, text: '', finish_reason: null }] })],
    ['an event without data', CHAT, event('')],
    ['response.created', RESPONSES, named('response.created', { response: { model: 'm' } })],
    ['response.queued', RESPONSES, named('response.queued', { response: {} })],
    ['response.in_progress', RESPONSES, named('response.in_progress', { response: {} })],
    ['a sign of life', RESPONSES, named('keepalive', { sequence_number: 3 })],
    [
      'the beginning of reasoning',
      RESPONSES,
      named('response.output_item.added', { output_index: 0, item: { type: 'reasoning', summary: [] } }),
    ],
    ['message_start', MESSAGES, named('message_start', { message: { model: 'm', content: [] } })],
    ['ping', MESSAGES, named('ping')],
    ['an empty text', MESSAGES, block({ type: 'text', text: '' })],
    ['an empty thought', MESSAGES, block({ type: 'thinking', thinking: '', signature: '' })],
    ['a candidate without parts', GEMINI, candidate({ content: { role: 'model' } })],
    ['a candidate with no part', GEMINI, candidate({ content: { parts: [] }, index: 0 })],
    ['counts', GEMINI, event({ usageMetadata: { promptTokenCount: 1 }, modelVersion: 'm' })],
    ['ratings of a prompt', GEMINI, event({ promptFeedback: { safetyRatings: [] } })],
  ])('%s (%#)', (_, surface, none) => {
    expect(begun(surface, [none, none])).toEqual([false, false]);
  });
});

describe('content', () => {
  it.each<[what: string, surface: Surface, event: StreamEvent]>([
    ['text', CHAT, delta({ role: 'assistant', content: 'a' })],
    ['reasoning', CHAT, delta({ content: null, reasoning_content: ' ' })],
    ['a refusal', CHAT, delta({ refusal: 'No.' })],
    ['a call', CHAT, delta({ tool_calls: [{ index: 0, id: 'c', function: { name: 'f' } }] })],
    ['a function’s call', CHAT, delta({ function_call: { name: 'f' } })],
    ['a sound', CHAT, delta({ audio: { id: 'a' } })],
    ['the end of a choice', CHAT, delta({}, { finish_reason: 'stop' })],
    ['a whole message', CHAT, event({ choices: [{ message: { role: 'assistant', content: '' } }] })],
    ['an error', CHAT, event({ error: { message: 'No.' } })],
    ['what is no JSON', CHAT, event('hello')],
    ['what is not UTF-8', CHAT, { type: null, data: null }],
    ['what is no chunk', CHAT, event({ type: 'unknown' })],
    ['text', COMPLETIONS, event({ choices: [{ index: 0, text: 'a' }] })],
    ['text', RESPONSES, named('response.output_text.delta', { output_index: 0, delta: 'a' })],
    [
      'a call',
      RESPONSES,
      named('response.output_item.added', { output_index: 0, item: { type: 'function_call', name: 'f' } }),
    ],
    ['a thought', RESPONSES, named('response.reasoning_summary_text.delta', { delta: 'a' })],
    ['an error', RESPONSES, named('error', { code: 'c' })],
    ['an error without a type', RESPONSES, event({ error: {} })],
    ['what nobody knows', RESPONSES, named('response.unknown')],
    ['what is no JSON', RESPONSES, event('hello')],
    ['the end', RESPONSES, named('response.completed', { response: { status: 'completed', output: [] } })],
    ['text', MESSAGES, named('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'a' } })],
    ['a text that has begun', MESSAGES, block({ type: 'text', text: 'a' })],
    ['a call', MESSAGES, block({ type: 'tool_use', id: 'c', name: 'f', input: {} })],
    ['a thought that nobody can read', MESSAGES, block({ type: 'redacted_thinking', data: 'x' })],
    ['the end of the message', MESSAGES, named('message_delta', { delta: { stop_reason: 'end_turn' } })],
    ['an error', MESSAGES, named('error', { error: {} })],
    ['what nobody knows', MESSAGES, named('unknown')],
    ['what is no JSON', MESSAGES, event('hello')],
    ['a part', GEMINI, candidate({ content: { parts: [{ text: 'a' }] } })],
    ['an end', GEMINI, candidate({ finishReason: 'SAFETY' })],
    ['a prompt that is blocked', GEMINI, event({ promptFeedback: { blockReason: 'SAFETY' } })],
    ['an error', GEMINI, event({ error: { code: 500 } })],
    ['what nobody knows', GEMINI, event({ unknown: 1 })],
    ['what is no JSON', GEMINI, event('hello')],
    ['a first sketch', IMAGES, event({ type: 'image_generation.partial_image', b64_json: 'AA==' })],
    ['an error', IMAGES, event({ error: {} })],
    ['text', TRANSCRIPTIONS, event({ type: 'transcript.text.delta', delta: 'a' })],
    ['all of the text', TRANSCRIPTIONS, event({ type: 'transcript.text.done', text: 'a' })],
  ])('%s (%#), and what follows it changes nothing', (_, surface, some) => {
    const nothing = surface === MESSAGES || surface === RESPONSES ? named('ping') : event('');
    expect(begun(surface, [some, nothing])).toEqual([true, true]);
  });

  it.each([CHAT, COMPLETIONS, RESPONSES, MESSAGES, GEMINI, IMAGES, TRANSCRIPTIONS])(
    'there is none before any event ($name)',
    surface => {
      expect(surface.newReader().begun).toBe(false);
    },
  );
});
