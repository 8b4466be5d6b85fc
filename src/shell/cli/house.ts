/**
 * The whole system in one process, put together: keys, log, witnesses, vault, engine and gateway.
 *
 * All of it belongs to one operator, whose own witnesses count as one controller, however many keys they have.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Surroundings } from '../../appraise/policy/surroundings.js';
import { parseTrust } from '../../appraise/trust.js';
import { toBase64 } from '../../bytes/base64.js';
import type { EvidenceSource } from '../../evidence/countersign/source.js';
import type { Upstream } from '../../exchange/upstream.js';
import type { Checkpoint } from '../../note/checkpoint.js';
import type { VerifierKey } from '../../note/key.js';
import { Failure } from '../../reason.js';
import { Archive } from '../archive/archive.js';
import { openEngine } from '../engine/engine.js';
import { makeFoldersDurably } from '../files/durable.js';
import { acquireLock } from '../files/lock.js';
import { openSecret } from '../files/secret.js';
import { ActiveExchanges } from '../gateway/active-exchanges.js';
import type { EvidenceKeeping } from '../gateway/attestation/keeping.js';
import type { RevokedFacts } from '../gateway/attestation/revoked-facts.js';
import { AttestedEpochs } from '../gateway/attested-epochs.js';
import { AnswerCache, type AnswerCacheOptions } from '../gateway/cache/answer-cache.js';
import { DEFAULT_LIMITS } from '../gateway/context.js';
import { buildInThread } from '../gateway/epochs/build-in-thread.js';
import { EpochBook } from '../gateway/epochs/epoch-book.js';
import { Gateway } from '../gateway/gateway.js';
import { Issuer } from '../gateway/issuer.js';
import { OwnAttestation } from '../gateway/own-attestation.js';
import { Refunds } from '../gateway/policy/refunds.js';
import { HealthBoard } from '../gateway/routing/upstream-health.js';
import { BodyBudget } from '../http/body-budget.js';
import { connectionShares } from '../http/connections.js';
import { Turns } from '../http/turns.js';
import { AdmissionPool } from '../submission/pool.js';
import { Submissions } from '../submission/submissions.js';
import { Vault } from '../vault/vault.js';
import type { Subscriber } from '../webhooks/subscriber.js';
import { Webhooks } from '../webhooks/webhooks.js';
import { houseRoutes } from './admin/house-routes.js';
import { keyRoutes } from './admin/key-routes.js';
import { announceActs } from './announce-acts.js';
import { forgetControl, openControl } from './control.js';
import { type DataFolder, dataFolder } from './data-folder.js';
import { ErasureWishes } from './erasure-wishes.js';
import { Erasures } from './erasures.js';
import { HouseFacts } from './house-facts.js';
import { HouseFront } from './house-front.js';
import { type HouseAdmission, openAdmission } from './house-money.js';
import { type Changeable, InForce, routingFor } from './in-force.js';
import { openKeeper } from './open-keeper.js';
import { type Operations, openOperations } from './operations.js';
import type { ListenerTls } from './own-attester.js';
import { HouseRules } from './policy/house-rules.js';
import { NO_SECRET, readPolicy } from './policy/policy-file.js';
import { standingIn } from './revocation/book.js';
import { openRevocations, type RevocationWish, revoke } from './revocation/house-revocations.js';
import { noticesOf } from './revocation/notices.js';
import { BUILT_IN } from './upstreams.js';
import { watchHouse } from './watch-house.js';

export interface HouseOptions extends Changeable {
  readonly data: string;
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** The file of the policy; none beyond what is always done when it is left out. */
  readonly policy?: string;
  /** With what TLS ends here; left out where it does not. */
  readonly tls?: ListenerTls;
  /** Who gives evidence of the machine, and where it is kept for receipts; left out where the gateway shows nothing of it. */
  readonly evidence?: { readonly source: EvidenceSource; readonly keeping: EvidenceKeeping };
  /** Answers that may be given again; `lifetime` in milliseconds. Every request is asked anew when it is left out. */
  readonly cache?: Pick<AnswerCacheOptions, 'maximumBytes' | 'lifetime'>;
  /** The published identity of the operator; null for one who has not published any. */
  readonly operator: string | null;
  readonly onProblem: (message: string) => void;
  /** Where the admin API listens; on any free port of the loopback interface when it is left out. */
  readonly admin?: { readonly host: string; readonly port: number };
  /** What watches it; nothing of it is written anywhere when it is left out. */
  readonly operations?: Operations;
  /** Whether upstreams are told of which trace a request is a part. */
  readonly propagates?: boolean;
  /** Who is told of revocations; nobody when it is left out. */
  readonly webhooks?: readonly Subscriber[];
  /** Told what the log has revoked, before anybody is asked; nobody when it is left out. */
  readonly revoked?: Pick<RevokedFacts, 'replace'>;
  /** The settings in force, without secrets, as the admin API shows them. */
  readonly settings?: () => object;
}

