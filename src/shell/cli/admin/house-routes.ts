/** The part of the admin API that tells of a house, and steers it. */

import type * as v from 'valibot';
import type { Gateway } from '../../gateway/gateway.js';
import type { Route } from '../../http/server.js';
import type { Publication } from '../../log/serve.js';
import type { Registry } from '../../telemetry/registry.js';
import type { Webhooks } from '../../webhooks/webhooks.js';
import type { Erasures } from '../erasures.js';
import type { Reloads } from '../reloads.js';
import {
  type DrainSchema,
  RevocationWishSchema,
  type RevokedAnswer,
  type StatusAnswer,
  type UpstreamsAnswer,
} from './answers.js';
import { jsonAnswer, readJson } from './json-answer.js';

export interface SteeredHouse {
  readonly gateway: Gateway;
  readonly address: string;
  readonly log: Publication & { readonly origin: string };
  readonly erasures: Erasures;
  readonly revoke: (wish: v.InferOutput<typeof RevocationWishSchema>) => Promise<RevokedAnswer>;
  readonly reloads: Reloads;
  readonly registry: Registry;
  readonly webhooks: Pick<Webhooks, 'states'>;
  /** The settings in force, without secrets. */
  readonly settings: () => object;
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly started: number;
}

/** Source: https://prometheus.io/docs/instrumenting/exposition_formats/ */
const METRICS_TYPE = {
  'content-type': 'text/plain; version=0.0.4; charset=utf-8',
  'cache-control': 'no-store',
};

export function houseRoutes(house: SteeredHouse): Route[] {
  const { gateway, erasures, reloads, registry } = house;
  const drain = (draining: boolean): v.InferOutput<typeof DrainSchema> => {
    gateway.draining = draining;
    return { draining };
  };
  return [
    { method: 'GET', path: '/admin/status', handle: () => jsonAnswer(200, statusOf(house)) },
    { method: 'GET', path: '/admin/config', handle: () => jsonAnswer(200, house.settings()) },
    { method: 'GET', path: '/admin/upstreams', handle: () => jsonAnswer(200, upstreamsOf(gateway)) },
    {
      method: 'POST',
      path: '/admin/reload',
      handle: async () => jsonAnswer(200, { reloaded: await reloads.reloadAll() }),
    },
    { method: 'POST', path: '/admin/drain', handle: () => jsonAnswer(200, drain(true)) },
    { method: 'POST', path: '/admin/undrain', handle: () => jsonAnswer(200, drain(false)) },
    {
      method: 'POST',
      path: /^\/admin\/erasures\/([a-z2-7]{26})$/,
      handle: async (_, exchange = '') => jsonAnswer(200, { ...(await erasures.erase(exchange)) }),
    },
    {
      method: 'POST',
      path: '/admin/revocations',
      handle: async request =>
        jsonAnswer(201, await house.revoke(await readJson(request, RevocationWishSchema))),
    },
    {
      method: 'GET',
      path: '/metrics',
      handle: () => ({ status: 200, headers: METRICS_TYPE, body: registry.text() }),
    },
  ];
}

function statusOf({
  gateway,
  address,
  log,
  reloads,
  webhooks,
  version,
  started,
}: SteeredHouse): StatusAnswer {
  const { ready, checks } = gateway.readiness;
  const { active, routing, log: seen } = gateway.context ?? {};
  return {
    version,
    started,
    address,
    log: log.origin,
    ready,
    draining: gateway.draining,
    checks,
    exchanges: { running: active?.size ?? 0, streams: active?.streams ?? 0 },
    entries: { included: log.size, witnessed: seen?.witnessed?.size ?? 0 },
    upstreams: routing?.upstreams.length ?? 0,
    configuration: reloads.areCurrent ? 'current' : 'refused',
    reloaded: [...reloads.latest],
    webhooks: webhooks.states.map(state => ({ ...state })),
  };
}

function upstreamsOf({ context }: Gateway): UpstreamsAnswer {
  if (context === null) return { upstreams: [] };
  const { routing, health, now } = context;
  return {
    upstreams: routing.upstreams.map(upstream => {
      const state = health.of(upstream);
      return {
        name: upstream.name,
        origin: upstream.origin,
        available: state.isOpenTo(now()),
        resting: state.isResting(now()),
        running: state.running,
      };
    }),
  };
}
