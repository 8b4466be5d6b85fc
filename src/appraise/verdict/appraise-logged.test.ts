/** Appraisal is a function of its inputs: whoever judges again, and wherever, comes to the same bytes. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TRUST_FILE } from '../../../test/support/parties.js';
import { make } from '../../../test/support/sample-exchange.js';
import { COMPLETED } from '../../../test/support/sample-receipt.js';
import { canonicalize, type Json } from '../../bytes/json.js';
import { fromUtf8, utf8 } from '../../bytes/octets.js';
import { bundleOfEntry, parseBundle } from '../../receipt/bundle.js';
import { envelopeBytes, parseEnvelope } from '../../receipt/envelope.js';
import { parseTrust } from '../trust.js';
import { appraisalPolicyOf } from './appraisal-policy.js';
import { appraise } from './appraise.js';
import { appraiseLogged } from './appraise-logged.js';

const TRUST_BYTES = utf8(JSON.stringify(TRUST_FILE));
const samples = await Promise.all([make(), make({ form: 'stream' })]);

const policies = fc.record(
  {
    name: fc.constantFrom('one', 'another'),
    requires: fc.record(
      {
        model: fc.constantFrom('asserted'),
        place: fc.constantFrom('asserted'),
        record: fc.constantFrom('signed', 'included', 'witnessed'),
      },
      { requiredKeys: [] },
    ),
    maximumAgeDays: fc.integer({ min: 1, max: 5 }),
    claims: fc.record({ notSubstituted: fc.boolean() }),
    quorum: fc.record({ split: fc.integer({ min: 1, max: 4 }) }),
  },
  { requiredKeys: ['name'] },
);
const times = fc.integer({ min: COMPLETED - 100_000, max: COMPLETED + 6 * 86_400_000 });

const freshTrust = () => ({ trust: parseTrust(TRUST_BYTES), bytes: TRUST_BYTES });

/** The entry and the proof that a bundle is made of. */
function parts(bundle: Uint8Array) {
  const { envelope, proof } = parseBundle(bundle);
  const entry = envelopeBytes(envelope);
  return { entry, envelope: parseEnvelope(entry), proof: proof as string };
}

it('the bundle of an entry is the one that its parts are formatted to', () => {
  for (const { bundle } of samples) {
    const { entry, proof } = parts(bundle);
    expect(bundleOfEntry(entry, proof)).toEqual(bundle);
  }
});

it('the same inputs give the same bytes, from a bundle or from an entry, with or without anything remembered', async () => {
  const remembered = freshTrust();
  await fc.assert(
    fc.asyncProperty(policies, times, fc.integer({ min: 0, max: 1 }), async (policy, asOf, which) => {
      const { bundle } = samples[which] as (typeof samples)[0];
      const read = appraisalPolicyOf(policy as Json);
      const question = { trust: freshTrust(), policy: appraisalPolicyOf(policy as Json), asOf };
      const { verdict } = await appraise({ ...question, bundle, evidence: [] });
      const fromEntry = await appraiseLogged(parts(bundle), { trust: remembered, policy: read, asOf });
      expect(fromUtf8(canonicalize(fromEntry as Json))).toBe(fromUtf8(canonicalize(verdict as Json)));
    }),
    { numRuns: 60 },
  );
});

it('another process comes to the same bytes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-appraisal-'));
  try {
    const [{ bundle, asOf }] = samples;
    const policy = { name: 'sample', requires: { record: 'witnessed' }, maximumAgeDays: 1 };
    const at = (name: string) => join(folder, name);
    writeFileSync(at('bundle.json'), bundle);
    writeFileSync(at('trust.json'), TRUST_BYTES);
    writeFileSync(at('policy.json'), JSON.stringify(policy));
    const main = new URL('../../../dist/shell/cli/main.js', import.meta.url).pathname;
    const printed = execFileSync(process.execPath, [
      ...[main, 'appraise', at('bundle.json'), '--trust', at('trust.json'), '--policy', at('policy.json')],
      ...['--as-of', new Date(asOf).toISOString(), '--json'],
    ]);
    const theirs = JSON.parse(printed.toString('utf8')).verdict;
    const question = { trust: freshTrust(), policy: appraisalPolicyOf(policy), asOf };
    const ours = await appraiseLogged(parts(bundle), question);
    expect(fromUtf8(canonicalize(theirs))).toBe(fromUtf8(canonicalize(ours as Json)));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
