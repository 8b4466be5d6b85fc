/** The forms in which each provider of the table has its errors, with texts of our own: `says` is what a client has to be able to read. */
export interface ProviderError {
  /** As in the table of providers. */
  readonly provider: string;
  readonly status: number;
  /** What is no text is written as JSON. */
  readonly body: unknown;
  readonly says: string;
}

export const PROVIDER_ERRORS: readonly ProviderError[] = [
  {
    provider: 'openai',
    status: 400,
    body: {
      error: { message: 'Too long.', type: 'invalid_request_error', param: 'messages', code: 'too_long' },
    },
    says: 'Too long.',
  },
  {
    provider: 'anthropic',
    status: 529,
    body: { type: 'error', error: { type: 'overloaded_error', message: 'Full.' }, request_id: 'req_1' },
    says: 'Full.',
  },
  {
    provider: 'google',
    status: 400,
    body: [{ error: { code: 400, message: 'No such field.', status: 'INVALID_ARGUMENT' } }],
    says: 'No such field.',
  },
  {
    provider: 'google',
    status: 429,
    body: { error: { code: 429, message: 'Too many.', status: 'RESOURCE_EXHAUSTED', details: [{ a: 'b' }] } },
    says: 'Too many.',
  },
  {
    provider: 'azure',
    status: 404,
    body: { error: { code: 'DeploymentNotFound', message: 'No deployment.' } },
    says: 'No deployment.',
  },
  { provider: 'azure', status: 401, body: { statusCode: 401, message: 'Denied.' }, says: 'Denied.' },
  { provider: 'bedrock', status: 403, body: { message: 'Not allowed.' }, says: 'Not allowed.' },
  { provider: 'bedrock', status: 400, body: { Message: 'No such model.' }, says: 'No such model.' },
  {
    provider: 'mistral',
    status: 422,
    body: {
      object: 'error',
      message: {
        detail: [{ type: 'extra_forbidden', loc: ['body', 'store'], msg: 'Not taken.', input: false }],
      },
      type: 'invalid_request_error',
      param: null,
      code: null,
    },
    says: 'body.store: Not taken.',
  },
  {
    provider: 'mistral',
    status: 422,
    body: {
      detail: [
        { loc: ['body', 'a'], msg: 'Missing.' },
        { loc: ['body', 1], msg: 'Wrong.' },
      ],
    },
    says: 'body.a: Missing.; body.1: Wrong.',
  },
  { provider: 'mistral', status: 401, body: { message: 'Who?', request_id: 'r' }, says: 'Who?' },
  {
    provider: 'groq',
    status: 413,
    body: { error: { message: 'Too large.', type: 'tokens', code: 'rate_limit_exceeded' } },
    says: 'Too large.',
  },
  {
    provider: 'together',
    status: 422,
    body: {
      id: 'a',
      error: { message: 'Bad input.', type: 'invalid_request_error', param: null, code: null },
    },
    says: 'Bad input.',
  },
  {
    provider: 'fireworks',
    status: 404,
    body: { error: { object: 'error', type: 'invalid_request_error', message: 'No model.' } },
    says: 'No model.',
  },
  {
    provider: 'fireworks',
    status: 401,
    body: { fault: { faultstring: 'No key.', detail: {} } },
    says: 'No key.',
  },
  {
    provider: 'deepseek',
    status: 402,
    body: {
      error: { message: 'No money.', type: 'unknown_error', param: null, code: 'invalid_request_error' },
    },
    says: 'No money.',
  },
  {
    provider: 'deepseek',
    status: 422,
    body: 'The body cannot be read: line 1\n',
    says: 'The body cannot be read',
  },
  {
    provider: 'xai',
    status: 400,
    body: { code: 'Some kind', error: 'The key is wrong.' },
    says: 'The key is wrong.',
  },
  {
    provider: 'openrouter',
    status: 403,
    body: { error: { code: 403, message: 'Flagged.', metadata: { reasons: ['a'] } }, user_id: 'u' },
    says: 'Flagged.',
  },
  {
    provider: 'ollama',
    status: 404,
    body: { error: 'no such model, pull it' },
    says: 'no such model, pull it',
  },
  { provider: 'ollama', status: 404, body: '404 page not found', says: '404 page not found' },
  {
    provider: 'vllm',
    status: 404,
    body: { object: 'error', message: 'Not here.', type: 'NotFoundError', param: null, code: 404 },
    says: 'Not here.',
  },
  { provider: 'vllm', status: 401, body: { error: 'Unauthorized' }, says: 'Unauthorized' },
  { provider: 'vllm', status: 405, body: { detail: 'Not so' }, says: 'Not so' },
  {
    provider: 'llamacpp',
    status: 503,
    body: { error: { code: 503, message: 'Loading.', type: 'unavailable_error' } },
    says: 'Loading.',
  },
  { provider: 'lmstudio', status: 400, body: { error: 'No model is loaded.' }, says: 'No model is loaded.' },
  {
    provider: 'countersign',
    status: 502,
    body: { error: { message: 'Broken.', type: 'api_error', param: null, code: 'upstream/broken' } },
    says: 'Broken.',
  },
];
