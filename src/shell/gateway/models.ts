/** `GET /v1/models`: the built-in model first, then what the named upstream lists. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ModelCard, Upstream } from '../../exchange/upstream.js';
import type { GatewayContext } from './context.js';
import { sendJson } from './respond.js';

export async function handleModels(
  context: GatewayContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const lists = await Promise.all(
    context.upstreams.map(upstream => listModels(context, upstream, request.headers.authorization)),
  );
  sendJson(response, 200, { object: 'list', data: lists.flat() });
}

/** What an upstream lists, remembered so that its names may be shown; nothing when it cannot be asked. */
export async function listModels(
  { names }: Pick<GatewayContext, 'names'>,
  upstream: Upstream,
  authorization?: string,
): Promise<readonly ModelCard[]> {
  try {
    const models = await upstream.models(authorization);
    names.learn(upstream, models);
    return models;
  } catch {
    return [];
  }
}
