import { describe, expect, it } from 'vitest';
import { googleModelList, readModelList } from './model-list.js';

const card = (id: string, created = 0, owned_by = 'unknown') => ({ id, object: 'model', created, owned_by });

describe('a list of models', () => {
  it.each<[what: string, list: unknown, models: readonly object[]]>([
    ['OpenAI’s', { object: 'list', data: [{ id: 'a', created: 5, owned_by: 'b' }] }, [card('a', 5, 'b')]],
    ['one without dates and owners', { data: [{ id: 'a', created: '5', owned_by: 1 }] }, [card('a')]],
    ['Google’s', { models: [{ name: 'models/a', version: '1' }, { name: 'b' }] }, [card('a'), card('b')]],
    [
      'one with what is no model',
      { data: [null, 1, [], {}, { id: 1 }, { id: 'x'.repeat(257) }, { id: 'a' }] },
      [card('a')],
    ],
    [
      'Google’s with what is no model',
      { models: [null, {}, { name: 1 }, { name: 'models/a' }] },
      [card('a')],
    ],
    ['no list', { data: 'a', models: {} }, []],
    ['nothing', null, []],
    ['an array', [{ id: 'a' }], []],
  ])('%s', (_, list, models) => {
    expect(readModelList(list)).toEqual(models);
  });

  it('for Google’s clients names each model with the prefix, once', () => {
    expect(googleModelList([card('a'), card('models/b')] as never)).toEqual({
      models: [
        { name: 'models/a', displayName: 'a' },
        { name: 'models/b', displayName: 'b' },
      ],
    });
  });
});
