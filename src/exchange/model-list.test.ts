import { describe, expect, it } from 'vitest';
import { type ModelListing, readModelList } from './model-list.js';

const card = (id: string, created = 0, owner = 'unknown') => ({
  id,
  object: 'model',
  created,
  owned_by: owner,
});

describe('a list of models', () => {
  it.each<{ what: string; listing?: ModelListing; value: unknown; cards: unknown[] }>([
    {
      what: 'of OpenAI',
      value: {
        object: 'list',
        data: [{ id: 'gpt-4o', object: 'model', created: 1715367049, owned_by: 'system' }],
      },
      cards: [card('gpt-4o', 1715367049, 'system')],
    },
    {
      what: 'of Anthropic',
      listing: 'anthropic',
      value: {
        data: [
          {
            type: 'model',
            id: 'claude-sonnet-4-5',
            display_name: 'Sonnet',
            created_at: '2025-09-29T00:00:00Z',
          },
        ],
        has_more: false,
      },
      cards: [card('claude-sonnet-4-5', 1759104000)],
    },
    {
      what: 'of Google',
      listing: 'google',
      value: { models: [{ name: 'models/gemini-2.5-pro', version: '001' }, { name: 'tunedModels/x' }] },
      cards: [card('gemini-2.5-pro'), card('tunedModels/x')],
    },
    { what: 'alone', value: [{ id: 'llama', type: 'chat' }], cards: [card('llama')] },
    {
      what: 'with what is none',
      value: { data: [null, 1, 'x', {}, { id: '' }, { id: 7 }, { id: 'x'.repeat(257) }, { id: 'a' }] },
      cards: [card('a')],
    },
    {
      what: 'with times that are none',
      value: {
        data: [
          { id: 'a', created: -0.5 },
          { id: 'b', created_at: 'soon' },
        ],
      },
      cards: [card('a'), card('b')],
    },
    { what: 'that is none', value: { data: 'x' }, cards: [] },
    { what: 'that is null', value: null, cards: [] },
    { what: 'of Google that is none', listing: 'google', value: [{ name: 'models/x' }], cards: [] },
  ])('$what', ({ listing = 'openai', value, cards }) => {
    expect(readModelList(value, listing)).toEqual(cards);
  });

  it('is read up to ten thousand', () => {
    const data = Array.from({ length: 10_001 }, (_, at) => ({ id: `m${at}` }));
    expect(readModelList({ data }, 'openai')).toHaveLength(10_000);
  });
});
