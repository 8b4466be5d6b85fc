/** However a host says in an answer that it failed, no reader takes that for an answer that is done. */
import { describe, expect, it } from 'vitest';
import { saysError, statusOfError } from './host-error.js';
import type { SurfaceName } from './surface-names.js';
import { surfaceNamed } from './surfaces.js';

const ERROR = { code: 502, message: 'The provider is down.' };

describe('an event that says that the host failed', () => {
  it.each<[surface: SurfaceName, type: string | null, data: object | string]>([
    [
      'chat/completions',
      null,
      { error: ERROR, choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }] },
    ],
    ['chat/completions', null, { error: ERROR, choices: [] }],
    ['chat/completions', null, { choices: [{ index: 0, delta: {}, finish_reason: 'error' }] }],
    ['chat/completions', null, { choices: [{ index: 0, delta: {}, finish_reason: 'stop', error: ERROR }] }],
    ['chat/completions', null, { error: 'no' }],
    ['chat/completions', null, { object: 'error', message: 'no', type: 'InternalServerError', code: 500 }],
    ['chat/completions', 'error', { message: 'no' }],
    ['chat/completions', 'error', 'no'],
    ['completions', null, { error: ERROR, choices: [{ index: 0, text: '', finish_reason: 'error' }] }],
    ['images/generations', 'error', { type: 'error', error: ERROR }],
    ['audio/transcriptions', null, { error: ERROR, type: 'transcript.text.delta' }],
    ['responses', null, { object: 'error', message: 'no' }],
    ['responses', null, { error: ERROR }],
    ['responses', 'error', 'no'],
    ['responses', 'error', { message: 'no' }],
    ['responses', 'response.completed', { type: 'response.completed', response: { error: ERROR } }],
    ['responses', 'response.output_text.delta', { type: 'response.output_text.delta', error: ERROR }],
    ['messages', null, { error: ERROR }],
    ['messages', 'error', { error: ERROR }],
    ['messages', 'error', 'no'],
    ['messages', 'error', { type: 'error', error: ERROR }],
    ['generateContent', null, { error: ERROR }],
    ['generateContent', null, { error: 'no' }],
    ['generateContent', 'error', 'no'],
  ])('%s, under the name %j: %j', (surface, type, data) => {
    const reader = surfaceNamed(surface).newReader();
    expect(reader.failed).toBe(false);
    reader.event({ type, data: typeof data === 'string' ? data : JSON.stringify(data) });
    expect(reader.failed).toBe(true);
  });

  it.each<[surface: SurfaceName, type: string | null, data: object | string]>([
    ['chat/completions', null, { error: null, choices: [{ index: 0, delta: {}, error: null }] }],
    ['chat/completions', null, { choices: [{ index: 0, delta: { content: 'error' } }] }],
    ['chat/completions', null, 'error'],
    ['responses', 'response.completed', { type: 'response.completed', response: { error: null } }],
    ['responses', null, { error: null }],
    ['messages', null, { error: null }],
    ['generateContent', null, { candidates: [], error: null }],
  ])('is no other: %s, under the name %j: %j', (surface, type, data) => {
    const reader = surfaceNamed(surface).newReader();
    reader.event({ type, data: typeof data === 'string' ? data : JSON.stringify(data) });
    expect(reader.failed).toBe(false);
  });
});

describe('a body that says that the host failed', () => {
  it.each<[surface: SurfaceName, body: object]>([
    ['chat/completions', { choices: [{ message: { content: 'a' }, finish_reason: 'error', error: ERROR }] }],
    ['chat/completions', { choices: [{ message: { content: 'a' }, finish_reason: 'stop' }], error: ERROR }],
    ['completions', { choices: [{ text: 'a', finish_reason: 'error' }] }],
    ['embeddings', { data: [], error: ERROR }],
    ['responses', { output: [], status: 'completed', error: ERROR }],
    ['messages', { content: [], stop_reason: 'end_turn', error: ERROR }],
  ])('and is an answer beside that: %s, %j', (surface, body) => {
    const reader = surfaceNamed(surface).newReader();
    expect(reader.body(body, 'application/json')).toBe(true);
    expect(reader.failed).toBe(true);
  });

  it.each<[body: unknown, says: boolean, status: number]>([
    [{ error: { code: 429, message: 'no' } }, true, 429],
    [{ error: { code: 200 } }, true, 502],
    [{ error: { code: 600 } }, true, 502],
    [{ error: { code: '429' } }, true, 502],
    [{ error: { code: 429.5 } }, true, 502],
    [{ error: 'no', code: 400 }, true, 400],
    [{ object: 'error', message: 'no', code: 404 }, true, 404],
    [[{ error: { code: 503 } }], true, 503],
    [{ error: null }, false, 502],
    [{ error: '' }, false, 502],
    [{ object: 'response', error: null }, false, 502],
    [[], false, 502],
    [null, false, 502],
    ['error', false, 502],
  ])('%j: %j, with the status %j', (body, says, status) => {
    expect(saysError(body)).toBe(says);
    expect(statusOfError(body)).toBe(status);
  });
});
