/**
 * A gateway for tests, made of the real parts: issuer, log, witness, vault and HTTP upstream, in a folder of its own. In place of the
 * built-in model it has one whose answers never change.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { CompiledPolicy } from '../../src/appraise/policy/compile.js';
import { type PolicyInput, PolicySchema } from '../../src/appraise/policy/language.js';
import type { Surroundings } from '../../src/appraise/policy/surroundings.js';
import { formatTrust, parseTrust, policyText, type Trust } from '../../src/appraise/trust.js';
import { utf8 } from '../../src/bytes/octets.js';
import { type Admission, OPEN } from '../../src/economy/admission.js';
import type { EvidenceSource } from '../../src/evidence/countersign/source.js';
import { type ChatWords, OPENAI_WORDS } from '../../src/exchange/chat-words.js';
import type { Provider } from '../../src/exchange/provider.js';
import { ANTHROPIC_SURFACES, GOOGLE_SURFACES, OPENAI_SURFACES } from '../../src/exchange/providers.js';
import type { SurfaceName } from '../../src/exchange/surface-names.js';
import type { Upstream } from '../../src/exchange/upstream.js';
import { cosignerOf } from '../../src/note/cosignature.js';
import { formatVerifierKey } from '../../src/note/key.js';
import { parsePolicy } from '../../src/note/policy.js';
import { entryIsByOneOf, entryKeys, readEntry } from '../../src/receipt/entry.js';
import type { Envelope } from '../../src/receipt/envelope.js';
import type { Observer } from '../../src/receipt/exchange-report.js';
import { PriceBook } from '../../src/receipt/price/price-book.js';
import { type PriceList, priceListDigest } from '../../src/receipt/price/price-list.js';
import { RECEIPT, type Receipt } from '../../src/receipt/receipt.js';
import { predicateTypeOf, readStatement } from '../../src/receipt/statement.js';
import { Archive } from '../../src/shell/archive/archive.js';
import { HouseRules } from '../../src/shell/cli/policy/house-rules.js';
import { type Disk, nodeDisk } from '../../src/shell/files/disk.js';
import { ActiveExchanges } from '../../src/shell/gateway/active-exchanges.js';
import type { EvidenceKeeping } from '../../src/shell/gateway/attestation/keeping.js';
import { AttestedEpochs } from '../../src/shell/gateway/attested-epochs.js';
import type { AnswerCache } from '../../src/shell/gateway/cache/answer-cache.js';
import { DEFAULT_LIMITS, type GatewayLimits } from '../../src/shell/gateway/context.js';
import { buildClosing } from '../../src/shell/gateway/epochs/build-closing.js';
import { EpochBook } from '../../src/shell/gateway/epochs/epoch-book.js';
import { Gateway } from '../../src/shell/gateway/gateway.js';
import { HttpUpstream, type HttpUpstreamOptions } from '../../src/shell/gateway/http-upstream.js';
import { Issuer } from '../../src/shell/gateway/issuer.js';
import { ModelLists } from '../../src/shell/gateway/model-lists.js';
import { ModelNames } from '../../src/shell/gateway/model-names.js';
import { OwnAttestation } from '../../src/shell/gateway/own-attestation.js';
import { PolicyDesk, type PolicyInForce } from '../../src/shell/gateway/policy/in-force.js';
import { Refunds } from '../../src/shell/gateway/policy/refunds.js';
import type { RedactionRules } from '../../src/shell/gateway/redaction/rules.js';
import type { RouteDescriptions } from '../../src/shell/gateway/routing/route-description.js';
import type { RetryPolicy } from '../../src/shell/gateway/routing/route-plan.js';
import { RoutingTable } from '../../src/shell/gateway/routing/routing-table.js';
import { HealthBoard } from '../../src/shell/gateway/routing/upstream-health.js';
import type { Timeouts } from '../../src/shell/gateway/timeouts.js';
import { BodyBudget } from '../../src/shell/http/body-budget.js';
import { Routes } from '../../src/shell/http/server.js';
import { Turns } from '../../src/shell/http/turns.js';
import { openLog } from '../../src/shell/log/open-log.js';
import { serveLog } from '../../src/shell/log/serve.js';
import { admissionOf } from '../../src/shell/submission/admission.js';
import { submissionRoute } from '../../src/shell/submission/answer.js';
import { submissionStatus } from '../../src/shell/submission/status.js';
import { Submissions } from '../../src/shell/submission/submissions.js';
import { DirectSealer } from '../../src/shell/vault/direct-sealer.js';
import { Vault } from '../../src/shell/vault/vault.js';
import { openLocalWitness } from '../../src/shell/witness/local-witness.js';
import { testCosigner, testKey } from '../support/keys.js';
import { completion } from './upstreams.js';

export interface GatewayOptions {
  /** The upstream's base; none when it is left out. */
  readonly upstream?: string;
  /** The gateway's own key at the upstream. */
  readonly key?: string;
  /** Further upstreams, by their names. */
  readonly more?: Readonly<
    Record<
      string,
      {
        readonly base: string;
        readonly key?: string;
        readonly givesReceipts?: boolean;
        /** OpenAI's, when they are left out. */
        readonly chatWords?: ChatWords;
        /** Whose APIs they are taken for; nobody's that is known, when it is left out. */
        readonly provider?: Provider | null;
        /** All three APIs, when it is left out. */
        readonly surfaces?: readonly SurfaceName[];
      }
    >
  >;
  /** Upstreams that a test has made; the gateway closes them. */
  readonly made?: readonly HttpUpstream[];
  /** Who gives evidence of its machine; nobody when it is left out. */
  readonly evidence?: EvidenceSource;
  /** Where it is kept for receipts; receipts name none of it when it is left out. */
  readonly keeping?: EvidenceKeeping;
  /** With what its TLS ends, in PEM, and the digest of the key; without TLS when it is left out. */
  readonly tls?: { readonly certificate: string; readonly key: string; readonly spki: Uint8Array };
  readonly routes?: RouteDescriptions;
  readonly retries?: Partial<RetryPolicy>;
  /** Failures in a row after which an upstream is left alone; no number of them when it is left out. */
  readonly tolerance?: number;
  readonly timeouts?: Partial<Timeouts>;
  readonly limits?: Partial<GatewayLimits>;
  readonly inline?: boolean;
  /** Milliseconds that running exchanges have when it closes; as in a house when it is left out. */
  readonly closingTime?: number;
  readonly host?: string;
  /** Of web pages that may ask. */
  readonly origins?: readonly string[];
  /** The name of the house, which its keys have; those of two names are different. */
  readonly name?: string;
  /** Where data is kept; a folder that is removed at the end when it is left out. */
  readonly folder?: string;
  readonly disk?: Disk;
  readonly now?: () => number;
  /** Milliseconds between two checkpoints of the log, at least. */
  readonly spacing?: number;
  /** In place of the model whose answers never change; whoever has opened it closes it. */
  readonly engine?: Upstream;
  readonly turns?: Turns;
  /** A policy file's content; none beyond what is always done when it is left out. */
  readonly policy?: PolicyInput;
  /** Everybody may ask when it is left out. */
  readonly admission?: Admission;
  /** Every request is asked anew when it is left out. */
  readonly cache?: AnswerCache;
  /** In place of a policy: one rule for all, under which this is taken out of a request. */
  readonly redaction?: () => RedactionRules | null;
  /** Nothing has a price when it is left out. In these tests the log does not name it. */
  readonly prices?: PriceList;
  /** The list that receipts refer to, where an operator cheats and it is not that of the prices. */
  readonly billedAs?: PriceList;
  /** Who is told of exchanges and answers. */
  readonly observer?: Observer;
  /** Whether upstreams are told of traces. */
  readonly propagates?: boolean;
}

