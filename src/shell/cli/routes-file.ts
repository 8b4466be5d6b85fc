/** The file that `--routes` names: the operator's own names for models, each with what it stands for. */
import * as v from 'valibot';
import type { RouteDescriptions, TierDescription } from '../gateway/routing/route-description.js';
import { UsageError } from './exit-code.js';
import { readStored } from './files.js';
import { notJson, sentence } from './settings/problem-words.js';

const MAX_BYTES = 1024 * 1024;
const MAX_NAMES = 1000;
const MAX_TIERS = 8;
const MAX_TARGETS = 32;

/** A model as a client would name it. */
const Model = v.pipe(v.string(), v.minLength(1), v.maxLength(256));
const Weight = v.pipe(v.number(), v.minValue(0.001), v.maxValue(1_000_000));

const Target = v.union(
  [Model, v.strictObject({ model: Model, weight: v.optional(Weight, 1) })],
  'a target is a model, or {"model", "weight"}',
);
const Tier = v.union(
  [
    Model,
    v.strictObject({
      balance: v.optional(v.picklist(['weight', 'latency']), 'weight'),
      targets: v.pipe(v.array(Target), v.minLength(1), v.maxLength(MAX_TARGETS)),
    }),
  ],
  'a step is a model, or {"targets", "balance"}',
);
export const Steps = v.union(
  [Tier, v.pipe(v.array(Tier), v.minLength(1), v.maxLength(MAX_TIERS))],
  'a name stands for a model, {"targets", "balance"}, or a list of up to 8 of these',
);

/** Also the source of `spec/schemas/routes.json`. */
export const RoutesSchema = v.strictObject({
  /** By the name that clients use. */
  models: v.pipe(
    v.record(v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}$/)), Steps),
    v.maxEntries(MAX_NAMES),
  ),
});

/** Throws a usage error that says where in the file something is wrong. */
export async function readRoutes(path: string): Promise<RouteDescriptions> {
  const text = Buffer.from(await readStored(path, MAX_BYTES)).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${path} ${notJson(error)}`);
  }
  const parsed = v.safeParse(RoutesSchema, value, { abortEarly: true });
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new UsageError(`${path}: ${v.getDotPath(issue) ?? 'the file'}: ${sentence(issue.message)}`);
  }
  return routesOf(path, parsed.output.models);
}

export type Steps = v.InferOutput<typeof Steps>;

/** The routes that names stand for. Throws a usage error where one stands for another. `path`: the file they are from. */
export function routesOf(path: string, models: Readonly<Record<string, Steps>>): RouteDescriptions {
  const routes = new Map(
    Object.entries(models).map(([name, steps]) => {
      const [first, ...later] = (Array.isArray(steps) ? steps : [steps]) as [TierInput, ...TierInput[]];
      return [name, [tier(first), ...later.map(tier)]] as const;
    }),
  ) as RouteDescriptions;
  refuseChains(path, routes);
  return routes;
}

type TierInput = v.InferOutput<typeof Tier>;

function tier(step: TierInput): TierDescription {
  if (typeof step === 'string') return { balance: 'weight', targets: [{ model: step, weight: 1 }] };
  const [first, ...others] = step.targets as [
    v.InferOutput<typeof Target>,
    ...v.InferOutput<typeof Target>[],
  ];
  return { balance: step.balance, targets: [target(first), ...others.map(target)] };
}

function target(value: v.InferOutput<typeof Target>) {
  return typeof value === 'string' ? { model: value, weight: 1 } : value;
}

/** A name that stands for another of the operator's names would be sent to the first upstream as it is. */
function refuseChains(path: string, routes: RouteDescriptions): void {
  for (const [name, tiers] of routes) {
    const chained = tiers
      .flatMap(({ targets }) => targets)
      .find(({ model }) => routes.has(model) && model !== name);
    if (chained !== undefined)
      throw new UsageError(
        `${path}: models.${name}: "${chained.model}" is a name of this file, not a model.`,
      );
  }
}
