/**
 * Tests that take a sample of what there is to try take all of it in the slow suite, which runs their files again with
 * `COUNTERSIGN_THOROUGH=1`.
 */
const isThorough = process.env.COUNTERSIGN_THOROUGH === '1';

/** `all` in the slow suite, `some` in the unit suite. */
export function thorough<Value>(all: Value, some: Value): Value {
  return isThorough ? all : some;
}
