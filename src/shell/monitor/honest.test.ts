/** Nobody who is honest is ever accused: whatever happens to honest logs, issuers and witnesses, with whatever clocks. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hastyDisk } from '../../../test/support/faulty-disk.js';
import { LOG, quorumOf, temporaryFolder, WITNESSES } from '../../../test/support/log.js';
import {
  found,
  lookOnce,
  openReceiptLog,
  type ServedLog,
  serve,
  shownBy,
  TestIssuer,
} from '../../../test/support/monitored.js';
import { thorough } from '../../../test/support/thoroughness.js';
import { cosignerOf } from '../../note/cosignature.js';
import type { Witness } from '../../note/witness.js';
import type { FileLog } from '../log/file-log.js';
import { openLocalWitness } from '../witness/local-witness.js';

/** What can happen. */
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('work' as const), count: fc.integer({ min: 1, max: 40 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('look' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart log' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart witnesses' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('new epoch' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('keep what is shown' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('clock' as const),
      witness: fc.nat(2),
      by: fc.integer({ min: -900_000_000, max: 900_000_000 }),
    }),
  },
);

type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

class World {
  readonly folder = temporaryFolder();
  readonly clocks = [0, 0, 0];
  /** What people were given over time. */
  readonly given: Uint8Array[] = [];
  log!: FileLog;
  issuer!: TestIssuer;
  served!: ServedLog;

  async open(): Promise<void> {
    this.log = await openReceiptLog(this.folder.path, {
      witnesses: await this.witnesses(),
      quorum: quorumOf(3),
      now: () => Date.now() + (this.clocks[0] ?? 0),
    });
    this.issuer = new TestIssuer(this.log);
    await this.issuer.begin();
  }

  witnesses(): Promise<Witness[]> {
    return Promise.all(
      WITNESSES.map(({ key, signer }, at) =>
        openLocalWitness({
          folder: join(this.folder.path, `witness-${at}`),
          cosigners: [cosignerOf(key, signer)],
          logs: [LOG.key],
          now: () => Date.now() + (this.clocks[at] ?? 0),
          disk: hastyDisk,
        }),
      ),
    );
  }

  async witnessed(): Promise<void> {
    await this.log.reached(this.log.signed.size - 1, 'witnessed', 5000);
  }

  async take(what: Step): Promise<void> {
    switch (what.do) {
      case 'work':
        await this.issuer.work(what.count);
        return this.witnessed();
      case 'new epoch':
        return this.issuer.beginEpoch();
      case 'keep what is shown':
        this.given.push(shownBy(this.log));
        return;
      case 'clock':
        this.clocks[what.witness] = what.by;
        return;
      case 'restart log':
      case 'restart witnesses':
        // Witnesses in this process live and die with the log.
        await this.log.close();
        await this.open();
        this.served.log = this.log;
        return this.witnessed();
      case 'look': {
        const looked = await lookOnce(this.folder.path, this.served.url, { checkpoints: this.given });
        expect(found(looked)).toEqual([]);
      }
    }
  }

  async end(): Promise<void> {
    await this.served.close();
    await this.log.close();
    this.folder.remove();
  }
}

describe('honest histories (property)', () => {
  it('never yield evidence or findings', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 12 }), async steps => {
        const world = new World();
        await world.open();
        world.served = await serve(world.log);
        try {
          await world.witnessed();
          for (const one of steps) await world.take(one);
          world.given.push(shownBy(world.log));
          await world.take({ do: 'look' });
          expect(existsSync(join(world.folder.path, 'monitor', 'evidence'))).toBe(false);
        } finally {
          await world.end();
        }
      }),
      { numRuns: thorough(8, 3) },
    );
  });
});
