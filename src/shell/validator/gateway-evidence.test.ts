import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  AttestedServer,
  attestedUpstream,
  goodTimes,
  providerNamed,
} from '../../../test/end-to-end/attested-server.js';
import { ask, chat } from '../../../test/end-to-end/client.js';
import { openGateway } from '../../../test/end-to-end/gateway.js';
import { exchangeOf, fetchBundle, receiptOf } from '../../../test/end-to-end/receipts.js';
import {
  ATTESTING_MACHINES,
  type AttestingMachine,
  attestedAnswer,
  RUN_POLICY,
  RUN_ROOTS,
  RUN_SOFTWARE,
} from '../../../test/support/attested-runs.js';
import { makeCollateral } from '../../../test/support/evidence/dcap.js';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { appraisalPolicyOf } from '../../appraise/verdict/appraisal-policy.js';
import { toBase64 } from '../../bytes/base64.js';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { utf8 } from '../../bytes/octets.js';
import { parseBundle } from '../../receipt/bundle.js';
import { envelopeBytes } from '../../receipt/envelope.js';
import type { Receipt } from '../../receipt/receipt.js';
import type { Verdict } from '../../receipt/verdict.js';
import { parseTlogProof } from '../../tree/tlog-proof.js';
import { HttpServer } from '../http/server.js';
import { gatewayEvidence } from './gateway-evidence.js';
import { judgeReceipts } from './judge-receipts.js';

const FOREVER = new AbortController().signal;

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
      const { envelope, proof } = parseBundle(await fetchBundle(gateway, exchangeOf(got)));
      expect((await receiptOf(gateway, got)).evidence).toMatchObject([{ type: 'upstream-attestation' }]);
      await upstream.close();
      const { index, hashes, checkpoint } = parseTlogProof(proof as string);
      const trust = { trust: gateway.trust, bytes: utf8(gateway.trustText) };
      const { lines } = await judgeReceipts(
        [{ index, entry: envelopeBytes(envelope) }],
        checkpoint,
        async () => () => hashes.map(toBase64),
        { trust, policy: HANDED_ON, asOf: Date.now(), roots: RUN_ROOTS },
        gatewayEvidence(`${gateway.address}/`, FOREVER),
      );
      const [, line] = new TextDecoder().decode(lines.format(envelope, checkpoint)).split('\n');
      return JSON.parse(line as string).verdict;
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
