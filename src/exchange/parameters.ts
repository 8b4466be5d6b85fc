/** The parameters and the usage of an exchange, as far as they may be public: numbers, booleans and enumerations, never free text. */
import * as v from 'valibot';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
export const between = (least: number, most: number) =>
  v.pipe(v.number(), v.minValue(least), v.maxValue(most));
/** A whole number from 0 to `most`. */
export const zeroTo = (most: number) => v.pipe(count, v.maxValue(most));
/** A limit to how many tokens there may be. */
export const tokens = v.pipe(count, v.minValue(1), v.maxValue(2 ** 31));

/** With the ranges that the APIs document; what is outside them is refused before it reaches an upstream. */
const PARAMETERS = {
  background: v.boolean(),
  best_of: v.pipe(count, v.minValue(1), v.maxValue(128)),
  dimensions: v.pipe(count, v.minValue(1), v.maxValue(2 ** 31)),
  echo: v.boolean(),
  encoding_format: v.picklist(['float', 'base64']),
  frequency_penalty: between(-2, 2),
  /** Whether they are wanted or, in completions, how many. */
  logprobs: v.union([v.boolean(), zeroTo(20)]),
  max_completion_tokens: tokens,
  max_output_tokens: tokens,
  /** In completions also zero: then nothing but the prompt comes back. */
  max_tokens: zeroTo(2 ** 31),
  max_tool_calls: zeroTo(2 ** 31),
  n: v.pipe(count, v.minValue(1), v.maxValue(128)),
  output_compression: zeroTo(100),
  parallel_tool_calls: v.boolean(),
  partial_images: zeroTo(3),
  presence_penalty: between(-2, 2),
  reasoning_effort: v.picklist(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']),
  /** In which form the model is to tell what it thought. */
  reasoning_summary: v.picklist(['auto', 'concise', 'detailed']),
  seed: v.pipe(v.number(), v.safeInteger()),
  service_tier: v.picklist(['auto', 'default', 'flex', 'scale', 'priority', 'fast', 'standard_only']),
  store: v.boolean(),
  stream: v.boolean(),
  temperature: between(0, 2),
  thinking: v.picklist(['adaptive', 'between_tools', 'disabled', 'enabled']),
  /** In tokens; -1 leaves it to the model. */
  thinking_budget: v.pipe(v.number(), v.safeInteger(), v.minValue(-1), v.maxValue(2 ** 31)),
  top_k: count,
  top_logprobs: zeroTo(20),
  top_p: between(0, 1),
  truncation: v.picklist(['auto', 'disabled']),
  verbosity: v.picklist(['low', 'medium', 'high']),
} as const;

export const ParametersSchema = v.partial(v.strictObject(PARAMETERS));
export type Parameters = v.InferOutput<typeof ParametersSchema>;

export type ParameterName = keyof Parameters;

/** For each member of a request that is an object with parameters in it, under which name a receipt has each of its members. */
export type NestedParameters = Readonly<Record<string, Readonly<Record<string, ParameterName>>>>;

/** The parameters that one surface knows. */
export interface ParameterSet {
  /** Those that are members of the request itself. */
  readonly names: readonly ParameterName[];
  /** Those that are members of an object in it. */
  readonly nested: NestedParameters;
  readonly schema: v.GenericSchema<unknown, Parameters>;
}

/**
 * Parameters as receipts have them, and those for which a surface has a range of its `own`, within that of receipts. `nested`: where those are
 * that are no members of the request itself.
 */
export function parameterSet(
  shared: readonly ParameterName[],
  own: { readonly [Name in ParameterName]?: v.GenericSchema<unknown, NonNullable<Parameters[Name]>> } = {},
  nested: NestedParameters = {},
): ParameterSet {
  const inside = new Set(Object.values(nested).flatMap(members => Object.values(members)));
  const given: v.ObjectEntries = {
    ...Object.fromEntries([...shared, ...inside].map(name => [name, PARAMETERS[name]])),
    ...own,
  };
  // What is read is in the order in which a receipt has it.
  const names = Object.keys(given).sort() as ParameterName[];
  const schemas: v.ObjectEntries = Object.fromEntries(names.map(name => [name, given[name] as never]));
  return {
    names: names.filter(name => !inside.has(name)),
    nested,
    schema: v.partial(v.strictObject(schemas)) as unknown as v.GenericSchema<unknown, Parameters>,
  };
}

export const UsageSchema = v.partial(
  v.strictObject({
    cache_written_tokens: count,
    cached_tokens: count,
    completion_tokens: count,
    prompt_tokens: count,
    reasoning_tokens: count,
    total_tokens: count,
  }),
);
export type Usage = v.InferOutput<typeof UsageSchema>;
