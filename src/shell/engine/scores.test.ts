import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readModel } from './model.js';
import { ACCURACY_FILE, DEMONSTRATION_FOLDER, HELD_OUT_FILE } from './place.js';
import { parseHeldOut, scoresOf, scoreTable, totalOf } from './scores.js';

const prompt = (category: string, ...accepted: string[]) => ({ category, messages: [], accepted });

describe('scores', () => {
  const scores = scoresOf([
    { prompt: prompt('sums', '4.'), answer: '4.' },
    { prompt: prompt('jokes', 'a', 'b'), answer: 'b' },
    { prompt: prompt('sums', '5.'), answer: ' 5.' },
  ]);

  it('count exact matches with any accepted answer, per category', () => {
    expect(scores).toEqual([
      { category: 'sums', asked: 2, right: 1 },
      { category: 'jokes', asked: 1, right: 1 },
    ]);
    expect(totalOf(scores)).toEqual({ category: 'all', asked: 3, right: 2 });
  });

  it('make a table', () => {
    expect(scoreTable(scores).split('\n').slice(2)).toEqual([
      '| sums | 1 / 2 | 50.0 % |',
      '| jokes | 1 / 1 | 100.0 % |',
      '| all | 2 / 3 | 66.7 % |',
    ]);
  });
});

describe('the published accuracy', () => {
  const published = JSON.parse(readFileSync(ACCURACY_FILE, 'utf8'));

  it('is that of the model in the package, on the held-out prompts in the package', async () => {
    expect(published.model).toBe((await readModel(DEMONSTRATION_FOLDER)).digest);
    const heldOut = parseHeldOut(readFileSync(HELD_OUT_FILE, 'utf8'));
    expect(published.total.asked).toBe(heldOut.length);
  });

  it('is what the model card shows', () => {
    const card = readFileSync(new URL('README.md', `file://${ACCURACY_FILE}`), 'utf8');
    const cells = (row: string) => row.split('|').map(cell => cell.trim());
    const shown = card.split('\n').map(cells);
    for (const row of scoreTable(published.scores).split('\n').slice(2))
      expect(shown).toContainEqual(cells(row));
    expect(card).toContain(published.model);
  });
});
