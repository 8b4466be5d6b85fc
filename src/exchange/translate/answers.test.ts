/** Answers, whole and streamed: there and back, and event by event the same as at once. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { completionAnswers, messageAnswers } from '../../../test/support/dialects/answers.js';
import {
  completionEvents,
  eventsOf,
  gatherCompletion,
  gatherMessage,
  messageEvents,
  wire,
} from '../../../test/support/dialects/gather.js';
import { gatherResponse } from '../../../test/support/dialects/gather-response.js';
import { thorough } from '../../../test/support/thoroughness.js';
import { concatAll, fromUtf8, utf8 } from '../../bytes/octets.js';
import { MESSAGES } from '../anthropic/messages.js';
import { CHAT_COMPLETIONS } from '../openai/chat-completions.js';
import { RESPONSES } from '../openai/responses.js';
import { EventSplitter, eventData } from '../server-sent-events.js';
import type { StreamEvent, Surface } from '../surface.js';
import { CHAT_TO_MESSAGES } from './chat-to-messages/translation.js';
import { MESSAGES_TO_CHAT } from './messages-to-chat/translation.js';
import { RESPONSES_TO_CHAT } from './responses-to-chat/translation.js';
import { RESPONSES_TO_MESSAGES } from './responses-to-messages/translation.js';
import type { AnswerTranslation, Translation } from './translation.js';

const RUNS = thorough(1500, 100);
const NOW = 1_700_000_000_500;
const REQUEST = { model: 'm', max_tokens: 5, messages: [{ role: 'user', content: 'a' }], stream: true };
const WITH_USAGE = { ...REQUEST, stream_options: { include_usage: true } };
const answerOf = (translation: Translation, request: object): AnswerTranslation =>
  translation.request(utf8(JSON.stringify(request))).newAnswer(NOW);
const toCompletion = (request: object = WITH_USAGE) => answerOf(CHAT_TO_MESSAGES, request);
const RESPONSE = { model: 'm', input: 'a', stream: true, include: ['reasoning.encrypted_content'] };
const toResponse = () => answerOf(RESPONSES_TO_CHAT, RESPONSE);
const toResponseInTwoSteps = () => answerOf(RESPONSES_TO_MESSAGES, RESPONSE);
const toMessage = () => answerOf(MESSAGES_TO_CHAT, REQUEST);

const parsed = (bytes: Uint8Array) => JSON.parse(fromUtf8(bytes) ?? '');
const completed = (message: object) => parsed(toCompletion().body(message, new Set()));
const messaged = (completion: object) => parsed(toMessage().body(completion, new Set()));
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

/** All that a client gets of a stream. */
function streamed(answer: AnswerTranslation, events: readonly StreamEvent[]): Uint8Array {
  return concatAll([...events.flatMap(event => answer.event(event)), ...answer.end()]);
}

/** What a receipt would say of an answer: of a whole one, or of a stream. */
function factsOf(surface: Surface, answer: object | readonly StreamEvent[]) {
  const reader = surface.newReader();
  if (Array.isArray(answer)) {
    expect(answer.map(event => reader.event(event)).indexOf(true)).toBe(answer.length - 1);
    return { ...reader.answer, finished: reader.finished };
  }
  expect(reader.body(answer, 'application/json')).toBe(true);
  return { ...reader.answer, finished: reader.finished };
}

const cuts = fc.array(fc.nat(50), { maxLength: 4 });

describe('an answer, there and back', () => {
  it('of messages is its normal form', () => {
    fc.assert(
      fc.property(messageAnswers, ({ written, normal }) => {
        expect(messaged(completed(plain(written)))).toEqual(plain(normal));
      }),
      { numRuns: RUNS },
    );
  });

  it('of chat completions is its normal form, made when the answer began', () => {
    fc.assert(
      fc.property(completionAnswers, ({ written, normal }) => {
        expect(completed(messaged(plain(written)))).toEqual({ ...plain(normal), created: 1_700_000_000 });
      }),
      { numRuns: RUNS },
    );
  });
});

