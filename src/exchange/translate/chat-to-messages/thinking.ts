/** How much a model is to think, as that model can be told: Anthropic's API took a budget of tokens first, and an effort later. */
import { BUDGETS, EFFORTS, type Effort } from '../effort.js';
import type { Place } from '../place.js';
import type { Transform } from '../transforms.js';

/** What else is asked that thinking on a budget does not go with. */
export interface Asked {
  readonly model: string;
  /** `max_tokens`, which counts thoughts as well. */
  readonly limit: number;
  /** Whether a tool must be used. */
  readonly mustCall: boolean;
  /** Whether the turn that is gone on with has called tools and does not begin with a thought. */
  readonly isUnthought: boolean;
}

export interface Thinking {
  readonly thinking?: object;
  /** What `output_config` has of it. */
  readonly effort?: Effort;
}

/** Less is refused there. */
const LEAST_BUDGET = 1024;

/** `effort`: OpenAI's word. */
export function thinkingOf(effort: Place, asked: Asked, transforms: Set<Transform>): Thinking {
  const word = effort.optionalText();
  if (word === null) return {};
  const known = EFFORTS.get(word);
  if (known === undefined) throw effort.untranslatable();
  const version = versionOf(asked.model);
  if (known === null) return version < FIRST_THINKING ? {} : { thinking: { type: 'disabled' } };
  if (version < FIRST_ADAPTIVE) {
    const budget = version < FIRST_THINKING ? null : budgetOf(known, asked);
    if (budget !== null) return { thinking: { type: 'enabled', budget_tokens: budget } };
    transforms.add('effort-omitted');
    return {};
  }
  const isTooHigh = known === 'xhigh' && version < FIRST_EXTRA_HIGH;
  if (isTooHigh) transforms.add('effort-lowered');
  return { thinking: { type: 'adaptive' }, effort: isTooHigh ? 'high' : known };
}

/** At most half of the limit, so that there is room for an answer; null where the host would refuse any. */
function budgetOf(effort: Effort, { limit, mustCall, isUnthought }: Asked): number | null {
  if (mustCall || isUnthought || limit <= LEAST_BUDGET) return null;
  return Math.max(LEAST_BUDGET, Math.min(BUDGETS[effort], Math.floor(limit / 2)));
}

/** Claude 3.7. */
const FIRST_THINKING = 307;
/** Claude 4.6; up to 4.5, only a budget is taken, and after 4.6 none is. */
const FIRST_ADAPTIVE = 406;
/** Claude 4.7. */
const FIRST_EXTRA_HIGH = 407;

/** `claude-sonnet-4-5-20250929`, `claude-opus-4@20250514`, `claude-haiku-4.5`; and up to Claude 3.7, `claude-3-5-haiku-20241022`. */
const NAME = /claude-(?:(?:opus|sonnet|haiku)-)?(\d)(?:[-.](\d{1,2}))?(?!\d)/;

/**
 * The version of the model in hundreds. A name that says none has the newest: the older models are all known by their names and no more are made, so that any
 * other name is of a model to come, which takes an effort and refuses a budget, or one that somebody has given, who can then also say nothing of efforts.
 */
function versionOf(model: string): number {
  const [, major, minor = '0'] = NAME.exec(model) ?? [];
  return major === undefined ? Number.POSITIVE_INFINITY : Number(major) * 100 + Number(minor);
}
