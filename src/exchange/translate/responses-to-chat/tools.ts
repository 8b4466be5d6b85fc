/** The tools of a response, and how they are to be used, in the words of chat completions. */
import type { Place } from '../place.js';
import type { Transform } from '../transforms.js';
import { ToolNames } from './tool-names.js';

export interface Tools {
  /** As the client has them, for those that the host is told of. */
  readonly given: readonly object[];
  readonly names: ToolNames;
  readonly body: {
    readonly tools?: readonly object[];
    readonly tool_choice?: unknown;
    readonly parallel_tool_calls?: false;
  };
}

/** Functions alone, also those in namespaces: OpenAI's other tools are run by its own hosts, or called with texts in a grammar. */
export function toolsOf(request: Place, transforms: Set<Transform>): Tools {
  const kept = request
    .member('tools')
    .elements()
    .filter(tool => !isOfferedSearch(tool, transforms));
  const choice = choiceOf(request.member('tool_choice'));
  const parallel = request.member('parallel_tool_calls').optionalBoolean();
  const given = kept.map(tool => tool.carried());
  const names = new ToolNames();
  const tools = kept.flatMap(tool => functionsOf(tool, names, transforms));
  // Without tools, hosts take nothing that says how to use them.
  const isNone = tools.length === 0;
  const isMoot = isNone && (choice === 'auto' || choice === 'none');
  return {
    given,
    names,
    body: {
      ...(isNone ? {} : { tools }),
      ...(choice === null || isMoot ? {} : { tool_choice: choice }),
      ...(parallel === false && !isNone ? { parallel_tool_calls: parallel } : {}),
    },
  };
}

/** A search as Codex offers it with every request unless it is told otherwise, and as nobody else writes it; any other is what somebody wants. */
function isOfferedSearch(tool: Place, transforms: Set<Transform>): boolean {
  const isSearch = tool.member('type').value === 'web_search';
  if (!isSearch || typeof tool.member('external_web_access').value !== 'boolean') return false;
  transforms.add('web-search-omitted');
  return true;
}

function choiceOf(choice: Place): unknown {
  if (!choice.isSet) return null;
  if (choice.value === 'auto' || choice.value === 'none' || choice.value === 'required') return choice.value;
  const type = choice.member('type');
  if (type.value !== 'function') throw type.isSet ? type.untranslatable() : choice.untranslatable();
  return { type: 'function', function: { name: choice.knows('type', 'name').member('name').text() } };
}

function functionsOf(tool: Place, names: ToolNames, transforms: Set<Transform>): object[] {
  if (tool.member('type').value !== 'namespace') return [functionOf(tool, null, names)];
  tool.knows('type', 'name', 'description', 'tools');
  const namespace = {
    name: tool.member('name').text(),
    description: tool.member('description').optionalText() ?? '',
  };
  transforms.add('tool-namespace-in-name');
  return tool
    .member('tools')
    .elements()
    .map(inner => functionOf(inner, namespace, names));
}

interface Namespace {
  readonly name: string;
  readonly description: string;
}

/** What is said of a namespace is said of each tool in it. */
function functionOf(tool: Place, namespace: Namespace | null, names: ToolNames): object {
  const type = tool.member('type');
  if (type.value !== 'function') throw type.untranslatable();
  tool.knows('type', 'name', 'description', 'parameters', 'strict', 'defer_loading', 'allowed_callers');
  tool.member('defer_loading').mayBe(false);
  for (const caller of tool.member('allowed_callers').elements()) caller.mayBe('direct');
  const place = tool.member('name');
  const name = place.text();
  const own = tool.member('description').optionalText();
  const description =
    namespace === null || namespace.description === '' ? own : `${namespace.description}\n\n${own ?? ''}`;
  const parameters = tool.member('parameters');
  const strict = tool.member('strict').optionalBoolean();
  return {
    type: 'function',
    function: {
      name: names.tell(namespace === null ? { name } : { name, namespace: namespace.name }, place),
      ...(description === null ? {} : { description }),
      ...(parameters.isSet ? { parameters: parameters.carried() } : {}),
      ...(strict === true ? { strict } : {}),
    },
  };
}
