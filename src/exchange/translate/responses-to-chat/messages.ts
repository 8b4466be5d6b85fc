/**
 * The items of a response's input as messages of chat completions. There, what an assistant thinks, says and calls before anybody else speaks is one message, and
 * results stand right after the message with their calls.
 */
import { addAll } from '../json.js';
import type { Place } from '../place.js';
import { shownImages } from '../tool-images.js';
import type { Transform } from '../transforms.js';
import { compact, type Part, resultParts, spokenParts, textParts, userParts } from './content.js';
import { readThoughts } from './signed-thoughts.js';
import { joined } from './tool-names.js';

/** Which of an assistant's earlier thoughts a host takes. */
export type ThoughtsTaken = 'none' | 'text' | 'text-and-signed';

/** An assistant's message that may go on. */
interface Turn {
  readonly said: Part[];
  refusal: string;
  thought: string;
  readonly signed: object[];
  readonly calls: { readonly id: string; readonly [name: string]: unknown }[];
}

/** `request`: what has `instructions` and `input`. Throws `request/untranslatable`, naming the item. */
export function messagesOf(request: Place, transforms: Set<Transform>, thoughts: ThoughtsTaken): object[] {
  const input = request.member('input');
  if (!input.isSet) throw input.untranslatable();
  const messages = new Messages(transforms, thoughts);
  const instructions = request.member('instructions').optionalText();
  if (instructions !== null && instructions !== '') messages.instruct([{ type: 'text', text: instructions }]);
  if (typeof input.value === 'string') messages.ask([{ type: 'text', text: input.value }]);
  else for (const item of input.elements()) messages.add(item);
  return messages.all();
}

class Messages {
  readonly #transforms: Set<Transform>;
  readonly #thoughts: ThoughtsTaken;
  /** Instructions before anybody has spoken are one message. */
  readonly #system: Part[] = [];
  readonly #messages: object[] = [];
  #turn: Turn | null = null;
  /** The ids of the calls in the last assistant's message that have no result yet. */
  #unanswered = new Set<string>();
  /** Images of the results so far. */
  #shown: Part[] = [];

  constructor(transforms: Set<Transform>, thoughts: ThoughtsTaken) {
    this.#transforms = transforms;
    this.#thoughts = thoughts;
  }

  add(item: Place): void {
    const type = item.member('type');
    switch (type.value ?? 'message') {
      case 'message':
        this.#speak(item.knows('type', 'role', 'content', 'id', 'status', 'phase'));
        break;
      case 'reasoning':
        this.#think(item.knows('type', 'id', 'summary', 'content', 'encrypted_content', 'status'));
        break;
      case 'function_call':
        this.#call(item.knows('type', 'id', 'call_id', 'name', 'namespace', 'arguments', 'status', 'caller'));
        break;
      case 'function_call_output':
        this.#result(item.knows('type', 'id', 'call_id', 'output', 'status', 'caller'));
        break;
      default:
        throw type.untranslatable();
    }
  }

  ask(content: readonly Part[]): void {
    this.#endTurn();
    const parts = [...this.#shown, ...content];
    this.#shown = [];
    this.#messages.push({ role: 'user', content: compact(parts) });
  }

  instruct(texts: readonly Part[]): void {
    this.#endTurn();
    this.#showImages();
    if (this.#messages.length === 0) addAll(this.#system, texts);
    else this.#messages.push({ role: 'system', content: compact(texts) });
  }

  all(): object[] {
    this.#endTurn();
    this.#showImages();
    const system = this.#system.length === 0 ? [] : [{ role: 'system', content: compact(this.#system) }];
    return [...system, ...this.#messages];
  }

  #speak(item: Place): void {
    const role = item.member('role');
    const content = item.member('content');
    switch (role.value) {
      case 'user':
        this.ask(userParts(content, this.#transforms));
        break;
      // Other hosts know a developer's messages under their older name alone.
      case 'system':
      case 'developer':
        this.instruct(textParts(content));
        break;
      case 'assistant': {
        const { said, refusal } = spokenParts(content);
        // What was said one after the other stays apart, but for what belongs to calls.
        if (this.#turn !== null && this.#turn.said.length > 0 && this.#turn.calls.length === 0)
          this.#endTurn();
        const turn = this.#goOn();
        addAll(turn.said, said);
        turn.refusal += refusal;
        break;
      }
      default:
        throw role.untranslatable();
    }
  }

  #think(item: Place): void {
    const encrypted = item.member('encrypted_content');
    const signed = encrypted.isSet ? readThoughts(encrypted) : [];
    const content = item.member('content').elements().map(thoughtText);
    const summary = item.member('summary').elements().map(thoughtText);
    // What only another host can read, and what that has told of it, are no thoughts of this one.
    if (signed === null) this.#transforms.add('reasoning-omitted');
    else {
      const turn = this.#goOn();
      turn.thought += content.length > 0 ? content.join('') : summary.join('\n\n');
      addAll(turn.signed, signed);
    }
  }

  #call(item: Place): void {
    checkCaller(item);
    const namespace = item.member('namespace').optionalText();
    const own = item.member('name').text();
    const name = joined(namespace === null ? { name: own } : { name: own, namespace });
    const called = { name, arguments: item.member('arguments').text() };
    this.#goOn().calls.push({ id: item.member('call_id').text(), type: 'function', function: called });
  }

  #result(item: Place): void {
    checkCaller(item);
    this.#endTurn();
    const place = item.member('call_id');
    const id = place.text();
    if (!this.#unanswered.delete(id)) throw place.untranslatable('not right after its call');
    const { texts, images } = resultParts(item.member('output'), this.#transforms);
    this.#messages.push({
      role: 'tool',
      tool_call_id: id,
      content: texts.length === 0 ? '' : compact(texts),
    });
    addAll(this.#shown, shownImages(id, images, this.#transforms));
  }

  /** The assistant's message that is gone on with, or a new one. */
  #goOn(): Turn {
    this.#showImages();
    this.#turn ??= { said: [], refusal: '', thought: '', signed: [], calls: [] };
    return this.#turn;
  }

  #showImages(): void {
    if (this.#shown.length > 0) this.ask([]);
  }

  #endTurn(): void {
    if (this.#turn === null) return;
    const { said, refusal, thought, signed, calls } = this.#turn;
    this.#turn = null;
    this.#unanswered = new Set(calls.map(({ id }) => id));
    const isThought = said.length === 0 && refusal === '' && calls.length === 0;
    if (isThought || (thought !== '' && this.#thoughts === 'none')) this.#transforms.add('reasoning-omitted');
    // Nobody goes on with a thought alone, as a client has it that broke off.
    if (isThought) return;
    this.#messages.push({
      role: 'assistant',
      content: said.length === 0 ? null : compact(said),
      ...(refusal === '' ? {} : { refusal }),
      ...(thought === '' || this.#thoughts === 'none' ? {} : { reasoning_content: thought }),
      ...(signed.length > 0 && this.#thoughts === 'text-and-signed' ? { thinking_blocks: signed } : {}),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    });
  }
}

function thoughtText(part: Place): string {
  part.member('type').mayBe('reasoning_text', 'summary_text', 'text');
  return part.knows('type', 'text').member('text').text();
}

/** A program that a host runs itself may call the client's tools, but no other host goes on with it. */
function checkCaller(item: Place): void {
  const caller = item.member('caller');
  if (caller.isSet) caller.knows('type').member('type').mayBe('direct');
}
