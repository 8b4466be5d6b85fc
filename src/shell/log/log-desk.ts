/** Where a log answers those who see it as a {@link DistantLog}, in the thread that keeps it. */
import type { FileLog } from './file-log.js';
import {
  type LogAnswer,
  type LogCall,
  type LogState,
  type LogValues,
  type NumberedCall,
  spoken,
  unshared,
} from './log-calls.js';

export class LogDesk {
  readonly #log: FileLog;
  readonly #reply: (answers: readonly LogAnswer[]) => void;
  /** Gathered until the event loop comes round. */
  #answers: LogAnswer[] = [];

  /** `reply`: brings answers to the thread that has asked. */
  constructor(log: FileLog, reply: (answers: readonly LogAnswer[]) => void) {
    this.#log = log;
    this.#reply = reply;
  }

  /** Calls are begun in their order, so that entries get their places in it. */
  take(calls: readonly NumberedCall[]): void {
    for (const { id, call } of calls) {
      answer(this.#log, call).then(
        value => this.#give({ id, value: value instanceof Uint8Array ? unshared(value) : value }),
        error => this.#give({ id, failure: spoken(error) }),
      );
    }
  }

  #give(answer: LogAnswer): void {
    if (this.#answers.length === 0) setImmediate(() => this.#reply(this.#answers.splice(0)));
    this.#answers.push(answer);
  }
}

/** What is known of a log without asking. */
export function stateOf({ size, witnessed, checkpointNote, writable }: FileLog): LogState {
  return {
    size,
    witnessed: witnessed && { size: witnessed.size, root: witnessed.root },
    checkpointNote,
    writable,
  };
}

/** What has changed since; null when nothing has. */
export function changesOf(before: LogState, now: LogState): Partial<LogState> | null {
  const changed = (Object.keys(now) as (keyof LogState)[]).filter(member => {
    if (member !== 'witnessed') return now[member] !== before[member];
    return now.witnessed?.size !== before.witnessed?.size;
  });
  return changed.length === 0 ? null : Object.fromEntries(changed.map(member => [member, now[member]]));
}

async function answer(log: FileLog, call: LogCall): Promise<LogValues[LogCall['kind']]> {
  switch (call.kind) {
    case 'include':
      return log.include(call.entry, call.known ?? undefined);
    case 'find':
      return log.find(call.key);
    case 'entry':
      return log.entry(call.index);
    case 'prove':
      return log.prove(call.index);
    case 'proveCose':
      return log.proveCose(call.index);
    case 'tile':
      return log.tile(call.name);
  }
}
