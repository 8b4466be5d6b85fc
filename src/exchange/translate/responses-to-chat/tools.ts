/** The tools of a response, and how they are to be used, in the words of chat completions. */
import type { Place } from '../place.js';
import type { Transform } from '../transforms.js';

export interface Tools {
  /** As the client has them, for those that the host is told of. */
  readonly given: readonly object[];
  readonly body: {
    readonly tools?: readonly object[];
    readonly tool_choice?: unknown;
    readonly parallel_tool_calls?: false;
  };
}

/** Functions alone: OpenAI's other tools are run by its own hosts, or called with texts in a grammar. */
export function toolsOf(request: Place, transforms: Set<Transform>): Tools {
  const kept = request
    .member('tools')
    .elements()
    .filter(tool => !isCachedSearch(tool, transforms));
  const choice = choiceOf(request.member('tool_choice'));
  const parallel = request.member('parallel_tool_calls').optionalBoolean();
  const given = kept.map(tool => tool.carried());
  const tools = kept.map(toolOf);
  // Without tools, hosts take nothing that says how to use them.
  const isNone = tools.length === 0;
  const isMoot = isNone && (choice === 'auto' || choice === 'none');
  return {
    given,
    body: {
      ...(isNone ? {} : { tools }),
      ...(choice === null || isMoot ? {} : { tool_choice: choice }),
      ...(parallel === false && !isNone ? { parallel_tool_calls: parallel } : {}),
    },
  };
}

/** A search of the web as it was, which Codex offers with every request unless it is told otherwise; one that reaches out is what somebody wants. */
function isCachedSearch(tool: Place, transforms: Set<Transform>): boolean {
  if (tool.member('type').value !== 'web_search' || tool.member('external_web_access').value !== false)
    return false;
  transforms.add('cached-web-search-omitted');
  return true;
}

function choiceOf(choice: Place): unknown {
  if (!choice.isSet) return null;
  if (choice.value === 'auto' || choice.value === 'none' || choice.value === 'required') return choice.value;
  const type = choice.member('type');
  if (type.value !== 'function') throw type.isSet ? type.untranslatable() : choice.untranslatable();
  return { type: 'function', function: { name: choice.knows('type', 'name').member('name').text() } };
}

function toolOf(tool: Place): object {
  const type = tool.member('type');
  if (type.value !== 'function') throw type.untranslatable();
  tool.knows('type', 'name', 'description', 'parameters', 'strict', 'defer_loading', 'allowed_callers');
  tool.member('defer_loading').mayBe(false);
  for (const caller of tool.member('allowed_callers').elements()) caller.mayBe('direct');
  const description = tool.member('description').optionalText();
  const parameters = tool.member('parameters');
  const strict = tool.member('strict').optionalBoolean();
  return {
    type: 'function',
    function: {
      name: tool.member('name').text(),
      ...(description === null ? {} : { description }),
      ...(parameters.isSet ? { parameters: parameters.carried() } : {}),
      ...(strict === true ? { strict } : {}),
    },
  };
}
