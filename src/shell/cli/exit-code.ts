/** What the process tells whoever started it. */
import type { Outcome } from '../../appraise/verify.js';

export const EXIT = {
  pass: 0,
  /** A fault of our own, or something on this machine that kept a command from doing its work. */
  internal: 1,
  fail: 10,
  inconclusive: 20,
  malformed: 30,
  /** The command was not used as its help says. */
  usage: 64,
} as const;

export function exitCodeOf(outcome: Outcome): number {
  return EXIT[outcome];
}

/** The command line cannot be carried out as it was written. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
