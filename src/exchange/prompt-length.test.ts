import { expect, it } from 'vitest';
import { PROMPT_LENGTH } from './prompt-length.js';

it.each<[object | null, boolean]>([
  [{ input_tokens: 3 }, true],
  [{ object: 'response.input_tokens', input_tokens: 0 }, true],
  [{ input_tokens: '3' }, false],
  [{ input_tokens: 1.5 }, false],
  [{}, false],
  [[3], false],
  [null, false],
])('%j: says how long a prompt is: %s', (body, is) => {
  expect(PROMPT_LENGTH.body(body, 'application/json')).toBe(is);
});
