import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask } from '../../../test/end-to-end/client.js';
import { serve } from '../../../test/end-to-end/process.js';
import { readLog } from '../../../test/end-to-end/published-log.js';
import { exchangeOf, fetchBundle } from '../../../test/end-to-end/receipts.js';
import { TestUpstream } from '../../../test/end-to-end/upstreams.js';
import { parseTrust } from '../../appraise/trust.js';
import { parseBundle } from '../../receipt/bundle.js';
import { readEntry } from '../../receipt/entry.js';
import { EPOCH } from '../../receipt/epoch.js';
import { POLICY } from '../../receipt/policy.js';
import { RECEIPT } from '../../receipt/receipt.js';
import { predicateTypeOf, readStatement } from '../../receipt/statement.js';

let folder: string;
let upstream: TestUpstream;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-up-'));
  upstream = await TestUpstream.start();
});

afterEach(async () => {
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

const data = () => ['--data', folder];

async function receiptFrom(address: string, exchange: string) {
  return readStatement(RECEIPT, parseBundle(await fetchBundle({ address }, exchange)).envelope).predicate;
}

describe('countersign up, started more than once', () => {
  it('logs its policy once, however often it is started, and every receipt names that entry', async () => {
    const indices: number[] = [];
    let types: (string | null)[] = [];
    for (let start = 1; start <= 3; start++) {
      const gateway = await serve(data());
      const { address, models, trust } = gateway.summary;
      const messages = [{ role: 'user', content: 'Hello!' }];
      const got = await ask(address, { body: { model: models[0], messages } });
      indices.push((await receiptFrom(address, exchangeOf(got))).policy.index);
      const { entries } = await readLog(address, parseTrust(readFileSync(trust)));
      types = entries.map(entry => predicateTypeOf(readEntry(entry)));
      await gateway.stop();
    }
    const of = (type: string) => types.flatMap((found, index) => (found === type ? [index] : []));
    expect(of(POLICY.predicateType)).toHaveLength(1);
    expect(indices).toEqual([0, 0, 0].map(() => of(POLICY.predicateType)[0]));
    expect(of(EPOCH.predicateType)).toHaveLength(3);
    expect(of(RECEIPT.predicateType)).toHaveLength(3);
  });

  it('logs another policy when it has another upstream, and the first one again when it has not', async () => {
    const indices: number[] = [];
    for (const args of [[], ['--upstream', upstream.base], []]) {
      const gateway = await serve([...data(), ...args]);
      const { address, models } = gateway.summary;
      const got = await ask(address, {
        body: { model: models[0], messages: [{ role: 'user', content: 'x' }] },
      });
      indices.push((await receiptFrom(address, exchangeOf(got))).policy.index);
      await gateway.stop();
    }
    expect(indices[1]).toBeGreaterThan(indices[0] ?? 0);
    expect(indices[2]).toBe(indices[0]);
  });
});
