/** `GET /v1beta/models`: what the upstreams list that may answer there, as Google's clients expect it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { GEMINI } from '../../exchange/gemini/api.js';
import { googleModelList } from '../../exchange/model-list.js';
import type { GatewayContext } from './context.js';
import { credentialsOf } from './exchange.js';
import { listedModels, listingCredentials } from './models.js';
import { sendJson } from './respond.js';

export async function handleGoogleModels(
  context: GatewayContext,
  request: IncomingMessage,
  query: URLSearchParams,
  response: ServerResponse,
): Promise<void> {
  const answering = context.routing.upstreams.filter(upstream => upstream.serves('generateContent'));
  const listed = await listedModels(
    context,
    answering,
    listingCredentials(context, credentialsOf(GEMINI, request, query)),
  );
  sendJson(response, 200, googleModelList(listed));
}
