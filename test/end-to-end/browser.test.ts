/** The verifying client in a browser: Chromium, where one is on the path; without one this is skipped, and says so. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PageResult } from './browser-page.js';
import { openGateway, type TestGateway } from './gateway.js';
import { type PageServer, servePage } from './page-server.js';
import { answer, completion, HELLO, stream, TestUpstream } from './upstreams.js';

const CANDIDATES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

const chromium = CANDIDATES.find(name => {
  try {
    execFileSync(name, ['--version', '--no-sandbox'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});

describe.skipIf(chromium === undefined)(
  `in Chromium${chromium === undefined ? ' (skipped: none is on the path)' : ''}`,
  () => {
    let upstream: TestUpstream;
    let gateway: TestGateway;
    let page: PageServer;
    let profile: string;

    beforeAll(async () => {
      upstream = await TestUpstream.start();
      upstream.behaviour = (response, request) => {
        const { stream: isStream } = JSON.parse(request.body.toString()) as { stream: boolean };
        return (isStream ? stream(...HELLO) : answer(200, completion()))(response, request);
      };
      gateway = await openGateway({ upstream: upstream.base });
      page = await servePage(gateway.address, gateway.trustText);
      profile = await mkdtemp(join(tmpdir(), 'countersign-browser-'));
    });

    afterAll(async () => {
      await page.close();
      await gateway.close();
      await upstream.close();
      // The browser may still be writing when it has been told to end.
      await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    });

    /** What the page tells when it is opened in a browser of its own, with the profile of before. */
    async function open(hash: string): Promise<PageResult> {
      const flags = [
        '--headless=new',
        '--no-sandbox',
        '--disable-gpu',
        '--no-first-run',
        `--user-data-dir=${profile}`,
      ];
      const browser = spawn(chromium as string, [...flags, `${page.address}/${hash}`], { stdio: 'ignore' });
      const ended = new Promise<void>(resolve => browser.once('exit', () => resolve()));
      try {
        return (await Promise.race([
          page.result(),
          ended.then(() => Promise.reject(new Error('the browser has ended'))),
        ])) as PageResult;
      } finally {
        await end(browser, ended);
      }
    }

    it('verifies answers, keeps them in IndexedDB, and checks them when it is opened again', {
      timeout: 60_000,
    }, async () => {
      const first = await open('');
      expect(first).toEqual({
        store: {},
        body: JSON.stringify(completion()),
        stream: expect.stringContaining(HELLO.at(-1) as string),
        altered: ['content/response-mismatch', 'content/response-mismatch'],
        verified: 2,
        check: null,
      });
      const again = await open('#again');
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

    // Last, because it leaves exchanges in the profile that the page's own gateway knows nothing of.
    it('verifies answers of a gateway of another origin that lets the page in, and gets none of one that does not', {
      timeout: 60_000,
    }, async () => {
      const elsewhere = await openGateway({ upstream: upstream.base, origins: [page.address] });
      try {
        const told = await open(`#at=${elsewhere.address}`);
        expect(told).toMatchObject({ body: JSON.stringify(completion()), verified: 2 });
        expect(told.stream).toContain(HELLO.at(-1));
        expect(await open(`#at=${gateway.address}`)).toEqual({ error: expect.stringContaining('fetch') });
      } finally {
        await elsewhere.close();
      }
    });
  },
);

async function end(browser: ChildProcess, ended: Promise<void>): Promise<void> {
  browser.kill();
  await ended;
}
