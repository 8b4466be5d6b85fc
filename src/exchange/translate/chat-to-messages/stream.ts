/** A stream of Anthropic's events as chunks of OpenAI's. */
import { Failure } from '../../../reason.js';
import { saysError } from '../../host-error.js';
import { openaiHostError } from '../../openai/error.js';
import type { Usage } from '../../parameters.js';
import type { StreamEvent } from '../../surface.js';
import { readError } from '../error.js';
import { finishReasonOf } from '../finish.js';
import { dataBlock, readData } from '../json.js';
import type { Place } from '../place.js';
import { argumentsOf } from '../tool-input.js';
import { chatUsage, countsOfMessages } from '../usage.js';
import { checkCitations, refusalOf } from './answer.js';

/** A hostile host could begin ever more blocks. */
const MAX_BLOCKS = 4096;

/** A block that has begun and not ended. */
type OpenBlock =
  | { readonly type: 'text' | 'redacted_thinking' }
  | { readonly type: 'thinking'; thinking: string; signature: string }
  /** `isTold`: whether more than blanks has come of its arguments. */
  | { readonly type: 'tool_use'; readonly call: number; readonly input: Place; isTold: boolean };

export class CompletionStream {
  readonly #created: number;
  readonly #wantsUsage: boolean;
  /** What all chunks say; null before the message has begun. */
  #head: { readonly id: string; readonly model: string } | null = null;
  #counts: Usage | null = null;
  #finished = false;
  #ended = false;
  #calls = 0;
  readonly #open = new Map<number, OpenBlock>();

  /** `created`: seconds since 1970; `wantsUsage`: whether the stream is to end with what was used. */
  constructor(created: number, wantsUsage: boolean) {
    this.#created = created;
    this.#wantsUsage = wantsUsage;
  }

  event({ type: name, data }: StreamEvent): readonly Uint8Array[] {
    if (this.#ended) return [];
    const event = readData(data);
    // An error by any name, and by none.
    if (saysError(event.value)) return this.#fail(event);
    const type = event.member('type').text();
    // Clients differ in which of both they believe.
    if (name !== type) throw event.member('type').untranslatable('an event under another name');
    switch (type) {
      case 'message_start':
        return this.#start(event.member('message'));
      case 'content_block_start':
        return this.#startBlock(indexOf(event), event.member('content_block'));
      case 'content_block_delta':
        return this.#continueBlock(indexOf(event), event.member('delta'));
      case 'content_block_stop':
        return this.#stopBlock(indexOf(event));
      case 'message_delta':
        return this.#finish(event);
      case 'message_stop':
        return this.#end();
      case 'error':
        return this.#fail(event);
      default:
        // A ping, or an event that the API may come to have and that clients of it must not mind.
        return [];
    }
  }

  end(): readonly Uint8Array[] {
    return this.#finished && !this.#ended ? this.#end() : [];
  }

  #fail(event: Place): readonly Uint8Array[] {
    this.#ended = true;
    return [dataBlock(openaiHostError(readError(event)))];
  }

  #start(message: Place): readonly Uint8Array[] {
    if (this.#head !== null) throw message.untranslatable('a second beginning');
    this.#head = {
      id: message.member('id').optionalText() ?? '',
      model: message.member('model').optionalText() ?? '',
    };
    this.#counts = countsOfMessages(message.member('usage').value);
    return [this.#chunk({ role: 'assistant', content: '' })];
  }

