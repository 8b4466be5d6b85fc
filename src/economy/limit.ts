/** How much of something there may be in a stretch of time: so many requests a minute, so many tokens a day, so much money a month or at all. */
import * as v from 'valibot';
import { parseAmount } from '../receipt/price/money.js';

export const MEASURES = ['requests', 'tokens', 'money'] as const;
export type Measure = (typeof MEASURES)[number];

/** Of the calendar, in UTC; `total` never ends. */
export const PERIODS = ['minute', 'day', 'month', 'total'] as const;
export type Period = (typeof PERIODS)[number];

const WholeNumber = v.pipe(v.string(), v.regex(/^(?:0|[1-9][0-9]{0,14})$/));
/** In the currency of the price list. */
const Money = v.pipe(v.string(), v.regex(/^(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,18})?$/));
const Per = v.picklist(PERIODS);

export const LimitSchema = v.variant('measure', [
  v.strictObject({ measure: v.literal('requests'), most: WholeNumber, per: Per }),
  v.strictObject({ measure: v.literal('tokens'), most: WholeNumber, per: Per }),
  v.strictObject({ measure: v.literal('money'), most: Money, per: Per }),
]);
export type Limit = v.InferOutput<typeof LimitSchema>;

/** Reads `<measure>=<most>/<period>`, such as `money=50/month`; null for any other text. */
export function parseLimit(text: string): Limit | null {
  const [, measure, most, per] = /^([a-z]+)=([0-9.]+)\/([a-z]+)$/.exec(text) ?? [];
  const parsed = v.safeParse(LimitSchema, { measure, most, per });
  return parsed.success ? parsed.output : null;
}

export function formatLimit({ measure, most, per }: Limit): string {
  return `${measure}=${most}/${per}`;
}

/** The most that there may be: a number of requests or tokens, or an amount of money. */
export function mostAllowed({ measure, most }: Limit): bigint {
  return measure === 'money' ? (parseAmount(most) as bigint) : BigInt(most);
}

/** When the stretch of time began that a time is in; both in milliseconds. */
export function periodStart(per: Period, time: number): number {
  const date = new Date(time);
  switch (per) {
    case 'minute':
      return Math.floor(time / 60_000) * 60_000;
    case 'day':
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
    case 'month':
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
    case 'total':
      return 0;
  }
}

/** When the one that began at `start` ends; infinity for what never does. */
export function periodEnd(per: Period, start: number): number {
  const date = new Date(start);
  switch (per) {
    case 'minute':
      return start + 60_000;
    case 'day':
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() + 1);
    case 'month':
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
    case 'total':
      return Number.POSITIVE_INFINITY;
  }
}