export interface TestGateway {
  /** Such as `http://127.0.0.1:4711`. */
  readonly address: string;
  readonly folder: string;
  readonly trust: Trust;
  /** The trust file. */
  readonly trustText: string;
  readonly vault: Vault;
  /** What the operator has been told of. */
  readonly problems: readonly string[];
  /** Which evidence of its machine receipts name; null where none. */
  readonly attested: AttestedEpochs | null;
  /** Every receipt in the log, in the log's order. */
  receipts(): Promise<Receipt[]>;
  /** The policy's file, and how it is read again. */
  readonly policyFile: string;
  readonly rules: HouseRules;
  /** The log's entries of one type, in its order. */
  entriesOf(predicateType: string): Promise<Envelope[]>;
  /** Exchanges that run now. */
  readonly running: number;
  close(): Promise<void>;
}

/** Quick enough for tests, and far from what the loopback interface needs. */
const TIMEOUTS: Timeouts = { connect: 400, firstToken: 600, idle: 400, keepAlive: 15_000 };
/** One attempt, unless a test is about more. */
const RETRIES: RetryPolicy = { retries: 0, pause: 5, longestPause: 100 };

export async function openGateway(options: GatewayOptions = {}): Promise<TestGateway> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'countersign-gateway-')));
  const now = options.now ?? Date.now;
  const { name = 'gateway.example' } = options;
  const seed = name === 'gateway.example' ? 0 : 100;
  const log = testKey(`${name}/log`, seed + 1);
  const issuer = testKey(`${name}/log/issuer`, seed + 2);
  const witness = testCosigner(`${name}/witness`, seed + 3);
  const policy = policyText(log.key, [witness.key], 'all');
  const trustText = formatTrust({
    log: formatVerifierKey(log.key),
    issuers: [formatVerifierKey(issuer.key)],
    policy,
  });
  const trust = parseTrust(utf8(trustText));
  const problems: string[] = [];
  const onProblem = (message: string) => {
    problems.push(message);
  };
  const openedLog = await openLog({
    folder: join(folder, 'log'),
    key: log.key,
    signer: log.signer,
    witnesses: [
      await openLocalWitness({
        folder: join(folder, 'witness'),
        cosigners: [cosignerOf(witness.key, witness.signer)],
        logs: [log.key],
        now: Date.now,
      }),
    ],
    quorum: parsePolicy(policy).quorum,
    accepts: entry => entryIsByOneOf([issuer.key], entry),
    keysOf: entryKeys,
    onProblem,
    // As in a house, but quicker, because every test waits for witnesses.
    timing: { spacing: options.spacing ?? 10, patience: 1000, patienceAtStart: 1000, longestWait: 1000 },
    disk: options.disk ?? nodeDisk,
  });
  const admission = admissionOf(log.key.name, [issuer.key]);
  const logRoutes = new Routes({
    routes: [
      submissionRoute('/log/entries', new Submissions(openedLog, admission), openedLog),
      { method: 'GET', path: /^\/log\/(.+)$/, handle: (_, path = '') => serveLog(openedLog, path) },
    ],
    statusOf: submissionStatus,
    onProblem,
  });
  const timeouts = { ...TIMEOUTS, ...options.timeouts };
  const routes: RouteDescriptions = options.routes ?? new Map();
  const bases = [
    ...(options.upstream === undefined
      ? []
      : [
          [
            new URL(options.upstream).host,
            { base: options.upstream, ...(options.key === undefined ? {} : { key: options.key }) },
          ] as const,
        ]),
    ...Object.entries(options.more ?? {}),
  ];
  const upstreams = [
    ...bases.map(([name, { base, ...options }]) => openaiUpstream(name, base, { ...options, timeouts })),
    ...(options.made ?? []),
  ];
  const names = new ModelNames({
    known: [],
    aliases: new Set(routes.keys()),
    upstreams: new Set(upstreams.map(({ name }) => name)),
  });
  const { engine = cannedModel } = options;
  for (const upstream of [engine, ...upstreams]) await names.ask(upstream);
  const routing = new RoutingTable({ engine, upstreams, aliases: routes, names });
  const epochs = await EpochBook.open({
    folder: join(folder, 'closings'),
    key: issuer.key,
    signer: issuer.signer,
    log: openedLog,
    now,
    build: async (journal, base) => buildClosing(journal, base),
    onProblem,
  });
  const policyFile = join(folder, 'policy.json');
  if (options.policy !== undefined) await writeFile(policyFile, JSON.stringify(options.policy));
  const surroundings: Surroundings = {
    upstreams: routing.upstreams.map(upstream => ({
      name: upstream.name,
      givesReceipts: upstream.givesReceipts,
      givesDigests: upstream === engine,
      isAttested: upstream.attestation != null,
    })),
    keys: null,
    teams: null,
    hasPrices: options.prices !== undefined,
  };
  const rules = await HouseRules.open({
    file: options.policy === undefined ? null : policyFile,
    log: openedLog,
    issuer,
    secret: new Uint8Array(32).fill(6),
    surroundings: async () => surroundings,
    now,
  });
  const refunds = await Refunds.open({
    folder: join(folder, 'refunds'),
    log: openedLog,
    issuer,
    now,
    onProblem,
  });
  const openedIssuer = await Issuer.open({
    key: issuer.key,
    signer: issuer.signer,
    log: openedLog,
    epochs,
    clientSecret: new Uint8Array(32).fill(4),
    now,
  });
  await openedLog.reached(openedIssuer.firstEpochIndex, 'witnessed', 5000);
  const epoch = () => openedIssuer.epoch;
  const attestation =
    options.evidence === undefined
      ? null
      : new OwnAttestation({
          ...{ source: options.evidence, issuer: issuer.key, epoch, now },
          tls: options.tls?.spki ?? null,
        });
  const { keeping } = options;
  const attested =
    attestation === null || keeping === undefined
      ? null
      : new AttestedEpochs({ attestation, keeping, epoch, now });
  const active = new ActiveExchanges();
  const vault = new Vault(join(folder, 'vault'), new Uint8Array(32).fill(5));
  const host = options.host ?? '127.0.0.1';
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const gateway = new Gateway({
    logRoutes,
    host,
    port: 0,
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    connections: limits.connections,
    origins: new Set(options.origins),
    onProblem,
    ...(options.observer && { observer: options.observer }),
    ...(options.closingTime !== undefined && { closingTime: options.closingTime }),
    description: () => readFile(new URL('../../spec/openapi.json', import.meta.url)),
  });
  const prices = options.prices ?? null;
  gateway.admit({
    admission: options.admission ?? OPEN,
    cache: options.cache ?? null,
    pricing:
      prices === null
        ? null
        : {
            book: new PriceBook(prices, 'test operator'),
            list: { digest: priceListDigest(options.billedAs ?? prices), index: 0 },
          },
    policy:
      options.redaction === undefined
        ? rules.desk
        : new RedactingDesk(rules.desk.inForce, surroundings, options.redaction),
    refunds,
    issuer: openedIssuer,
    attestation,
    attested,
    log: openedLog,
    epochs,
    sealer: new DirectSealer({ label: openedIssuer.label, signer: issuer.signer, vault, log: openedLog }),
    archive: new Archive(join(folder, 'archive')),
    routing,
    health: new HealthBoard<Upstream>(options.tolerance ?? Number.POSITIVE_INFINITY),
    retries: { ...RETRIES, ...options.retries },
    timeouts,
    names,
    lists: new ModelLists(now),
    active,
    bodies: new BodyBudget(limits.heldBytes, now),
    answers: new BodyBudget(limits.heldAnswerBytes, now),
    turns: options.turns ?? new Turns(),
    operator: 'test operator',
    limits,
    inline: options.inline ?? true,
    now,
    seen: () => {
      if (openedLog.witnessed === null) throw new Error('nothing is witnessed');
      return openedLog.witnessed;
    },
    onProblem,
    ...(options.observer && { observer: options.observer }),
    propagates: options.propagates ?? false,
  });
  const entriesOf = async (predicateType: string) => {
    const entries: Envelope[] = [];
    for (let index = 0; index < openedLog.signed.size; index++) {
      const envelope = readEntry(await openedLog.entry(index));
      if (predicateTypeOf(envelope) === predicateType) entries.push(envelope);
    }
    return entries;
  };
  const address = await gateway.listen();
  return {
    address: host === '0.0.0.0' ? address.replace(host, '127.0.0.1') : address,
    folder,
    trust,
    trustText,
    vault,
    problems,
    get running() {
      return active.size;
    },
    policyFile,
    rules,
    attested,
    entriesOf,
    receipts: async () =>
      (await entriesOf(RECEIPT.predicateType)).map(envelope => readStatement(RECEIPT, envelope).predicate),
    close: async () => {
      await gateway.close();
      await attested?.close();
      await Promise.all(upstreams.map(upstream => upstream.close()));
      await refunds.close();
      await epochs.close();
      await openedLog.close();
      vault.close();
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A server of OpenAI's, Anthropic's and Google's APIs at one base, as whoever gives a URL has it. */
export function openaiUpstream(
  name: string,
  address: string,
  {
    key = null,
    surfaces,
    ...options
  }: Pick<
    HttpUpstreamOptions,
    'timeouts' | 'givesReceipts' | 'chatWords' | 'attestation' | 'ca' | 'provider'
  > & {
    readonly surfaces?: readonly SurfaceName[];
    readonly key?: string | null;
  },
): HttpUpstream {
  const base = new URL(address);
  const serves = (surface: SurfaceName) => surfaces?.includes(surface) ?? true;
  return new HttpUpstream({
    name,
    apis: [
      { base, keyHeader: 'authorization', surfaces: OPENAI_SURFACES.filter(serves) },
      { base, keyHeader: 'x-api-key', surfaces: ANTHROPIC_SURFACES.filter(serves) },
      { base, keyHeader: 'x-goog-api-key', surfaces: GOOGLE_SURFACES.filter(serves) },
    ],
    key,
    listing: 'openai',
    ...options,
  });
}

/** The model that stands where the built-in one does. */
export const CANNED_MODEL = 'canned-model';

const cannedModel: Upstream = {
  name: 'built-in',
  origin: 'built-in:',
  chatWords: OPENAI_WORDS,
  givesReceipts: false,
  provider: null,
  defaults: { temperature: 0 },
  serves: surface => surface === 'chat/completions',
  isTransient: () => false,
  send: (_request, sink) => {
    setImmediate(() => {
      sink.head({ status: 200, headers: { 'content-type': 'application/json' }, tlsSpki: null });
      sink.data(utf8(JSON.stringify(completion('Canned.', { rest: { model: CANNED_MODEL } }))));
      sink.end();
    });
    return {
      sent: true,
      pause: () => undefined,
      resume: () => undefined,
      limitSilence: () => undefined,
      abort: () => undefined,
    };
  },
  models: async () => [{ id: CANNED_MODEL, object: 'model', created: 1, owned_by: 'test' }],
  modelDigest: () => 'ab'.repeat(32),
  close: async () => undefined,
};

/** The policy of a gateway that was given none, with one rule for all that only takes something out. */
class RedactingDesk extends PolicyDesk {
  readonly #compiled: CompiledPolicy;
  readonly #redaction: () => RedactionRules | null;

  constructor(inForce: PolicyInForce, surroundings: Surroundings, redaction: () => RedactionRules | null) {
    super(inForce);
    const policy = v.parse(PolicySchema, { name: 'redacting', rules: [{ name: 'redacting' }] });
    this.#compiled = new CompiledPolicy(policy, surroundings);
    this.#redaction = redaction;
  }

  override get inForce(): PolicyInForce {
    const terms = [{ parties: [], redaction: this.#redaction() }];
    return { ...super.inForce, rules: { compiled: this.#compiled, terms, trust: new Map() } };
  }
}
