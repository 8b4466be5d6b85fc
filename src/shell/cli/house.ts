/**
 * The whole system in one process, put together: keys, log, witnesses, vault, engine and gateway.
 *
 * All of it belongs to one operator, whose own witnesses count as one controller, however many keys they have.
 */
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { PriceList } from '../../economy/price-list.js';
import type { Upstream } from '../../exchange/upstream.js';
import type { Checkpoint } from '../../note/checkpoint.js';
import { Failure } from '../../reason.js';
import { defaultPolicy } from '../../receipt/policy.js';
import { Archive } from '../archive/archive.js';
import { openEngine } from '../engine/engine.js';
import { makeFoldersDurably } from '../files/durable.js';
import { acquireLock } from '../files/lock.js';
import { ActiveExchanges } from '../gateway/active-exchanges.js';
import { AnswerCache, type AnswerCacheOptions } from '../gateway/cache/answer-cache.js';
import { DEFAULT_LIMITS } from '../gateway/context.js';
import { buildInThread } from '../gateway/epochs/build-in-thread.js';
import { EpochBook } from '../gateway/epochs/epoch-book.js';
import { Gateway } from '../gateway/gateway.js';
import type { HttpUpstream } from '../gateway/http-upstream.js';
import { Issuer } from '../gateway/issuer.js';
import { ModelLists } from '../gateway/model-lists.js';
import { ModelNames } from '../gateway/model-names.js';
import type { RouteDescriptions } from '../gateway/routing/route-description.js';
import { DEFAULT_RETRIES, type RetryPolicy } from '../gateway/routing/route-plan.js';
import { RoutingTable } from '../gateway/routing/routing-table.js';
import { HealthBoard } from '../gateway/routing/upstream-health.js';
import { DEFAULT_TIMEOUTS, type Timeouts } from '../gateway/timeouts.js';
import { BodyBudget } from '../http/body-budget.js';
import { connectionShares } from '../http/connections.js';
import { Turns } from '../http/turns.js';
import { AdmissionPool } from '../submission/pool.js';
import { Submissions } from '../submission/submissions.js';
import { Vault } from '../vault/vault.js';
import { announceActs } from './announce-acts.js';
import { forgetControl, openControl } from './control.js';
import { type DataFolder, dataFolder } from './data-folder.js';
import { ErasureWishes } from './erasure-wishes.js';
import { Erasures } from './erasures.js';
import { HouseFront } from './house-front.js';
import { announcePriceList, openAdmission } from './house-money.js';
import { openKeeper } from './open-keeper.js';

export interface HouseOptions {
  readonly data: string;
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Beside the built-in engine; the first gets what no other is named for. */
  readonly upstreams?: readonly HttpUpstream[];
  /** The public names of their models, where they can be told by their form. */
  readonly publicModels?: readonly RegExp[];
  /** The operator's own names for models. */
  readonly routes?: RouteDescriptions;
  readonly retries?: RetryPolicy;
  /** What exchanges cost; nothing has a price when it is left out. */
  readonly prices?: PriceList;
  /** Answers that may be given again; `lifetime` in milliseconds. Every request is asked anew when it is left out. */
  readonly cache?: Pick<AnswerCacheOptions, 'maximumBytes' | 'lifetime'>;
  readonly timeouts?: Pick<Timeouts, 'firstToken' | 'keepAlive'>;
  /** The published identity of the operator; null for one who has not published any. */
  readonly operator: string | null;
  readonly inline: boolean;
  /** The most bytes that a request may have. */
  readonly requestBytes: number;
  /** The most connections of clients at a time; what there are files for when it is left out. */
  readonly connections?: number;
  /** The origins of web pages that may ask, beside the gateway's own. */
  readonly origins?: readonly string[];
  readonly onProblem: (message: string) => void;
}

