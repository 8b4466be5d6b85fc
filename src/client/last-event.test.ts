import { describe, expect, it } from 'vitest';
import { concat, utf8 } from '../bytes/octets.js';
import { EventSplitter, eventData, type ServerSentEvent } from '../exchange/server-sent-events.js';
import type { Surface } from '../exchange/surface.js';
import { SURFACES } from '../exchange/surfaces.js';
import { Failure } from '../reason.js';
import { endsStream } from './last-event.js';

function eventIn(block: string | Uint8Array): ServerSentEvent {
  const [read] = new EventSplitter(4096).push(
    concat(typeof block === 'string' ? utf8(block) : block, utf8('\n\n')),
  );
  if (read?.event == null) throw new Error('no event');
  return read.event;
}

const ENDS = [
  'data: [DONE]',
  'event: message_stop\ndata: {"type":"message_stop"}',
  'event: response.completed\ndata: {"type":"response.completed","response":{"output":[]}}',
  'event: response.incomplete\ndata: {"type":"response.incomplete","response":{"output":[]}}',
  'data: {"type":"response.failed","response":{"output":[]}}',
];

const PARTS = [
  'data: {"choices":[{"index":0,"delta":{"content":"[DONE]"}}]}',
  'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"message_stop"}}',
  'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"}}',
  'event: response.created\ndata: {"type":"response.created","response":{}}',
  'data: {"type":"transcript.text.done","text":"Hello."}',
  'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"No."}}',
  'data: null',
  'data: ["message_stop"]',
  'id: 7',
];

describe('the last event of a stream', () => {
  it.each(ENDS)('is one: %s', block => {
    expect(endsStream(eventIn(block))).toBe(true);
  });

  it.each(PARTS)('is none: %s', block => {
    expect(endsStream(eventIn(block))).toBe(false);
  });

  it.each([
    ['a type alone', 'data: {"type":"message_stop"}'],
    ['a name alone', 'event: response.completed\ndata: {"response":{}}'],
    ['a type behind an escape', 'data: {"type":"message\\u005fstop"}'],
    ['a type over several data fields', 'data: {"type":\ndata: "response.completed"}'],
    ['the last of two types', 'data: {"type":"ping","type":"message_stop"}'],
    ['more behind what clients look at', 'data: [DONE]!'],
    [
      'text that is not UTF-8',
      concat(utf8('data: {"type":"message_stop","x":"'), Uint8Array.of(0xff), utf8('"}')),
    ],
  ])('is also what only some clients take for it: %s', (_, block) => {
    expect(endsStream(eventIn(block))).toBe(true);
  });

  /** Gemini's streams are just closed. */
  const STREAMED = SURFACES.filter(({ streams, dialect }) => streams && dialect !== 'google');

  it.each(STREAMED)('is, of $name, every one with which a gateway sends the receipt', surface => {
    const last = [...ENDS, ...PARTS].map(eventIn).filter(event => gatewayEndsWith(surface, event));
    expect(last).not.toEqual([]);
    for (const event of last) expect(endsStream(event)).toBe(true);
  });
});

function gatewayEndsWith(surface: Surface, event: ServerSentEvent): boolean {
  const type = event.event === null ? null : new TextDecoder().decode(event.event);
  try {
    return surface.newReader().event({ type, data: new TextDecoder().decode(eventData(event)) });
  } catch (error) {
    // An event of another API, which this one does not let pass.
    if (error instanceof Failure) return false;
    throw error;
  }
}
