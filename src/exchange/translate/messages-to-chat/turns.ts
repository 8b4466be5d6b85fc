/** Anthropic's system prompt and turns as OpenAI's messages. */

import { addAll } from '../json.js';
import type { Place } from '../place.js';
import { shownImages } from '../tool-images.js';
import { argumentsOf } from '../tool-input.js';
import type { Transform } from '../transforms.js';
import { compact, imagePart, type Part, textPart, textParts, userPart } from './content.js';

/** What stands in front of the result of a tool that has failed. */
const FAILED = 'Error: ';

/**
 * The results of tools are messages of their own, each after the other, before what the user says in the same turn. They are text alone: images among
 * them are what the user says first.
 *
 * @param keepsThoughts whether the host takes what was thought before
 */
export function messagesOf(request: Place, transforms: Set<Transform>, keepsThoughts: boolean): object[] {
  const system = request.member('system');
  const messages: object[] = [];
  if (system.isSet) {
    const texts = textParts(system);
    if (texts.length > 0) messages.push({ role: 'system', content: compact(texts) });
  }
  const all = request.member('messages').elements();
  for (const turn of all) {
    const role = turn.member('role');
    const content = turn.knows('role', 'content').member('content');
    switch (role.value) {
      case 'user':
        addAll(messages, userMessages(content, transforms));
        break;
      case 'assistant':
        messages.push(assistantMessage(content, transforms, keepsThoughts));
        break;
      case 'system':
        messages.push({ role: 'system', content: compact(textParts(content)) });
        break;
      default:
        throw role.untranslatable();
    }
  }
  const last = all.at(-1);
  // What an assistant's last turn says is gone on with here, and would be answered there.
  if (last?.member('role').value === 'assistant') throw last.untranslatable();
  return messages;
}

function userMessages(content: Place, transforms: Set<Transform>): object[] {
  if (typeof content.value === 'string') return [{ role: 'user', content: content.value }];
  const results: object[] = [];
  const shown: Part[] = [];
  const said: Part[] = [];
  for (const block of content.elements()) {
    if (block.member('type').value !== 'tool_result') {
      said.push(userPart(block));
      continue;
    }
    // There, a result can only stand right after the call.
    if (said.length > 0) throw block.untranslatable();
    const { message, images } = resultOf(block, transforms);
    results.push(message);
    addAll(shown, images);
  }
  const parts = [...shown, ...said];
  if (results.length > 0 && parts.length === 0) return results;
  return [...results, { role: 'user', content: compact(parts) }];
}

/** A result, and its images for the message after all results. */
function resultOf(
  block: Place,
  transforms: Set<Transform>,
): { readonly message: object; readonly images: readonly Part[] } {
  block.knows('type', 'tool_use_id', 'content', 'is_error', 'cache_control');
  const id = block.member('tool_use_id').text();
  const { texts, images } = resultParts(block.member('content'));
  const failed = block.member('is_error').optionalBoolean() === true;
  if (failed) transforms.add('tool-error-as-text');
  const [first, ...rest] = texts;
  const content = failed ? [{ type: 'text', text: FAILED + (first?.text ?? '') }, ...rest] : texts;
  return {
    message: { role: 'tool', tool_call_id: id, content: content.length === 0 ? '' : compact(content) },
    images: shownImages(id, images, transforms),
  };
}

function resultParts(content: Place): { readonly texts: readonly Part[]; readonly images: readonly Part[] } {
  if (typeof content.value === 'string') return { texts: textParts(content), images: [] };
  const [texts, images]: [Part[], Part[]] = [[], []];
  for (const block of content.elements()) {
    if (block.member('type').value === 'image') images.push(imagePart(block));
    else texts.push(textPart(block));
  }
  return { texts, images };
}

/** There, what was said comes before what was called, in whatever order it was. */
function assistantMessage(content: Place, transforms: Set<Transform>, keepsThoughts: boolean): object {
  if (typeof content.value === 'string') return { role: 'assistant', content: content.value };
  const said: Part[] = [];
  const calls: object[] = [];
  let thought = '';
  for (const block of content.elements()) {
    switch (block.member('type').value) {
      case 'tool_use':
        calls.push(toolCall(block));
        break;
      case 'thinking':
        // The signature is for the host that has made it, and so is what only that host can read.
        thought += block.knows('type', 'thinking', 'signature', 'cache_control').member('thinking').text();
        break;
      case 'redacted_thinking':
        transforms.add('reasoning-omitted');
        break;
      default:
        said.push(textPart(block));
    }
  }
  if (thought !== '' && !keepsThoughts) transforms.add('reasoning-omitted');
  return {
    role: 'assistant',
    content: said.length === 0 && calls.length > 0 ? null : said.length === 0 ? '' : compact(said),
    ...(thought !== '' && keepsThoughts ? { reasoning_content: thought } : {}),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
}

function toolCall(block: Place): object {
  block.knows('type', 'id', 'name', 'input', 'caller', 'cache_control');
  const caller = block.member('caller');
  if (caller.isSet) caller.knows('type').member('type').mayBe('direct');
  return {
    id: block.member('id').text(),
    type: 'function',
    function: { name: block.member('name').text(), arguments: argumentsOf(block.member('input')) },
  };
}
