/** A stream of OpenAI's chunks as the events of a response: each item begins, comes and ends before the next, and the last event has all of them once more. */
import { Failure } from '../../../reason.js';
import type { HostError } from '../../host-error.js';
import type { Usage } from '../../parameters.js';
import type { StreamEvent } from '../../surface.js';
import { CallParts } from '../call-parts.js';
import { readError } from '../error.js';
import { responseEndOf } from '../finish.js';
import { namedBlock, readData } from '../json.js';
import { checkRest, reasoningIn, refusalIn } from '../messages-to-chat/answer.js';
import type { Place } from '../place.js';
import { countsOfChat } from '../usage.js';
import { thoughtText } from './answer.js';
import {
  type Content,
  type ItemStatus,
  itemId,
  itemOf,
  type Spoken,
  spokenPart,
  summaryPart,
} from './items.js';
import type { Asked } from './request.js';
import { type Head, responseObject, type State } from './response.js';

const TERMINAL = '[DONE]';
/** What a hostile host may make us keep for the last event, in characters. */
const MAX_KEPT = 32 * 1024 * 1024;
/** The most items; a hostile host could begin ever more. */
const MAX_ITEMS = 4096;

/** An item that has begun and not ended. */
interface OpenItem {
  readonly index: number;
  readonly id: string;
  content: Content;
}

export class ResponseStream {
  readonly #asked: Asked;
  readonly #created: number;
  #head: Head | null = null;
  #counts: Usage | null = null;
  #finish: string | null = null;
  #refused = false;
  #ended = false;
  #open: OpenItem | null = null;
  readonly #calls = new CallParts();
  /** The items that have ended. */
  readonly #output: object[] = [];
  #kept = 0;
  /** How many events the client has got. */
  #sequence = 0;

  /** `created`: seconds since 1970. */
  constructor(asked: Asked, created: number) {
    this.#asked = asked;
    this.#created = created;
  }

