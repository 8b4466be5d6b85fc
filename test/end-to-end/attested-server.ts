/** A TLS server on the loopback interface that attests itself, in whatever way a test wants, and answers chats; and an upstream of a gateway that requires it. */
import type { ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { SAFE_NITRO_POLICY } from '../../src/appraise/evidence/nitro-policy.js';
import { dcapPolicyOf } from '../../src/appraise/evidence/policy-form.js';
import { SAFE_SNP_POLICY } from '../../src/appraise/evidence/snp-policy.js';
import type { ProviderCircumstances } from '../../src/appraise/providers/appraise.js';
import { sha256 } from '../../src/bytes/cryptography.js';
import { DER } from '../../src/bytes/der.js';
import { element } from '../../src/bytes/der-writer.js';
import { fromHex } from '../../src/bytes/hex.js';
import { parseQuote } from '../../src/evidence/dcap/quote.js';
import type { ProviderName } from '../../src/evidence/providers/provider.js';
import { attestedProvider } from '../../src/evidence/providers/providers.js';
import { OPENAI_SURFACES } from '../../src/exchange/providers.js';
import type { ReportedAttestation } from '../../src/receipt/exchange-report.js';
import { Archive } from '../../src/shell/archive/archive.js';
import { EvidenceRecords } from '../../src/shell/archive/evidence-records.js';
import { keepJudged } from '../../src/shell/archive/keep-judged.js';
import {
  AttestedUpstream,
  type AttestedUpstreamOptions,
} from '../../src/shell/gateway/attestation/attested-upstream.js';
import { RevokedFacts } from '../../src/shell/gateway/attestation/revoked-facts.js';
import { HttpUpstream } from '../../src/shell/gateway/http-upstream.js';
import { makeCollateral } from '../support/evidence/dcap.js';
import { trustDomainQuote } from '../support/evidence/dstack.js';
import { measurement } from '../support/evidence/nitro.js';
import { countersignAnswer } from '../support/evidence/providers.js';
import { TEST_ROOTS } from '../support/evidence/roots.js';
import {
  DURING,
  extension,
  makeAuthority,
  makeCertificate,
  pem,
  type TestIdentity,
} from '../support/evidence/x509-maker.js';
import { answer, completion } from './upstreams.js';

const AUTHORITY = makeAuthority({ subject: 'an authority of the tests', type: 'P-256' });
/** Whom clients have to trust for these servers' names, in PEM. */
export const TLS_AUTHORITY = pem(AUTHORITY.certificate);

/** For 127.0.0.1. */
export function tlsIdentity(): TestIdentity {
  const address = element(0x87, Uint8Array.of(127, 0, 0, 1));
  return makeCertificate({
    subject: '127.0.0.1',
    type: 'P-256',
    issuer: AUTHORITY,
    extensions: [extension('2.5.29.17', element(DER.sequence, address))],
  });
}

/** What the server is asked, and who it is. */
export interface AskedAttestation {
  readonly nonce: Uint8Array;
  /** SHA-256 of the key at which its TLS ends, and its certificate. */
  readonly tls: Uint8Array;
  readonly certificate: Uint8Array;
}

/** Bytes to answer with, or whatever else is to be done. */
export type Attest = (asked: AskedAttestation, response: ServerResponse) => Uint8Array | undefined;

/** As a gateway of ours on a machine of AMD's. */
export const honest: Attest = ({ nonce, tls }) => countersignAnswer({ nonce, tls });

export class AttestedServer {
  attest: Attest = honest;
  /** How often it was asked to attest itself. */
  asked = 0;
  /** Everything that has come with POST, as it came. */
  readonly prompts: string[] = [];
  identity: TestIdentity;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(identity: TestIdentity) {
    this.identity = identity;
    this.#server = createServer(tlsOf(identity), (request, response) => {
      const { method = '', url = '/' } = request;
      if (method === 'POST') {
        const at = this.prompts.push('') - 1;
        request.on('data', (chunk: Buffer) => {
          this.prompts[at] += chunk.toString();
        });
        request.on('end', () => answer(200, completion())(response));
        return;
      }
      const nonce = /[?&]nonce=([0-9a-f]+)/.exec(url)?.[1];
      if (nonce === undefined) {
        answer(200, {
          object: 'list',
          data: [{ id: 'test-model', object: 'model', created: 1, owned_by: 'x' }],
        })(response);
        return;
      }
      this.asked++;
      const { certificate, keys } = this.identity;
      const asked = { nonce: fromHex(nonce) as Uint8Array, tls: sha256(keys.spki), certificate };
      const bytes = this.attest(asked, response);
      if (bytes !== undefined) answer(200, bytes)(response);
    });
    this.#server.on('secureConnection', (socket: Socket) => this.#sockets.add(socket));
    this.#server.on('tlsClientError', () => undefined);
  }

  static async start(): Promise<AttestedServer> {
    const server = new AttestedServer(tlsIdentity());
    await new Promise<void>(resolve => {
      server.#server.listen(0, '127.0.0.1', resolve);
    });
    return server;
  }

  /** Such as `https://127.0.0.1:4711`. */
  get origin(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Another key from now on, for connections that are made anew. */
  become(identity: TestIdentity): void {
    this.identity = identity;
    this.#server.setSecureContext(tlsOf(identity));
  }

  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  async close(): Promise<void> {
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()));
    this.hangUp();
    this.#server.closeAllConnections();
    await closed;
  }
}

