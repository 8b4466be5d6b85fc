/** Chromium with a page of the test's own, where a Chromium is on the path. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PageResult } from './browser-page.js';
import { openGateway, type TestGateway } from './gateway.js';
import { type PageServer, servePage } from './page-server.js';
import { answer, completion, HELLO, stream, TestUpstream } from './upstreams.js';

const CANDIDATES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Its command; undefined where there is none. */
export const chromium = CANDIDATES.find(name => {
  try {
    execFileSync(name, ['--version', '--no-sandbox'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});

/** A gateway, a page on its origin, and a browser's profile. */
export class PageVisits {
  readonly upstream: TestUpstream;
  readonly gateway: TestGateway;
  readonly page: PageServer;
  readonly #profile: string;

  private constructor(upstream: TestUpstream, gateway: TestGateway, page: PageServer, profile: string) {
    this.upstream = upstream;
    this.gateway = gateway;
    this.page = page;
    this.#profile = profile;
  }

  static async begin(): Promise<PageVisits> {
    const upstream = await TestUpstream.start();
    upstream.behaviour = (response, request) => {
      const { stream: isStream } = JSON.parse(request.body.toString()) as { stream: boolean };
      return (isStream ? stream(...HELLO) : answer(200, completion()))(response, request);
    };
    const gateway = await openGateway({ upstream: upstream.base });
    const page = await servePage(gateway.address, gateway.trustText);
    return new PageVisits(upstream, gateway, page, await mkdtemp(join(tmpdir(), 'countersign-browser-')));
  }

  async end(): Promise<void> {
    await this.page.close();
    await this.gateway.close();
    await this.upstream.close();
    // The browser may still be writing when it has been told to end.
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  /** What the page tells when it is opened in a browser of its own, with the profile of before. */
  async open(hash: string): Promise<PageResult> {
    const flags = [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      `--user-data-dir=${this.#profile}`,
    ];
    const browser = spawn(chromium as string, [...flags, `${this.page.address}/${hash}`], {
      stdio: 'ignore',
    });
    const ended = new Promise<void>(resolve => browser.once('exit', () => resolve()));
    try {
      return (await Promise.race([
        this.page.result(),
        ended.then(() => Promise.reject(new Error('the browser has ended'))),
      ])) as PageResult;
    } finally {
      browser.kill();
      await ended;
    }
  }
}
