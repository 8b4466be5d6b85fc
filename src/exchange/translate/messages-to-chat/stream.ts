/** A stream of OpenAI's chunks as events of Anthropic's. */
import { Failure } from '../../../reason.js';
import { anthropicHostError } from '../../anthropic/error.js';
import { saysError } from '../../host-error.js';
import type { Usage } from '../../parameters.js';
import type { StreamEvent } from '../../surface.js';
import { CallParts } from '../call-parts.js';
import { readError } from '../error.js';
import { stopReasonOf } from '../finish.js';
import { namedBlock, readData } from '../json.js';
import type { Place } from '../place.js';
import { checkArguments } from '../tool-input.js';
import { countsOfChat, messagesUsage } from '../usage.js';
import { checkRest, reasoningIn, refusalIn } from './answer.js';

const TERMINAL = '[DONE]';

/** The one block that has begun and not ended: there, they come one after the other. */
type OpenBlock =
  | { readonly type: 'text' | 'thinking' }
  /** `place`: where its arguments stand. */
  | { readonly type: 'tool_use'; readonly place: Place; text: string };

export class MessageStream {
  #head: { readonly id: string; readonly model: string } | null = null;
  #counts: Usage | null = null;
  #finish: string | null = null;
  #refused = false;
  #ended = false;
  #open: OpenBlock | null = null;
  /** How many blocks have begun. */
  #blocks = 0;
  readonly #calls = new CallParts();

  event({ data }: StreamEvent): readonly Uint8Array[] {
    if (this.#ended) return [];
    if (data === TERMINAL) return this.#end();
    const chunk = readData(data);
    if (saysError(chunk.value)) return this.#fail(chunk);
    const counts = countsOfChat(chunk.member('usage').value);
    if (counts !== null) this.#counts = counts;
    const [choice, ...more] = chunk.member('choices').elements();
    if (choice === undefined) return [];
    if (more.length > 0) throw chunk.member('choices').untranslatable();
    choice.member('index').mayBe(0);
    if (saysError(choice.value)) return this.#fail(choice);
    const started = this.#start(chunk);
    const delta = choice.member('delta');
    const events = delta.isSet ? this.#continue(delta) : [];
    this.#finish = choice.member('finish_reason').optionalText() ?? this.#finish;
    return [...started, ...events];
  }

  end(): readonly Uint8Array[] {
    return this.#finish !== null && !this.#ended ? this.#end() : [];
  }

  /** `where`: what says so, the chunk or its choice. */
  #fail(where: Place): Uint8Array[] {
    this.#ended = true;
    return [namedBlock({ ...anthropicHostError(readError(where)) })];
  }

  #start(chunk: Place): Uint8Array[] {
    if (this.#head !== null) return [];
    this.#head = {
      id: chunk.member('id').optionalText() ?? '',
      model: chunk.member('model').optionalText() ?? '',
    };
    const usage = messagesUsage(null);
    const rest = { content: [], stop_reason: null, stop_sequence: null, usage };
    const message = {
      id: this.#head.id,
      type: 'message',
      role: 'assistant',
      model: this.#head.model,
      ...rest,
    };
    return [namedBlock({ type: 'message_start', message })];
  }

  /** In one chunk as in a whole message, thoughts come first and calls last. */
  #continue(delta: Place): Uint8Array[] {
    delta.members();
    checkRest(delta);
    const refusal = refusalIn(delta);
    if (refusal !== null) this.#refused = true;
    return [
      ...this.#text('thinking', reasoningIn(delta)),
      ...delta
        .member('thinking_blocks')
        .elements()
        .flatMap(block => this.#signed(block)),
      ...this.#text('text', delta.member('content').optionalText() ?? ''),
      ...this.#text('text', refusal ?? ''),
      ...delta
        .member('tool_calls')
        .elements()
        .flatMap((part, at) => this.#call(part, at)),
    ];
  }

  #text(type: 'text' | 'thinking', text: string): Uint8Array[] {
    if (text === '') return [];
    const begun = this.#open?.type === type ? [] : this.#begin({ type }, emptyBlock(type));
    return [...begun, this.#delta({ type: `${type}_delta`, [type]: text })];
  }

  /** The end of a signed thought, whose text may have come before it; or a thought that nobody but its host can read. */
  #signed(block: Place): Uint8Array[] {
    const type = block.member('type');
    if (type.value === 'redacted_thinking') {
      const data = block.member('data').text();
      return [...this.#begin({ type: 'thinking' }, { type: 'redacted_thinking', data }), ...this.#close()];
    }
    if (type.value !== 'thinking') throw type.untranslatable();
    const signature = block.member('signature').optionalText() ?? '';
    if (this.#open?.type === 'thinking')
      return signature === '' ? [] : [this.#delta({ type: 'signature_delta', signature }), ...this.#close()];
    const thinking = block.member('thinking').text();
    return [
      ...this.#begin({ type: 'thinking' }, { type: 'thinking', thinking, signature }),
      ...this.#close(),
    ];
  }

  #call(part: Place, at: number): Uint8Array[] {
    const called = part.member('function');
    const place = called.member('arguments');
    const begun = this.#calls.begins(part, at, this.#open?.type === 'tool_use')
      ? this.#beginCall(part, called, place)
      : [];
    const text = place.optionalText() ?? '';
    if (text === '') return begun;
    (this.#open as OpenBlock & { type: 'tool_use' }).text += text;
    return [...begun, this.#delta({ type: 'input_json_delta', partial_json: text })];
  }

  #beginCall(part: Place, called: Place, place: Place): Uint8Array[] {
    const block = { id: part.member('id').text(), name: called.member('name').text(), input: {} };
    return this.#begin({ type: 'tool_use', place, text: '' }, { type: 'tool_use', ...block });
  }

  #begin(open: OpenBlock, block: object): Uint8Array[] {
    const closed = this.#close();
    this.#open = open;
    return [
      ...closed,
      namedBlock({ type: 'content_block_start', index: this.#blocks++, content_block: block }),
    ];
  }

  #close(): Uint8Array[] {
    const open = this.#open;
    if (open === null) return [];
    // An answer that was cut off at its limit may end in the middle of a call, there as here.
    if (open.type === 'tool_use' && this.#finish !== 'length') checkArguments(open.text, open.place);
    this.#open = null;
    return [namedBlock({ type: 'content_block_stop', index: this.#blocks - 1 })];
  }

  #delta(delta: object): Uint8Array {
    return namedBlock({ type: 'content_block_delta', index: this.#blocks - 1, delta });
  }

  #end(): Uint8Array[] {
    // A host that has only said that it is done has said nothing that could be passed on.
    if (this.#head === null) throw new Failure('upstream/untranslatable', { detail: 'no beginning' });
    const closed = this.#close();
    this.#ended = true;
    const ends = { calls: this.#calls.count > 0, refused: this.#refused };
    const reason = this.#finish === null ? null : stopReasonOf(this.#finish, ends);
    return [
      ...closed,
      namedBlock({
        type: 'message_delta',
        delta: { stop_reason: reason, stop_sequence: null },
        usage: messagesUsage(this.#counts),
      }),
      namedBlock({ type: 'message_stop' }),
    ];
  }
}

function emptyBlock(type: 'text' | 'thinking'): object {
  return type === 'text' ? { type, text: '' } : { type, thinking: '', signature: '' };
}
