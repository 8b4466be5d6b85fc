import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ALL_POLICIES,
  type Attest,
  type AttestedOptions,
  AttestedServer,
  attestedUpstream,
  goodTimes,
  honest,
  POLICIES,
  providerNamed,
  tlsIdentity,
} from '../../../../test/end-to-end/attested-server.js';
import { ask, chat } from '../../../../test/end-to-end/client.js';
import { type GatewayOptions, openGateway, type TestGateway } from '../../../../test/end-to-end/gateway.js';
import { receiptOf } from '../../../../test/end-to-end/receipts.js';
import { TestUpstream } from '../../../../test/end-to-end/upstreams.js';
import { ISSUED, makeCollateral } from '../../../../test/support/evidence/dcap.js';
import { MADE_AT, makeNitro, measurement } from '../../../../test/support/evidence/nitro.js';
import { countersignAnswer } from '../../../../test/support/evidence/providers.js';
import { SIMULATED_ROOTS } from '../../../../test/support/evidence/roots.js';
import { makeSnp } from '../../../../test/support/evidence/snp.js';
import { evidenceFacts } from '../../../appraise/kept/facts.js';
import type { PolicyInput } from '../../../appraise/policy/language.js';
import { sha256 } from '../../../bytes/cryptography.js';
import { toHex } from '../../../bytes/hex.js';
import { formatAttestationAnswer, parseAttestationAnswer } from '../../../evidence/countersign/answer.js';
import { formatAttested } from '../../../evidence/countersign/statement.js';
import { verifySnp } from '../../../evidence/snp/verify.js';
import type { ReportedAttestation } from '../../../receipt/exchange-report.js';
import type { RevocationField } from '../../../receipt/revocation-words.js';
import type { RouteDescriptions } from '../routing/route-description.js';
import { RevokedFacts } from './revoked-facts.js';

const PROMPT = 'a prompt that nobody else may see';
const body = chat({}, PROMPT);

let server: AttestedServer;
let folder: string;
let reports: ReportedAttestation[];
/** By how many milliseconds the upstream's clock is ahead. */
let later: number;

beforeEach(async () => {
  server = await AttestedServer.start();
  folder = await mkdtemp(join(tmpdir(), 'countersign-attested-'));
  reports = [];
  later = 0;
});

afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function withGateway(
  options: Partial<AttestedOptions> & { readonly gateway?: GatewayOptions; readonly address?: string },
  use: (gateway: TestGateway) => Promise<void>,
): Promise<void> {
  const { gateway: others = {}, address = server.origin, ...attested } = options;
  const clock = goodTimes();
  const upstream = attestedUpstream(address, {
    provider: providerNamed('countersign'),
    archive: join(folder, 'archive'),
    reports,
    now: () => clock() + later,
    ...attested,
  });
  const gateway = await openGateway({ folder, made: [upstream], retries: { retries: 0 }, ...others });
  try {
    await use(gateway);
    expect(gateway.problems).toEqual([]);
  } finally {
    await gateway.close();
  }
}

describe('an upstream that shows what it is', () => {
  it('is sent the request, and the receipt names the evidence, which is served', async () => {
    await withGateway({}, async gateway => {
      const got = await ask(gateway.address, { body });
      expect(got.status).toBe(200);
      expect(server.prompts).toHaveLength(1);
      const receipt = await receiptOf(gateway, got);
      expect(receipt.evidence).toMatchObject([
        { type: 'upstream-attestation', mediaType: 'application/json' },
      ]);
      expect(receipt.upstream?.tlsSpki).toBe(toHex(sha256(server.identity.keys.spki)));
      const digest = receipt.evidence[0]?.digest;
      const kept = await ask(gateway.address, { path: `/v1/evidence/${digest}` });
      expect(toHex(sha256(kept.body))).toBe(digest);
      expect(reports).toMatchObject([{ upstream: 'attested', reason: null, evidence: digest }]);
    });
  });

  it('is asked once for any number of requests', async () => {
    await withGateway({}, async gateway => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => ask(gateway.address, { body })));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      expect(server.asked).toBe(1);
    });
  });

  it.each(['nitro', 'tdx'] as const)('on a machine of another kind: %s', async kind => {
    server.attest = ({ nonce, tls }) => countersignAnswer({ nonce, tls, kind });
    await withGateway({ policies: ALL_POLICIES }, async gateway => {
      const got = await ask(gateway.address, { body });
      expect([got.status, reports[0]?.reason]).toEqual([200, null]);
    });
  });
});

