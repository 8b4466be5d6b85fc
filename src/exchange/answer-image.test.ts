import { describe, expect, it } from 'vitest';
import { fromUtf8 } from '../bytes/octets.js';
import { type AnswerImage, imageBytes } from './answer-image.js';
import { GENERATE_CONTENT, STREAM_GENERATE_CONTENT } from './gemini/content.js';
import { CHAT_COMPLETIONS } from './openai/chat-completions.js';
import { IMAGE_GENERATIONS } from './openai/image-generations.js';
import { RESPONSES } from './openai/responses.js';
import type { Surface } from './surface.js';

const A = { base64: 'AA==' };
const URL_OF_B = { url: 'https://a.example/b.png' };
const INSIDE = { url: 'data:image/png;base64,AQ==' };

describe('the bytes that a receipt commits to', () => {
  it.each<[string, AnswerImage, readonly number[] | string]>([
    ['base64', A, [0]],
    ['nothing in base64', { base64: '' }, []],
    ['a data URL of base64', INSIDE, [1]],
    ['a data URL without a type', { url: 'data:;base64,AQ==' }, [1]],
    ['an address', URL_OF_B, 'https://a.example/b.png'],
    ['what is no base64', { base64: 'A A=' }, 'A A='],
    ['base64 without its padding, which some readers refuse', { base64: 'AA' }, 'AA'],
    ['base64 with bits that stand for nothing', { base64: 'AB==' }, 'AB=='],
    ['a data URL of no base64', { url: 'data:image/png;base64,A' }, 'data:image/png;base64,A'],
    ['a data URL of text', { url: 'data:image/svg+xml,<svg/>' }, 'data:image/svg+xml,<svg/>'],
    [
      'a type that is too long',
      { url: `data:${'a'.repeat(200)};base64,AQ==` },
      `data:${'a'.repeat(200)};base64,AQ==`,
    ],
  ])('%s', (_, image, expected) => {
    const bytes = imageBytes(image);
    if (typeof expected === 'string') expect(fromUtf8(bytes)).toBe(expected);
    else expect([...bytes]).toEqual(expected);
  });
});

const chat = (message: object, index = 0) => ({ index, message });
const url = (image: { readonly url: string }) => ({ type: 'image_url', image_url: image });
const call = (result: unknown) => ({
  type: 'image_generation_call',
  id: 'ig_1',
  status: 'completed',
  result,
});
const inline = (mimeType: string, data: string) => ({ inlineData: { mimeType, data } });
const candidate = (index: number, ...parts: readonly object[]) => ({ index, content: { parts } });

interface Row {
  readonly what: string;
  readonly surface: Surface;
  readonly body: object;
  /** The data of the events of a stream that says the same. */
  readonly events: readonly object[];
  readonly images: readonly AnswerImage[];
}

const ROWS: readonly Row[] = [
  {
    what: 'images, of which one is only named by its address',
    surface: IMAGE_GENERATIONS,
    body: { created: 1, data: [{ b64_json: 'AA==' }, URL_OF_B, {}, null, { b64_json: 1, url: [] }] },
    events: [
      { type: 'image_generation.partial_image', b64_json: 'BB==' },
      { type: 'image_generation.completed', b64_json: 'AA==' },
      { type: 'image_generation.completed', ...URL_OF_B },
    ],
    images: [A, URL_OF_B],
  },
  {
    what: 'a chat’s, beside the text or among the parts of the content, of several choices',
    surface: CHAT_COMPLETIONS,
    body: {
      choices: [
        chat({ content: 'a', images: [url(URL_OF_B), url({ url: '' }), { type: 'audio' }, null, 1] }, 1),
        chat({ content: [{ type: 'text', text: 'a' }, url(INSIDE)], images: 'a' }),
      ],
    },
    events: [
      { choices: [{ index: 1, delta: { content: 'a' } }] },
      { choices: [{ index: 1, delta: { images: [url(URL_OF_B)] } }] },
      { choices: [{ index: 0, delta: { content: [url(INSIDE)] } }] },
    ],
    images: [INSIDE, URL_OF_B],
  },
  {
    what: 'what calls of the image tool have made in a response',
    surface: RESPONSES,
    body: { output: [call(null), call('AA=='), { type: 'other_call', result: 'AA==' }, call('AQ==')] },
    events: [
      { type: 'response.output_item.added', output_index: 1, item: call(null) },
      { type: 'response.image_generation_call.partial_image', output_index: 1, partial_image_b64: 'BB==' },
      { type: 'response.output_item.done', output_index: 3, item: call('AQ==') },
      { type: 'response.output_item.done', output_index: 1, item: call('AA==') },
      { type: 'response.completed', response: { status: 'completed', output: [] } },
    ],
    images: [A, { base64: 'AQ==' }],
  },
  {
    what: 'parts of Gemini’s candidates, and none of another type',
    surface: GENERATE_CONTENT,
    body: {
      candidates: [
        candidate(1, { fileData: { mimeType: 'image/png', fileUri: URL_OF_B.url } }),
        candidate(
          0,
          { text: 'a' },
          inline('image/png', 'AA=='),
          inline('audio/wav', 'AA=='),
          inline('', 'AA=='),
        ),
      ],
    },
    events: [
      { candidates: [candidate(1, { fileData: { mimeType: 'image/png', fileUri: URL_OF_B.url } })] },
      { candidates: [candidate(0, inline('image/webp', 'AA=='))] },
    ],
    images: [A, URL_OF_B],
  },
];

describe.each(ROWS)('$what', ({ surface, body, events, images }) => {
  it('in one body', () => {
    const reader = surface.newReader();
    expect(reader.body(body, 'application/json')).toBe(true);
    expect(reader.answer.images).toEqual(images);
  });

  it('in a stream', () => {
    const streaming = surface === GENERATE_CONTENT ? STREAM_GENERATE_CONTENT : surface;
    const reader = streaming.newReader();
    for (const event of events) {
      const { type = null } = event as { type?: string };
      reader.event({ type, data: JSON.stringify(event) });
    }
    expect(reader.answer.images).toEqual(images);
  });
});

it.each<[Surface, (count: number) => object]>([
  [IMAGE_GENERATIONS, count => ({ data: Array.from({ length: count }, () => URL_OF_B) })],
  [
    CHAT_COMPLETIONS,
    count => ({ choices: [chat({ images: Array.from({ length: count }, () => url(URL_OF_B)) })] }),
  ],
  [
    GENERATE_CONTENT,
    count => ({
      candidates: [candidate(0, ...Array.from({ length: count }, () => inline('image/png', 'AA==')))],
    }),
  ],
])('past 4,096 images no more are read: $name', (surface, bodyOf) => {
  const reader = surface.newReader();
  reader.body(bodyOf(4100), 'application/json');
  expect(reader.answer.images).toHaveLength(4096);
  // Nor is one of a later part.
  reader.event({ type: null, data: JSON.stringify(bodyOf(3)) });
  expect(reader.answer.images).toHaveLength(4096);
});
