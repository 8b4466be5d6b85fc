/** Server-sent events as the dialects with types have them: the name is the type in the data. */
import { event } from '../upstreams.js';

export function named(value: { readonly type: string }): string {
  return `event: ${value.type}\n${event(JSON.stringify(value))}`;
}