const stall: Attest = () => undefined;
/** Evidence of one machine beside the statement of another. */
const swapped: Attest = ({ nonce, tls }) => {
  const { statement } = parseAttestationAnswer(countersignAnswer({ nonce, tls }));
  const { evidence } = parseAttestationAnswer(countersignAnswer({ nonce: nonce.with(0, 1), tls }));
  return formatAttestationAnswer({ statement, evidence });
};
const old =
  (age: number): Attest =>
  ({ nonce, tls }) => {
    const { statement } = parseAttestationAnswer(countersignAnswer({ nonce, tls }));
    const members = { user_data: sha256(statement), timestamp: MADE_AT - age * 1000 };
    return formatAttestationAnswer({
      statement,
      evidence: { kind: 'nitro', document: makeNitro({ members }) },
    });
  };
const debug: Attest = ({ nonce, tls }) =>
  countersignAnswer({
    nonce,
    tls,
    snp: { edit: view => view.setBigUint64(8, view.getBigUint64(8, true) | (1n << 19n), true) },
  });
const tdx: Attest = ({ nonce, tls }) => countersignAnswer({ nonce, tls, kind: 'tdx' });
const minimumTcb = { milan: { fmc: null, bootLoader: 255, tee: 255, snp: 255, microcode: 255 } };
const endless: Attest = (_, response) => {
  response.writeHead(200, { 'content-length': 10 * 1024 ** 3 });
  const part = Buffer.alloc(1 << 20);
  const go = () => {
    while (!response.destroyed && response.write(part));
  };
  response.on('drain', go);
  go();
  return undefined;
};

/** What the tests' machine of AMD's is of. */
const FACTS = evidenceFacts(await verifySnp(makeSnp()));

/** As after a revocation of the first fact of that kind. */
function revokedIn(field: RevocationField): RevokedFacts {
  const revoked = new RevokedFacts();
  const value = FACTS.find(fact => fact.field === field)?.value as string;
  const revocation = { field, value, reason: 'compromised', since: null } as const;
  revoked.replace([{ revocation, decided: 1, entry: 7 }]);
  return revoked;
}

const REFUSED: readonly (readonly [string, string, Attest, Partial<AttestedOptions>])[] = (
  [
    [
      'another nonce',
      'provider/nonce-mismatch',
      ({ nonce, tls }) => countersignAnswer({ nonce: nonce.with(0, 256 - (nonce[0] as number)), tls }),
    ],
    ['no nonce', 'provider/nonce-mismatch', ({ tls }) => countersignAnswer({ nonce: null, tls })],
    ['swapped halves', 'provider/binding-mismatch', swapped],
    [
      'stale evidence',
      'nitro/stale',
      old(590),
      { policies: { ...POLICIES, nitro: { ...POLICIES.nitro, maximumAge: 60 } } },
    ],
    [
      'a chip that was revoked',
      'certificate/revoked',
      tdx,
      { collateral: makeCollateral({ pckCrl: { revoked: [{ serial: 3, at: ISSUED }] } }) },
    ],
    ['no collateral', 'collateral/missing', tdx, { collateral: null }],
    ['a guest that may be debugged', 'snp/debug', debug],
    [
      'a TCB that was put back',
      'snp/tcb-refused',
      honest,
      { policies: { ...POLICIES, snp: { ...POLICIES.snp, minimumTcb } } },
    ],
    [
      'another release',
      'snp/measurement-refused',
      honest,
      { policies: { ...POLICIES, snp: { ...POLICIES.snp, measurements: [measurement(9)] } } },
    ],
    ...(['chip', 'tcb', 'measurement'] as const).map(
      field =>
        [
          `a ${field} that the log has revoked`,
          `revocation/${field}`,
          honest,
          { revoked: revokedIn(field) },
        ] as const,
    ),
    ['software that nobody has named', 'attestation/software-unnamed', tdx],
    [
      'the key of another connection',
      'provider/tls-mismatch',
      ({ nonce }) => countersignAnswer({ nonce, tls: new Uint8Array(32) }),
    ],
    ['no key of TLS', 'provider/tls-unbound', ({ nonce }) => countersignAnswer({ nonce, tls: null })],
    ['a simulated machine', 'evidence/simulated', honest, { roots: SIMULATED_ROOTS }],
    [
      'a maker whom nobody knows',
      'certificate/root-unknown',
      honest,
      { roots: { nitro: [], snp: [], dcap: [] } },
    ],
    ['something else', 'provider/answer-malformed', () => Buffer.from('{}')],
    ['silence', 'attestation/late', stall, { patience: 300 }],
    ['ten gigabytes', 'attestation/excessive', endless],
    [
      'a redirect',
      'attestation/refused',
      (_, response) => void response.writeHead(302, { location: 'https://127.0.0.1:1/' }).end(),
    ],
    ['an error', 'attestation/refused', (_, response) => void response.writeHead(404).end()],
    ['hanging up', 'attestation/unreachable', (_, response) => void response.destroy()],
  ] as const satisfies readonly (readonly [string, string, Attest, Partial<AttestedOptions>?])[]
).map(([what, code, attest, options = {}]) => [what, code, attest, options]);

