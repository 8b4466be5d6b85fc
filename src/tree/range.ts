/**
 * Which complete subtrees a range of leaves is made of.
 *
 * A subtree is named by its level (it holds 2^level leaves) and its index on that level, so that subtree `{level, index}` covers the
 * leaves from `index * 2^level`. Sizes go up to 2^53 - 1, so this is arithmetic on numbers, never on 32-bit integers.
 */

export interface Subtree {
  readonly level: number;
  readonly index: number;
}

/** The largest power of two strictly below `size`, for `size` of at least 2: where RFC 6962 splits a tree. */
export function splitPoint(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

/**
 * The complete subtrees, left to right, whose leaves are exactly `start` to `end`. `start` must be a multiple of the largest power of
 * two that is at most `end - start`, as it is in every RFC 6962 proof.
 */
export function decompose(start: number, end: number): Subtree[] {
  const subtrees: Subtree[] = [];
  let at = start;
  while (at < end) {
    let level = 0;
    let width = 1;
    while (at % (width * 2) === 0 && at + width * 2 <= end) {
      level++;
      width *= 2;
    }
    subtrees.push({ level, index: at / width });
    at += width;
  }
  return subtrees;
}

/** Whether a number can be the size of a tree, or an index in one. */
export function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
