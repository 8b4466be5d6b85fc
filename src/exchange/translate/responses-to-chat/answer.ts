/** A whole completion of OpenAI's as one of its responses. */
import { responseEndOf } from '../finish.js';
import { checkRest, reasoningIn, refusalIn } from '../messages-to-chat/answer.js';
import type { Place } from '../place.js';
import { countsOfChat } from '../usage.js';
import { type Content, itemId, itemOf, type Spoken } from './items.js';
import type { Asked } from './request.js';
import { responseObject } from './response.js';
import type { ToolNames } from './tool-names.js';

/** `created`: seconds since 1970. Throws `upstream/untranslatable` for what is no completion with one choice, or holds what a response of texts and calls cannot. */
export function responseOf(completion: Place, asked: Asked, created: number): object {
  const choices = completion.member('choices');
  const [choice, ...more] = choices.elements();
  if (choice === undefined || more.length > 0) throw choices.untranslatable();
  const message = choice.member('message');
  message.members();
  checkRest(message);
  const id = completion.member('id').optionalText() ?? '';
  const contents = [
    ...thoughtsOf(message),
    ...spokenBy(message),
    ...message
      .member('tool_calls')
      .elements()
      .map(call => callOf(call, asked.names)),
  ];
  const end = responseEndOf(choice.member('finish_reason').optionalText(), refusalIn(message) !== null);
  const output = contents.map((content, index) => {
    const isCut = end.status === 'incomplete' && index === contents.length - 1;
    return itemOf(
      content,
      itemId(content.type, id, index),
      isCut ? 'incomplete' : 'completed',
      asked.keepsThoughts,
    );
  });
  const head = { id, model: completion.member('model').optionalText() ?? '', created };
  return responseObject(head, asked, end, output, countsOfChat(completion.member('usage').value));
}

/** Signed thoughts are whole, each its own; others are one text. */
function thoughtsOf(message: Place): Content[] {
  const blocks = message.member('thinking_blocks').elements();
  if (blocks.length > 0)
    return blocks.map(block => ({ type: 'reasoning', text: thoughtText(block), blocks: [block.carried()] }));
  const text = reasoningIn(message);
  return text === '' ? [] : [{ type: 'reasoning', text, blocks: [] }];
}

/** What can be read of a thought; of one that only its host can read, nothing. */
export function thoughtText(block: Place): string {
  const type = block.member('type');
  if (type.value === 'redacted_thinking') return '';
  if (type.value !== 'thinking') throw type.untranslatable();
  return block.member('thinking').text();
}

function spokenBy(message: Place): Content[] {
  const text = message.member('content').optionalText() ?? '';
  const refusal = refusalIn(message) ?? '';
  const parts: Spoken[] = [
    ...(text === '' ? [] : [{ type: 'output_text', text } as const]),
    ...(refusal === '' ? [] : [{ type: 'refusal', text: refusal } as const]),
  ];
  return parts.length === 0 ? [] : [{ type: 'message', parts }];
}

function callOf(call: Place, names: ToolNames): Content {
  call.member('type').mayBe('function');
  const called = call.member('function');
  return {
    type: 'function_call',
    callId: call.member('id').text(),
    tool: names.known(called.member('name').text()),
    text: called.member('arguments').optionalText() ?? '',
  };
}