describe('an upstream that does not', () => {
  it.each(REFUSED)('%s: %s, before the prompt leaves', async (_, code, attest, options) => {
    server.attest = attest;
    await withGateway(options, async gateway => {
      const got = await ask(gateway.address, { body });
      expect(got.status).toBe(502);
      expect(got.headers['countersign-reason']).toBe('upstream/unattested');
      expect(got.body.toString()).toContain(code);
      expect(server.prompts).toEqual([]);
      expect(reports.at(-1)?.reason).toBe(code);
      const receipt = await receiptOf(gateway, got);
      expect(receipt).toMatchObject({
        attempts: [{ upstream: 'attested', outcome: 'failed', reason: code, status: null }],
        request: { sent: null },
        response: { status: 'refused', reason: 'upstream/unattested' },
        upstream: null,
      });
      expect(receipt.evidence[0]?.digest ?? null).toBe(reports.at(-1)?.evidence);
    });
  });

  it('what was good once is not taken twice', async () => {
    let first: Uint8Array | undefined;
    server.attest = asked => {
      first ??= honest(asked, undefined as never);
      return first;
    };
    await withGateway({}, async gateway => {
      expect((await ask(gateway.address, { body })).status).toBe(200);
      // Its time is over.
      later = 600_000;
      const got = await ask(gateway.address, { body });
      expect(got.body.toString()).toContain('provider/nonce-mismatch');
      expect(server.prompts).toHaveLength(1);
    });
  });

  it('what the log revokes while its time is not over is sent nothing more', async () => {
    const revoked = new RevokedFacts();
    await withGateway({ revoked }, async gateway => {
      expect((await ask(gateway.address, { body })).status).toBe(200);
      const value = FACTS.find(({ field }) => field === 'chip')?.value as string;
      const revocation = { field: 'chip', value, reason: 'compromised', since: null } as const;
      revoked.replace([{ revocation, decided: Date.now(), entry: 7 }]);
      const got = await ask(gateway.address, { body });
      expect(got.status).toBe(502);
      expect(got.body.toString()).toContain('revocation/chip');
      expect(server.prompts).toHaveLength(1);
      const { evidence, attempts } = await receiptOf(gateway, got);
      expect(attempts).toMatchObject([{ reason: 'revocation/chip' }]);
      expect(evidence[0]?.digest).toBe(reports.at(-1)?.evidence);
      // Another chip is another machine.
      server.attest = ({ nonce, tls }) => countersignAnswer({ nonce, tls, kind: 'nitro' });
      later = 2000;
      expect((await ask(gateway.address, { body })).status).toBe(200);
    });
  });

  it('without TLS there is no key to compare', async () => {
    await withGateway({ address: server.origin.replace('https', 'http') }, async gateway => {
      const got = await ask(gateway.address, { body });
      expect(got.status).toBe(502);
      expect(server.prompts).toEqual([]);
    });
  });
});

describe('a connection that ends at another key', () => {
  it('has the upstream asked again, and is used where it has shown that key as well', async () => {
    await withGateway({}, async gateway => {
      await ask(gateway.address, { body });
      server.become(tlsIdentity());
      server.hangUp();
      later = 2000;
      const got = await ask(gateway.address, { body });
      expect(got.status).toBe(200);
      expect(server.asked).toBe(2);
      const { upstream, evidence } = await receiptOf(gateway, got);
      expect(upstream?.tlsSpki).toBe(toHex(sha256(server.identity.keys.spki)));
      expect(evidence[0]?.digest).toBe(reports.at(-1)?.evidence);
    });
  });

  it('is not used, and is no reason to ask again, right after the upstream was asked', async () => {
    const now = goodTimes()();
    await withGateway({ now: () => now }, async gateway => {
      await ask(gateway.address, { body });
      server.become(tlsIdentity());
      server.hangUp();
      const got = await ask(gateway.address, { body });
      expect(got.status).toBe(502);
      expect(got.body.toString()).toContain('attestation/key-unattested');
      expect([server.asked, server.prompts.length]).toEqual([1, 1]);
    });
  });

  it('is not used where the upstream shows the former key', async () => {
    await withGateway({}, async gateway => {
      await ask(gateway.address, { body });
      const former = sha256(server.identity.keys.spki);
      server.attest = ({ nonce }) => countersignAnswer({ nonce, tls: former });
      server.become(tlsIdentity());
      server.hangUp();
      later = 2000;
      const got = await ask(gateway.address, { body });
      expect(got.status).toBe(502);
      expect(got.body.toString()).toContain('provider/tls-mismatch');
      expect(server.prompts).toHaveLength(1);
    });
  });
});

