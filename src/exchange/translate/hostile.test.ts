/** Whatever a client or a host sends is translated, or refused for one of two reasons each. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { completionAnswers, messageAnswers } from '../../../test/support/dialects/answers.js';
import { chatRequests } from '../../../test/support/dialects/chat-requests.js';
import { completionEvents, messageEvents } from '../../../test/support/dialects/gather.js';
import { messagesRequests } from '../../../test/support/dialects/messages-requests.js';
import { responseRequests } from '../../../test/support/dialects/response-requests.js';
import { jsonMutants, mutants, parseOrRefuse } from '../../../test/support/mutation.js';
import { thorough } from '../../../test/support/thoroughness.js';
import type { Json } from '../../bytes/json.js';
import { REQUEST_EXTENT } from '../../bytes/json-extent.js';
import { fromUtf8, utf8 } from '../../bytes/octets.js';
import type { StreamEvent } from '../surface.js';
import { SURFACES } from '../surfaces.js';
import { CHAT_TO_MESSAGES } from './chat-to-messages/translation.js';
import { MESSAGES_TO_CHAT } from './messages-to-chat/translation.js';
import { RESPONSES_TO_CHAT } from './responses-to-chat/translation.js';
import type { AnswerTranslation, Translation } from './translation.js';
import { TRANSLATIONS, translationFor } from './translations.js';

const RUNS = { numRuns: thorough(5000, 300) };
const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as Json;
const parsed = (bytes: Uint8Array) => JSON.parse(fromUtf8(bytes) ?? '') as object;

/** Samples that hold all that the dialects have, made once. */
const sampled = <Value>(values: fc.Arbitrary<{ readonly written: Value }>) =>
  fc.sample(values, { numRuns: 20, seed: 4 }).map(({ written }) => plain(written));
const REQUESTS = {
  'chat/completions': sampled(chatRequests),
  messages: sampled(messagesRequests),
  responses: sampled(responseRequests),
};
const ANSWERS = { 'chat/completions': sampled(completionAnswers), messages: sampled(messageAnswers) };
const EVENTS = {
  'chat/completions': ANSWERS['chat/completions'].map(answer => completionEvents(answer, [2, 5])),
  messages: ANSWERS.messages.map(answer => messageEvents(answer, [2, 5])),
};
type Client = keyof typeof REQUESTS;
type Host = keyof typeof ANSWERS;

const REFUSED = ['request/untranslatable', 'request/number-inexact'] as const;
const LEAST = utf8('{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"a"}]}');
const LEAST_RESPONSE = utf8('{"model":"m","input":"a","include":["reasoning.encrypted_content"]}');
const answerOf = (translation: Translation): AnswerTranslation =>
  translation.request(translation.from === 'responses' ? LEAST_RESPONSE : LEAST).newAnswer(0);

describe.each(TRANSLATIONS)('$name', translation => {
  const [from, to] = [translation.from as Client, translation.to as Host];
  const client = SURFACES.find(({ name }) => name === from);
  const host = SURFACES.find(({ name }) => name === to);

  it('any request becomes one that the host’s surface reads, or is refused', () => {
    const bodies = fc.oneof(
      jsonMutants(REQUESTS[from]),
      mutants(REQUESTS[from].slice(0, 5).map(request => utf8(JSON.stringify(request)))),
      fc.json().map(utf8),
    );
    fc.assert(
      fc.property(bodies, body => {
        const request = parseOrRefuse(() => translation.request(body), REFUSED);
        if (request === undefined) return;
        expect(request.transforms[0]).toBe(translation.name);
        for (const name of request.transforms) expect(name).toMatch(/^[a-z][a-z0-9-]{0,63}$/);
        // What is out of range there is refused there.
        const codes = ['request/malformed', 'request/parameter-invalid'] as const;
        parseOrRefuse(
          () => host?.readRequest(request.body, '', { model: null, query: new URLSearchParams() }),
          codes,
        );
      }),
      RUNS,
    );
  });

  it('any answer becomes one that the client’s surface reads, or is refused', () => {
    const values = fc.oneof(
      jsonMutants(ANSWERS[to]).map(parsed),
      fc.object({ maxDepth: 4 }),
      fc.constant(null),
    );
    fc.assert(
      fc.property(values, value => {
        const body = parseOrRefuse(
          () => answerOf(translation).body(value, new Set()),
          // What a host has as numbers may become a text that is read again.
          [
            'upstream/untranslatable',
            ...(from === 'responses' ? (['upstream/number-inexact'] as const) : []),
          ],
        );
        if (body !== undefined) expect(client?.newReader().body(parsed(body), '')).toBe(true);
      }),
      RUNS,
    );
  });

  it('any events become such as the client’s surface reads, or are refused', () => {
    const damaged: fc.Arbitrary<StreamEvent[]> = fc
      .tuple(
        fc.constantFrom(...EVENTS[to]),
        fc.array(
          fc.tuple(
            fc.nat(),
            fc.constantFrom('drop', 'double', 'swap', 'damage', 'mutate'),
            fc.string(),
            jsonMutants(ANSWERS[to]),
          ),
          {
            maxLength: 4,
          },
        ),
      )
      .map(([events, rounds]) => {
        const own = [...events];
        for (const [place, kind, text, mutant] of rounds) {
          const at = place % own.length;
          const event = own[at];
          if (event === undefined) continue;
          if (kind === 'drop') own.splice(at, 1);
          if (kind === 'double') own.splice(at, 0, event);
          if (kind === 'swap') own.push(...own.splice(at, 1));
          if (kind === 'damage') own[at] = { ...event, data: `${event.data?.slice(0, place % 40)}${text}` };
          if (kind === 'mutate') own[at] = { ...event, data: fromUtf8(mutant) };
        }
        return own;
      });
    const any: fc.Arbitrary<StreamEvent[]> = fc.array(
      fc.record({
        type: fc.option(fc.constantFrom('ping', 'message_start', 'error')),
        data: fc.option(fc.json()),
      }),
    );
    fc.assert(
      fc.property(fc.oneof(damaged, any), events => {
        const answer = answerOf(translation);
        const reader = client?.newReader();
        let ended = false;
        const read = (blocks: readonly Uint8Array[]) => {
          for (const block of blocks) {
            expect(ended).toBe(false);
            const lines = (fromUtf8(block) ?? '').split('\n');
            const data = lines.find(line => line.startsWith('data: '))?.slice(6) ?? null;
            const type = lines.find(line => line.startsWith('event: '))?.slice(7) ?? null;
            expect(lines.slice(-2)).toEqual(['', '']);
            ended = reader?.event({ type, data }) === true;
          }
        };
        parseOrRefuse(() => {
          for (const event of events) read(answer.event(event));
          read(answer.end());
        }, ['upstream/untranslatable', 'upstream/number-inexact']);
      }),
      RUNS,
    );
  });
});

