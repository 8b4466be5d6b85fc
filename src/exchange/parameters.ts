/** The parameters and the usage of an exchange, as far as they may be public: numbers, booleans and enumerations, never free text. */
import * as v from 'valibot';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const between = (least: number, most: number) => v.pipe(v.number(), v.minValue(least), v.maxValue(most));
/** A whole number from 0 to `most`. */
const zeroTo = (most: number) => v.pipe(count, v.maxValue(most));
/** A limit to how many tokens there may be. */
const tokens = v.pipe(count, v.minValue(1), v.maxValue(2 ** 31));

/** What a receipt may state of each. A host may take more: such a value goes on as it came, and the receipt says only that there was one. */
export const PARAMETERS = {
  background: v.boolean(),
  best_of: zeroTo(2 ** 31),
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
  n: zeroTo(2 ** 31),
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

/** What the gateway acts on, and so has to understand: how it relays an answer, and of how many answers it reserves the tokens. */
const ACTED_ON = ['best_of', 'n', 'stream'] as const;
/** A parameter of which a receipt may have to say that it was set without saying to what. */
export type UnstatedName = Exclude<ParameterName, (typeof ACTED_ON)[number]>;

export function isActedOn(name: ParameterName): name is (typeof ACTED_ON)[number] {
  return (ACTED_ON as readonly ParameterName[]).includes(name);
}

const UNSTATED_NAMES = (Object.keys(PARAMETERS) as ParameterName[]).filter(
  (name): name is UnstatedName => !isActedOn(name),
);

/** The names of parameters in their order, each once. */
export const UnstatedSchema = v.pipe(
  v.array(v.picklist(UNSTATED_NAMES)),
  v.minLength(1),
  v.check(names => names.every((name, at) => at === 0 || (names[at - 1] as string) < name)),
);

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
