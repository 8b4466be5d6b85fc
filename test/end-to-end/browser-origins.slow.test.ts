/** The verifying client in a browser, on a page whose gateway is of another origin; without a Chromium this is skipped, and says so. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromium, PageVisits } from './chromium.js';
import { openGateway } from './gateway.js';
import { completion, HELLO } from './upstreams.js';

describe.skipIf(chromium === undefined)(
  `in Chromium${chromium === undefined ? ' (skipped: none is on the path)' : ''}`,
  () => {
    let visits: PageVisits;
    beforeAll(async () => {
      visits = await PageVisits.begin();
    });
    afterAll(() => visits.end());

    it('verifies answers of a gateway of another origin that lets the page in, and gets none of one that does not', {
      timeout: 60_000,
    }, async () => {
      const elsewhere = await openGateway({ upstream: visits.upstream.base, origins: [visits.page.address] });
      try {
        const told = await visits.open(`#at=${elsewhere.address}`);
        expect(told).toMatchObject({ body: JSON.stringify(completion()), verified: 2 });
        expect(told.stream).toContain(HELLO.at(-1));
        expect(await visits.open(`#at=${visits.gateway.address}`)).toEqual({
          error: expect.stringContaining('fetch'),
        });
      } finally {
        await elsewhere.close();
      }
    });
  },
);
