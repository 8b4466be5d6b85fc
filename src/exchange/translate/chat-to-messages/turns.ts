/** OpenAI's messages as Anthropic's system prompt and turns. */

import { addAll } from '../json.js';
import type { Place } from '../place.js';
import { inputOf } from '../tool-input.js';
import type { Transform } from '../transforms.js';
import { type Block, compact, spokenBlocks, textBlocks, userBlocks } from './content.js';

interface Turn {
  readonly role: 'user' | 'assistant' | 'system';
  readonly content: Block[];
}

export interface Conversation {
  readonly system: string | readonly Block[] | null;
  readonly messages: readonly object[];
  /** Whether the turn that is gone on with has called tools and does not begin with a thought. */
  readonly isUnthought: boolean;
}

/**
 * Instructions at the start are the system prompt; later ones keep their place. The results of tools are one user's turn, together with what
 * the user says next.
 */
export function conversationOf(messages: Place, transforms: Set<Transform>): Conversation {
  const system: Block[] = [];
  const turns: Turn[] = [];
  for (const message of messages.elements()) {
    const role = message.member('role');
    switch (role.value) {
      case 'system':
      case 'developer': {
        const texts = textBlocks(message.knows('role', 'content').member('content'));
        if (turns.length === 0) addAll(system, texts);
        else turns.push({ role: 'system', content: texts });
        break;
      }
      case 'user':
        addAll(resultsOf(turns), userBlocks(message.knows('role', 'content').member('content'), transforms));
        break;
      case 'tool': {
        const last = turns.at(-1);
        if (last === undefined || !isResults(last)) turns.push({ role: 'user', content: [] });
        turns.at(-1)?.content.push(resultBlock(message));
        break;
      }
      case 'assistant':
        turns.push({ role: 'assistant', content: assistantBlocks(message, transforms) });
        break;
      default:
        // Who speaks under a name of his own, or as a function of the API's first version, has no place there.
        throw role.untranslatable();
    }
  }
  // An assistant's turn at the end would be gone on with there, and is answered here.
  if (turns.at(-1)?.role === 'assistant') throw messages.elements().at(-1)?.untranslatable();
  return {
    system: system.length === 0 ? null : compact(system),
    messages: turns.map(({ role, content }) => ({ role, content: compact(content) })),
    isUnthought: isUnthought(turns),
  };
}

function isUnthought(turns: readonly Turn[]): boolean {
  const last = turns.findLastIndex(({ role }) => role === 'assistant');
  const [called, results] = [turns[last]?.content[0], turns[last + 1]?.content[0]];
  return results?.type === 'tool_result' && called?.type.endsWith('thinking') !== true;
}

/** The content of the turn that a user's words belong to: that of the results before them, or else a new one. */
function resultsOf(turns: Turn[]): Block[] {
  const last = turns.at(-1);
  if (last !== undefined && isResults(last)) return last.content;
  const turn: Turn = { role: 'user', content: [] };
  turns.push(turn);
  return turn.content;
}

/** Whether a turn is nothing but results, so that more of them and then words may follow. */
function isResults({ role, content }: Turn): boolean {
  return role === 'user' && content.at(-1)?.type === 'tool_result';
}

/** Many clients name the tool again, as OpenAI's own examples did; the call has that name. */
function resultBlock(message: Place): Block {
  message.knows('role', 'content', 'tool_call_id', 'name').member('name').optionalText();
  return {
    type: 'tool_result',
    tool_use_id: message.member('tool_call_id').text(),
    content: compact(textBlocks(message.member('content'))),
  };
}

/** What was thought comes first, as there; then what was said, then what was called. */
function assistantBlocks(message: Place, transforms: Set<Transform>): Block[] {
  message.knows(
    'role',
    'content',
    'refusal',
    'tool_calls',
    'reasoning_content',
    'reasoning',
    'thinking_blocks',
    'annotations',
  );
  message.member('annotations').elements();
  const thoughts = message.member('thinking_blocks').elements().map(thinkingBlock);
  const said = message.member('reasoning_content').isSet || message.member('reasoning').isSet;
  if (said && thoughts.length === 0) transforms.add('reasoning-omitted');
  const refusal = message.member('refusal').optionalText();
  return [
    ...thoughts,
    ...spokenBlocks(message.member('content')),
    ...(refusal === null || refusal === '' ? [] : [{ type: 'text', text: refusal }]),
    ...message.member('tool_calls').elements().map(toolUse),
  ];
}

function thinkingBlock(block: Place): Block {
  const type = block.member('type');
  if (type.value === 'redacted_thinking')
    return { type: 'redacted_thinking', data: block.knows('type', 'data').member('data').text() };
  if (type.value !== 'thinking') throw type.untranslatable();
  block.knows('type', 'thinking', 'signature');
  return {
    type: 'thinking',
    thinking: block.member('thinking').text(),
    signature: block.member('signature').text(),
  };
}

function toolUse(call: Place): Block {
  call.knows('id', 'type', 'function', 'index');
  call.member('type').mayBe('function');
  const called = call.member('function').knows('name', 'arguments');
  const text = called.member('arguments');
  return {
    type: 'tool_use',
    id: call.member('id').text(),
    name: called.member('name').text(),
    input: inputOf(text.optionalText() ?? '', text),
  };
}
