/** The two forms of an answer on the wire: one `chat.completion`, or a stream of `chat.completion.chunk`. */

import type { Ending } from './generation.js';

/** What every object of one answer repeats. */
export interface ReplyIdentity {
  /** `chatcmpl-` and a random part. */
  readonly id: string;
  /** Unix seconds. */
  readonly created: number;
  readonly model: string;
  readonly system_fingerprint: string;
}

export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

/** Each method returns the bytes to send now, one chunk an entry. */
export interface Reply {
  readonly contentType: string;
  begin(): Uint8Array[];
  text(text: string): Uint8Array[];
  finish(ending: Ending, usage: Usage): Uint8Array[];
}

export class WholeReply implements Reply {
  readonly contentType = 'application/json';
  readonly #identity: ReplyIdentity;
  #content = '';

  constructor(identity: ReplyIdentity) {
    this.#identity = identity;
  }

  begin(): Uint8Array[] {
    return [];
  }

  text(text: string): Uint8Array[] {
    this.#content += text;
    return [];
  }

  finish(ending: Ending, usage: Usage): Uint8Array[] {
    const { id, created, model, system_fingerprint } = this.#identity;
    const message = { role: 'assistant', content: this.#content, refusal: null };
    const choices = [{ index: 0, message, logprobs: null, finish_reason: ending }];
    const completion = { id, object: 'chat.completion', created, model, choices, usage, system_fingerprint };
    return [Buffer.from(JSON.stringify(completion))];
  }
}

export class StreamedReply implements Reply {
  readonly contentType = 'text/event-stream; charset=utf-8';
  readonly #identity: ReplyIdentity;
  readonly #includeUsage: boolean;

  constructor(identity: ReplyIdentity, includeUsage: boolean) {
    this.#identity = identity;
    this.#includeUsage = includeUsage;
  }

  begin(): Uint8Array[] {
    return [this.#choice({ role: 'assistant', content: '', refusal: null }, null)];
  }

  text(text: string): Uint8Array[] {
    return text === '' ? [] : [this.#choice({ content: text }, null)];
  }

  finish(ending: Ending, usage: Usage): Uint8Array[] {
    const last = [this.#choice({}, ending), event('[DONE]')];
    if (this.#includeUsage) last.splice(1, 0, this.#chunk([], usage));
    return last;
  }

  #choice(delta: object, ending: Ending | null): Uint8Array {
    return this.#chunk([{ index: 0, delta, logprobs: null, finish_reason: ending }], null);
  }

  /** A stream that reports usage carries the field in every chunk, null but in the last. */
  #chunk(choices: object[], usage: Usage | null): Uint8Array {
    const { id, created, model, system_fingerprint } = this.#identity;
    const chunk = { id, object: 'chat.completion.chunk', created, model, system_fingerprint, choices };
    return event(JSON.stringify(this.#includeUsage ? { ...chunk, usage } : chunk));
  }
}

/** One server-sent event. JSON holds no raw line break, so one data line is enough. */
function event(data: string): Uint8Array {
  return Buffer.from(`data: ${data}\n\n`);
}