describe('under a policy', () => {
  const rule = (...checks: NonNullable<PolicyInput['rules'][number]['checks']>): PolicyInput => ({
    name: 'test',
    rules: [{ name: 'all', checks }],
  });
  const asking = (onFailure: 'block' | 'reroute' | 'flag') =>
    rule({ check: 'upstream-attested', stage: 'before', onFailure });
  const requiring = (onFailure: 'block' | 'flag'): PolicyInput => ({
    name: 'test',
    rules: [{ name: 'all', upstreams: { names: ['attested'] }, require: { place: 'handoff', onFailure } }],
  });

  it.each([
    ['that asks for it', asking('block')],
    ['that requires the grade', requiring('block')],
  ])('%s, a good upstream is asked', async (_, policy) => {
    await withGateway({ gateway: { policy } }, async gateway => {
      const got = await ask(gateway.address, { body });
      expect([got.status, server.prompts.length]).toEqual([200, 1]);
      const receipt = await receiptOf(gateway, got);
      expect(receipt.policy).not.toHaveProperty('findings');
      expect(receipt.evidence).toHaveLength(1);
    });
  });

  it.each([
    ['that asks for it', asking('block'), 'clause/attestation-missing', 'upstream-attested'],
    ['that requires the grade', requiring('block'), 'clause/grade-missed', 'grades'],
  ])('%s, one that is not is refused by the clause', async (_, policy, code, check) => {
    server.attest = debug;
    await withGateway({ gateway: { policy } }, async gateway => {
      const got = await ask(gateway.address, { body });
      expect([got.status, got.headers['countersign-reason']]).toEqual([502, code]);
      expect(server.prompts).toEqual([]);
      const receipt = await receiptOf(gateway, got);
      expect(receipt).toMatchObject({
        attempts: [{ upstream: 'attested', reason: 'snp/debug' }],
        policy: { findings: [{ check, stage: 'before', done: 'block' }] },
        response: { status: 'refused', reason: code },
      });
      expect(receipt.evidence[0]?.digest).toBe(reports.at(-1)?.evidence);
    });
  });

  it.each([
    ['that asks for it', asking('flag'), 'upstream-attested'],
    ['that requires the grade', requiring('flag'), 'grades'],
  ])('%s with a flag, it is asked all the same, and the receipt says so', async (_, policy, check) => {
    server.attest = debug;
    await withGateway({ gateway: { policy } }, async gateway => {
      const got = await ask(gateway.address, { body });
      expect([got.status, server.prompts.length]).toEqual([200, 1]);
      const receipt = await receiptOf(gateway, got);
      expect(receipt.policy.findings).toEqual([{ check, done: 'flag', stage: 'before' }]);
      // What it has shown is named, and is no evidence for it.
      expect(receipt.evidence[0]?.digest).toBe(reports.at(-1)?.evidence);
    });
  });

  it.each<readonly [string, GatewayOptions, number, number]>([
    ['without a policy another upstream of the route is asked in its place', {}, 200, 1],
    ['a policy that asks all of them for it finds none there', { policy: asking('reroute') }, 502, 0],
  ])('%s', async (_, others, status, asked) => {
    server.attest = debug;
    const other = await TestUpstream.start();
    const more = { other: { base: other.base } };
    const routes: RouteDescriptions = new Map([
      [
        'both',
        [
          { balance: 'weight', targets: [{ model: 'attested/test-model', weight: 1 }] },
          { balance: 'weight', targets: [{ model: 'other/test-model', weight: 1 }] },
        ],
      ],
    ]);
    try {
      await withGateway({ gateway: { more, routes, ...others } }, async gateway => {
        const got = await ask(gateway.address, { body: chat({ model: 'both' }, PROMPT) });
        expect([got.status, server.prompts, other.requests.length]).toEqual([status, [], asked]);
      });
    } finally {
      await other.close();
    }
  });
});

describe('the statement', () => {
  it('names the key of receipts, which goes with the evidence', async () => {
    server.attest = ({ nonce, tls }) => {
      const bytes = countersignAnswer({ nonce, tls });
      const { stated, evidence } = parseAttestationAnswer(bytes);
      // One member changed after the fact is another statement.
      return formatAttestationAnswer({ evidence, statement: formatAttested({ ...stated, epoch: null }) });
    };
    await withGateway({}, async gateway => {
      const got = await ask(gateway.address, { body });
      expect(got.body.toString()).toContain('provider/binding-mismatch');
      expect(server.prompts).toEqual([]);
    });
  });
});
