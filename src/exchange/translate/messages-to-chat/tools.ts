/** Anthropic's tools and how they are to be used, in OpenAI's words. */
import type { Place } from '../place.js';

/** Tools of the client's own alone: those that the host runs itself, or knows how to use, are no others'. */
export function toolsOf(tools: Place): { readonly tools?: readonly object[] } {
  const each = tools.elements().map(toolOf);
  return each.length === 0 ? {} : { tools: each };
}

/** Whether, and which, tools are to be used, and whether several at once. */
export function toolChoiceOf(choice: Place): object {
  if (!choice.isSet) return {};
  const type = choice.member('type');
  const one = choice.member('disable_parallel_tool_use').optionalBoolean() === true;
  const parallel = one ? { parallel_tool_calls: false } : {};
  switch (type.value) {
    case 'auto':
      choice.knows('type', 'disable_parallel_tool_use');
      return { tool_choice: 'auto', ...parallel };
    case 'any':
      choice.knows('type', 'disable_parallel_tool_use');
      return { tool_choice: 'required', ...parallel };
    case 'none':
      choice.knows('type', 'disable_parallel_tool_use');
      return { tool_choice: 'none' };
    case 'tool': {
      const name = choice.knows('type', 'name', 'disable_parallel_tool_use').member('name').text();
      return { tool_choice: { type: 'function', function: { name } }, ...parallel };
    }
    default:
      throw type.untranslatable();
  }
}

function toolOf(tool: Place): object {
  const type = tool.member('type');
  if (type.isSet && type.value !== 'custom') throw type.untranslatable();
  tool.knows(
    'type',
    'name',
    'description',
    'input_schema',
    'strict',
    'cache_control',
    'eager_input_streaming',
    'allowed_callers',
    'defer_loading',
    'input_examples',
  );
  for (const caller of tool.member('allowed_callers').elements()) caller.mayBe('direct');
  tool.member('defer_loading').mayBe(false);
  const examples = tool.member('input_examples');
  if (examples.elements().length > 0) throw examples.untranslatable();
  const description = tool.member('description').optionalText();
  const strict = tool.member('strict').optionalBoolean();
  return {
    type: 'function',
    function: {
      name: tool.member('name').text(),
      ...(description === null ? {} : { description }),
      parameters: tool.member('input_schema').carried(),
      ...(strict === true ? { strict } : {}),
    },
  };
}
