import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { targetOf } from '../../test/support/targets.js';
import { GENERATE_CONTENT, STREAM_GENERATE_CONTENT } from './gemini/content.js';
import { CHAT_COMPLETIONS } from './openai/chat-completions.js';
import { SURFACES, surfaceAt } from './surfaces.js';
import { isPathName, upstreamTarget } from './target.js';

describe('the surface at a path', () => {
  it('is each under its own path', () => {
    for (const surface of SURFACES) {
      const model = surface.path.includes('{model}') ? 'm' : null;
      for (const base of [surface.base, ...surface.otherBases])
        expect(surfaceAt(base + surface.path.replace('{model}', 'm'))).toEqual({ surface, model });
    }
  });

  it.each([
    ['a', 'a'],
    ['a/b', 'a/b'],
    ['a%2Fb', 'a/b'],
    ['llama3:8b', 'llama3:8b'],
    ['a:generateContent', 'a:generateContent'],
    ['%E9', '%E9'],
    ['%', '%'],
    ['..', '..'],
  ])('names the model %s', (path, model) => {
    for (const base of ['/v1beta', '/v1'])
      expect(surfaceAt(`${base}/models/${path}:generateContent`)).toEqual({
        surface: GENERATE_CONTENT,
        model,
      });
  });

  it.each([
    ['google/g', 'google/g'],
    ['google/models/g', 'google/models/g'],
    ['g%C3%B6ogle/g:a', 'göogle/g:a'],
  ])('names the model %s, also outside the folder of models', (path, model) => {
    expect(surfaceAt(`/v1beta/${path}:generateContent`)).toEqual({ surface: GENERATE_CONTENT, model });
  });

  it.each([
    '/v1beta/models/:generateContent',
    '/v1beta/g:generateContent',
    '/v1beta/google/:generateContent',
    '/v1beta//g:generateContent',
    '/v1beta/google%2Fg:generateContent',
    '/v1beta/tunedModels/g:generateContent',
    '/v1beta/dynamic/g:generateContent',
    '/v1beta/google/g:generatecontent',
    '/v1beta/models/a',
    '/v1beta/models/a:generatecontent',
    '/v1beta/models/a:generateContent/',
    '/v1/models/a:generatecontent',
    '/v2/models/a:generateContent',
    '/v1beta/chat/completions',
    '/models/a:generateContent',
    '',
  ])('is none at %j', path => {
    expect(surfaceAt(path)).toBeNull();
  });
});

describe('an upstream’s path', () => {
  const query = new URLSearchParams('alt=sse&key=secret&fields=a');

  it('is the surface’s, with what of the query its API knows, and never a key', () => {
    expect(upstreamTarget(CHAT_COMPLETIONS, 'm', query)).toBe('/chat/completions');
    expect(upstreamTarget(STREAM_GENERATE_CONTENT, 'a b/c', query)).toBe(
      '/models/a%20b/c:streamGenerateContent?alt=sse',
    );
    expect(upstreamTarget(GENERATE_CONTENT, '$&', targetOf('').query)).toBe('/models/%24%26:generateContent');
  });

  it.each(['', '/', 'a/', '/a', 'a//b', '.', '..', '../a', 'a/..', 'a/./b', '\ud800'])(
    'no name is %j',
    name => {
      expect(isPathName(name)).toBe(false);
    },
  );

  it('any name that is one is found again, below the same folder', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }), name => {
        if (!isPathName(name)) return;
        const path = GENERATE_CONTENT.base + upstreamTarget(GENERATE_CONTENT, name, targetOf('').query);
        const { pathname, search, hash } = new URL(path, 'http://a.example');
        expect({ search, hash }).toEqual({ search: '', hash: '' });
        expect(surfaceAt(pathname)).toEqual({ surface: GENERATE_CONTENT, model: name });
      }),
    );
  });
});
