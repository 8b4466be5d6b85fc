/** What a gateway answers on the listener of its admin. */
import { EXCHANGE, inPath, json, REFUSED, REQUEST_ID, ref } from './parts.mjs';

export function adminPaths() {
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
