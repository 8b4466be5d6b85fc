/** `GET /v1beta/models`: what the upstreams list that may answer there, as Google's clients expect it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { googleModelList } from '../../exchange/model-list.js';
import type { GatewayContext } from './context.js';
import { listedModels } from './models.js';
import { sendJson } from './respond.js';

export async function handleGoogleModels(
  { upstreams }: GatewayContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const answering = upstreams.filter(upstream => upstream.serves('generateContent'));
  sendJson(response, 200, googleModelList(await listedModels(answering, request)));
}
