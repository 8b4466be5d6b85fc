import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appraisalPolicyOf } from '../../src/appraise/verdict/appraisal-policy.js';
import type { Json } from '../../src/bytes/json.js';
import { RevokedFacts } from '../../src/shell/gateway/attestation/revoked-facts.js';
import {
  ATTESTING_MACHINES,
  type AttestedRun,
  attestedAnswer,
  attestedRun,
  RUN_POLICY,
  RUN_ROOTS,
  RUN_SOFTWARE,
  type RunChanges,
} from '../support/attested-runs.js';
import { makeCollateral } from '../support/evidence/dcap.js';
import {
  type AskedForgery,
  type Cell,
  FORGED_RUNS,
  FORGED_VERDICTS,
  type ForgedRun,
  NO_VERDICT,
} from '../support/forged-runs.js';
import { judgedRun, revocationOf, verifiedRun } from '../support/shown-runs.js';
import { thorough } from '../support/thoroughness.js';
import { upstreamRun } from '../support/upstream-runs.js';
import {
  type AttestedOptions,
  AttestedServer,
  attestedUpstream,
  goodTimes,
  providerNamed,
  tlsIdentity,
} from './attested-server.js';
import { ask, chat } from './client.js';
import { openGateway, type TestGateway } from './gateway.js';
import { receiptOf } from './receipts.js';

const HOUR = 3_600_000;

