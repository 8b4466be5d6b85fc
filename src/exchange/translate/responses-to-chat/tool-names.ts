/** The names of tools that a client has in a namespace: chat completions know none, so that both are one name there, and two again in an answer. */
import type { Place } from '../place.js';

/** What OpenAI's API takes as a function's name. */
const NAME = /^[A-Za-z0-9_-]{1,64}$/;

export interface ToolName {
  readonly name: string;
  readonly namespace?: string;
}

export class ToolNames {
  /** Every tool under the name that the host is told. */
  readonly #told = new Map<string, ToolName>();

  /** The name for the host. `place`: where the tool stands; throws for a name that another tool has, and for one in a namespace that is none there. */
  tell(tool: ToolName, place: Place): string {
    const told = joined(tool);
    const isTaken =
      this.#told.has(told) && (tool.namespace !== undefined || this.#told.get(told)?.namespace !== undefined);
    if (isTaken || (tool.namespace !== undefined && !NAME.test(told))) throw place.untranslatable();
    this.#told.set(told, tool);
    return told;
  }

  /** The client's own name of a tool that the host has called. */
  known(told: string): ToolName {
    return this.#told.get(told) ?? { name: told };
  }
}

/** As the host has it in its earlier calls, too. */
export function joined({ name, namespace }: ToolName): string {
  return namespace === undefined ? name : `${namespace}__${name}`;
}
