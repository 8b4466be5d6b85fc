/**
 * A log that is kept in another thread, as those see it who read it and have entries included in this one. What it is asked goes there in
 * messages, in the order in which it is asked; how far it is, it says by itself. {@link LogDesk} is the other end.
 */
import type { Checkpoint } from '../../note/checkpoint.js';
import type { Stage, TransparencyLog } from '../../tree/log.js';
import type { TileName } from '../../tree/tile.js';
import {
  heard,
  type LogAnswer,
  type LogCall,
  type LogState,
  type LogValues,
  type NumberedCall,
  type SpokenFailure,
  unshared,
} from './log-calls.js';
import type { Publication } from './serve.js';
import { Waiters } from './waiters.js';

interface Asker {
  readonly resolve: (value: LogValues[LogCall['kind']]) => void;
  readonly reject: (error: Error) => void;
}

export class DistantLog implements TransparencyLog, Publication {
  readonly origin: string;
  readonly #send: (calls: readonly NumberedCall[]) => void;
  readonly #waiting = { included: new Waiters(), witnessed: new Waiters() };
  readonly #asking = new Map<number, Asker>();
  #state: LogState;
  #witnessed: Checkpoint | null = null;
  #calls = 0;
  /** Gathered until the event loop comes round: many short messages cost more than one long one. */
  #gathered: NumberedCall[] = [];
  #ended: SpokenFailure | null = null;

  /** `send`: brings calls to the log's thread, which brings answers back to {@link take}. */
  constructor(origin: string, state: LogState, send: (calls: readonly NumberedCall[]) => void) {
    this.origin = origin;
    this.#send = send;
    this.#state = state;
    this.update(state);
  }

  get size(): number {
    return this.#state.size;
  }

  get witnessed(): Checkpoint | null {
    return this.#witnessed;
  }

  get checkpointNote(): Uint8Array | null {
    return this.#state.checkpointNote;
  }

  get writable(): boolean {
    return this.#state.writable;
  }

  include(entry: Uint8Array, known?: readonly Uint8Array[]): Promise<number> {
    return this.#ask({ kind: 'include', entry: unshared(entry), known: known?.map(unshared) ?? null });
  }

  find(key: Uint8Array): Promise<number | null> {
    return this.#ask({ kind: 'find', key: unshared(key) });
  }

  entry(index: number): Promise<Uint8Array> {
    return this.#ask({ kind: 'entry', index });
  }

  prove(index: number): Promise<string | null> {
    return this.#ask({ kind: 'prove', index });
  }

  proveCose(index: number): Promise<Uint8Array | null> {
    return this.#ask({ kind: 'proveCose', index });
  }

  tile(name: TileName): Promise<Uint8Array | null> {
    return this.#ask({ kind: 'tile', name });
  }

  async reached(index: number, stage: Stage, timeout: number, signal?: AbortSignal): Promise<boolean> {
    if (index < (stage === 'included' ? this.size : (this.#witnessed?.size ?? 0))) return true;
    if (!this.writable && index >= this.size) return false;
    return this.#waiting[stage].wait(index, timeout, signal);
  }

  /** What of the log's state has changed. */
  update(changes: Partial<LogState>): void {
    const state = { ...this.#state, ...changes };
    this.#state = state;
    this.#witnessed = state.witnessed === null ? null : { origin: this.origin, ...state.witnessed };
    this.#waiting.included.advance(state.size);
    this.#waiting.witnessed.advance(state.witnessed?.size ?? 0);
    if (!state.writable) for (const waiters of Object.values(this.#waiting)) waiters.abandon(state.size);
  }

  take(answers: readonly LogAnswer[]): void {
    for (const answer of answers) {
      const asker = this.#asking.get(answer.id);
      this.#asking.delete(answer.id);
      if ('value' in answer) asker?.resolve(answer.value);
      else asker?.reject(heard(answer.failure));
    }
  }

  /** The log's thread has ended: nothing is answered any more, and nobody waits for what cannot come. */
  end(detail: string): void {
    this.#ended = { code: 'log/unavailable', field: null, detail };
    for (const waiters of Object.values(this.#waiting)) waiters.abandon(0);
    for (const { reject } of this.#asking.values()) reject(heard(this.#ended));
    this.#asking.clear();
    this.#state = { ...this.#state, writable: false };
  }

  #ask<Call extends LogCall>(call: Call): Promise<LogValues[Call['kind']]> {
    if (this.#ended !== null) return Promise.reject(heard(this.#ended));
    const id = this.#calls++;
    if (this.#gathered.length === 0) setImmediate(() => this.#send(this.#gathered.splice(0)));
    this.#gathered.push({ id, call });
    return new Promise((resolve, reject) => {
      this.#asking.set(id, { resolve: resolve as Asker['resolve'], reject });
    });
  }
}
