/** A gateway's answer about its own machine, handed to an appraiser with a receipt that it has signed there. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask } from '../../../test/end-to-end/client.js';
import { run, type Served, serve } from '../../../test/end-to-end/process.js';
import { exchangeOf, fetchBundle } from '../../../test/end-to-end/receipts.js';

let folder: string;
let gateway: Served;
const at = (name: string) => join(folder, name);
const MEASURED = 'ab'.repeat(48);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-attested-'));
  gateway = await serve(['--data', at('house'), '--attester', 'simulated']);
  const { address, models } = gateway.summary;
  const answer = await ask(address, {
    body: { model: models[0], messages: [{ role: 'user', content: 'Hello' }], max_tokens: 1 },
  });
  writeFileSync(at('bundle.json'), await fetchBundle({ address }, exchangeOf(answer)));
  const attestation = await fetch(`${address}/v1/attestation?nonce=${'0f'.repeat(16)}`);
  writeFileSync(at('attestation.json'), Buffer.from(await attestation.arrayBuffer()));
  writeFileSync(
    at('policy.yaml'),
    `name: a\nrequires: { place: hardware }\nreleases: [{ name: b, measurements: ['${MEASURED}'] }]\n`,
  );
});
afterAll(async () => {
  await gateway.stop();
  rmSync(folder, { recursive: true });
});

it('is read with its statement, and counts for nothing under a root that is no maker’s', async () => {
  const { code, stdout } = await run([
    ...['appraise', at('bundle.json'), '--trust', gateway.summary.trust, '--policy', at('policy.yaml')],
    ...['--evidence', at('attestation.json'), '--json'],
  ]);
  expect(code).toBe(10);
  const { clauses, evidence } = JSON.parse(stdout).verdict;
  const found = (name: string) => clauses.find(({ clause }: { clause: string }) => clause === name);
  // What nobody believes ties nothing to anything.
  expect(found('binding')).toMatchObject({ status: 'inconclusive', code: 'binding/evidence-refused' });
  expect(found('evidence')).toMatchObject({ status: 'fail', code: 'certificate/root-unknown' });
  expect(found('place')).toMatchObject({ status: 'fail' });
  expect(evidence).toMatchObject([{ kind: 'sev-snp', statement: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
});
