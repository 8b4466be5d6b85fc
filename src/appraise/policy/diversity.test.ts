import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Diversity, mostOf } from './diversity.js';

it('nobody ever has more of any window than the limit, and somebody may always be asked when the parties have room', () => {
  const parties = [null, 'a', 'b'];
  fc.assert(
    fc.property(
      fc.integer({ min: 34, max: 100 }),
      fc.integer({ min: 3, max: 30 }),
      fc.array(fc.nat(2), { maxLength: 100 }),
      (percent, window, wishes) => {
        fc.pre(mostOf(percent, window) * parties.length >= window);
        const diversity = new Diversity(percent, window);
        const sent: (string | null)[] = [];
        for (const wish of wishes) {
          const open = parties.filter(party => diversity.admits(party));
          expect(open).not.toEqual([]);
          const wanted = parties[wish] ?? null;
          const party = open.includes(wanted) ? wanted : (open[0] as string | null);
          diversity.note(party);
          sent.push(party);
          const last = sent.slice(-window);
          for (const one of parties)
            expect(last.filter(other => other === one).length).toBeLessThanOrEqual(mostOf(percent, window));
        }
      },
    ),
  );
});

it('refuses nobody who has room in the window', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 60 }), sent => {
      const diversity = new Diversity(50, 10);
      for (const party of sent) diversity.note(party);
      const last = sent.slice(-9);
      for (const party of ['a', 'b', 'c'])
        expect(diversity.admits(party)).toBe(last.filter(one => one === party).length < 5);
    }),
  );
});
