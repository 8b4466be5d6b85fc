/** A gateway in a process of its own, whose exchanges are erased by the command. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { formatOpening } from '../../src/receipt/opening.js';
import type { Erased } from '../../src/shell/cli/erasures.js';
import { SEGMENT_LIMITS, Segment, segmentFiles } from '../../src/shell/vault/segment.js';
import { filesBelow } from './canaries.js';
import { type Answer, ask } from './client.js';
import { type Ended, run, type Served, serve } from './process.js';
import { exchangeOf, openingOf } from './receipts.js';

export class ErasingHouse {
  readonly folder = mkdtempSync(join(tmpdir(), 'countersign-erase-'));
  readonly data = join(this.folder, 'data');
  gateway!: Served;

  /** `configuration`: as a file has it; empty when it is left out. */
  async start(configuration = '{}'): Promise<void> {
    const file = join(this.folder, 'countersign.yaml');
    writeFileSync(file, configuration);
    this.gateway = await serve(['--data', this.data, '--config', file]);
  }

  async remove(): Promise<void> {
    await this.gateway.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  erase(exchange: string, ...args: string[]): Promise<Ended> {
    return run(['erase', exchange, '--data', this.data, ...args], { folder: this.folder, limit: 40_000 });
  }

  /** What the command says; throws unless it is done. */
  async erased(exchange: string): Promise<Erased> {
    const { code, stdout, stderr } = await this.erase(exchange, '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return JSON.parse(stdout) as Erased;
  }

  /** An answer of the built-in model. */
  answer(stream = false, headers: Record<string, string> = {}): Promise<Answer> {
    const { address, models } = this.gateway.summary;
    const messages = [{ role: 'user', content: 'What is a receipt?' }];
    return ask(address, { body: { model: models[0], messages, stream }, headers });
  }

  /** The files of the vault: a few exchanges are in its first segment. */
  get vaultFiles(): string[] {
    const { keys, content } = segmentFiles(this.#segment);
    return [content, keys];
  }

  get #segment(): string {
    return join(this.data, 'vault', '00000000');
  }

  /** The files of the data folder in which any piece of these bytes stands. */
  holding(bytes: Buffer): string[] {
    const pieces = Array.from({ length: Math.floor(bytes.length / 12) }, (_, at) =>
      bytes.subarray(at * 12, at * 12 + 12),
    );
    return filesBelow(this.data)
      .filter(({ bytes: file }) => pieces.some(piece => file.includes(piece)))
      .map(({ path }) => join(this.data, path));
  }

  /** Throws unless the exchange's bundle, fetched anew, verifies with what the client has kept. */
  async checkReceipt(answer: Answer): Promise<void> {
    const exchange = exchangeOf(answer);
    const kept = join(this.folder, exchange);
    mkdirSync(kept, { recursive: true });
    writeFileSync(join(kept, 'request'), answer.request);
    writeFileSync(join(kept, 'response'), answer.body);
    writeFileSync(join(kept, 'opening'), formatOpening(openingOf(answer)));
    const { address, trust } = this.gateway.summary;
    const fetching = ['receipt', exchange, '--gateway', address, '--out', join(kept, 'bundle')];
    expect((await run(fetching, { folder: this.folder })).code).toBe(0);
    const content = [
      ['--opening', `@${join(kept, 'opening')}`],
      ['--request', join(kept, 'request')],
      ['--response', join(kept, 'response')],
    ].flat();
    const checking = ['verify', join(kept, 'bundle'), '--trust', trust, ...content];
    const { code, stdout } = await run(checking, { folder: this.folder });
    expect(code, stdout).toBe(0);
  }

  /** What its vault has of an exchange now, seed and content; nothing once that was erased. */
  kept(exchange: string): Buffer {
    const segment = new Segment(this.#segment, SEGMENT_LIMITS, 'r');
    const found = segment.read(exchange);
    segment.close();
    return found === null || found === 'erased' ? Buffer.alloc(0) : Buffer.concat([found.seed, found.sealed]);
  }
}
