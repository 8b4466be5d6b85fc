/** Whether a gateway can do what it is there for, as those ask who send it traffic. */
import type { GatewayContext } from './context.js';

export interface Readiness {
  readonly ready: boolean;
  readonly checks: {
    /** The log takes entries. */
    readonly log: boolean;
    /** The log has been witnessed. */
    readonly witnessed: boolean;
    /** Numbers can be noted. */
    readonly journal: boolean;
    /** Somebody is there to answer: the built-in model, or an upstream that is not left alone after failures. */
    readonly upstream: boolean;
    /** It has begun to take exchanges, and has not been told to stop. */
    readonly open: boolean;
  };
}

/** `context`: null before exchanges are taken; `draining`: whether traffic is to go elsewhere. */
export function readinessOf(context: GatewayContext | null, draining: boolean): Readiness {
  const checks = {
    log: context?.log.writable === true,
    witnessed: (context?.log.witnessed ?? null) !== null,
    journal: context?.epochs.writable === true,
    upstream: context !== null && hasUpstream(context),
    open: context?.active.closing === false && !draining,
  };
  return { ready: Object.values(checks).every(Boolean), checks };
}

function hasUpstream({ routing, health, now }: GatewayContext): boolean {
  const time = now();
  return routing.upstreams.some(
    upstream => upstream.origin === 'built-in:' || health.of(upstream).isOpenTo(time),
  );
}
