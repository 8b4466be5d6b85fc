/** `GET /v1/models`: the built-in model first, then what the named upstream lists to this client. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ModelCard, Upstream } from '../../exchange/upstream.js';
import type { GatewayContext } from './context.js';
import { sendJson } from './respond.js';

export async function handleModels(
  { upstreams }: GatewayContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  sendJson(response, 200, { object: 'list', data: await listedModels(upstreams, request) });
}

/** What the upstreams list to a client, in their order. */
export async function listedModels(
  upstreams: readonly Upstream[],
  { headers: { authorization } }: IncomingMessage,
): Promise<ModelCard[]> {
  // An upstream that cannot be asked lists nothing; the others still do.
  const lists = await Promise.all(upstreams.map(upstream => upstream.models(authorization).catch(() => [])));
  // A name belongs to the first that lists it, as requests do.
  const models = new Map(
    lists
      .flat()
      .reverse()
      .map(model => [model.id, model]),
  );
  return [...models.values()].reverse();
}
