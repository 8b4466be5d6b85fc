import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KeepingOptions, TestMachine, testKeeping } from '../../../test/end-to-end/attested-machine.js';
import {
  AttestedServer,
  attestedUpstream,
  goodTimes,
  providerNamed,
} from '../../../test/end-to-end/attested-server.js';
import { ask, chat } from '../../../test/end-to-end/client.js';
import { CANNED_MODEL, openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { exchangeOf, fetchBundle, receiptOf } from '../../../test/end-to-end/receipts.js';
import {
  ATTESTING_MACHINES,
  type AttestingMachine,
  attestedAnswer,
  attestedRun,
  RUN_POLICY,
  RUN_ROOTS,
  RUN_SOFTWARE,
  type RunChanges,
} from '../../../test/support/attested-runs.js';
import { makeCollateral } from '../../../test/support/evidence/dcap.js';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { STRANGER } from '../../../test/support/parties.js';
import { judgedRun } from '../../../test/support/shown-runs.js';
import type { EvidenceTrust } from '../../appraise/kept/material.js';
import { type AppraisalPolicy, appraisalPolicyOf } from '../../appraise/verdict/appraisal-policy.js';
import { appraise } from '../../appraise/verdict/appraise.js';
import { attestationEvidence, type MachineEvidence } from '../../appraise/verdict/attestation-evidence.js';
import { evidenceArtefactOf } from '../../appraise/verdict/evidence-json.js';
import { formatGatewayAttestation } from '../../appraise/verdict/gateway-attestation.js';
import type { EvidenceArtefact } from '../../appraise/verdict/weighed-evidence.js';
import { toBase64 } from '../../bytes/base64.js';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { canonicalize } from '../../bytes/json.js';
import { utf8 } from '../../bytes/octets.js';
import type { EvidenceSource } from '../../evidence/countersign/source.js';
import { parseBundle } from '../../receipt/bundle.js';
import { envelopeBytes } from '../../receipt/envelope.js';
import type { Receipt } from '../../receipt/receipt.js';
import type { Verdict } from '../../receipt/verdict.js';
import { parseTlogProof } from '../../tree/tlog-proof.js';
import { simulatedAttester } from '../attester/attester.js';
import { SimulatedSource } from '../attester/simulated-source.js';
import { HttpServer } from '../http/server.js';
import { gatewayEvidence } from './gateway-evidence.js';
import { judgeReceipts } from './judge-receipts.js';

const FOREVER = new AbortController().signal;

/** The verdict of a validator on an exchange, by what the gateway serves. `roots`: the makers' own, where it is null. */
async function verdictOf(
  gateway: TestGateway,
  exchange: string,
  policy: AppraisalPolicy,
  roots: EvidenceTrust | null = RUN_ROOTS,
): Promise<Verdict> {
  const { envelope, proof } = parseBundle(await fetchBundle(gateway, exchange));
  const { index, hashes, checkpoint } = parseTlogProof(proof as string);
  const trust = { trust: gateway.trust, bytes: utf8(gateway.trustText) };
  const { lines } = await judgeReceipts(
    [{ index, entry: envelopeBytes(envelope) }],
    checkpoint,
    async () => () => hashes.map(toBase64),
    { trust, policy, asOf: Date.now(), ...(roots && { roots }) },
    gatewayEvidence(`${gateway.address}/`, FOREVER),
  );
  const [, line] = new TextDecoder().decode(lines.format(envelope, checkpoint)).split('\n');
  return JSON.parse(line as string).verdict;
}

describe('the evidence of a gateway whose upstream attests itself', () => {
  let folder: string;
  let upstream: AttestedServer;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'countersign-gateway-evidence-'));
    upstream = await AttestedServer.start();
  });
  afterEach(async () => {
    await upstream.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** The verdict on an answer of that upstream, by what the gateway serves when the upstream is gone and nobody asks any maker. */
  async function judged(machine: AttestingMachine, collateral: Uint8Array | null): Promise<Verdict> {
    upstream.attest = asked => attestedAnswer(asked, { machine }).answer;
    const measures = appraisalPolicyOf({ name: 'software', evidence: RUN_SOFTWARE }).evidence;
    const now = goodTimes();
    const made = attestedUpstream(upstream.origin, {
      ...{ provider: providerNamed('countersign'), archive: join(folder, 'archive'), roots: RUN_ROOTS },
      policies: { nitro: measures.nitro, snp: measures['sev-snp'], dcap: measures.tdx },
      ...{ collateral, now },
    });
    const policy = { name: 'test', rules: [{ name: 'all', checks: [FLAGGED] }] };
    const gateway = await openGateway({ folder, made: [made], now, policy });
    try {
      const got = await ask(gateway.address, { body: chat() });
      expect(got.status).toBe(200);
      expect((await receiptOf(gateway, got)).evidence).toMatchObject([{ type: 'upstream-attestation' }]);
      await upstream.close();
      return await verdictOf(gateway, exchangeOf(got), HANDED_ON);
    } finally {
      await gateway.close();
    }
  }

  const FLAGGED = { check: 'upstream-attested', stage: 'before', onFailure: 'flag' } as const;
  const HANDED_ON = appraisalPolicyOf({ ...RUN_POLICY, requires: { place: 'handoff' } });

  it.each(ATTESTING_MACHINES)(
    'shows the handoff, by the collateral that was archived with it: %s',
    async machine => {
      const { clauses, evidence } = await judged(machine, makeCollateral());
      expect(clauses.filter(({ status }) => status !== 'pass')).toEqual([]);
      expect(clauses.map(({ clause }) => clause)).toEqual(
        expect.arrayContaining(['evidence', 'binding', 'place']),
      );
      expect(evidence).toMatchObject([{ kind: 'upstream-attestation' }]);
    },
  );

  it('shows nothing where no collateral was to be had: none is fetched later', async () => {
    const { clauses } = await judged('tdx', null);
    expect(clauses.find(({ clause }) => clause === 'evidence')).toMatchObject({
      status: 'inconclusive',
      code: 'collateral/missing',
    });
    expect(clauses.find(({ clause }) => clause === 'place')).toMatchObject({ status: 'fail' });
  });
});

