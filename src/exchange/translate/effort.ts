/**
 * How much a model is to think. OpenAI's dialect has one word for it; Anthropic's has thinking, which is on, off or has a budget of tokens,
 * and beside it an effort, in the same words but for `none` and `minimal`.
 */

/** Anthropic's effort for each of OpenAI's words; null for the one that switches thinking off. */
export const EFFORTS: ReadonlyMap<string, Effort | null> = new Map([
  ['none', null],
  ['minimal', 'low'],
  ['low', 'low'],
  ['medium', 'medium'],
  ['high', 'high'],
  ['xhigh', 'xhigh'],
  ['max', 'max'],
]);

export type Effort = 'low' | 'medium' | 'high' | 'xhigh' | 'max';

/** The budget of tokens for each effort: those that others use for the first three, and the most after which Anthropic's models gain little. */
export const BUDGETS: Readonly<Record<Effort, number>> = {
  low: 1024,
  medium: 8192,
  high: 24_576,
  xhigh: 32_000,
  max: 32_000,
};

/** The word nearest to a budget of tokens; between those of {@link BUDGETS}. */
export function effortOf(budget: number): Effort {
  if (budget < 4096) return 'low';
  return budget < 16_384 ? 'medium' : 'high';
}
