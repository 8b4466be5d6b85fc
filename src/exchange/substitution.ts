/** Whether an upstream's own word for the model that answered is another than the one that was asked for. */

const YEAR = '20[0-9]{2}';
const MONTH = '(?:0[1-9]|1[0-2])';
const DAY = '(?:0[1-9]|[12][0-9]|3[01])';

/**
 * How providers name a dated version of a model: `-2024-07-18`, `-20240718`, `-07-2024`, `-07-18`, `-0718`, and of a year and a month `-2407`. Other
 * digits are another model's name: `claude-opus-4-1-20250805` is no version of `claude-opus-4`.
 */
const VERSION_SUFFIX = new RegExp(
  `^-(?:${YEAR}-${MONTH}-${DAY}|${YEAR}${MONTH}${DAY}|${MONTH}-${YEAR}|${MONTH}-?${DAY}|2[0-9]${MONTH})$`,
);

/** Whether `served` is a dated version of `asked`, such as `gpt-4o-2024-08-06` of `gpt-4o`. */
export function isVersionOf(served: string, asked: string): boolean {
  return served.startsWith(asked) && VERSION_SUFFIX.test(served.slice(asked.length));
}

/**
 * Whether the model that was served is another than the one that was asked for. The same name is no other model, nor is a dated version of
 * it, nor the name without the provider in front of it; everything else is, a name that an operator has made up for another included.
 */
export function isSubstitution(requested: string, served: string): boolean {
  const names = [requested, requested.slice(requested.indexOf('/') + 1)];
  return !names.some(name => served === name || isVersionOf(served, name));
}
