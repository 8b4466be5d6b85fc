import Anthropic from '@anthropic-ai/sdk';
import fc from 'fast-check';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { PROVIDER_ERRORS } from '../../test/support/provider-errors.js';
import { MESSAGES } from './anthropic/messages.js';
import { GENERATE_CONTENT } from './gemini/content.js';
import { hostErrorIn, hostErrorOf } from './host-error.js';
import { CHAT_COMPLETIONS } from './openai/chat-completions.js';
import { PROVIDERS } from './providers.js';
import type { Surface } from './surface.js';

/** The body that a client of a surface gets for one of an upstream's; the same where it passes. */
function given(surface: Surface, body: unknown, status: number): unknown {
  const isObject = typeof body === 'object' && body !== null;
  if (isObject && surface.isError(body)) return body;
  const error = hostErrorOf(isObject ? body : null, typeof body === 'string' ? body : null, status);
  const restated = surface.hostErrorBody(error, status);
  // What is said anew is what the API has.
  expect(surface.isError(restated)).toBe(true);
  return restated;
}

describe.each(PROVIDER_ERRORS)('$provider: $status, $body', ({ status, body, says }) => {
  it('OpenAI’s SDK throws the class of the status, with the message', () => {
    const error = OpenAI.APIError.generate(
      status,
      given(CHAT_COMPLETIONS, body, status) as object,
      undefined,
      new Headers(),
    );
    expect(error.message).toBe(`${status} ${says === 'The body cannot be read' ? `${says}: line 1` : says}`);
    expect(error.status).toBe(status);
  });

  it('Anthropic’s too, with its type', () => {
    const error = Anthropic.APIError.generate(
      status,
      given(MESSAGES, body, status) as object,
      undefined,
      new Headers(),
    );
    expect(error.message).toContain(says);
    expect(error.type).toMatch(/^[a-z_]+$/);
  });

  it('and Google’s shape has the status in two ways', () => {
    const shown = given(GENERATE_CONTENT, body, status);
    const [outermost] = [shown].flat() as { error: { message: string } }[];
    expect(outermost?.error.message).toContain(says);
    if (shown !== body)
      expect(shown).toEqual({
        error: {
          code: status,
          message: outermost?.error.message,
          status: expect.stringMatching(/^[A-Z_]+$/),
        },
      });
  });
});

describe('a body in which clients of an API find the message', () => {
  it.each<[body: object, of: readonly ('openai' | 'anthropic' | 'google')[]]>([
    [{ error: { message: 'a', type: 'b' } }, ['openai', 'google']],
    [{ error: { message: 'a' } }, ['openai', 'google']],
    [{ type: 'error', error: { message: 'a', type: 'b' } }, ['openai', 'anthropic', 'google']],
    [{ type: 'error', error: { message: 'a' } }, ['openai', 'google']],
    [[{ error: { message: 'a' } }], ['google']],
    [{ type: 'error', error: { message: '', type: 'b' } }, []],
    [{ type: 'error', error: { message: { a: 'b' }, type: 'b' } }, []],
    [{ error: 'a' }, []],
    [{ message: 'a' }, []],
    [{ error: [{ message: 'a' }] }, []],
    [{}, []],
    [[], []],
  ])('%j: of %j', (body, of) => {
    const surfaces = [CHAT_COMPLETIONS, MESSAGES, GENERATE_CONTENT];
    expect(surfaces.filter(surface => surface.isError(body)).map(({ dialect }) => dialect)).toEqual(of);
  });
});

it('every provider of the table is there', () => {
  expect(new Set(PROVIDER_ERRORS.map(({ provider }) => provider))).toEqual(new Set(PROVIDERS.keys()));
});

describe('an error’s type', () => {
  it.each<[status: number, body: object, type: string]>([
    [429, { error: { type: 'rate_limit_error', message: 'a' } }, 'rate_limit_error'],
    [529, { error: { type: 'overloaded_error', message: 'a' } }, 'overloaded_error'],
    [400, { error: { type: 'other', message: 'a' } }, 'invalid_request_error'],
    [429, { error: { type: 'requests', message: 'a' } }, 'rate_limit_error'],
    [500, { error: 'a' }, 'api_error'],
    [404, { detail: 'a' }, 'not_found_error'],
    [401, { message: 'a' }, 'authentication_error'],
    [403, { error: 'a' }, 'permission_error'],
    [504, { error: 1 }, 'timeout_error'],
  ])('%i %j: %s', (status, body, type) => {
    expect(hostErrorOf(body, null, status).type).toBe(type);
  });

  it('and its code is kept for clients of OpenAI’s', () => {
    const body = { error: { message: 'a', code: 'rate_limit_exceeded' } };
    expect(hostErrorOf(body, null, 429).code).toBe('rate_limit_exceeded');
    expect(hostErrorOf({ error: { message: 'a', code: 429 } }, null, 429).code).toBeNull();
  });
});

describe('an error without a message', () => {
  const NOTHING = 'The upstream answered 503, and not why.';

  it.each([
    {},
    [],
    { error: {} },
    { error: { message: 1 } },
    { message: ' ' },
    { error: [[[[[['deep']]]]]] },
  ])('%j has none', body => {
    expect(hostErrorIn(body, null)).toBeNull();
    expect(hostErrorOf(body, JSON.stringify(body), 503).message).not.toBe('');
  });

  it.each([null, '', ' \n', '<html><h1>503</h1></html>', '\n  <!doctype html>'])('%j says nothing', text => {
    expect(hostErrorOf(null, text, 503)).toEqual({ message: NOTHING, type: 'api_error', code: null });
  });
});

it('a message is 2,000 characters long at most, and stays a text', () => {
  const seal = '🦭'.repeat(2000);
  for (const { message } of [
    hostErrorOf({ error: `a${seal}` }, null, 500),
    hostErrorOf(null, `a${seal}`, 500),
  ]) {
    expect(message.length).toBe(2000);
    expect(message.isWellFormed()).toBe(true);
  }
});

it('whatever a host writes, there is an error to throw for it', () => {
  const bodies = fc.oneof(fc.jsonValue(), fc.object({ maxDepth: 8 }), fc.string());
  const statuses = fc.integer({ min: 400, max: 599 });
  fc.assert(
    fc.property(bodies, statuses, (body, status) => {
      for (const surface of [CHAT_COMPLETIONS, MESSAGES, GENERATE_CONTENT])
        expect(surface.isError(given(surface, body, status) as object)).toBe(true);
    }),
  );
});