describe('the evidence of a gateway that attests itself', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'countersign-gateway-evidence-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const ON_HARDWARE = appraisalPolicyOf(RUN_POLICY);

  /** One exchange with the built-in model, whose receipt names what the machine gave. */
  async function answered(
    machine: EvidenceSource,
    keeping: KeepingOptions,
    use: (gateway: TestGateway, exchange: string, document: Buffer) => Promise<void>,
  ): Promise<void> {
    const gateway = await openGateway({
      ...{ folder, evidence: machine, now: goodTimes() },
      keeping: testKeeping(join(folder, 'archive'), keeping),
    });
    try {
      await gateway.attested?.look();
      const got = await ask(gateway.address, { body: chat({ model: CANNED_MODEL }) });
      const { evidence } = await receiptOf(gateway, got);
      expect(evidence).toMatchObject([{ type: 'gateway-attestation' }]);
      const { body } = await ask(gateway.address, { path: `/v1/evidence/${evidence[0]?.digest}` });
      await use(gateway, exchangeOf(got), body);
    } finally {
      await gateway.close();
    }
  }

  const broken = ({ clauses }: Verdict) =>
    clauses.flatMap(({ clause, code, status }) => (status === 'pass' ? [] : [[clause, code]]));

  it.each(ATTESTING_MACHINES)(
    'shows where it ran, as whoever has the evidence in hand finds: %s',
    async machine => {
      await answered(new TestMachine(machine), {}, async (gateway, exchange, document) => {
        const verdict = await verdictOf(gateway, exchange, ON_HARDWARE);
        expect(broken(verdict)).toEqual([]);
        expect(verdict.clauses.map(({ clause }) => clause)).toEqual(
          expect.arrayContaining(['evidence', 'binding', 'place']),
        );
        expect(verdict.evidence).toMatchObject([{ kind: machine, statement: expect.any(String) }]);
        const appraised = async (evidence: EvidenceArtefact) => {
          const trust = { trust: gateway.trust, bytes: utf8(gateway.trustText) };
          const bundle = await fetchBundle(gateway, exchange);
          const question = { bundle, trust, policy: ON_HARDWARE, evidence: [evidence], roots: RUN_ROOTS };
          return (await appraise({ ...question, asOf: Date.now() })).verdict;
        };
        const byHand = await appraised(evidenceArtefactOf(JSON.parse(document.toString())));
        expect([byHand.clauses, byHand.evidence]).toEqual([verdict.clauses, verdict.evidence]);
        // What the gateway answers whoever asks says the same, but for what its makers have published.
        const { body } = await ask(gateway.address, { path: '/v1/attestation' });
        const asked = await appraised(attestationEvidence(body));
        if (machine === 'tdx') expect(broken(asked)).toContainEqual(['evidence', 'collateral/missing']);
        else expect(asked.clauses).toEqual(verdict.clauses);
      });
    },
  );

  it('shows nothing where no collateral was to be had', async () => {
    await answered(new TestMachine('tdx'), { collateral: null }, async (gateway, exchange) => {
      const found = broken(await verdictOf(gateway, exchange, ON_HARDWARE));
      expect(found).toContainEqual(['evidence', 'collateral/missing']);
      expect(found.map(([clause]) => clause)).toContain('place');
    });
  });

  it('of a simulated machine is refused, and raises nothing', async () => {
    const attester = simulatedAttester(new Uint8Array(32).fill(9));
    await answered(new SimulatedSource(attester), {}, async (gateway, exchange) => {
      const verdict = await verdictOf(gateway, exchange, ON_HARDWARE, null);
      expect(verdict.outcome).toBe('fail');
      expect(broken(verdict)).toContainEqual(['evidence', 'certificate/root-unknown']);
      // Also by whoever has pinned the simulated roots, as what they are.
      const pinned = await verdictOf(gateway, exchange, ON_HARDWARE, attester.roots);
      expect(broken(pinned)).toContainEqual(['evidence', 'evidence/simulated']);
      expect(broken(pinned).map(([clause]) => clause)).toContain('place');
    });
  });
});