  #startBlock(index: number, block: Place): readonly Uint8Array[] {
    if (this.#head === null || this.#open.has(index)) throw block.untranslatable('a block out of turn');
    const type = block.member('type');
    switch (type.value) {
      case 'text': {
        checkCitations(block);
        this.#open.set(index, { type: 'text' });
        return this.#text('content', block.member('text').text());
      }
      case 'thinking': {
        const thinking = block.member('thinking').text();
        const signature = block.member('signature').optionalText() ?? '';
        this.#open.set(index, { type: 'thinking', thinking, signature });
        return this.#text('reasoning_content', thinking);
      }
      case 'redacted_thinking': {
        this.#open.set(index, { type: 'redacted_thinking' });
        const data = block.member('data').text();
        return [this.#chunk({ thinking_blocks: [{ type: 'redacted_thinking', data }] })];
      }
      case 'tool_use': {
        const call = this.#calls++;
        this.#open.set(index, { type: 'tool_use', call, input: block.member('input'), isTold: false });
        const called = { name: block.member('name').text(), arguments: '' };
        const id = block.member('id').text();
        return [this.#chunk({ tool_calls: [{ index: call, id, type: 'function', function: called }] })];
      }
      default:
        throw type.untranslatable();
    }
  }

  #continueBlock(index: number, delta: Place): readonly Uint8Array[] {
    const block = this.#open.get(index);
    const type = delta.member('type');
    switch (`${block?.type} ${type.value}`) {
      case 'text text_delta':
        return this.#text('content', delta.member('text').text());
      case 'thinking thinking_delta': {
        const text = delta.member('thinking').text();
        (block as OpenBlock & { type: 'thinking' }).thinking += text;
        return this.#text('reasoning_content', text);
      }
      case 'thinking signature_delta':
        (block as OpenBlock & { type: 'thinking' }).signature += delta.member('signature').text();
        return [];
      case 'tool_use input_json_delta': {
        const use = block as OpenBlock & { type: 'tool_use' };
        const text = delta.member('partial_json').text();
        use.isTold ||= text.trim() !== '';
        return text === '' ? [] : [this.#arguments(use.call, text)];
      }
      default:
        throw type.untranslatable();
    }
  }

  #stopBlock(index: number): readonly Uint8Array[] {
    const block = this.#open.get(index);
    this.#open.delete(index);
    if (block?.type === 'thinking') {
      const { thinking, signature } = block;
      return [this.#chunk({ thinking_blocks: [{ type: 'thinking', thinking, signature }] })];
    }
    // They are a text here, and may be half of one where the answer was cut off at its limit.
    if (block?.type !== 'tool_use' || block.isTold) return [];
    return [this.#arguments(block.call, block.input.isSet ? argumentsOf(block.input) : '{}')];
  }

  #finish(event: Place): readonly Uint8Array[] {
    this.#counts = countsOfMessages(event.member('usage').value, this.#counts);
    const delta = event.member('delta');
    const reason = delta.member('stop_reason').optionalText();
    if (reason === null || this.#finished) return [];
    this.#finished = true;
    const refusal = refusalOf(delta, reason);
    return [this.#chunk(refusal === null ? {} : { refusal }, finishReasonOf(reason))];
  }

  #end(): readonly Uint8Array[] {
    // A host that has only said that it is done has said nothing that could be passed on.
    if (this.#head === null) throw new Failure('upstream/untranslatable', { detail: 'no beginning' });
    this.#ended = true;
    const counts = this.#wantsUsage ? this.#counts : null;
    return [...(counts === null ? [] : [this.#usage(counts)]), dataBlock('[DONE]')];
  }

  #text(member: 'content' | 'reasoning_content', text: string): readonly Uint8Array[] {
    return text === '' ? [] : [this.#chunk({ [member]: text })];
  }

  #arguments(index: number, text: string): Uint8Array {
    return this.#chunk({ tool_calls: [{ index, function: { arguments: text } }] });
  }

  #chunk(delta: object, finish: string | null = null): Uint8Array {
    const choice = { index: 0, delta, logprobs: null, finish_reason: finish };
    return this.#block({ choices: [choice], ...(this.#wantsUsage ? { usage: null } : {}) });
  }

  #usage(counts: Usage): Uint8Array {
    return this.#block({ choices: [], usage: chatUsage(counts) });
  }

  #block(rest: object): Uint8Array {
    // Nothing that a host says before its message begins is passed on.
    if (this.#head === null) throw new Failure('upstream/untranslatable', { detail: 'no beginning' });
    const { id, model } = this.#head;
    return dataBlock({ id, object: 'chat.completion.chunk', created: this.#created, model, ...rest });
  }
}

/** A block's place in the content. */
function indexOf(event: Place): number {
  const index = event.member('index');
  const { value } = index;
  if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) >= MAX_BLOCKS)
    throw index.untranslatable();
  return value as number;
}
