/** OpenAI's tools and how they are to be used, in Anthropic's words. */
import type { Place } from '../place.js';

/** Functions alone: OpenAI's other tools are called with texts in a grammar. */
export function toolsOf(tools: Place): { readonly tools?: readonly object[] } {
  const each = tools.elements().map(toolOf);
  return each.length === 0 ? {} : { tools: each };
}

export interface Choice {
  readonly type: string;
  readonly name?: string;
  readonly disable_parallel_tool_use?: true;
}

/** Whether, and which, tools are to be used, and whether several at once. `parallel`: `parallel_tool_calls`. */
export function toolChoiceOf(
  choice: Place,
  parallel: Place,
  hasTools: boolean,
): { readonly tool_choice?: Choice } {
  const one = parallel.optionalBoolean() === false;
  const chosen = choiceOf(choice);
  // Where no tool is used, there are not several.
  if (chosen?.type === 'none') return { tool_choice: chosen };
  if (!one) return chosen === null ? {} : { tool_choice: chosen };
  if (chosen === null && !hasTools) return {};
  return { tool_choice: { ...(chosen ?? { type: 'auto' }), disable_parallel_tool_use: true } };
}

const CHOICES: ReadonlyMap<unknown, string> = new Map([
  ['auto', 'auto'],
  ['required', 'any'],
  ['none', 'none'],
]);

function choiceOf(choice: Place): Choice | null {
  if (!choice.isSet) return null;
  const type = CHOICES.get(choice.value);
  if (type !== undefined) return { type };
  if (choice.member('type').value !== 'function') throw choice.untranslatable();
  choice.knows('type', 'function');
  return { type: 'tool', name: choice.member('function').knows('name').member('name').text() };
}

function toolOf(tool: Place): object {
  const type = tool.member('type');
  if (type.value !== 'function') throw type.untranslatable();
  tool.knows('type', 'function', 'cache_control');
  const defined = tool.member('function').knows('name', 'description', 'parameters', 'strict');
  const description = defined.member('description').optionalText();
  const parameters = defined.member('parameters');
  const strict = defined.member('strict').optionalBoolean();
  const mark = tool.member('cache_control');
  return {
    name: defined.member('name').text(),
    ...(description === null ? {} : { description }),
    input_schema: parameters.isSet ? parameters.carried() : { type: 'object', properties: {} },
    ...(strict === true ? { strict } : {}),
    ...(mark.isSet ? { cache_control: mark.carried() } : {}),
  };
}
