/** A whole completion of OpenAI's as a message of Anthropic's. */
import { stopReasonOf } from '../finish.js';
import type { Place } from '../place.js';
import { inputOf } from '../tool-input.js';
import { countsOfChat, messagesUsage } from '../usage.js';

/** Throws `upstream/untranslatable` for what is no completion with one choice, or holds what a message cannot. */
export function messageOf(completion: Place): object {
  const choices = completion.member('choices');
  const [choice, ...more] = choices.elements();
  if (choice === undefined || more.length > 0) throw choices.untranslatable();
  const message = choice.member('message');
  message.members();
  const content = [
    ...thoughtsOf(message),
    ...spokenBy(message),
    ...message.member('tool_calls').elements().map(toolUse),
  ];
  checkRest(message);
  const reason = choice.member('finish_reason').optionalText();
  const ends = {
    calls: content.some(({ type }) => type === 'tool_use'),
    refused: refusalIn(message) !== null,
  };
  return {
    id: completion.member('id').optionalText() ?? '',
    type: 'message',
    role: 'assistant',
    model: completion.member('model').optionalText() ?? '',
    content,
    stop_reason: reason === null ? null : stopReasonOf(reason, ends),
    stop_sequence: null,
    usage: messagesUsage(countsOfChat(completion.member('usage').value)),
  };
}

type Block = { readonly type: string; readonly [name: string]: unknown };

/** Under the names that servers have for it; OpenAI's own does not tell what it thinks. */
export function reasoningIn(message: Place): string {
  return (
    message.member('reasoning_content').optionalText() ?? message.member('reasoning').optionalText() ?? ''
  );
}

/** Null where the model has not refused. */
export function refusalIn(message: Place): string | null {
  return message.member('refusal').optionalText();
}

/** Throws for what a message of Anthropic's has no place for. */
export function checkRest(message: Place): void {
  for (const name of ['audio', 'function_call']) {
    const member = message.member(name);
    if (member.isSet) throw member.untranslatable();
  }
  for (const name of ['annotations', 'images']) {
    const member = message.member(name);
    if (member.elements().length > 0) throw member.untranslatable();
  }
}

/** Signed thoughts, from a host that has them of Anthropic's, are whole; others have no signature. */
function thoughtsOf(message: Place): Block[] {
  const signed = message.member('thinking_blocks').elements();
  if (signed.length > 0) return signed.map(thoughtOf);
  const thinking = reasoningIn(message);
  return thinking === '' ? [] : [{ type: 'thinking', thinking, signature: '' }];
}

function thoughtOf(block: Place): Block {
  const type = block.member('type');
  if (type.value === 'redacted_thinking')
    return { type: 'redacted_thinking', data: block.member('data').text() };
  if (type.value !== 'thinking') throw type.untranslatable();
  const signature = block.member('signature').optionalText() ?? '';
  return { type: 'thinking', thinking: block.member('thinking').text(), signature };
}

/** What was refused is said as well. */
function spokenBy(message: Place): Block[] {
  const text = (message.member('content').optionalText() ?? '') + (refusalIn(message) ?? '');
  return text === '' ? [] : [{ type: 'text', text }];
}

function toolUse(call: Place): Block {
  call.member('type').mayBe('function');
  const called = call.member('function');
  const text = called.member('arguments');
  return {
    type: 'tool_use',
    id: call.member('id').text(),
    name: called.member('name').text(),
    input: inputOf(text.optionalText() ?? '', text),
  };
}
