/** What a gateway answers to everybody. */

import { exchangeOf } from './exchange-paths.mjs';
import {
  anyOf,
  EXCHANGE,
  get,
  given,
  inPath,
  inQuery,
  json,
  REFUSED,
  REQUEST_ID,
  ref,
  refusals,
  WHY,
} from './parts.mjs';

/** The clients that ask at one path for models, and what tells those of Anthropic and Google from the others. */
const FORMS = ['Openai', 'Anthropic', 'Google'];
const OF_CLIENTS = ['anthropic-version', 'x-goog-api-key'].map(name => ({
  in: 'header',
  name,
  description: 'Who sends it gets the form of that API.',
  schema: { type: 'string' },
}));

export function publicPaths(surfaces) {
  const exchanges = Object.fromEntries(
    surfaces.flatMap(surface =>
      [surface.base, ...surface.otherBases].map(base => [base + surface.path, exchangeOf(surface, base)]),
    ),
  );
  const model = inPath('model', 'A model, with its upstream in front where it is not the first.', {
    type: 'string',
    minLength: 1,
  });
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
    '/v1/models': get('models', 'models', 'The models that can be asked for', OF_CLIENTS, {
      ...given('As the API of the client lists them.', anyOf(FORMS.map(form => `${form}ModelList`))),
      ...refusals(
        FORMS.map(form => `${form}Error`),
        401,
        403,
        405,
        503,
      ),
    }),
    '/v1/models/{model}': get('model', 'models', 'One model', [model, ...OF_CLIENTS], {
      ...given('As the API of the client has it.', anyOf(FORMS.map(form => `${form}Model`))),
      ...refusals(
        FORMS.map(form => `${form}Error`),
        401,
        403,
        404,
        405,
        503,
      ),
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
    '/v1beta/models/{model}': get('googleModel', 'models', 'One model, as Google has it', [model], {
      ...given('As Google has it.', json(ref('GoogleModel'))),
      ...refusals('GoogleError', 401, 403, 404, 405, 503),
    }),
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
