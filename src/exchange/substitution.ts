/** Whether an upstream's own word for the model that answered is another than the one that was asked for. */

/** How a provider names a dated version of a model, as in `-2024-07-18` or `-20240718`. */
const VERSION_SUFFIX = /^-[0-9][0-9-]{3,15}$/;

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