let server: AttestedServer;
let folder: string;
beforeAll(async () => {
  server = await AttestedServer.start();
  folder = await mkdtemp(join(tmpdir(), 'countersign-forged-'));
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

let gateways = 0;
/** A gateway whose only upstream is the server, which has to show what it is. */
async function withGateway(
  options: Partial<AttestedOptions> & { readonly evidence?: Readonly<Record<string, Json>> },
  use: (gateway: TestGateway) => Promise<void>,
): Promise<void> {
  const { evidence = {}, ...rest } = options;
  const own = join(folder, `${gateways++}`);
  const measures = appraisalPolicyOf({ name: 'software', evidence: { ...RUN_SOFTWARE, ...evidence } });
  const { nitro, 'sev-snp': snp, tdx: dcap } = measures.evidence;
  const upstream = attestedUpstream(server.origin, {
    provider: providerNamed('countersign'),
    archive: join(own, 'archive'),
    policies: { nitro, snp, dcap },
    roots: RUN_ROOTS,
    ...rest,
  });
  const gateway = await openGateway({ folder: own, made: [upstream], retries: { retries: 0 } });
  try {
    await use(gateway);
    expect(gateway.problems).toEqual([]);
  } finally {
    await gateway.close();
  }
}

function revokedBy(shown: Pick<ForgedRun, 'revoked'>): RevokedFacts {
  const revoked = new RevokedFacts();
  const revocation = revocationOf(shown);
  if (revocation !== null) revoked.replace([{ revocation, decided: 1, entry: 7 }]);
  return revoked;
}

const UNASKED = { nonce: null, tls: null };

/** Asks through a gateway whose upstream answers like this when it is asked what it is. */
async function askedOf(
  { changes, evidence = {} }: Omit<AskedForgery, 'code'>,
  shown: Pick<ForgedRun, 'revoked'>,
) {
  server.attest = asked => attestedAnswer(asked, changes).answer;
  server.prompts.length = 0;
  const clock = goodTimes();
  const { collateral } = attestedAnswer(UNASKED, changes);
  let outcome: { readonly status: number; readonly attempts: readonly Json[] } | undefined;
  const options = {
    ...{ evidence, collateral, revoked: revokedBy(shown) },
    now: () => clock() + (changes.later ?? 0),
  };
  await withGateway(options, async gateway => {
    const got = await ask(gateway.address, { body: chat({}, 'a prompt that nobody else may see') });
    const { attempts } = await receiptOf(gateway, got);
    outcome = { status: got.status, attempts: attempts as unknown as readonly Json[] };
  });
  return { ...outcome, prompts: server.prompts.length };
}

describe('a forged run', () => {
  describe.each(FORGED_RUNS.map(row => [row.what, row] as const))('with %s', (_, row) => {
    const { verify, gateway, validator } = row;
    const [name, code] = verify;
    it(`is refuted by verify: ${code}`, async () => {
      const { outcome, checks, facts } = await verifiedRun(row);
      expect(checks.find(({ status }) => status === 'fail')).toMatchObject({ name, code });
      // Evidence that is refused takes nothing away that the receipt says by itself.
      const isOfEvidence = name === 'evidence' || name === 'binding';
      expect([outcome, facts.place.grade]).toEqual(['fail', isOfEvidence ? 'asserted' : 'none']);
    });

    if (typeof gateway !== 'string')
      it(`is refuted by the gateway, before the prompt leaves: ${gateway.code}`, async () => {
        expect(await askedOf(gateway, row)).toMatchObject({
          status: 502,
          attempts: [{ outcome: 'failed', reason: gateway.code, status: null }],
          prompts: 0,
        });
      });

    if (typeof validator !== 'string')
      it(`is refuted by a validator: ${validator[1]}`, async () => {
        const { clauses, outcome } = (await judgedRun(row)).verdict;
        const [clause, code] = validator;
        expect(clauses.find(({ status }) => status === 'fail')).toMatchObject({ clause, code });
        expect(clauses.find(each => each.clause === 'place')).toMatchObject({ status: 'fail' });
        expect(outcome).toBe('fail');
      });
  });

  it.each(ATTESTING_MACHINES)('differs in that one thing: without it, one of %s passes', async machine => {
    const run = attestedRun({ machine });
    expect((await verifiedRun({ run })).outcome).toBe('pass');
    expect((await judgedRun({ run })).verdict.outcome).toBe('pass');
    expect(await askedOf({ changes: { machine } }, {})).toMatchObject({ status: 200, prompts: 1 });
    const handed = {
      run: upstreamRun({ machine }),
      policy: { ...RUN_POLICY, requires: { place: 'handoff' } },
    };
    const { outcome, facts } = await verifiedRun(handed);
    expect([outcome, facts.place.grade, (await judgedRun(handed)).verdict.outcome]).toEqual([
      'pass',
      'handoff',
      'pass',
    ]);
  });
});

describe('docs/forged-runs.md', () => {
  const shown = (cell: Cell | AskedForgery) =>
    typeof cell === 'string' ? cell : `\`${'code' in cell ? cell.code : cell[1]}\``;
  const rows = [
    ...FORGED_RUNS.map(({ what, verify, gateway, validator }) => [what, verify, gateway, validator] as const),
    ...Object.values(FORGED_VERDICTS).map(
      ({ what, code }) => [what, NO_VERDICT.verify, NO_VERDICT.gateway, ['audit', code]] as const,
    ),
  ];

  it('has the table, with a cell for each of the three, also where one of them cannot see it', () => {
    const page = readFileSync(new URL('../../docs/forged-runs.md', import.meta.url), 'utf8');
    const lines = rows.map(([what, ...cells]) => `| ${[what, ...cells.map(shown)].join(' | ')} |`);
    expect(page.split('\n').filter(line => /^\| (?!forged \|)/.test(line))).toEqual(lines);
  });
});

describe('of honest runs none is refuted', () => {
  const RUNS = thorough(1000, 40);
  const machines = fc.constantFrom(...ATTESTING_MACHINES);
  const octets = fc.option(fc.uint8Array({ minLength: 32, maxLength: 32 }));
  const later = fc.integer({ min: 0, max: 2 * HOUR });
  const runs: fc.Arbitrary<AttestedRun> = fc
    .tuple(machines, octets, octets, later)
    .map(([machine, nonce, tls, later]) => attestedRun({ machine, later, statement: { nonce, tls } }));

  it('by verify', { timeout: 120_000 }, async () => {
    const unlike = async (run: AttestedRun) => {
      const { outcome, checks, facts } = await verifiedRun({ run });
      expect(checks.filter(({ status }) => status === 'fail')).toEqual([]);
      expect([outcome, facts.place.grade]).toEqual(['pass', 'hardware']);
    };
    await fc.assert(fc.asyncProperty(runs, unlike), { numRuns: RUNS });
  });

  it('by a validator', { timeout: 120_000 }, async () => {
    const unlike = async (run: AttestedRun) => {
      const { clauses } = (await judgedRun({ run })).verdict;
      expect(clauses.filter(({ status }) => status !== 'pass')).toEqual([]);
    };
    await fc.assert(fc.asyncProperty(runs, unlike), { numRuns: RUNS });
  });

  it('by the gateway, which asks each time anew', { timeout: 300_000 }, async () => {
    const clock = goodTimes();
    let passed = 0;
    let changes: RunChanges = {};
    server.prompts.length = 0;
    server.attest = asked => attestedAnswer(asked, changes).answer;
    const [asked, every] = [server.asked, 1000];
    await withGateway(
      { collateral: makeCollateral(), every, now: () => clock() + passed * 2 * every },
      async gateway => {
        for (; passed < RUNS; passed++) {
          const machine = ATTESTING_MACHINES[passed % ATTESTING_MACHINES.length] as 'nitro';
          changes = { machine };
          // From time to time it starts anew, with another key.
          if (passed % 10 === 9) {
            server.become(tlsIdentity());
            server.hangUp();
          }
          const { status } = await ask(gateway.address, { body: chat() });
          expect([passed, machine, status]).toEqual([passed, machine, 200]);
        }
      },
    );
    expect(server.prompts).toHaveLength(RUNS);
    expect(server.asked - asked).toBeGreaterThanOrEqual(RUNS);
  });
});
