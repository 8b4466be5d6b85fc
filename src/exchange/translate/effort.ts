/**
 * How much a model is to think. OpenAI's dialect has one word for it; Anthropic's has thinking, which is on, off or has a budget of tokens,
 * and beside it an effort, in the same words but for `none` and `minimal`.
 */

/** Anthropic's effort for each of OpenAI's words; null for the one that switches thinking off. */
export const EFFORTS: ReadonlyMap<string, string | null> = new Map([
  ['none', null],
  ['minimal', 'low'],
  ['low', 'low'],
  ['medium', 'medium'],
  ['high', 'high'],
  ['xhigh', 'xhigh'],
  ['max', 'max'],
]);

/** The word nearest to a budget of tokens; between the budgets 1,024, 8,192 and 24,576, which others use for the first three words. */
export function effortOf(budget: number): string {
  if (budget < 4096) return 'low';
  return budget < 16_384 ? 'medium' : 'high';
}
