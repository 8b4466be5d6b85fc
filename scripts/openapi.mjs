/**
 * The description of the HTTP API (OpenAPI 3.1), made from what the code itself serves and reads: the table of surfaces, the schemas of what the admin
 * API is asked and answers, and the schemas of spec/schemas. What an upstream answers is the upstream's; here it is an object.
 */
import { toJsonSchema } from '@valibot/to-json-schema';

const EXCHANGE = '^[a-z2-7]{26}$';

const json = schema => ({ 'application/json': { schema } });
const ref = name => ({ $ref: `#/components/schemas/${name}` });
const header = name => ({ $ref: `#/components/headers/${name}` });
const plain = name => ({ in: 'path', name, required: true });
const inPath = (name, description, schema) => ({ ...plain(name), description, schema });
const inQuery = (name, description, schema) => ({ in: 'query', name, description, schema });

const ERRORS = { openai: 'OpenaiError', anthropic: 'AnthropicError', google: 'GoogleError' };

const WHY = {
  400: 'The request is not one of this path, or a parameter is out of range.',
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

const REQUEST_ID = { 'x-request-id': header('RequestId') };
const REFUSED = { ...REQUEST_ID, 'countersign-reason': header('Reason') };
const OF_EXCHANGE = {
  ...REQUEST_ID,
  'countersign-exchange': header('Exchange'),
  'countersign-opening': header('Opening'),
  link: header('Receipt'),
};

const refusals = (error, ...statuses) =>
  Object.fromEntries(
    statuses.map(status => [
      status,
      { description: WHY[status], headers: REFUSED, content: json(ref(error)) },
    ]),
  );
const given = (description, content, headers = {}) => ({
  200: { description, headers: { ...REQUEST_ID, ...headers }, ...(content === null ? {} : { content }) },
});

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

function exchangeOf(surface) {
  const { name, dialect, path, streams } = surface;
  const error = ERRORS[dialect];
  const content = {
    'application/json': { schema: name === 'streamGenerateContent' ? {} : { type: 'object' } },
    ...(streams ? { 'text/event-stream': { schema: { type: 'string' } } } : {}),
  };
  const isNamed = path.includes('{model}');
  return {
    post: {
      operationId: name.replaceAll(/[/_](.)/g, (_, letter) => letter.toUpperCase()),
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

const get = (operationId, tag, summary, parameters, responses, more = {}) => ({
  get: { operationId, tags: [tag], summary, security: [], parameters, responses, ...more },
});

function publicPaths(surfaces) {
  const exchanges = Object.fromEntries(
    surfaces.map(surface => [surface.base + surface.path, exchangeOf(surface)]),
  );
  const exchange = inPath('exchange', 'The id of an exchange.', { type: 'string', pattern: EXCHANGE });
  const epoch = inPath('epoch', 'An epoch.', { type: 'string', pattern: EXCHANGE });
  const client = inPath('client', 'The name of a client in that epoch.', {
    type: 'string',
    pattern: EXCHANGE,
  });
  const counter = inPath('counter', 'A number of that client.', {
    type: 'integer',
    minimum: 1,
    maximum: 2 ** 53 - 1,
  });
  const wait = inQuery('wait', 'For what to wait, ten seconds at most.', { enum: ['included', 'witnessed'] });
  const bytes = { 'application/octet-stream': { schema: { type: 'string' } } };
  const text = { 'text/plain': { schema: { type: 'string' } } };
  const said = (...statuses) =>
    Object.fromEntries(
      statuses.map(status => [
        status,
        { description: WHY[status] ?? 'Refused.', headers: REFUSED, content: text },
      ]),
    );
  return {
    ...exchanges,
    '/v1/models': get('models', 'models', 'The models that can be asked for', [], {
      ...given('As OpenAI lists them.', json(ref('ModelList'))),
      ...refusals('OpenaiError', 401, 403, 405, 503),
    }),
    '/v1beta/models': get(
      'googleModels',
      'models',
      'The models that can be asked for, as Google lists them',
      [],
      {
        ...given('As Google lists them.', json(ref('GoogleModelList'))),
        ...refusals('GoogleError', 401, 403, 405, 503),
      },
    ),
    '/v1/receipts/{exchange}': get(
      'receipt',
      'receipts',
      'The receipt of an exchange, with the strongest proof there is',
      [
        exchange,
        wait,
        inQuery('format', 'A COSE receipt (RFC 9942) in place of the bundle.', { enum: ['cose'] }),
      ],
      {
        ...given('The bundle.', {
          ...json(ref('Bundle')),
          'application/cose': { schema: { type: 'string' } },
        }),
        ...refusals('OpenaiError', 400, 403, 404, 405, 503),
      },
    ),
    '/v1/evidence/{digest}': get(
      'evidence',
      'receipts',
      'The exact bytes of what a receipt names as evidence',
      [inPath('digest', 'SHA-256, hexadecimal.', { type: 'string', pattern: '^[0-9a-f]{64}$' })],
      { ...given('The bytes.', bytes), ...refusals('OpenaiError', 403, 404, 405, 503) },
    ),
    '/v1/attestation': get(
      'attestation',
      'receipts',
      'Evidence of the machine that the gateway runs in, bound to its keys',
      [
        inQuery('nonce', 'What whoever asks has chosen, hexadecimal.', {
          type: 'string',
          pattern: '^([0-9a-f]{2}){16,64}$',
        }),
      ],
      {
        ...given(
          'The evidence, and the statement whose digest it carries.',
          json({ type: 'object', required: ['evidence', 'statement', 'type'] }),
        ),
        ...refusals('OpenaiError', 400, 403, 404, 405, 503),
      },
    ),
    '/v1/closings/{epoch}': get('closing', 'receipts', 'The closing of an epoch', [epoch], {
      ...given('A DSSE envelope.', json(ref('Envelope'))),
      ...refusals('OpenaiError', 403, 404, 405),
    }),
    ...Object.fromEntries(
      ['leaves', 'clients'].map(tree => [
        `/v1/closings/{epoch}/${tree}`,
        get(`closing${tree}`, 'receipts', `All ${tree} that a closing stands for`, [epoch], {
          ...given('Records of one length.', bytes),
          ...refusals('OpenaiError', 403, 404, 405),
        }),
      ]),
    ),
    '/v1/closings/{epoch}/{client}/{counter}': get(
      'closingNumber',
      'receipts',
      'What a closing says of one number',
      [epoch, client, counter],
      {
        ...given('The closing, and the proof.', json({ type: 'object', required: ['closing', 'leaf'] })),
        ...refusals('OpenaiError', 403, 404, 405),
      },
    ),
    '/log/entries': {
      post: {
        operationId: 'submit',
        tags: ['log'],
        summary: 'Takes an entry that a registered issuer has signed',
        security: [],
        parameters: [wait],
        requestBody: { required: true, content: json(ref('Envelope')) },
        responses: {
          ...given('The log had it already.', json(ref('Submitted'))),
          201: { description: 'It is new.', headers: REQUEST_ID, content: json(ref('Submitted')) },
          ...said(400, 405, 413),
          403: {
            description: 'The entry is of no registered issuer, or the request is addressed to another host.',
            headers: REFUSED,
            content: { ...text, ...json(ref('OpenaiError')) },
          },
        },
      },
    },
    '/log/checkpoint': get('checkpoint', 'log', 'The latest witnessed checkpoint', [], {
      ...given('A signed note (C2SP tlog-checkpoint).', text),
      ...refusals('OpenaiError', 403),
      ...said(405),
    }),
    ...Object.fromEntries(
      ['/log/tile/{level}/{index}', '/log/tile/{level}/{index}.p/{width}'].map((path, at) => [
        path,
        get(
          at === 0 ? 'tile' : 'partialTile',
          'log',
          'A tile of hashes, or of entries where `entries` stands for the level (C2SP tlog-tiles)',
          [
            inPath('level', 'The level.', { type: 'string', pattern: '^(entries|[0-9]|[1-5][0-9]|6[0-3])$' }),
            inPath('index', 'Three digits; more stand in groups before them.', {
              type: 'string',
              pattern: '^[0-9]{3}$',
            }),
            ...(at === 0
              ? []
              : [inPath('width', 'How many there are.', { type: 'integer', minimum: 1, maximum: 255 })]),
          ],
          {
            ...given('Hashes, or entries.', bytes),
            ...refusals('OpenaiError', 403),
            ...notThere(),
            ...said(405),
          },
        ),
      ]),
    ),
    '/log/entries/{index}': get(
      'entry',
      'log',
      'The exact bytes of one entry',
      [inPath('index', 'Its place.', { type: 'integer', minimum: 0, maximum: 2 ** 53 - 1 })],
      { ...given('The entry.', bytes), ...refusals('OpenaiError', 403), ...notThere(), ...said(405) },
    ),
    '/log/retention': get('retention', 'log', 'What may be read of the log', [], {
      ...given('The minimum index, the policy, the denied entries.', json({ type: 'object' })),
      ...refusals('OpenaiError', 403),
      ...said(405),
    }),
    '/healthz': get('alive', 'health', 'Whether the process lives', [], {
      ...given('It does.', json(ref('Alive'))),
      ...refusals('OpenaiError', 403, 405),
    }),
    '/readyz': get('ready', 'health', 'Whether it can do what it is there for', [], {
      ...given('It can.', json(ref('Readiness'))),
      503: {
        description: 'It cannot, and what is missing.',
        headers: REQUEST_ID,
        content: json(ref('Readiness')),
      },
      ...refusals('OpenaiError', 403, 405),
    }),
    '/openapi.json': get('description', 'about', 'This description', [], {
      ...given('OpenAPI 3.1.', json({ type: 'object', required: ['openapi', 'info', 'paths'] })),
      ...refusals('OpenaiError', 403, 405),
    }),
    '/': get('about', 'about', 'The name and the paths', [], {
      ...given('They.', json({ type: 'object', required: ['name', 'paths'] })),
      ...refusals('OpenaiError', 403, 405),
    }),
  };
}

/** What the log says of what it does not have has no words. */
function notThere() {
  return { 404: { description: WHY[404], headers: REQUEST_ID } };
}

function adminPaths() {
  const text = { 'text/plain': { schema: { type: 'string' } } };
  const said = (...statuses) =>
    Object.fromEntries(
      statuses.map(status => [
        status,
        {
          description: ADMIN_WHY[status],
          headers: REFUSED,
          content: text,
        },
      ]),
    );
  const operation = (method, operationId, summary, answer, statuses = [], more = {}) => {
    const { status = 200, content, says = 'Done.' } = answer;
    return {
      [method]: {
        operationId,
        tags: ['admin'],
        summary,
        security: [{ bearer: [] }],
        ...more,
        responses: {
          [status]: { description: says, headers: REQUEST_ID, content },
          ...said(401, 403, 405, ...statuses),
        },
      },
    };
  };
  const one = {
    parameters: [inPath('key', 'A name or an id.', { type: 'string', minLength: 1, maxLength: 64 })],
  };
  const body = name => ({ requestBody: { required: true, content: json(ref(name)) } });
  return {
    '/admin/status': operation('get', 'status', 'How the gateway is', { content: json(ref('Status')) }),
    '/admin/config': operation('get', 'config', 'The settings in force, without secrets', {
      content: json({ type: 'object' }),
    }),
    '/admin/upstreams': operation('get', 'upstreams', 'How upstreams do', {
      content: json(ref('Upstreams')),
    }),
    '/admin/reload': operation('post', 'reload', 'Reads again what can be read again', {
      content: json(ref('Reloads')),
    }),
    '/admin/drain': operation('post', 'drain', 'Traffic is to go elsewhere', { content: json(ref('Drain')) }),
    '/admin/undrain': operation('post', 'undrain', 'Traffic may come again', { content: json(ref('Drain')) }),
    '/admin/keys': {
      ...operation('get', 'keys', 'All virtual keys, teams and models with limits', {
        content: json(ref('Keys')),
      }),
      ...operation(
        'post',
        'createKey',
        'Makes a virtual key, and shows it once',
        { status: 201, content: json(ref('NewKey')) },
        [400, 409, 413],
        body('KeyWish'),
      ),
    },
    '/admin/keys/reload': operation('post', 'reloadKeys', 'Reads the virtual keys again', {
      content: json({ type: 'object', required: ['keys'] }),
    }),
    '/admin/keys/{key}/rotate': operation(
      'post',
      'rotateKey',
      'Gives a key another secret, and shows it once',
      { content: json(ref('NewKey')) },
      [400, 404, 413],
      { ...one, ...body('Rotation') },
    ),
    '/admin/keys/{key}/revoke': operation(
      'post',
      'revokeKey',
      'Takes a key out of service, for good',
      { content: json(ref('Key')) },
      [404],
      one,
    ),
    '/admin/erasures/{exchange}': operation(
      'post',
      'erase',
      'Destroys what the vault has of an exchange, and logs it',
      { content: json(ref('Erased')) },
      [404],
      { parameters: [inPath('exchange', 'The id of an exchange.', { type: 'string', pattern: EXCHANGE })] },
    ),
    '/admin/revocations': operation(
      'post',
      'revoke',
      'Takes back in the log what receipts rest on',
      { status: 201, content: json(ref('Revoked')) },
      [400, 409, 413],
      body('RevocationWish'),
    ),
    '/metrics': operation('get', 'metrics', 'What Prometheus reads', { content: text }),
  };
}

const ADMIN_WHY = {
  400: 'The body is not what it should be.',
  401: 'Neither the admin key nor the token of this run was shown.',
  403: 'A web page asks, or the request was addressed to another name.',
  404: 'There is no such thing here.',
  405: 'The path has other methods.',
  409: 'There is a key of that name, or such a revocation.',
  413: 'The body is too large.',
};

const MESSAGE = { message: { type: 'string' } };

/** A schema of spec/schemas as a part of this document. */
function embedded({ $schema, $id, title, ...schema }) {
  return schema;
}

/** Schemas that the code reads or writes with. */
function written(schemas) {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => {
      const { $schema, ...rest } = toJsonSchema(schema, {
        target: 'draft-2020-12',
        errorMode: 'ignore',
        typeMode: 'input',
      });
      return [name, rest];
    }),
  );
}

/**
 * @param version of this program
 * @param surfaces the table of surfaces
 * @param admin the valibot schemas of the admin API, by the names that they get here
 * @param bundle the JSON schema of a bundle
 */
export function openapi({ version, surfaces, admin, bundle }) {
  const strict = (properties, required = Object.keys(properties)) => ({
    type: 'object',
    properties,
    required,
    additionalProperties: false,
  });
  return {
    openapi: '3.1.0',
    info: {
      title: 'Countersign gateway',
      version,
      summary: 'APIs of model providers, under receipts; and how a gateway is watched and steered.',
      description:
        'Paths under /admin and /metrics are on a listener of their own, which needs the admin key. Any request may be answered with 400, 408 or 431 before its path is known. See docs/reference.md and docs/operations.md.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: ['exchanges', 'models', 'receipts', 'log', 'health', 'about', 'admin'].map(name => ({ name })),
    paths: { ...publicPaths(surfaces), ...adminPaths() },
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      parameters: {
        Nonce: {
          in: 'header',
          name: 'countersign-nonce',
          description: 'The receipt commits to it.',
          schema: { type: 'string', pattern: '^[A-Za-z0-9_-]{16,64}$' },
        },
        Inline: {
          in: 'header',
          name: 'countersign-inline',
          description: 'Whether the receipt comes with the answer.',
          schema: { enum: ['receipt', 'none'] },
        },
        RequestId: {
          in: 'header',
          name: 'x-request-id',
          description: 'Taken over where it is well-formed.',
          schema: { type: 'string' },
        },
      },
      headers: {
        RequestId: {
          description: 'The id of the request.',
          required: true,
          schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$' },
        },
        Exchange: {
          description: 'The id of the exchange.',
          required: true,
          schema: { type: 'string', pattern: EXCHANGE },
        },
        Opening: {
          description: 'The secret of the exchange, in base64url.',
          required: true,
          schema: { type: 'string', pattern: '^[A-Za-z0-9_-]{43}$' },
        },
        Receipt: { description: 'Where the receipt is.', required: true, schema: { type: 'string' } },
        Reason: {
          description: 'The reason code (docs/reasons.md).',
          required: true,
          schema: { type: 'string', pattern: '^[a-z]+/[a-z-]+$' },
        },
      },
      schemas: {
        OpenaiError: strict({
          error: strict({
            ...MESSAGE,
            type: { type: 'string' },
            param: { type: ['string', 'null'] },
            code: { type: 'string' },
          }),
        }),
        AnthropicError: strict({
          type: { const: 'error' },
          error: strict({ type: { type: 'string' }, ...MESSAGE }),
        }),
        GoogleError: strict({
          error: strict({ code: { type: 'integer' }, ...MESSAGE, status: { type: 'string' } }),
        }),
        ModelList: strict({
          object: { const: 'list' },
          data: {
            type: 'array',
            items: strict({
              id: { type: 'string' },
              object: { const: 'model' },
              created: { type: 'integer' },
              owned_by: { type: 'string' },
            }),
          },
        }),
        GoogleModelList: {
          type: 'object',
          properties: { models: { type: 'array', items: { type: 'object', required: ['name'] } } },
          required: ['models'],
        },
        Alive: strict({ status: { const: 'alive' } }),
        Bundle: embedded(bundle),
        Envelope: embedded(bundle.properties.envelope),
        Submitted: strict({ index: { type: 'integer', minimum: 0 }, proof: { type: ['string', 'null'] } }),
        ...written(admin),
      },
    },
  };
}
