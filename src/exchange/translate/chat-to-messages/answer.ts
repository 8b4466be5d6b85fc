/** A whole message of Anthropic's as a completion of OpenAI's. */
import { finishReasonOf } from '../finish.js';
import type { Place } from '../place.js';
import { argumentsOf } from '../tool-input.js';
import { chatUsage, countsOfMessages } from '../usage.js';

/** `created`: seconds since 1970. Throws `upstream/untranslatable` for what is no message, or holds what a completion cannot. */
export function completionOf(message: Place, created: number): object {
  const blocks = message.member('content');
  if (!Array.isArray(blocks.value)) throw blocks.untranslatable();
  const content = new CompletionContent();
  for (const block of blocks.elements()) content.add(block);
  const reason = message.member('stop_reason').optionalText();
  const counts = countsOfMessages(message.member('usage').value);
  return {
    id: message.member('id').optionalText() ?? '',
    object: 'chat.completion',
    created,
    model: message.member('model').optionalText() ?? '',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', ...content.members, refusal: refusalOf(message, reason) },
        logprobs: null,
        finish_reason: reason === null ? null : finishReasonOf(reason),
      },
    ],
    ...(counts === null ? {} : { usage: chatUsage(counts) }),
  };
}

/** What a model that has refused says of it. `message`: whatever has `stop_details`. */
export function refusalOf(message: Place, reason: string | null): string | null {
  const { value } = message.member('stop_details').member('explanation');
  return reason === 'refusal' && typeof value === 'string' ? value : null;
}

/** Blocks gathered under the members that a completion's message has for them. */
class CompletionContent {
  #text: string | null = null;
  #reasoning: string | null = null;
  readonly #thoughts: object[] = [];
  readonly #calls: object[] = [];

  get members(): object {
    return {
      content: this.#text,
      ...(this.#reasoning === null ? {} : { reasoning_content: this.#reasoning }),
      ...(this.#thoughts.length === 0 ? {} : { thinking_blocks: this.#thoughts }),
      ...(this.#calls.length === 0 ? {} : { tool_calls: this.#calls }),
    };
  }

  add(block: Place): void {
    const type = block.member('type');
    switch (type.value) {
      case 'text':
        checkCitations(block);
        this.#text = (this.#text ?? '') + block.member('text').text();
        break;
      case 'thinking': {
        const thinking = block.member('thinking').text();
        this.#reasoning = (this.#reasoning ?? '') + thinking;
        const signature = block.member('signature').optionalText() ?? '';
        this.#thoughts.push({ type: 'thinking', thinking, signature });
        break;
      }
      case 'redacted_thinking':
        this.#thoughts.push({ type: 'redacted_thinking', data: block.member('data').text() });
        break;
      case 'tool_use':
        this.#calls.push({
          id: block.member('id').text(),
          type: 'function',
          function: { name: block.member('name').text(), arguments: argumentsOf(block.member('input')) },
        });
        break;
      default:
        throw type.untranslatable();
    }
  }
}

/** A completion has no place for which passage says so. */
export function checkCitations(block: Place): void {
  const citations = block.member('citations');
  if (citations.elements().length > 0) throw citations.untranslatable();
}