export function tlsOf({ keys, certificate }: TestIdentity) {
  return {
    key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    cert: pem(certificate, AUTHORITY.certificate),
  };
}

/** Which software counts, of each kind: that of the tests' evidence. */
export const POLICIES: ProviderCircumstances['policies'] = {
  nitro: { ...SAFE_NITRO_POLICY, pcrs: new Map([[0, [measurement(0)]]]) },
  snp: { ...SAFE_SNP_POLICY, measurements: [new Uint8Array(48).fill(0x33)] },
  dcap: dcapPolicyOf(),
};

/** When the tests' evidence is good, in milliseconds, going on with the time. */
export function goodTimes(): () => number {
  const began = performance.now();
  return () => DURING * 1000 + 1000 + Math.floor(performance.now() - began);
}

export interface AttestedOptions extends Partial<AttestedUpstreamOptions> {
  readonly provider: AttestedUpstreamOptions['provider'];
  /** The gateway's archive. */
  readonly archive: string;
  readonly roots?: ProviderCircumstances['roots'];
  /** What Intel is said to have published. */
  readonly collateral?: Uint8Array | null;
  readonly reports?: ReportedAttestation[];
  /** What the gateway's log has revoked; nothing where it is left out. */
  readonly revoked?: RevokedFacts;
}

export const providerNamed = (name: ProviderName) => attestedProvider(name);

/** The upstream `attested`, under roots of the tests. */
export function attestedUpstream(origin: string, options: AttestedOptions): HttpUpstream {
  const { archive, roots = TEST_ROOTS, collateral = makeCollateral(), reports = [], ...others } = options;
  const { revoked = new RevokedFacts(), ...rest } = others;
  const fresh = {
    renew: async ({ kind }: { readonly kind: string }) =>
      kind === 'tdx' && collateral !== null
        ? [{ role: 'collateral' as const, bytes: collateral, fetched: DURING }]
        : [],
  };
  const records = new EvidenceRecords(archive);
  const attestation = new AttestedUpstream({
    name: 'attested',
    origin,
    policies: POLICIES,
    deployment: '',
    every: 600_000,
    patience: 2000,
    headers: {},
    judging: {
      roots,
      fresh,
      keep: (material, asOf, fresh) => keepJudged(records, material, { asOf, fresh, trust: roots }),
      archive: new Archive(archive),
      revoked,
      onProblem: () => undefined,
    },
    now: goodTimes(),
    onAttested: report => reports.push(report),
    ca: TLS_AUTHORITY,
    ...rest,
  });
  return new HttpUpstream({
    name: 'attested',
    apis: [{ base: new URL(`${origin}/v1`), keyHeader: 'authorization', surfaces: OPENAI_SURFACES }],
    key: null,
    listing: 'openai',
    timeouts: { connect: 2000, idle: 2000 },
    attestation,
    ca: TLS_AUTHORITY,
  });
}

const QUOTE = parseQuote(trustDomainQuote()).body;
if (QUOTE.kind !== 'td') throw new Error('a quote of something else');
const [, KERNEL, START] = QUOTE.rtMr as readonly Uint8Array[];

/** As {@link POLICIES}, with the software of the tests' trust domains as well. */
export const ALL_POLICIES: ProviderCircumstances['policies'] = {
  ...POLICIES,
  dcap: {
    ...POLICIES.dcap,
    measurements: {
      mrTd: [QUOTE.mrTd],
      rtMr1: [KERNEL as Uint8Array],
      rtMr2: [START as Uint8Array],
    },
  },
};
