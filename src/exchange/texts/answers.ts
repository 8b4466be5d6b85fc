/** Where the answers of each surface have text, whole and in the events of a stream. */
import { type Members, textOf } from '../members.js';
import type { SurfaceName } from '../surface-names.js';
import { BLOCK, CONTENT, chatMessage, responseItem } from './parts.js';
import { continued, depending, JSON_TEXT, only, type Shape, TEXT } from './shape.js';

export interface AnswerTexts {
  readonly body: Shape;
  /** Null for a surface whose answers never come as a stream. */
  readonly event: Shape | null;
}

const MESSAGE = chatMessage({ arguments: JSON_TEXT });
const ITEM = responseItem({ arguments: JSON_TEXT });
const RESPONSE = only({ output: ITEM, instructions: ITEM });
const MORE = only({ text: TEXT, thinking: TEXT, partial_json: JSON_TEXT });
const CANDIDATES = only({ candidates: only({ content: continued(CONTENT) }) });
const SEGMENTS = { text: TEXT, segments: only({ text: TEXT }) };

const isOfArguments = ({ type }: Members) => textOf(type).endsWith('arguments.delta');

/** Null for a surface whose answers have no text of anybody's. */
export const ANSWER_TEXTS: Readonly<Record<SurfaceName, AnswerTexts | null>> = {
  'chat/completions': {
    body: only({ choices: only({ message: MESSAGE }) }),
    event: only({ choices: only({ delta: continued(MESSAGE), message: MESSAGE }) }),
  },
  completions: {
    body: only({ choices: only({ text: TEXT }) }),
    event: only({ choices: only({ text: continued(TEXT) }) }),
  },
  responses: {
    body: RESPONSE,
    event: depending(
      'delta',
      siblings => continued(isOfArguments(siblings) ? JSON_TEXT : TEXT),
      only({
        response: RESPONSE,
        item: ITEM,
        part: ITEM,
        text: TEXT,
        refusal: TEXT,
        arguments: JSON_TEXT,
        input: TEXT,
        code: TEXT,
      }),
    ),
  },
  'responses/input_tokens': null,
  embeddings: null,
  moderations: null,
  'images/generations': { body: only({ data: only({ revised_prompt: TEXT }) }), event: null },
  'audio/transcriptions': {
    body: only(SEGMENTS),
    event: only({ ...SEGMENTS, delta: continued(TEXT) }),
  },
  messages: {
    body: only({ content: BLOCK }),
    event: only({ message: only({ content: BLOCK }), content_block: BLOCK, delta: continued(MORE) }),
  },
  'messages/count_tokens': null,
  // Several that each bring a part may also come as one array.
  generateContent: { body: CANDIDATES, event: null },
  streamGenerateContent: { body: CANDIDATES, event: CANDIDATES },
  countTokens: null,
  embedContent: null,
  batchEmbedContents: null,
};
