/** `GET /v1/models`: the built-in model first, then the operator's own names, then what each upstream lists. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { OPENAI } from '../../exchange/openai/api.js';
import type { ModelCard, Upstream } from '../../exchange/upstream.js';
import type { GatewayContext } from './context.js';
import { pick } from './exchange.js';
import { keyIn } from './outgoing.js';
import { sendJson } from './respond.js';

export async function handleModels(
  context: GatewayContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const credentials = listingCredentials(context, pick(request.headers, OPENAI.keyHeaders));
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
      // A client's key is for the upstream that it would go to anyway.
      const list = await lists.of(upstream, upstream === routing.first ? credentials : {});
      return list.map(card => ({ ...card, id: routing.nameOf(upstream, card.id) }));
    }),
  );
  return named(cards.flat());
}

/** A name belongs to the first that has it, as requests do. */
function named<Card extends { readonly id: string }>(cards: readonly Card[]): Card[] {
  return [...new Map(cards.toReversed().map(card => [card.id, card])).values()].reverse();
}