export interface House {
  /** Such as `http://127.0.0.1:8787`. */
  readonly address: string;
  readonly folder: DataFolder;
  readonly origin: string;
  /** The ids of the built-in models. */
  readonly models: readonly string[];
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
  const front = new HouseFront(onProblem);
  const { connections = connectionShares(DEFAULT_LIMITS.connections).clients } = options;
  const { origins = [] } = options;
  const gateway = new Gateway({
    logRoutes: front.routes,
    host,
    port,
    connections,
    origins: new Set(origins),
    onProblem,
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
  const { upstreams = [], publicModels = [], routes = new Map() } = options;
  const names = new ModelNames({
    known: publicModels,
    aliases: new Set(routes.keys()),
    upstreams: new Set(upstreams.map(({ name }) => name)),
  });
  await names.ask(engine);
  for (const upstream of upstreams) {
    opened.add(() => upstream.close());
    // It may be slow or down; the gateway does not wait for it.
    void names.ask(upstream);
  }
  const routing = new RoutingTable({ engine, upstreams, aliases: routes, names });
  const epochs = await EpochBook.open({
    folder: folder.closings,
    ...keys.issuer,
    log,
    now,
    build: buildInThread,
    onProblem,
  });
  opened.add(() => epochs.close());
  const issuer = await Issuer.open({
    key: keys.issuer.key,
    signer: keys.issuer.signer,
    log,
    epochs,
    policy: defaultPolicy(routing.upstreams.map(({ name }) => name)),
    clientSecret: keys.clientSecret,
    now,
  });
  await log.reached(issuer.firstEpochIndex, 'witnessed', FIRST_WITNESS_TIME);
  // An epoch that witnesses are slow to cosign is included, as what comes later may be; but nothing is named that nobody has seen.
  if (log.witnessed === null || log.witnessed.size < keeper.mustBeWitnessed)
    throw new Failure('log/unwitnessed', { detail: 'the log as it was found is not witnessed' });

  await announceActs(retention, log, keys.issuer);
  const { prices } = options;
  const pricing = prices === undefined ? null : await announcePriceList(prices, operator, log, keys.issuer);
  const access = await openAdmission(folder.access, onProblem);
  opened.add(() => access.close());
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
  const admission = new AdmissionPool(log.origin, keeper.issuers, ADMISSION_THREADS);
  opened.add(() => admission.close());
  front.take(new Submissions(log, admission), { log, retention });
  gateway.admit({
    admission: access.admission,
    cache,
    pricing,
    issuer,
    log,
    epochs,
    sealer,
    archive: new Archive(folder.archive),
    routing,
    health: new HealthBoard<Upstream>(),
    retries: options.retries ?? DEFAULT_RETRIES,
    timeouts: options.timeouts ?? DEFAULT_TIMEOUTS,
    names,
    lists: new ModelLists(now),
    active: new ActiveExchanges(),
    bodies: new BodyBudget(DEFAULT_LIMITS.heldBytes),
    answers: new BodyBudget(DEFAULT_LIMITS.heldAnswerBytes),
    turns: new Turns(),
    operator,
    limits: { ...DEFAULT_LIMITS, requestBytes: options.requestBytes },
    inline: options.inline,
    now,
    seen: () => log.witnessed as Checkpoint,
    denialOf: index => retention.denialOf(index),
    onProblem,
  });
  // Closed before what its exchanges need.
  opened.add(() => gateway.close());
  // Of processes that died; nobody waits for it.
  void epochs.recover();
  const control = await openControl({ file: folder.control, erasures, access, onProblem });
  opened.add(() => control.close());
  // Keys that were changed since they were read, before anybody could be told of it.
  await access.reload();
  const models = (await engine.models()).map(({ id }) => id);
  return { address, folder, origin: log.origin, models, close: () => opened.close() };
}

/** The time in milliseconds, never earlier than it was before: a receipt whose times run backwards would be refused. */
function steadyClock(): () => number {
  let latest = 0;
  return () => {
    latest = Math.max(latest, Date.now());
    return latest;
  };
}

/** How long the first checkpoint may take to be witnessed, in milliseconds. */
const FIRST_WITNESS_TIME = 10_000;

/** Threads that look at submitted entries, at most, once there are so many. */
const ADMISSION_THREADS = Math.min(4, availableParallelism());
