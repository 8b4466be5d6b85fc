import { describe, expect, it } from 'vitest';
import type { Upstream } from '../../exchange/upstream.js';
import type { GatewayContext } from './context.js';
import { readinessOf } from './readiness.js';
import { HealthBoard } from './routing/upstream-health.js';

const upstreamAt = (origin: string) => ({ name: origin, origin }) as Upstream;

/** As much of a context as readiness is about. */
function contextWith(origins: readonly string[], more: object = {}): GatewayContext {
  const health = new HealthBoard<Upstream>(1);
  const upstreams = origins.map(upstreamAt);
  for (const upstream of upstreams) if (upstream.origin.includes('down')) health.of(upstream).failed(1000);
  return {
    ...{ log: { writable: true, witnessed: {} }, epochs: { writable: true }, active: { closing: false } },
    ...{ routing: { upstreams }, health, now: () => 1001 },
    ...more,
  } as unknown as GatewayContext;
}

describe('a gateway is ready', () => {
  it.each([[['http://up']], [['built-in:']], [['http://down', 'http://up']], [['built-in:', 'http://down']]])(
    'with %j to answer',
    origins => {
      expect(readinessOf(contextWith(origins), false).ready).toBe(true);
    },
  );
});

describe('a gateway is not ready', () => {
  it.each<[what: string, context: GatewayContext | null, draining: boolean, missing: string[]]>([
    ['before it takes exchanges', null, false, ['log', 'witnessed', 'journal', 'upstream', 'open']],
    ['where every upstream is down', contextWith(['http://down']), false, ['upstream']],
    ['without any upstream', contextWith([]), false, ['upstream']],
    [
      'while the log takes nothing',
      contextWith(['built-in:'], { log: { writable: false, witnessed: {} } }),
      false,
      ['log'],
    ],
    [
      'before the log is witnessed',
      contextWith(['built-in:'], { log: { writable: true, witnessed: null } }),
      false,
      ['witnessed'],
    ],
    [
      'while no number can be noted',
      contextWith(['built-in:'], { epochs: { writable: false } }),
      false,
      ['journal'],
    ],
    ['while it closes', contextWith(['built-in:'], { active: { closing: true } }), false, ['open']],
    ['while it drains', contextWith(['built-in:']), true, ['open']],
  ])('%s, and says what is missing', (_, context, draining, missing) => {
    const { ready, checks } = readinessOf(context, draining);
    expect(ready).toBe(false);
    expect(Object.entries(checks).flatMap(([name, isSo]) => (isSo ? [] : [name]))).toEqual(missing);
  });
});