describe('evidence from a gateway that nobody trusts', () => {
  let served: Map<string, Uint8Array | number>;
  let asked: string[];
  let server: HttpServer;
  let url: string;
  beforeEach(async () => {
    served = new Map();
    asked = [];
    server = new HttpServer({
      ...{ host: '127.0.0.1', port: 0, statusOf: () => undefined, onProblem: () => undefined },
      routes: [
        {
          method: 'GET',
          path: /^\/v1\/evidence\/([0-9a-f]{64})$/,
          handle: (_, digest = '') => {
            asked.push(digest);
            const found = served.get(digest) ?? 404;
            return typeof found === 'number'
              ? { status: found, body: utf8('no') }
              : { status: 200, body: found };
          },
        },
      ],
    });
    url = await server.listen();
  });
  afterEach(() => server.close());

  /** Has it served, and resolves to how a receipt names it. */
  const piece = (bytes: Uint8Array, type = 'countersign-receipt', answer: Uint8Array | number = bytes) => {
    const digest = toHex(sha256(bytes));
    served.set(digest, answer);
    return { type, digest, mediaType: 'application/json', signedDigest: digest };
  };
  const of = (...evidence: Receipt['evidence']) => ({ evidence }) as Receipt;

  it('is what the receipt names, by its type, and asked for once', async () => {
    const source = gatewayEvidence(url, FOREVER);
    const [receipt, nitro, attestation] = [utf8('a receipt'), utf8('a document'), utf8('an attestation')];
    const named = of(
      piece(receipt),
      piece(nitro, 'nitro'),
      piece(attestation, 'upstream-attestation'),
      // Of two machines, one of which the upstream has beside the other.
      { ...piece(attestation, 'upstream-attestation'), signedDigest: '0'.repeat(64) },
      piece(utf8('a quote'), 'tdx'),
    );
    const artefacts = [
      { kind: 'countersign-receipt', envelope: receipt },
      {
        kind: 'nitro',
        pieces: [{ role: 'document', bytes: nitro }],
        statement: null,
      },
      { kind: 'upstream-attestation', document: attestation },
    ];
    for (let times = 0; times < 2; times++) expect(await source(named)).toEqual(artefacts);
    expect(asked).toHaveLength(3);
  });

  describe('about its own machine', () => {
    const shown = async (changes: RunChanges) => {
      const run = attestedRun(changes);
      const document = formatGatewayAttestation(run.evidence as MachineEvidence);
      const receipt = (one: Receipt) => ({
        ...(run.recipe.receipt?.(one) ?? one),
        evidence: [piece(document, 'gateway-attestation')],
      });
      const judged = { run: { ...run, recipe: { ...run.recipe, receipt } } };
      const { verdict } = await judgedRun(judged, RUN_ROOTS, gatewayEvidence(url, FOREVER));
      return Object.fromEntries(verdict.clauses.map(({ clause, code }) => [clause, code]));
    };

    it('counts where it is of the run that has signed the receipt', async () => {
      expect(await shown({})).toMatchObject({ evidence: null, binding: null, place: null });
    });

    it.each<[string, RunChanges, string]>([
      ['another epoch', { statement: { epoch: 'a'.repeat(26) } }, 'binding/epoch-mismatch'],
      ['another gateway', { statement: { issuer: STRANGER.key } }, 'binding/receipt-key-mismatch'],
      ['another statement', { carried: { epoch: 'a'.repeat(26) } }, 'binding/value-mismatch'],
    ])('of %s under the name of this one is refused', async (_, changes, code) => {
      const clauses = await shown(changes);
      expect(clauses).toMatchObject({ evidence: null, binding: code });
      expect(clauses.place).not.toBeNull();
    });
  });

  it.each<[string, Uint8Array]>([
    ['words', utf8('words')],
    ['a receipt in its place', canonicalize({ envelope: 'AAAA', kind: 'countersign-receipt' })],
    [
      'evidence without a statement',
      canonicalize({ kind: 'tdx', pieces: [{ bytes: 'AAAA', role: 'quote' }], statement: null }),
    ],
  ])('leaves out what is no evidence of its own machine: %s', async (_, bytes) => {
    const named = of(piece(bytes, 'gateway-attestation'), piece(utf8('good')));
    const found = await gatewayEvidence(url, FOREVER)(named);
    expect(found.map(({ kind }) => kind)).toEqual(['countersign-receipt']);
  });

  it.each<[string, Uint8Array | number]>([
    ['what it does not have', 404],
    ['what is gone', 410],
    ['what has another digest', utf8('something else')],
    ['what is longer than any piece', new Uint8Array(2 ** 20 + 1)],
  ])('leaves out %s', async (_, answer) => {
    const good = piece(utf8('good'));
    const found = await gatewayEvidence(url, FOREVER)(of(piece(utf8('bad'), 'nitro', answer), good));
    expect(found.map(({ kind }) => kind)).toEqual(['countersign-receipt']);
  });

  it('is no more than a proof of a wrong verdict has room for', async () => {
    const large = [1, 2, 3].map(octet => piece(new Uint8Array(900_000).fill(octet)));
    const found = await gatewayEvidence(url, FOREVER)(of(...large, piece(utf8('small'))));
    expect(found).toHaveLength(3);
    const many = Array.from({ length: 20 }, (_, at) => piece(utf8(`${at}`)));
    expect(await gatewayEvidence(url, FOREVER)(of(...many))).toHaveLength(16);
  });

  it('is waited for where the gateway fails: what it has is not known then', async () => {
    const source = gatewayEvidence(url, FOREVER);
    const named = of(piece(utf8('bad'), 'nitro', 503));
    expect(await reasonOfAsync(() => source(named))).toBe('peer/answer-unexpected');
    await server.close();
    expect(await reasonOfAsync(() => source(named))).toBe('peer/unreachable');
  });
});
