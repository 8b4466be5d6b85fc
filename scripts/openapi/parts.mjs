/** What the descriptions of several paths have in common. */

export const EXCHANGE = '^[a-z2-7]{26}$';

export const json = schema => ({ 'application/json': { schema } });
export const ref = name => ({ $ref: `#/components/schemas/${name}` });
export const header = name => ({ $ref: `#/components/headers/${name}` });
const plain = name => ({ in: 'path', name, required: true });
export const inPath = (name, description, schema) => ({ ...plain(name), description, schema });
export const inQuery = (name, description, schema) => ({ in: 'query', name, description, schema });

export const ERRORS = { openai: 'OpenaiError', anthropic: 'AnthropicError', google: 'GoogleError' };

export const WHY = {
  400: 'The request is not one of this path, or the gateway does not understand a parameter that it acts on.',
  401: 'The gateway has virtual keys, and the one shown is missing, unknown, expired or revoked.',
  403: "`Host` or `Origin` is not the gateway's, or the virtual key is not for the model.",
  404: 'There is no such thing here.',
  405: 'The path has other methods.',
  413: 'The request is too large.',
  415: 'The body is content-encoded.',
  429: 'A limit of the virtual key leaves too little.',
  502: 'The upstream is down, broke off or answered garbage.',
  503: 'The gateway starts, closes or holds too much already.',
  504: 'The upstream was too slow.',
};

export const REQUEST_ID = { 'x-request-id': header('RequestId') };
export const REFUSED = { ...REQUEST_ID, 'countersign-reason': header('Reason') };
export const OF_EXCHANGE = {
  ...REQUEST_ID,
  'countersign-exchange': header('Exchange'),
  'countersign-opening': header('Opening'),
  link: header('Receipt'),
};

/** What has one of several forms. `names`: of schemas, or that of the only one. */
export const anyOf = names => json(typeof names === 'string' ? ref(names) : { anyOf: names.map(ref) });

/** `error`: the name of an error's schema, or the names of those that it may have. */
export const refusals = (error, ...statuses) =>
  Object.fromEntries(
    statuses.map(status => [status, { description: WHY[status], headers: REFUSED, content: anyOf(error) }]),
  );
export const given = (description, content, headers = {}) => ({
  200: { description, headers: { ...REQUEST_ID, ...headers }, ...(content === null ? {} : { content }) },
});

export const get = (operationId, tag, summary, parameters, responses, more = {}) => ({
  get: { operationId, tags: [tag], summary, security: [], parameters, responses, ...more },
});
