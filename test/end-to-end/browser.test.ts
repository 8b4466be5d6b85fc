/** The verifying client in a browser: Chromium, where one is on the path; without one this is skipped, and says so. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromium, PageVisits } from './chromium.js';
import { completion, HELLO } from './upstreams.js';

describe.skipIf(chromium === undefined)(
  `in Chromium${chromium === undefined ? ' (skipped: none is on the path)' : ''}`,
  () => {
    let visits: PageVisits;
    beforeAll(async () => {
      visits = await PageVisits.begin();
    });
    afterAll(() => visits.end());

    it('verifies answers, keeps them in IndexedDB, and checks them when it is opened again', {
      timeout: 60_000,
    }, async () => {
      const first = await visits.open('');
      expect(first).toEqual({
        store: {},
        body: JSON.stringify(completion()),
        stream: expect.stringContaining(HELLO.at(-1) as string),
        altered: ['content/response-mismatch', 'content/response-mismatch'],
        verified: 2,
        check: null,
      });
      const again = await visits.open('#again');
      expect(again.store).toEqual({});
      const { outcome, findings, witnessed } = again.check as {
        outcome: string;
        findings: unknown[];
        witnessed: string[];
      };
      expect({ outcome, findings }).toEqual({ outcome: 'settled', findings: [] });
      // The altered stream began well: its acceptance was kept, and its receipt is in the log.
      expect(witnessed).toHaveLength(3);
    });
  },
);
