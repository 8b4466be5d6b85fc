/** Where the requests of each surface have text. */
import type { SurfaceName } from '../surface-names.js';
import { BLOCK, CONTENT, chatMessage, DEFINITIONS, responseItem } from './parts.js';
import { only, type Shape, TEXT, TEXT_OR_TOKENS } from './shape.js';

const MESSAGES = only({
  system: BLOCK,
  messages: BLOCK,
  tools: DEFINITIONS,
  output_config: DEFINITIONS,
  output_format: DEFINITIONS,
});
const RESPONSES = only({
  input: responseItem(),
  instructions: responseItem(),
  prompt: only({ variables: responseItem() }),
  tools: DEFINITIONS,
  text: DEFINITIONS,
});
const EMBEDDED = { content: CONTENT, title: TEXT };
const CONTENTS = only({
  contents: CONTENT,
  systeminstruction: CONTENT,
  system_instruction: CONTENT,
  tools: DEFINITIONS,
  generationconfig: DEFINITIONS,
  generation_config: DEFINITIONS,
});

/** Null for a surface whose requests are no JSON. */
export const REQUEST_TEXTS: Readonly<Record<SurfaceName, Shape | null>> = {
  'chat/completions': only({
    messages: chatMessage(),
    prediction: chatMessage(),
    tools: DEFINITIONS,
    functions: DEFINITIONS,
    response_format: DEFINITIONS,
  }),
  completions: only({ prompt: TEXT_OR_TOKENS, suffix: TEXT }),
  responses: RESPONSES,
  'responses/input_tokens': RESPONSES,
  embeddings: only({ input: TEXT_OR_TOKENS }),
  moderations: only({ input: chatMessage() }),
  'images/generations': only({ prompt: TEXT }),
  'audio/transcriptions': null,
  messages: MESSAGES,
  'messages/count_tokens': MESSAGES,
  generateContent: CONTENTS,
  streamGenerateContent: CONTENTS,
  countTokens: only({
    contents: CONTENT,
    generatecontentrequest: CONTENTS,
    generate_content_request: CONTENTS,
  }),
  embedContent: only(EMBEDDED),
  batchEmbedContents: only({ requests: only(EMBEDDED) }),
};

/** The fields of forms that have text. */
export const FORM_TEXTS: Partial<Readonly<Record<SurfaceName, readonly string[]>>> = {
  'audio/transcriptions': ['prompt'],
};