  event({ data }: StreamEvent): readonly Uint8Array[] {
    if (this.#ended) return [];
    if (data === TERMINAL) return this.#end();
    const chunk = readData(data);
    if (chunk.member('error').isSet) return this.#fail(chunk, readError(chunk));
    const counts = countsOfChat(chunk.member('usage').value);
    if (counts !== null) this.#counts = counts;
    const [choice, ...more] = chunk.member('choices').elements();
    if (choice === undefined) return [];
    if (more.length > 0) throw chunk.member('choices').untranslatable();
    choice.member('index').mayBe(0);
    const started = this.#start(chunk);
    const delta = choice.member('delta');
    const events = delta.isSet ? this.#continue(delta) : [];
    this.#finish = choice.member('finish_reason').optionalText() ?? this.#finish;
    return [...started, ...events];
  }

  end(): readonly Uint8Array[] {
    return this.#finish !== null && !this.#ended ? this.#end() : [];
  }

  #start(chunk: Place): Uint8Array[] {
    if (this.#head !== null) return [];
    this.#head = {
      id: chunk.member('id').optionalText() ?? '',
      model: chunk.member('model').optionalText() ?? '',
      created: this.#created,
    };
    const response = this.#response({ status: 'in_progress' });
    return [this.#say('response.created', { response }), this.#say('response.in_progress', { response })];
  }

  /** In one chunk as in a whole answer, thoughts come first and calls last. */
  #continue(delta: Place): Uint8Array[] {
    delta.members();
    checkRest(delta);
    const refusal = refusalIn(delta);
    if (refusal !== null) this.#refused = true;
    const [blocks, calls] = [delta.member('thinking_blocks'), delta.member('tool_calls')];
    return [
      ...this.#think(reasoningIn(delta)),
      ...blocks.elements().flatMap(block => this.#signed(block)),
      ...this.#speak('output_text', delta.member('content').optionalText() ?? ''),
      ...this.#speak('refusal', refusal ?? ''),
      ...calls.elements().flatMap((part, at) => this.#call(part, at)),
    ];
  }

  #think(delta: string): Uint8Array[] {
    if (delta === '') return [];
    const begun =
      this.#openContent('reasoning') === null ? this.#begin({ type: 'reasoning', text: '', blocks: [] }) : [];
    const content = this.#openContent('reasoning') as Content & { type: 'reasoning' };
    const part =
      content.text === ''
        ? [this.#say('response.reasoning_summary_part.added', { ...this.#summary, part: summaryPart('') })]
        : [];
    this.#set({ ...content, text: content.text + this.#keep(delta) });
    return [
      ...begun,
      ...part,
      this.#say('response.reasoning_summary_text.delta', { ...this.#summary, delta }),
    ];
  }

  /** The end of a signed thought, whose text may have come before it; or a thought that nobody but its host can read. */
  #signed(block: Place): Uint8Array[] {
    const told = this.#openContent('reasoning') === null ? this.#think(thoughtText(block)) : [];
    const begun =
      this.#openContent('reasoning') === null ? this.#begin({ type: 'reasoning', text: '', blocks: [] }) : [];
    const content = this.#openContent('reasoning') as Content & { type: 'reasoning' };
    const own = block.carried();
    this.#keep(JSON.stringify(own));
    this.#set({ ...content, blocks: [own] });
    return [...told, ...begun, ...this.#close('completed')];
  }

  #speak(type: Spoken['type'], delta: string): Uint8Array[] {
    if (delta === '') return [];
    const begun = this.#openContent('message') === null ? this.#begin({ type: 'message', parts: [] }) : [];
    const { parts } = this.#openContent('message') as Content & { type: 'message' };
    const last = parts.at(-1);
    if (last?.type === type) {
      this.#set({
        type: 'message',
        parts: [...parts.slice(0, -1), { type, text: last.text + this.#keep(delta) }],
      });
      return [this.#deltaOf(type, delta)];
    }
    const closed = this.#closePart();
    this.#set({ type: 'message', parts: [...parts, { type, text: this.#keep(delta) }] });
    const added = { ...this.#part, part: spokenPart({ type, text: '' }) };
    return [...begun, ...closed, this.#say('response.content_part.added', added), this.#deltaOf(type, delta)];
  }

  #deltaOf(type: Spoken['type'], delta: string): Uint8Array {
    return type === 'refusal'
      ? this.#say('response.refusal.delta', { ...this.#part, delta })
      : this.#say('response.output_text.delta', { ...this.#part, delta, logprobs: [] });
  }

  #call(part: Place, at: number): Uint8Array[] {
    const called = part.member('function');
    const begun = this.#calls.begins(part, at, this.#openContent('function_call') !== null)
      ? this.#begin({
          type: 'function_call',
          callId: part.member('id').text(),
          tool: this.#asked.names.known(called.member('name').text()),
          text: '',
        })
      : [];
    const delta = called.member('arguments').optionalText() ?? '';
    if (delta === '') return begun;
    const content = this.#openContent('function_call') as Content & { type: 'function_call' };
    this.#set({ ...content, text: content.text + this.#keep(delta) });
    return [...begun, this.#say('response.function_call_arguments.delta', { ...this.#place, delta })];
  }

  #begin(content: Content): Uint8Array[] {
    const closed = this.#close('completed');
    const index = this.#output.length;
    if (index === MAX_ITEMS)
      throw new Failure('upstream/untranslatable', { detail: `over ${MAX_ITEMS} items` });
    const id = itemId(content.type, this.#head?.id ?? '', index);
    this.#open = { index, id, content };
    const item = itemOf(content, id, 'in_progress', false);
    return [...closed, this.#say('response.output_item.added', { output_index: index, item })];
  }

  /** Ends the item that has begun, if one has. */
  #close(status: ItemStatus): Uint8Array[] {
    const open = this.#open;
    if (open === null) return [];
    const { index, id, content } = open;
    const ends = this.#endOf(content);
    const item = itemOf(content, id, status, this.#asked.keepsThoughts);
    this.#output.push(item);
    this.#open = null;
    return [...ends, this.#say('response.output_item.done', { output_index: index, item })];
  }

  #endOf(content: Content): Uint8Array[] {
    switch (content.type) {
      case 'reasoning': {
        const { text } = content;
        if (text === '') return [];
        return [
          this.#say('response.reasoning_summary_text.done', { ...this.#summary, text }),
          this.#say('response.reasoning_summary_part.done', { ...this.#summary, part: summaryPart(text) }),
        ];
      }
      case 'message':
        return this.#closePart();
      case 'function_call': {
        const done = { ...this.#place, name: content.tool.name, arguments: content.text };
        return [this.#say('response.function_call_arguments.done', done)];
      }
    }
  }

  /** Ends the last part of what is being said. */
  #closePart(): Uint8Array[] {
    const last = (this.#openContent('message') as (Content & { type: 'message' }) | null)?.parts.at(-1);
    if (last === undefined) return [];
    const done =
      last.type === 'refusal'
        ? this.#say('response.refusal.done', { ...this.#part, refusal: last.text })
        : this.#say('response.output_text.done', { ...this.#part, text: last.text, logprobs: [] });
    return [done, this.#say('response.content_part.done', { ...this.#part, part: spokenPart(last) })];
  }

  #end(): Uint8Array[] {
    // A host that has only said that it is done has said nothing that could be passed on.
    if (this.#head === null) throw new Failure('upstream/untranslatable', { detail: 'no beginning' });
    const end = responseEndOf(this.#finish, this.#refused);
    const closed = this.#close(end.status);
    this.#ended = true;
    return [...closed, this.#say(`response.${end.status}`, { response: this.#response(end) })];
  }

  /** What has come stays with the client, and the error is the last it hears. */
  #fail(chunk: Place, { message, type, code }: HostError): Uint8Array[] {
    const started = this.#start(chunk);
    this.#ended = true;
    const known = code ?? (type === 'rate_limit_error' ? 'rate_limit_exceeded' : 'server_error');
    const response = this.#response({ status: 'failed', error: { code: known, message } });
    return [...started, this.#say('response.failed', { response })];
  }

  #response(state: State): object {
    // Nothing is said before a host's answer begins.
    const head = this.#head as Head;
    return responseObject(
      head,
      this.#asked,
      state,
      [...this.#output],
      state.status === 'in_progress' ? null : this.#counts,
    );
  }

  /** The content of the item that has begun, if it is of this type. */
  #openContent(type: Content['type']): Content | null {
    return this.#open?.content.type === type ? this.#open.content : null;
  }

  #set(content: Content): void {
    (this.#open as OpenItem).content = content;
  }

  #keep(text: string): string {
    this.#kept += text.length;
    if (this.#kept > MAX_KEPT)
      throw new Failure('upstream/untranslatable', { detail: `over ${MAX_KEPT} characters` });
    return text;
  }

  /** Where what is being sent stands. */
  get #place(): object {
    return { item_id: this.#open?.id, output_index: this.#open?.index };
  }

  get #summary(): object {
    return { ...this.#place, summary_index: 0 };
  }

  get #part(): object {
    const { parts } = this.#openContent('message') as Content & { type: 'message' };
    return { ...this.#place, content_index: Math.max(0, parts.length - 1) };
  }

  #say(type: string, rest: object): Uint8Array {
    return namedBlock({ type, sequence_number: this.#sequence++, ...rest });
  }
}
