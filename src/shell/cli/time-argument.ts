/** A time on the command line. */
import { InvalidArgumentError } from 'commander';

/** In milliseconds. */
export function timeArgument(text: string): number {
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (Number.isFinite(time)) return time;
  throw new InvalidArgumentError('It takes a time with its zone, such as 2026-11-21T12:00:00Z.');
}
