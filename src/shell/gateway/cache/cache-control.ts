/** What a request says of caches (RFC 9111 §5.2.1), as far as it is answered here. */

export interface CacheControl {
  /** Whether an answer may be one that was given before. */
  readonly mayFind: boolean;
  /** Whether the answer may be kept. */
  readonly mayKeep: boolean;
}

/** `header`: the request's `cache-control`. Whatever else it says is for other caches. */
export function readCacheControl(header: string | undefined): CacheControl {
  const directives = (header ?? '')
    .toLowerCase()
    .split(',')
    .map(directive => directive.trim());
  const isUnstored = directives.includes('no-store');
  return { mayFind: !isUnstored && !directives.includes('no-cache'), mayKeep: !isUnstored };
}
