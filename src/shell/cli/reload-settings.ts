/** The settings of a running gateway, read again: what can change takes effect for the exchanges that begin after it, and what cannot says so and stays. */
import type { EvidenceKeeping } from '../gateway/attestation/keeping.js';
import { RevokedFacts } from '../gateway/attestation/revoked-facts.js';
import { DEFAULT_RETRIES } from '../gateway/routing/route-plan.js';
import { connectionShares, OpenConnections } from '../http/connections.js';
import { type Attesting, attestingBy, openKeeping } from './attesting.js';
import { dataFolder } from './data-folder.js';
import type { House } from './house.js';
import type { Changeable } from './in-force.js';
import type { Operations } from './operations.js';
import { readPriceList } from './price-list-file.js';
import type { Reloadable, Reloaded } from './reloads.js';
import type { UpSettings } from './settings/up-settings.js';
import { shownWebhook } from './settings/webhook-settings.js';
import { type OpenedUpstreams, openUpstreams } from './upstreams.js';

/** Which only a start can put in force, by the names that they have in the configuration. */
const AT_START = {
  data: 'data',
  host: 'listen.host',
  port: 'listen.port',
  operator: 'operator',
  policy: 'policy',
  cache: 'cache',
  collateral: 'collateral',
  tlsCertificate: 'listen.certificate',
  tlsKey: 'listen.key',
  attester: 'attester.kind',
  attesterCommand: 'attester.command',
  admin: 'admin.listen',
  logFormat: 'logs.format',
  telemetry: 'telemetry',
  propagate: 'telemetry.propagate',
  webhooks: 'webhooks',
} as const satisfies Partial<Record<keyof UpSettings, string>>;

export class SettingsInForce implements Reloadable {
  readonly name = 'configuration';
  /** What the house's log has revoked, for judging upstreams. */
  readonly revoked = new RevokedFacts();
  readonly #read: () => Promise<UpSettings>;
  readonly #operations: Pick<Operations, 'log' | 'observer' | 'onProblem'>;
  /** All upstreams together, over every change. */
  readonly #connections: OpenConnections;
  #settings: UpSettings;
  #upstreams: OpenedUpstreams = { upstreams: [], publicModels: [] };
  #pricesRead = '';
  #keeping: Promise<EvidenceKeeping> | null = null;
  #attesting: Attesting | null = null;
  #house: House | null = null;

  /** `read`: reads the settings as they are now. `settings`: those of the start. */
  constructor(
    read: () => Promise<UpSettings>,
    settings: UpSettings,
    operations: Pick<Operations, 'log' | 'observer' | 'onProblem'>,
  ) {
    this.#read = read;
    this.#settings = settings;
    this.#operations = operations;
    this.#connections = new OpenConnections(connectionShares(settings.maxConnections).upstreams);
  }

  /** The house that these settings are of, once there is one. */
  of(house: House): void {
    this.#house = house;
  }

  /** The settings in force; of a secret, whether there is one. */
  get shown(): object {
    const { upstreams, models, telemetry, webhooks, ...rest } = this.#settings;
    // Without those that are not set.
    return JSON.parse(
      JSON.stringify({
        ...rest,
        upstreams: upstreams.map(({ text, key, attestation }) => ({
          upstream: text,
          isKeyConfigured: key !== null,
          ...(attestation === undefined ? {} : { attestation: attestation.provider }),
        })),
        telemetry: telemetry && { endpoint: telemetry.endpoint, service: telemetry.service },
        models: Object.fromEntries(models),
        webhooks: webhooks.map(shownWebhook),
      }),
    ) as object;
  }

  /** What a house starts with. Throws a usage error. */
  async beginning(): Promise<Changeable> {
    const { options, upstreams, pricesRead } = await this.#changeable(this.#settings);
    this.#upstreams = upstreams;
    this.#pricesRead = pricesRead;
    return options;
  }

  /** Where evidence is kept, for all who keep some. */
  keeping(): Promise<EvidenceKeeping> {
    const { data, collateral } = this.#settings;
    this.#keeping ??= openKeeping(dataFolder(data), collateral, this.#operations.onProblem);
    return this.#keeping;
  }

  async reload(): Promise<Reloaded> {
    const house = this.#house;
    if (house === null) return { outcome: 'unchanged' };
    const read = await this.#read();
    const { options, upstreams, pricesRead } = await this.#changeable(read);
    const waiting = Object.entries(AT_START).filter(
      ([name]) => !isSame(read, this.#settings, name as keyof UpSettings),
    );
    const isUnchanged = isSameSettings(read, this.#settings) && pricesRead === this.#pricesRead;
    if (isUnchanged) return { outcome: 'unchanged' };
    await house.change(options);
    this.#upstreams = upstreams;
    this.#pricesRead = pricesRead;
    this.#operations.log.level = read.logLevel;
    this.#settings = { ...read, ...pick(this.#settings) };
    return { outcome: 'applied', waiting: waiting.map(([, path]) => path) };
  }

  /** By what upstreams are judged; null where none has to show anything. */
  async #attestingFor({ upstreams }: UpSettings): Promise<Attesting | null> {
    if (upstreams.every(({ attestation }) => attestation === undefined)) return null;
    this.#attesting ??= attestingBy(await this.keeping(), this.#operations, this.revoked);
    return this.#attesting;
  }

  async #changeable(settings: UpSettings) {
    const timeouts = {
      connect: settings.connectTimeout,
      firstToken: settings.firstTokenTimeout,
      idle: settings.idleTimeout,
      keepAlive: settings.keepAlive,
    };
    const before = this.#upstreams.upstreams;
    const upstreams = await openUpstreams(
      settings.upstreams,
      timeouts,
      this.#connections,
      before,
      await this.#attestingFor(settings),
    );
    const prices = await pricesFor(settings);
    const options: Changeable = {
      ...upstreams,
      routes: settings.models,
      ...(prices === null ? {} : { prices }),
      retries: { ...DEFAULT_RETRIES, retries: settings.retries },
      timeouts,
      inline: settings.inline,
      requestBytes: settings.maxRequest,
      connections: connectionShares(settings.maxConnections).clients,
      origins: settings.allowOrigin,
    };
    return { options, upstreams, pricesRead: JSON.stringify(prices) };
  }
}

/** Where nobody but the built-in model is asked, nothing costs anything, and no list is needed. */
async function pricesFor({ prices, upstreams }: UpSettings) {
  return prices === undefined && upstreams.length === 0 ? null : readPriceList(prices);
}

/** What stays as it was at the start. */
function pick(settings: UpSettings): Partial<UpSettings> {
  return Object.fromEntries(
    (Object.keys(AT_START) as (keyof UpSettings)[]).map(name => [name, settings[name]]),
  );
}

function isSameSettings(one: UpSettings, other: UpSettings): boolean {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]) as Set<keyof UpSettings>;
  return [...names].every(name => isSame(one, other, name));
}

function isSame(one: UpSettings, other: UpSettings, name: keyof UpSettings): boolean {
  // Maps and sets have no members of their own.
  const plain = (_: string, value: unknown) =>
    value instanceof Map || value instanceof Set ? [...value] : value;
  const text = (value: unknown) => JSON.stringify(value, plain);
  return text(one[name]) === text(other[name]);
}
