import { describe, expect, it } from 'vitest';
import type { ModelCard } from './model-card.js';
import { MODEL_FORMS } from './model-forms.js';

const card = (id: string, created = 0): ModelCard => ({ id, object: 'model', created, owned_by: 'test' });

describe('for OpenAI’s clients', () => {
  it('a model is its card, and a list has them under data', () => {
    expect(MODEL_FORMS.openai.one(card('a', 7))).toEqual(card('a', 7));
    expect(MODEL_FORMS.openai.list([card('a')])).toEqual({ object: 'list', data: [card('a')] });
  });
});

describe('for Anthropic’s clients', () => {
  it('a model has its type, a name to show, and the time as a text', () => {
    expect(MODEL_FORMS.anthropic.one(card('claude-sonnet-4-5', 1759104000))).toEqual({
      type: 'model',
      id: 'claude-sonnet-4-5',
      display_name: 'claude-sonnet-4-5',
      created_at: '2025-09-29T00:00:00Z',
    });
  });

  it.each([
    [0, '1970-01-01T00:00:00Z'],
    [-1, '1970-01-01T00:00:00Z'],
    [253_402_300_799, '9999-12-31T23:59:59Z'],
    // What a hostile upstream lists is no reason to fail.
    [253_402_300_800, '1970-01-01T00:00:00Z'],
    [Number.MAX_SAFE_INTEGER, '1970-01-01T00:00:00Z'],
    [Number.MIN_SAFE_INTEGER, '1970-01-01T00:00:00Z'],
  ])('made at %d seconds, it was made at %s', (created, date) => {
    expect(MODEL_FORMS.anthropic.one(card('a', created))).toMatchObject({ created_at: date });
  });

  it('a list is one page, and says where it begins and ends', () => {
    expect(MODEL_FORMS.anthropic.list([card('a'), card('b'), card('c')])).toMatchObject({
      data: [{ id: 'a' }, { id: 'b' }, { id: 'c' }],
      has_more: false,
      first_id: 'a',
      last_id: 'c',
    });
    expect(MODEL_FORMS.anthropic.list([])).toEqual({
      data: [],
      has_more: false,
      first_id: null,
      last_id: null,
    });
  });
});

describe('for Google’s clients', () => {
  it('each model has the prefix, once', () => {
    expect(MODEL_FORMS.google.list([card('a'), card('models/b')])).toEqual({
      models: [
        { name: 'models/a', displayName: 'a' },
        { name: 'models/b', displayName: 'b' },
      ],
    });
    expect(MODEL_FORMS.google.one(card('far/c'))).toEqual({ name: 'models/far/c', displayName: 'far/c' });
  });
});
