/** `GET /v1/models`: the built-in model first, then the operator's own names, then what each upstream lists. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ModelCard } from '../../exchange/model-card.js';
import { OPENAI } from '../../exchange/openai/api.js';
import type { Upstream } from '../../exchange/upstream.js';
import { credentialsFor, keyIn } from './client-key.js';
import type { GatewayContext } from './context.js';
import { pickHeaders } from './pick-headers.js';
import { sendJson } from './respond.js';

export async function handleModels(
  context: GatewayContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const credentials = listingCredentials(context, pickHeaders(request.headers, OPENAI.keyHeaders));
  const { routing } = context;
  const listed = await listedModels(context, routing.upstreams, credentials);
  const aliases = routing.aliases.map(id => ({ id, object: 'model', created: 0, owned_by: 'gateway' }));
  sendJson(response, 200, { object: 'list', data: named([...aliases, ...listed]) });
}

/** What upstreams may be asked with for a list. Throws `access/…` for a client that would need a key of the gateway's, which goes to no upstream. */
export function listingCredentials(
  { admission, now }: Pick<GatewayContext, 'admission' | 'now'>,
  credentials: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return admission.identify(keyIn(credentials), now()) === null ? credentials : {};
}

/** What upstreams list to a client, in their order, each by the name under which it is asked for here. */
export async function listedModels(
  { routing, lists }: Pick<GatewayContext, 'routing' | 'lists'>,
  upstreams: readonly Upstream[],
  credentials: Readonly<Record<string, string>>,
): Promise<ModelCard[]> {
  const cards = await Promise.all(
    upstreams.map(async upstream => {
      // Whoever asks for what there is has named nobody.
      const use = { choice: routing.choiceOf(upstream), isTranslated: false };
      const list = await lists.of(upstream, credentialsFor(upstream, credentials, use));
      return list.map(card => ({ ...card, id: routing.nameOf(upstream, card.id) }));
    }),
  );
  return named(cards.flat());
}

/** A name belongs to the first that has it, as requests do. */
function named<Card extends { readonly id: string }>(cards: readonly Card[]): Card[] {
  return [...new Map(cards.toReversed().map(card => [card.id, card])).values()].reverse();
}
