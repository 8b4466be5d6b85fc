/** The paths under which models are asked, from the table of surfaces. */
import { ERRORS, inPath, inQuery, json, OF_EXCHANGE, REQUEST_ID, refusals } from './parts.mjs';

/** A request of a surface, as far as every client of it writes it; members that are not named here pass as they are. */
function requestOf({ name, base, path }) {
  const names = path.includes('{model}') ? [] : ['model'];
  const model = {
    type: 'string',
    description: 'A model, with its upstream in front where it is not the first: `openai/gpt-4o`.',
  };
  const members = {
    'chat/completions': {
      messages: { type: 'array', items: { type: 'object' } },
      stream: { type: 'boolean' },
    },
    messages: {
      messages: { type: 'array', items: { type: 'object' } },
      max_tokens: { type: 'integer' },
      stream: { type: 'boolean' },
    },
    'messages/count_tokens': { messages: { type: 'array', items: { type: 'object' } } },
    generateContent: { contents: { type: 'array', items: { type: 'object' } } },
    streamGenerateContent: { contents: { type: 'array', items: { type: 'object' } } },
  }[name];
  const schema = {
    type: 'object',
    properties: { ...(names.length > 0 ? { model } : {}), ...members },
    ...(base === '/v1' && names.length > 0 ? { required: ['model'] } : {}),
  };
  const type = name === 'audio/transcriptions' ? 'multipart/form-data' : 'application/json';
  return { required: true, content: { [type]: { schema } } };
}

/** `base`: one of those under which clients find the surface. */
export function exchangeOf(surface, base) {
  const { name, dialect, path, streams } = surface;
  const error = ERRORS[dialect];
  const content = {
    'application/json': { schema: name === 'streamGenerateContent' ? {} : { type: 'object' } },
    ...(streams ? { 'text/event-stream': { schema: { type: 'string' } } } : {}),
  };
  const isNamed = path.includes('{model}');
  return {
    post: {
      operationId: (base === surface.base ? name : `${name}${base}`).replaceAll(/[/_](.)/g, (_, letter) =>
        letter.toUpperCase(),
      ),
      tags: ['exchanges'],
      summary: `${{ openai: "OpenAI's", anthropic: "Anthropic's", google: "Google's" }[dialect]} ${name}, under a receipt`,
      security: [{}, { bearer: [] }],
      parameters: [
        ...(isNamed ? [inPath('model', 'A model.', { type: 'string', minLength: 1 })] : []),
        ...(dialect === 'google' ? [inQuery('alt', 'How a stream is written.', { enum: ['sse'] })] : []),
        { $ref: '#/components/parameters/Nonce' },
        { $ref: '#/components/parameters/Inline' },
        { $ref: '#/components/parameters/RequestId' },
      ],
      requestBody: requestOf(surface),
      responses: {
        200: { description: "The upstream's answer, byte for byte.", headers: OF_EXCHANGE, content },
        ...refusals(error, 400, 401, 403, 404, 405, 413, 415, 429, 502, 503, 504),
        default: {
          description: "The upstream's own error, with its own status.",
          headers: REQUEST_ID,
          content: json({}),
        },
      },
    },
  };
}
