/** How a process that runs for long has its memory collected. */
import { setFlagsFromString } from 'node:v8';

/**
 * Before much is allocated. What a gateway and a log hold is little and what they throw away is much, so that the engine's own ways cost more than they gain:
 * it would let garbage grow to several times what is in use before it looks for it, and have four threads share a collection of a millisecond, each of which waits
 * for the others.
 */
export function tuneCollector(): void {
  setFlagsFromString('--heap-growing-percent=50');
  setFlagsFromString('--no-parallel-scavenge');
}
