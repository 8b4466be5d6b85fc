/** A timer that keeps no process alive, in whatever runs it. */
import type { After } from '../../client/timed-checks.js';

/** Of Deno, whose timers are numbers as in browsers, and keep a process alive as in Node.js. */
interface DenoTimers {
  unrefTimer(timer: unknown): void;
}

export const quietTimer: After = (milliseconds, act) => {
  const timer: unknown = setTimeout(act, milliseconds);
  if (typeof timer === 'object') (timer as { unref?(): void } | null)?.unref?.();
  else (globalThis as { Deno?: DenoTimers }).Deno?.unrefTimer(timer);
  return () => clearTimeout(timer as number);
};
