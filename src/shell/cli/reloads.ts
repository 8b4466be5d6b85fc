/**
 * What a running gateway can be made to read again: its configuration, its virtual keys, and whatever else joins. What cannot be used changes nothing;
 * what was in force stays so, and the operator is told.
 */
import { Failure } from '../../reason.js';
import type { ReloadedAnswer } from './admin/answers.js';
import { UsageError } from './exit-code.js';

export interface Reloadable {
  /** One word. */
  readonly name: string;
  /**
   * Reads it again and puts it in force, whole or not at all. Rejects with why it cannot be used, in a sentence for the operator that shows no
   * secret.
   */
  reload(): Promise<Reloaded>;
}

export interface Reloaded {
  readonly outcome: 'applied' | 'unchanged';
  /** Names of settings that have changed and that only a restart can put in force. */
  readonly waiting?: readonly string[];
}

export interface ReloadsOptions {
  readonly onProblem: (message: string) => void;
  /** Told how each went. */
  readonly onReloaded: (result: ReloadedAnswer) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export class Reloads {
  readonly #options: ReloadsOptions;
  readonly #all: Reloadable[] = [];
  readonly #latest = new Map<string, ReloadedAnswer>();
  /** One at a time, so that what was read last is what is in force. */
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: ReloadsOptions) {
    this.#options = options;
  }

  join(reloadable: Reloadable): void {
    this.#all.push(reloadable);
  }

  /** How the latest reading of each went, of those that were read again. */
  get latest(): readonly ReloadedAnswer[] {
    return [...this.#latest.values()];
  }

  /** Whether everything that is in force is what stands written. */
  get areCurrent(): boolean {
    return this.latest.every(({ outcome }) => outcome !== 'refused');
  }

  /** Reads everything again, each by itself: one that is refused keeps no other from being applied. */
  reloadAll(): Promise<readonly ReloadedAnswer[]> {
    const turn = this.#running.then(async () => {
      const results: ReloadedAnswer[] = [];
      for (const one of this.#all) results.push(await this.#reload(one));
      return results;
    });
    this.#running = turn.catch(() => undefined);
    return turn;
  }

  async #reload(one: Reloadable): Promise<ReloadedAnswer> {
    const { now, onProblem, onReloaded } = this.#options;
    const { name } = one;
    const result = await one.reload().then(
      ({ outcome, waiting = [] }) => ({ name, outcome, problem: null, waiting: [...waiting], at: now() }),
      (error: unknown) => ({
        name,
        outcome: 'refused' as const,
        problem: wordsFor(error),
        waiting: [],
        at: now(),
      }),
    );
    this.#latest.set(name, result);
    if (result.problem !== null)
      onProblem(new Failure('config/refused', { field: name, detail: result.problem }).message);
    for (const setting of result.waiting)
      onProblem(new Failure('config/restart-needed', { field: setting }).message);
    onReloaded(result);
    return result;
  }
}

function wordsFor(error: unknown): string {
  if (error instanceof UsageError || error instanceof Failure) return error.message;
  return error instanceof Error ? error.message : 'unknown';
}
