/** A gateway of ours as people run it, in front of an upstream that always says the same, so that its log grows as fast as it is asked. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseTrust, type Trust } from '../../src/appraise/trust.js';
import { formatVerifierKey } from '../../src/note/key.js';
import { ask } from '../end-to-end/client.js';
import { type Served, serve } from '../end-to-end/process.js';
import { type PublishedLog, readLog } from '../end-to-end/published-log.js';
import { exchangeOf, fetchBundle } from '../end-to-end/receipts.js';
import { TestUpstream } from '../end-to-end/upstreams.js';

/** Exchanges at one time. */
const AT_ONCE = 25;

export class RunningGateway {
  readonly #upstream: TestUpstream;
  readonly #folder: string;
  #served: Served;
  #trust: Trust;

  private constructor(folder: string, upstream: TestUpstream, served: Served, trust: Trust) {
    this.#folder = folder;
    this.#upstream = upstream;
    this.#served = served;
    this.#trust = trust;
  }

  static async start(): Promise<RunningGateway> {
    const folder = await mkdtemp(join(tmpdir(), 'countersign-interop-'));
    const upstream = await TestUpstream.start();
    return new RunningGateway(folder, upstream, ...(await up(folder, upstream)));
  }

  get address(): string {
    return this.#served.summary.address;
  }

  get data(): string {
    return this.#served.summary.data;
  }

  get trustFile(): string {
    return this.#served.summary.trust;
  }

  get trust(): Trust {
    return this.#trust;
  }

  /** Where its log is published. */
  get logUrl(): string {
    return `${this.address}/log`;
  }

  get logKey(): string {
    return formatVerifierKey(this.#trust.log);
  }

  /** The key of the log's own, timestamped ML-DSA-44 cosignature. */
  get logCosignerKey(): string {
    if (this.#trust.logCosigner === null) throw new Error('the trust file names no cosigner of the log');
    return formatVerifierKey(this.#trust.logCosigner);
  }

  /** Has this many exchanges, and resolves to the bundle of the last when all of them are witnessed. */
  async grow(exchanges: number): Promise<Buffer> {
    let last: Buffer | null = null;
    for (let done = 0; done < exchanges; done += AT_ONCE) {
      const count = Math.min(AT_ONCE, exchanges - done);
      const answers = await Promise.all(Array.from({ length: count }, () => ask(this.address)));
      const isLast = done + count === exchanges;
      for (const answer of isLast ? answers : []) last = await fetchBundle(this, exchangeOf(answer));
    }
    if (last === null) throw new Error('no exchange');
    return last;
  }

  /** The log as it is published, every hash of it checked. */
  read(): Promise<PublishedLog> {
    return readLog(this.address, this.#trust);
  }

  /** Ends the process, lets `change` do something to its data, and starts it again. */
  async restart(change: () => Promise<void>): Promise<void> {
    await this.#served.stop();
    await change();
    [this.#served, this.#trust] = await up(this.#folder, this.#upstream);
  }

  async close(): Promise<void> {
    await this.#served.stop();
    await this.#upstream.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function up(folder: string, upstream: TestUpstream): Promise<[Served, Trust]> {
  const served = await serve(['--data', folder, '--upstream', upstream.base]);
  return [served, parseTrust(await readFile(served.summary.trust))];
}
