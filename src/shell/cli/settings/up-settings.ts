/** What `countersign up` is to do: from the command line first, then from the environment, then from the configuration file, then by default. */
import type { RouteDescriptions } from '../../gateway/routing/route-description.js';
import type { LogFormat, LogLevel } from '../../telemetry/operator-log.js';
import type { Subscriber } from '../../webhooks/subscriber.js';
import { UsageError } from '../exit-code.js';
import { type ListenAddress, readListenAddress } from '../listen.js';
import { readRoutes, routesOf } from '../routes-file.js';
import type { NamedUpstream } from '../upstreams.js';
import type { AttesterKind, Config } from './config-schema.js';
import { readConfig } from './read-config.js';
import { readSecret } from './secret.js';
import { type TelemetrySettings, telemetryOf } from './telemetry-settings.js';
import { webhooksOf } from './webhook-settings.js';

/** The options of the command line, all of which have a value, given or not. Times in milliseconds. */
export interface UpOptions {
  readonly config?: string;
  readonly data: string;
  readonly host: string;
  readonly port: number;
  readonly upstream: readonly string[];
  readonly routes?: string;
  readonly prices?: string;
  readonly policy?: string;
  readonly operator?: string;
  readonly tlsCertificate?: string;
  readonly tlsKey?: string;
  readonly attester?: AttesterKind;
  readonly attesterCommand?: string;
  readonly inline: boolean;
  readonly maxRequest: number;
  readonly maxConnections: number;
  readonly allowOrigin: readonly string[];
  readonly connectTimeout: number;
  readonly firstTokenTimeout: number;
  readonly idleTimeout: number;
  readonly keepAlive: number;
  readonly retries: number;
  readonly admin: ListenAddress;
  readonly logFormat: LogFormat;
  readonly logLevel?: LogLevel;
  readonly json?: true;
}

export interface UpSettings extends Omit<UpOptions, 'upstream' | 'routes' | 'config' | 'json' | 'logLevel'> {
  readonly logLevel: LogLevel;
  /** Null where nothing is sent. */
  readonly telemetry: TelemetrySettings | null;
  /** Whether upstreams are told of traces. */
  readonly propagate: boolean;
  readonly upstreams: readonly NamedUpstream[];
  readonly models: RouteDescriptions;
  /** Whom to ask for collateral in place of the makers. */
  readonly collateral: { readonly pccs?: string; readonly kds?: string };
  /** Who is told of revocations. */
  readonly webhooks: readonly Subscriber[];
  /** Undefined where no answer is given again; times in milliseconds. */
  readonly cache?: { readonly maximumBytes: number; readonly lifetime: number };
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Throws a usage error for a configuration that is wrong anywhere.
 *
 * @param isGiven whether an option stands on the command line
 */
export async function settingsOf(
  options: UpOptions,
  isGiven: (option: keyof UpOptions) => boolean,
  environment: Environment,
): Promise<UpSettings> {
  const file = options.config ?? (environment.COUNTERSIGN_CONFIG || null);
  const config = await readConfig(file, environment);
  const { listen = {}, timeouts = {}, receipts = {}, admin = {}, logs = {}, telemetry = {} } = config;
  const { attester = {} } = config;
  const chosen = <Name extends keyof UpOptions>(
    name: Name,
    configured: UpOptions[Name] | undefined,
  ): UpOptions[Name] => (isGiven(name) || configured === undefined ? options[name] : configured);
  const operator = chosen('operator', config.operator);
  const prices = chosen('prices', config.prices);
  const policy = chosen('policy', config.policy);
  const tlsCertificate = chosen('tlsCertificate', listen.certificate);
  const tlsKey = chosen('tlsKey', listen.key);
  const attesterKind = chosen('attester', attester.kind);
  const attesterCommand = chosen('attesterCommand', attester.command);
  const logFormat = chosen('logFormat', logs.format);
  const adminAddress = admin.listen === undefined ? undefined : readListenAddress(admin.listen);
  return {
    data: chosen('data', config.data),
    host: chosen('host', listen.host),
    port: chosen('port', listen.port),
    ...(operator === undefined ? {} : { operator }),
    ...(prices === undefined ? {} : { prices }),
    ...(policy === undefined ? {} : { policy }),
    ...(tlsCertificate === undefined ? {} : { tlsCertificate }),
    ...(tlsKey === undefined ? {} : { tlsKey }),
    ...(attesterKind === undefined ? {} : { attester: attesterKind }),
    ...(attesterCommand === undefined ? {} : { attesterCommand }),
    inline: chosen('inline', receipts.inline),
    maxRequest: chosen('maxRequest', listen.requestBytes),
    maxConnections: chosen('maxConnections', listen.connections),
    allowOrigin: chosen('allowOrigin', listen.origins),
    connectTimeout: chosen('connectTimeout', milliseconds(timeouts.connect)),
    firstTokenTimeout: chosen('firstTokenTimeout', milliseconds(timeouts.firstToken)),
    idleTimeout: chosen('idleTimeout', milliseconds(timeouts.idle)),
    keepAlive: chosen('keepAlive', milliseconds(timeouts.keepAlive)),
    retries: chosen('retries', config.retries),
    admin: chosen('admin', adminAddress ?? undefined),
    logFormat,
    // People who look at a terminal are told when something is wrong; machines want to know of every exchange.
    logLevel: chosen('logLevel', logs.level) ?? (logFormat === 'json' ? 'info' : 'warn'),
    telemetry: await telemetryOf(telemetry, environment),
    propagate: telemetry.propagate ?? false,
    upstreams: await upstreamsOf(options, config, environment),
    models: await modelsOf(options, config, file),
    collateral: collateralOf(config),
    webhooks: await webhooksOf(config.webhooks ?? [], environment),
    ...cacheOf(config),
  };
}

/** An hour, unless something else is set. */
const DEFAULT_LIFETIME = 3_600_000;

function cacheOf({ cache: { maximumBytes, ttl } = {} }: Config): Pick<UpSettings, 'cache'> {
  if (maximumBytes === undefined) return {};
  return { cache: { maximumBytes, lifetime: milliseconds(ttl) ?? DEFAULT_LIFETIME } };
}

function collateralOf({ collateral: { pccs, kds } = {} }: Config): UpSettings['collateral'] {
  return { ...(pccs === undefined ? {} : { pccs }), ...(kds === undefined ? {} : { kds }) };
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}

async function upstreamsOf(
  { upstream }: UpOptions,
  { upstreams = [] }: Config,
  environment: Environment,
): Promise<readonly NamedUpstream[]> {
  if (upstream.length > 0) return upstream.map(text => ({ text, key: null }));
  const named: NamedUpstream[] = [];
  for (const [at, one] of upstreams.entries()) {
    if (typeof one === 'string') named.push({ text: one, key: null });
    else {
      const { name, url, key, attestation } = one;
      const text = url === undefined ? name : `${name}=${url}`;
      const what = `upstreams.${at}.key`;
      named.push({
        text,
        key: key === undefined ? null : await readSecret(what, key, environment),
        ...(attestation === undefined ? {} : { attestation }),
      });
    }
  }
  return named;
}

async function modelsOf(
  { routes }: UpOptions,
  { models }: Config,
  file: string | null,
): Promise<RouteDescriptions> {
  if (routes === undefined) return routesOf(file ?? 'COUNTERSIGN_MODELS', models ?? {});
  if (models === undefined) return readRoutes(routes);
  throw new UsageError('Names for models stand in --routes or in the configuration, not in both.');
}
