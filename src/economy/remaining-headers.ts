/** What is left of a client's limits, in the headers that OpenAI has for it. */
import type { Account, Budgets } from './budgets.js';

const SHOWN = ['requests', 'tokens'] as const;

export function remainingHeaders(
  budgets: Budgets,
  accounts: readonly Account[],
  now: number,
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const measure of SHOWN) {
    const least = budgets.remainder(accounts, measure, now);
    if (least === null) continue;
    headers[`x-ratelimit-limit-${measure}`] = least.most.toString();
    headers[`x-ratelimit-remaining-${measure}`] = least.left.toString();
    const wait = secondsUntil(least.ends, now);
    if (wait !== null) headers[`x-ratelimit-reset-${measure}`] = formatWait(wait);
  }
  return headers;
}

/** At least one; null where it never comes. Times are milliseconds. */
export function secondsUntil(time: number, now: number): number | null {
  return Number.isFinite(time) ? Math.max(1, Math.ceil((time - now) / 1000)) : null;
}

/** As OpenAI writes it: `45s`, `6m0s`, `2h0m5s`. */
export function formatWait(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  const rest = `${seconds % 60}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}