export interface House {
  /** Such as `http://127.0.0.1:8787`. */
  readonly address: string;
  readonly folder: DataFolder;
  readonly origin: string;
  /** The ids of the built-in models. */
  readonly models: readonly string[];
  /** Where the admin API listens. */
  readonly admin: string;
  /** Puts this in force for exchanges that begin from now on. Throws, changing nothing, as {@link InForce.put} does. */
  change(options: Changeable): Promise<void>;
  close(): Promise<void>;
}

/** The name of a party that has published none. */
export const UNNAMED = 'unnamed operator';

/**
 * Listens and opens everything; resolves when exchanges are taken. Throws `data/…` or `log/…` when what is on disk forbids it, and
 * `log/unwitnessed` when the log does not become witnessed.
 */
export async function openHouse(options: HouseOptions): Promise<House> {
  const folder = dataFolder(options.data);
  await mkdir(folder.keys, { recursive: true, mode: 0o700 });
  await makeFoldersDurably(folder.keys);
  const lock = acquireLock(folder.path);
  const opened = new Opened();
  opened.add(async () => lock.release());
  try {
    return await openLocked(options, folder, opened);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** What has been opened, to be closed in the opposite order: in the end, or when something further on cannot be opened. */
class Opened {
  readonly #closers: (() => Promise<void>)[] = [];

  add(close: () => Promise<void>): void {
    this.#closers.push(close);
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }
}

async function openLocked(options: HouseOptions, folder: DataFolder, opened: Opened): Promise<House> {
  await forgetControl(folder.control);
  const operator = options.operator ?? UNNAMED;
  const { host, port, onProblem } = options;
  const operations = options.operations ?? (await openOperations({ format: 'text', level: 'error' }));
  const { registry, observer, reloads, version } = operations;
  const started = Date.now();
  const front = new HouseFront(onProblem);
  const { connections = connectionShares(DEFAULT_LIMITS.connections).clients } = options;
  const { origins = [] } = options;
  const access = await openAdmission(folder.access, onProblem);
  opened.add(() => access.close());
  let present: Changeable = options;
  const surroundings = async () => surroundingsOf(present, access);
  // A policy that cannot be used is refused before anything else takes its time. It is read again when it can be logged.
  if (options.policy !== undefined) await readPolicy(options.policy, await surroundings(), NO_SECRET);
  const gateway = new Gateway({
    logRoutes: front.routes,
    host,
    port,
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    connections,
    origins: new Set(origins),
    onProblem,
    observer,
    isConfigured: () => reloads.areCurrent,
    description: () => readFile(OPENAPI),
  });
  const address = await gateway.listen();
  opened.add(() => gateway.close());
  const keeper = await openKeeper({
    folder,
    operator,
    onProblem,
    onReadable: readable => front.show(readable),
  });
  opened.add(() => keeper.close());
  const { keys, log, retention, sealer } = keeper;
  const engine = await openEngine();
  opened.add(() => engine.close());
  const now = steadyClock();
  const { upstreams = [] } = options;
  opened.add(async () => void (await Promise.all(upstreams.map(upstream => upstream.close()))));
  const found = await routingFor(engine, options, null);
  const epochs = await EpochBook.open({
    folder: folder.closings,
    ...keys.issuer,
    log,
    now,
    build: buildInThread,
    onProblem,
  });
  opened.add(() => epochs.close());
  // Before the epoch, so that whoever has seen the one has seen the other.
  const rules = await HouseRules.open({
    file: options.policy ?? null,
    log,
    issuer: keys.issuer,
    secret: keys.clientSecret,
    surroundings,
    now,
  });
  const issuer = await Issuer.open({
    key: keys.issuer.key,
    signer: keys.issuer.signer,
    log,
    epochs,
    clientSecret: keys.clientSecret,
    now,
  });
  const own = await attestedMachine(options, issuer, keys.issuer.key, now);
  opened.add(async () => own?.attested.close());
  await log.reached(issuer.firstEpochIndex, 'witnessed', FIRST_WITNESS_TIME);
  // An epoch that witnesses are slow to cosign is included, as what comes later may be; but nothing is named that nobody has seen.
  if (log.witnessed === null || log.witnessed.size < keeper.mustBeWitnessed)
    throw new Failure('log/unwitnessed', { detail: 'the log as it was found is not witnessed' });

  await announceActs(retention, log, keys.issuer);
  const vault = new Vault(folder.vault, keys.vaultKey);
  opened.add(async () => vault.close());
  const wishes = new ErasureWishes({ folder: folder.erasures, vault, now: Date.now });
  const cache = options.cache === undefined ? null : new AnswerCache({ ...options.cache, now });
  const erasures = new Erasures({
    wishes,
    log,
    issuer: keys.issuer,
    onErasing: exchange => cache?.forget(exchange),
  });
  await erasures.finish();
  const refunds = await Refunds.open({
    folder: folder.refunds,
    log,
    issuer: keys.issuer,
    now,
    onProblem,
  });
  opened.add(() => refunds.close());
  const trust = parseTrust(await readFile(folder.trust));
  const revocations = await openRevocations({
    ...{ folder, log, issuer: keys.issuer, standing: standingIn(trust), now },
    onLogged: all => {
      options.revoked?.replace(all.filter(({ counts }) => counts));
      webhooks.wake();
    },
  });
  options.revoked?.replace(revocations.counting);
  const admission = new AdmissionPool(log.origin, keeper.issuers, ADMISSION_THREADS, {
    validators: keeper.validators,
  });
  opened.add(() => admission.close());
  front.take(new Submissions(log, admission), { log, retention });
  const facts = new HouseFacts({ folder, size: () => log.witnessed?.size ?? 0, onProblem });
  opened.add(() => facts.close());
  const inForce = new InForce({
    ...{ gateway, engine, operator, rules, issuerKey: keys.issuer },
    surroundings: changed => surroundingsOf(changed, access),
    context: {
      admission: access.admission,
      cache,
      issuer,
      attestation: own?.attestation ?? null,
      attested: own?.attested ?? null,
      log,
      epochs,
      policy: rules.desk,
      refunds,
      sealer,
      archive: new Archive(folder.archive),
      health: new HealthBoard<Upstream>(),
      active: new ActiveExchanges(),
      bodies: new BodyBudget(DEFAULT_LIMITS.heldBytes),
      answers: new BodyBudget(DEFAULT_LIMITS.heldAnswerBytes),
      turns: new Turns(),
      operator,
      now,
      seen: () => log.witnessed as Checkpoint,
      denialOf: index => retention.denialOf(index),
      revocationsOf: receipt => revocations.carriedBy(receipt),
      onSealed: (index, receipt) => facts.sealed.note(index, receipt),
      onProblem,
      observer,
      propagates: options.propagates ?? false,
    },
  });
  opened.add(() => inForce.close());
  await inForce.put(options, found);
  const webhooks = await Webhooks.open({
    folder: folder.webhooks,
    subscribers: options.webhooks ?? [],
    source: noticesOf({ origin: log.origin, book: revocations, index: () => facts.upToDate() }),
    ...{ now: Date.now, random: Math.random, onProblem },
  });
  opened.add(() => webhooks.close());
  // Closed before what its exchanges need.
  opened.add(() => gateway.close());
  // Of processes that died; nobody waits for it.
  void epochs.recover();
  const { policy, logCosigner } = trust;
  watchHouse(registry, {
    gateway,
    log,
    policy,
    logCosigner,
    waiting: keeper.waiting,
    version,
    now: Date.now,
  });
  reloads.join({ name: 'keys', reload: () => access.reload().then(() => ({ outcome: 'applied' })) });
  reloads.join(rules);
  const { settings = () => ({}), admin = { host: '127.0.0.1', port: 0 } } = options;
  const steered = {
    ...{ gateway, address, log, erasures, reloads, registry, settings, version, started, webhooks },
    revoke: async (wish: RevocationWish) => {
      const revoked = await revoke(revocations, log, wish);
      // Whoever has asked looks into the index next, and is not kept waiting where that has far to go.
      await Promise.race([facts.update(), sleep(INDEX_TIME, undefined, { ref: false })]);
      return revoked;
    },
  };
  const control = await openControl({
    file: folder.control,
    ...admin,
    key: toBase64(await openSecret(folder.adminKey)),
    routes: [...keyRoutes(folder.access, access), ...houseRoutes(steered)],
    onProblem,
  });
  opened.add(() => control.close());
  // Keys that were changed since they were read, before anybody could be told of it.
  await access.reload();
  const models = (await engine.models()).map(({ id }) => id);
  return {
    ...{ address, folder, origin: log.origin, models, admin: control.address },
    change: async changed => {
      await inForce.put(changed);
      present = changed;
    },
    close: () => opened.close(),
  };
}

/** What the house shows of its machine, and what its receipts name; null where it shows nothing. Rejects as an evidence source does. */
async function attestedMachine(
  { evidence, tls }: Pick<HouseOptions, 'evidence' | 'tls'>,
  issuer: Issuer,
  key: VerifierKey,
  now: () => number,
) {
  if (evidence === undefined) return null;
  const { source, keeping } = evidence;
  const epoch = () => issuer.epoch;
  const attestation = new OwnAttestation({ source, now, epoch, issuer: key, tls: tls?.spki ?? null });
  // A machine that vouches for nothing is found out now, and not by whoever asks first.
  await attestation.answer(null);
  return { attestation, attested: new AttestedEpochs({ attestation, keeping, epoch, now }) };
}

/** What a policy of this house is for. */
function surroundingsOf({ upstreams = [], prices }: Changeable, access: HouseAdmission): Surroundings {
  return {
    upstreams: [
      { name: BUILT_IN, givesReceipts: false, givesDigests: true },
      ...upstreams.map(({ name, givesReceipts, attestation }) => ({
        name,
        givesReceipts,
        givesDigests: false,
        isAttested: attestation !== null,
      })),
    ],
    ...access.holders(),
    hasPrices: prices !== undefined,
  };
}

/** The description of the API, as `npm run generate` has written it. */
const OPENAPI = new URL('../../../spec/openapi.json', import.meta.url);

/** The time in milliseconds, never earlier than it was before: a receipt whose times run backwards would be refused. */
function steadyClock(): () => number {
  let latest = 0;
  return () => {
    latest = Math.max(latest, Date.now());
    return latest;
  };
}

/** How long an answer waits for the index of facts, in milliseconds. */
const INDEX_TIME = 5000;

/** How long the first checkpoint may take to be witnessed, in milliseconds. */
const FIRST_WITNESS_TIME = 10_000;

/** Threads that look at submitted entries, at most, once there are so many. */
const ADMISSION_THREADS = Math.min(4, availableParallelism());