/** Texts that stand for so many objects together, of which none alone stands for too much. */
const argumentsOf = (objects: number): string[] =>
  Array.from(
    { length: 4 },
    () =>
      `{"a":[${Array(objects / 4)
        .fill('{}')
        .join()}]}`,
  );
const callsOf = (texts: readonly string[]) =>
  texts.map((text, at) => ({ id: `c${at}`, type: 'function', function: { name: 'f', arguments: text } }));

describe('the arguments of tools stand for no more than a request may', () => {
  const { containers } = REQUEST_EXTENT;

  it.each([
    ['as much', containers - 8, true],
    ['more', containers, false],
  ])('%s, in a request', (_, objects, isTaken) => {
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'assistant', tool_calls: callsOf(argumentsOf(objects)) },
      { role: 'user', content: 'b' },
    ];
    const body = utf8(JSON.stringify({ model: 'm', messages }));
    const request = parseOrRefuse(() => CHAT_TO_MESSAGES.request(body), ['request/untranslatable']);
    expect(request !== undefined).toBe(isTaken);
  });

  it.each([
    ['as much', containers - 8, true],
    ['more', containers, false],
  ])('%s, in an answer', (_, objects, isTaken) => {
    const message = { role: 'assistant', tool_calls: callsOf(argumentsOf(objects)) };
    const completion = { choices: [{ message, finish_reason: 'tool_calls' }] };
    const body = parseOrRefuse(
      () => answerOf(MESSAGES_TO_CHAT).body(completion, new Set()),
      ['upstream/untranslatable'],
    );
    expect(body !== undefined).toBe(isTaken);
  });
});

describe('as many parts as a request may have', () => {
  const MANY = 200_000;
  const texts = Array(MANY).fill({ type: 'text', text: 'a' });
  const inputs = Array(MANY).fill({ type: 'input_text', text: 'a' });
  const results = Array(MANY).fill({ type: 'tool_result', tool_use_id: 't' });
  const user = { role: 'user', content: 'a' };

  it.each<[what: string, translation: Translation, messages: readonly object[]]>([
    ['of a system prompt', CHAT_TO_MESSAGES, [{ role: 'system', content: texts }, user]],
    ['of a user', CHAT_TO_MESSAGES, [{ role: 'user', content: texts }]],
    ['of a user, the other way round', MESSAGES_TO_CHAT, [{ role: 'user', content: texts }]],
    [
      'of tools',
      MESSAGES_TO_CHAT,
      [user, { role: 'assistant', content: 'a' }, { role: 'user', content: results }],
    ],
    ['of a user of responses', RESPONSES_TO_CHAT, [{ role: 'user', content: inputs }]],
  ])('%s are translated', (_, translation, messages) => {
    const rest = translation.from === 'responses' ? { input: messages } : { max_tokens: 1, messages };
    const { body } = translation.request(utf8(JSON.stringify({ model: 'm', ...rest })));
    expect(body.length).toBeGreaterThan(MANY * 20);
  });
});

describe('the translation for a host', () => {
  it.each([
    ['chat/completions', ['messages'], 'chat-completions-to-messages'],
    ['messages', ['chat/completions', 'embeddings'], 'messages-to-chat-completions'],
    ['messages', ['messages', 'chat/completions'], null],
    ['responses', ['chat/completions', 'messages'], 'responses-to-chat-completions'],
    ['responses', ['messages'], 'responses-to-messages'],
    ['responses', ['responses', 'messages'], null],
    ['responses', ['embeddings'], null],
    ['chat/completions', [], null],
    ['embeddings', ['messages', 'chat/completions'], null],
    ['messages/count_tokens', ['chat/completions'], null],
  ] as const)('that is asked at %s and serves %j: %s', (from, served, name) => {
    const serves = (surface: string) => (served as readonly string[]).includes(surface);
    expect(translationFor(from, serves)?.name ?? null).toBe(name);
  });
});
