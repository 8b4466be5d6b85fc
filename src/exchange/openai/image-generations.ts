/** `POST /images/generations`: images from a text, committed to and passed on. */
import * as v from 'valibot';
import { ObjectRequest, OptionalModelName } from '../request-object.js';
import type { Surface } from '../surface.js';
import { OPENAI } from './api.js';
import { ChunkedAnswer } from './chunked-answer.js';
import { ImageAnswer } from './image-answer.js';

const REQUEST = new ObjectRequest(
  { model: OptionalModelName, prompt: v.string() },
  { names: ['n', 'output_compression', 'partial_images', 'stream'], nested: {} },
);

export const IMAGE_GENERATIONS: Surface = {
  ...OPENAI,
  name: 'images/generations',
  path: '/images/generations',
  requestBody: 'json',
  streams: true,
  // Hosts answer with a whole body where the model makes no stream.
  awaitsEvents: () => false,
  finishReasons: new Set(),
  readRequest: body => REQUEST.read(body).facts,
  newReader: () => new ChunkedAnswer(new ImageAnswer()),
};
