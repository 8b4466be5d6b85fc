import { describe, expect, it } from 'vitest';
import type { AnswerFacts, Surface } from '../surface.js';
import { COMPLETIONS } from './completions.js';
import { EMBEDDINGS } from './embeddings.js';
import { IMAGE_GENERATIONS } from './image-generations.js';
import { MODERATIONS } from './moderations.js';

const NOTHING: AnswerFacts = { model: null, finish: [], usage: null, images: [], toolCalls: [] };

/** What a surface reads of a whole answer; null when it is none of its. */
function readBody(surface: Surface, value: object | null): AnswerFacts | null {
  const reader = surface.newReader();
  return reader.body(value, 'application/json') ? reader.answer : null;
}

/** What a surface reads of a stream; strings are the data of its events. */
function readStream(surface: Surface, ...events: readonly (string | object)[]) {
  const reader = surface.newReader();
  const ends = events.map(data =>
    reader.event({ type: null, data: typeof data === 'string' ? data : JSON.stringify(data) }),
  );
  const { finished, failed, answer } = reader;
  return { ends, finished, failed, answer };
}

describe('whole answers', () => {
  it.each<[what: string, surface: Surface, value: object, facts: Partial<AnswerFacts>]>([
    [
      'a completion of several choices',
      COMPLETIONS,
      {
        object: 'text_completion',
        model: 'm-1',
        choices: [
          { index: 1, text: 'b', finish_reason: 'length' },
          { index: 0, text: 'a', finish_reason: 'stop' },
        ],
        usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
      },
      {
        model: 'm-1',
        finish: ['stop', 'length'],
        usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
      },
    ],
    [
      'embeddings',
      EMBEDDINGS,
      {
        object: 'list',
        model: 'm-1',
        data: [{ object: 'embedding', index: 0, embedding: [0.5, -0.5] }],
        usage: { prompt_tokens: 4, total_tokens: 4, completion_tokens: -1 },
      },
      { model: 'm-1', usage: { prompt_tokens: 4, total_tokens: 4 } },
    ],
    [
      'a moderation',
      MODERATIONS,
      { id: 'modr-1', model: 'm-1', results: [{ flagged: false }], usage: { total_tokens: 1 } },
      { model: 'm-1', usage: {} },
    ],
    [
      'images',
      IMAGE_GENERATIONS,
      {
        created: 1,
        model: 'said by nobody',
        data: [{ b64_json: 'AA==' }],
        usage: {
          input_tokens: 5,
          output_tokens: 6,
          total_tokens: 11,
          input_tokens_details: { text_tokens: 5, image_tokens: 0, cached_tokens: 2 },
        },
      },
      {
        usage: { prompt_tokens: 5, completion_tokens: 6, total_tokens: 11, cached_tokens: 2 },
        images: [{ base64: 'AA==' }],
      },
    ],
    ['images without usage', IMAGE_GENERATIONS, { created: 1, data: [] }, {}],
  ])('%s', (_, surface, value, facts) => {
    expect(readBody(surface, value)).toEqual({ ...NOTHING, ...facts });
  });

  it.each<[what: string, surface: Surface, value: object | null]>([
    ['no object', COMPLETIONS, null],
    ['no object', EMBEDDINGS, null],
    ['no object', MODERATIONS, null],
    ['no object', IMAGE_GENERATIONS, null],
    ['no choices', COMPLETIONS, { model: 'm' }],
    ['an error', EMBEDDINGS, { error: {} }],
    ['a list that is an object', EMBEDDINGS, { data: { length: 1 } }],
    ['another surface’s list', MODERATIONS, { data: [] }],
    ['a list that is null', IMAGE_GENERATIONS, { data: null }],
  ])('%s is none: %o', (_, surface, value) => {
    expect(readBody(surface, value)).toBeNull();
  });

  it.each([EMBEDDINGS, MODERATIONS])('what an upstream gets wrong is left out ($name)', surface => {
    const list = { data: [], results: [] };
    expect(readBody(surface, { ...list, model: 1, usage: 'much' })).toEqual(NOTHING);
    expect(readBody(surface, { ...list, model: {}, usage: null })).toEqual(NOTHING);
  });
});

describe('streams', () => {
  it('a completion ends with [DONE]', () => {
    const part = (text: string, finish_reason: string | null = null) => ({
      model: 'm-1',
      choices: [{ index: 0, text, finish_reason }],
    });
    expect(readStream(COMPLETIONS, part('a'), part('b', 'stop'), '[DONE]')).toEqual({
      ends: [false, false, true],
      finished: true,
      failed: false,
      answer: { ...NOTHING, model: 'm-1', finish: ['stop'] },
    });
  });

  it('a completion without a finish reason is not finished', () => {
    expect(readStream(COMPLETIONS, { choices: [{ text: 'a' }] }).finished).toBe(false);
  });

  it('an image is finished by the event that says so, and [DONE] may follow', () => {
    const usage = { input_tokens: 1, output_tokens: 2, total_tokens: 3 };
    const partial = { type: 'image_generation.partial_image', b64_json: 'AA==', partial_image_index: 0 };
    expect(readStream(IMAGE_GENERATIONS, partial).finished).toBe(false);
    expect(
      readStream(IMAGE_GENERATIONS, partial, { type: 'image_generation.completed', usage }, '[DONE]'),
    ).toEqual({
      ends: [false, false, true],
      finished: true,
      failed: false,
      answer: { ...NOTHING, usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } },
    });
  });

  it.each([COMPLETIONS, IMAGE_GENERATIONS])(
    'an error makes it failed; what cannot be read does not ($name)',
    surface => {
      expect(readStream(surface, { error: { message: 'no' } })).toMatchObject({
        failed: true,
        finished: false,
      });
      const odd = readStream(surface, '', '{', 'null', '1', '[]', '{}', ' [DONE]', { type: 1 });
      expect(odd).toMatchObject({ failed: false, finished: false, answer: NOTHING });
      expect(odd.ends).not.toContain(true);
    },
  );
});