/** In a stream, nothing said and nothing refused are not told from what is empty. */
function asGathered(completion: ReturnType<typeof completed>) {
  const { choices, ...rest } = completion;
  const [{ message, logprobs: _, ...choice }] = choices;
  const { content, refusal, reasoning_content: thought, ...others } = message;
  const texts = {
    content: content ?? '',
    ...(refusal ? { refusal } : {}),
    ...(thought ? { reasoning_content: thought } : {}),
  };
  return { ...rest, choices: [{ ...choice, message: { ...others, ...texts } }] };
}

describe('a stream, translated event by event', () => {
  it('of messages is the whole completion', () => {
    fc.assert(
      fc.property(messageAnswers, cuts, ({ written }, places) => {
        const message = plain(written);
        const events = eventsOf(streamed(toCompletion(), messageEvents(message, places)));
        const whole = completed(message);
        expect(gatherCompletion(events)).toEqual(asGathered(whole));
        expect(factsOf(CHAT_COMPLETIONS, events)).toEqual(factsOf(CHAT_COMPLETIONS, whole));
      }),
      { numRuns: RUNS },
    );
  });

  it('of chat completions is the whole message', () => {
    fc.assert(
      fc.property(completionAnswers, cuts, ({ written }, places) => {
        const completion = plain(written);
        const events = eventsOf(streamed(toMessage(), completionEvents(completion, places)));
        const whole = messaged(completion);
        expect(gatherMessage(events)).toEqual(whole);
        expect(factsOf(MESSAGES, events)).toEqual(factsOf(MESSAGES, whole));
      }),
      { numRuns: RUNS },
    );
  });

  it('there and back is what the whole is there and back, but that thoughts stay where they were', () => {
    fc.assert(
      fc.property(messageAnswers, cuts, ({ written, normal }, places) => {
        const events = eventsOf(streamed(toCompletion(), messageEvents(plain(written), places)));
        const back = gatherMessage(eventsOf(streamed(toMessage(), events)));
        const { content, ...rest } = plain(normal);
        expect({ ...back, content: [] }).toEqual({ ...rest, content: [] });
        const ofType = (blocks: readonly { type: string }[], ...types: readonly string[]) =>
          blocks.filter(({ type }) => types.includes(type));
        // Of thoughts without a signature nobody can tell where one ends and the next begins.
        const thoughts = (blocks: readonly { type: string }[]) =>
          ofType(blocks, 'thinking', 'redacted_thinking') as {
            thinking?: string;
            signature?: string;
            data?: string;
          }[];
        const joined = (blocks: readonly { type: string }[]) => ({
          text: thoughts(blocks)
            .map(({ thinking = '' }) => thinking)
            .join(''),
          signatures: thoughts(blocks)
            .map(({ signature = '', data = '' }) => signature + data)
            .join(' ')
            .trim(),
        });
        expect(joined(back.content).text).toBe(joined(content).text);
        expect(joined(back.content).signatures.split(/ +/)).toEqual(joined(content).signatures.split(/ +/));
        expect(ofType(back.content, 'tool_use')).toEqual(ofType(content, 'tool_use'));
        const said = (blocks: readonly { text?: string }[]) => blocks.map(({ text = '' }) => text).join('');
        expect(said(back.content)).toBe(said(content));
      }),
      { numRuns: RUNS },
    );
  });

  it('of chat completions is the whole response', () => {
    fc.assert(
      fc.property(completionAnswers, cuts, ({ written }, places) => {
        const completion = plain(written);
        const events = eventsOf(streamed(toResponse(), completionEvents(completion, places)));
        const whole = parsed(toResponse().body(completion, new Set()));
        expect(gatherResponse(events)).toEqual(whole);
        expect(factsOf(RESPONSES, events)).toEqual(factsOf(RESPONSES, whole));
      }),
      { numRuns: RUNS },
    );
  });

  it('of messages is the whole response, but that its items stay where they were, and texts between which others stood are apart', () => {
    fc.assert(
      fc.property(messageAnswers, cuts, ({ written }, places) => {
        const message = plain(written);
        const events = eventsOf(streamed(toResponseInTwoSteps(), messageEvents(message, places)));
        const whole = parsed(toResponseInTwoSteps().body(message, new Set()));
        const { output, ...rest } = gatherResponse(events);
        const { output: all, ...others } = whole;
        expect(rest).toEqual(others);
        type Item = { readonly type: string; readonly content?: readonly Readonly<Record<string, string>>[] };
        const ofType = (items: readonly Item[], type: string) =>
          items
            .filter(item => item.type === type)
            .map(({ id: _, status: __, ...item }: Item & { id?: string; status?: string }) => item);
        expect(ofType(output, 'reasoning')).toEqual(ofType(all, 'reasoning'));
        expect(ofType(output, 'function_call')).toEqual(ofType(all, 'function_call'));
        const said = (items: readonly Item[]) =>
          ['text', 'refusal'].map(member =>
            items.flatMap(({ content = [] }) => content.map(part => part[member] ?? '')).join(''),
          );
        expect(said(output)).toEqual(said(all));
      }),
      { numRuns: RUNS },
    );
  });

  it('is the same wherever its bytes are cut on their way', () => {
    const streams = fc.oneof(
      fc.tuple(messageAnswers, cuts).map(([{ written }, places]) => ({
        answer: toResponseInTwoSteps,
        events: messageEvents(plain(written), places),
      })),
      fc.tuple(completionAnswers, cuts).map(([{ written }, places]) => ({
        answer: toResponse,
        events: completionEvents(plain(written), places),
      })),
      fc.tuple(messageAnswers, cuts).map(([{ written }, places]) => ({
        answer: toCompletion,
        events: messageEvents(plain(written), places),
      })),
      fc.tuple(completionAnswers, cuts).map(([{ written }, places]) => ({
        answer: toMessage,
        events: completionEvents(plain(written), places),
      })),
    );
    fc.assert(
      fc.property(streams, fc.array(fc.nat(5000), { maxLength: 5 }), ({ answer, events }, places) => {
        const bytes = wire(events);
        const splitter = new EventSplitter(1 << 20);
        const translation = answer();
        const sent: Uint8Array[] = [];
        const ends = [...places.map(place => place % bytes.length).sort((a, b) => a - b), bytes.length];
        for (const [at, end] of ends.entries()) {
          for (const { event } of splitter.push(bytes.subarray(at === 0 ? 0 : ends[at - 1], end))) {
            if (event === null) continue;
            const type = event.event && fromUtf8(event.event);
            sent.push(...translation.event({ type, data: fromUtf8(eventData(event)) }));
          }
        }
        expect(concatAll([...sent, ...translation.end()])).toEqual(streamed(answer(), events));
      }),
      { numRuns: RUNS / 2 },
    );
  });

  it('that breaks off is a beginning of the whole, and ends as one only when the host had said why it ended', () => {
    fc.assert(
      fc.property(messageAnswers, completionAnswers, fc.nat(30), (message, completion, kept) => {
        const ofMessages = { events: messageEvents(plain(message.written), [3]), asked: MESSAGES };
        const ofChat = { events: completionEvents(plain(completion.written), [3]), asked: CHAT_COMPLETIONS };
        for (const { answer, events, surface, asked } of [
          { answer: toCompletion, surface: CHAT_COMPLETIONS, ...ofMessages },
          { answer: toMessage, surface: MESSAGES, ...ofChat },
          { answer: toResponse, surface: RESPONSES, ...ofChat },
          { answer: toResponseInTwoSteps, surface: RESPONSES, ...ofMessages },
        ]) {
          const whole = fromUtf8(streamed(answer(), events)) ?? '';
          const translation = answer();
          const some = events.slice(0, kept).flatMap(event => translation.event(event));
          expect(whole.startsWith(fromUtf8(concatAll(some)) ?? '')).toBe(true);
          const host = asked.newReader();
          for (const event of events.slice(0, kept)) host.event(event);
          const all = eventsOf(concatAll([...some, ...translation.end()]));
          const client = surface.newReader();
          const ended = all.some(event => client.event(event));
          expect(ended).toBe(host.answer.finish.length > 0);
        }
      }),
      { numRuns: RUNS / 2 },
    );
  });
});
