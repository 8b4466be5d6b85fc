/** The output of a response, item by item, as a whole answer and a stream both have it. */
import { writeThoughts } from './signed-thoughts.js';
import type { ToolName } from './tool-names.js';

/** What an item says of itself: one in the middle of which an answer was cut off is incomplete. */
export type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

/** Text, or what the model says when it refuses. */
export interface Spoken {
  readonly type: 'output_text' | 'refusal';
  readonly text: string;
}

/** The parts of one item, before it has its id and its place. */
export type Content =
  | { readonly type: 'reasoning'; readonly text: string; readonly blocks: readonly object[] }
  | { readonly type: 'message'; readonly parts: readonly Spoken[] }
  | {
      readonly type: 'function_call';
      readonly callId: string;
      readonly tool: ToolName;
      readonly text: string;
    };

/** What makes an item's id, with the response's own and its place. */
const PREFIXES = { reasoning: 'rs', message: 'msg', function_call: 'fc' } as const;

export function itemId(type: Content['type'], responseId: string, index: number): string {
  return `${PREFIXES[type]}_${responseId}_${index}`;
}

/** `keepsThoughts`: whether the client gives back what only a host can read. */
export function itemOf(content: Content, id: string, status: ItemStatus, keepsThoughts: boolean): object {
  switch (content.type) {
    case 'reasoning': {
      const { type, text, blocks } = content;
      const kept = keepsThoughts ? writeThoughts(blocks) : null;
      return {
        type,
        id,
        summary: text === '' ? [] : [summaryPart(text)],
        ...(kept === null ? {} : { encrypted_content: kept }),
        status,
      };
    }
    case 'message':
      return { type: content.type, id, status, role: 'assistant', content: content.parts.map(spokenPart) };
    case 'function_call': {
      const { type, callId, tool, text } = content;
      return { type, id, call_id: callId, ...tool, arguments: text, status };
    }
  }
}

/** Clients show a summary of what was thought, and give it back. */
export function summaryPart(text: string): object {
  return { type: 'summary_text', text };
}

export function spokenPart({ type, text }: Spoken): object {
  return type === 'refusal' ? { type, refusal: text } : { type, text, annotations: [], logprobs: [] };
}
