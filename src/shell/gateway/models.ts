/**
 * `GET /v1/models` and `/v1beta/models`: the operator's own names first, then what the built-in model and each upstream list; and one model alone
 * below them. Each client gets the form that it expects.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ModelCard } from '../../exchange/model-card.js';
import { MODEL_FORMS } from '../../exchange/model-forms.js';
import type { Api } from '../../exchange/surface.js';
import type { Dialect, SurfaceName } from '../../exchange/surface-names.js';
import { SURFACES } from '../../exchange/surfaces.js';
import { modelInPath } from '../../exchange/target.js';
import type { Upstream } from '../../exchange/upstream.js';
import { Failure } from '../../reason.js';
import { credentialsFor, isPlainlyFor, keyIn } from './client-key.js';
import type { GatewayContext } from './context.js';
import { credentialsOf } from './exchange.js';
import { sendJson } from './respond.js';
import type { Choice } from './routing/route.js';

/** Who asks for models, and how. */
export interface ModelsAsked {
  readonly api: Api;
  readonly request: IncomingMessage;
  readonly query: URLSearchParams;
}

/** Where the clients of an API ask for answers, by which it is decided whose a model is. */
const ASKED_AT: Readonly<Record<Dialect, SurfaceName>> = {
  openai: 'chat/completions',
  anthropic: 'messages',
  google: 'generateContent',
};

/** Where one model alone is; its name may have slashes in it. */
const PLACES = (['/v1', '/v1beta'] as const).map(base => ({ base, path: '/models/{model}' }) as const);

/** What is to be done with a model, as Google's API says it behind its name. */
const METHOD = /:[a-z]+[A-Z][A-Za-z]*$/;

/** The model that a path asks for, decoded; null for any other path. */
export function askedModel(path: string): string | null {
  for (const place of PLACES) {
    const model = modelInPath(place, path);
    if (model !== null && !METHOD.test(model)) return model;
  }
  return null;
}

export async function handleModels(
  context: GatewayContext,
  asked: ModelsAsked,
  response: ServerResponse,
): Promise<void> {
  const { api } = asked;
  const credentials = listingCredentials(context, asked);
  const { routing } = context;
  const upstreams = routing.upstreams.filter(upstream => mayAnswer(upstream, api));
  const listed = await listedModels(context, upstreams, api, credentials);
  const aliases = routing.aliases.filter(name => upstreamsOf(context, name, api).length > 0).map(aliasCard);
  sendJson(response, 200, MODEL_FORMS[api.dialect].list(named([...aliases, ...listed])));
}

/** Throws `request/model-unknown` for a model that nobody lists who would be asked for it. */
export async function handleModel(
  context: GatewayContext,
  model: string,
  asked: ModelsAsked,
  response: ServerResponse,
): Promise<void> {
  const card = await findModel(context, model, asked.api, listingCredentials(context, asked));
  if (card === null)
    throw new Failure('request/model-unknown', { field: 'model', detail: 'nobody lists it' });
  sendJson(response, 200, MODEL_FORMS[asked.api.dialect].one(card));
}

/** The card of a model, under the name by which the client asks for it. */
async function findModel(
  context: GatewayContext,
  model: string,
  api: Api,
  credentials: Readonly<Record<string, string>>,
): Promise<ModelCard | null> {
  const { routing, lists } = context;
  const [upstream] = upstreamsOf(context, model, api);
  if (upstream === undefined) return null;
  if (routing.aliases.includes(model)) return aliasCard(model);
  const { tiers, choice } = routing.route(model, ASKED_AT[api.dialect]);
  const there = tiers[0].targets[0].model ?? model;
  const list = await lists.of(upstream, credentialsToList(upstream, api, credentials, choice));
  const card = list.find(({ id }) => id === there);
  return card === undefined ? null : { ...card, id: model };
}

/** Who may be asked for a model by a client of this API. Throws `request/model-unknown` when nobody could know it. */
function upstreamsOf({ routing }: GatewayContext, model: string, api: Api): Upstream[] {
  const { tiers } = routing.route(model, ASKED_AT[api.dialect]);
  return tiers
    .flatMap(({ targets }) => targets.map(({ upstream }) => upstream))
    .filter(upstream => mayAnswer(upstream, api));
}

/** Whether the clients of an API may find the models of an upstream: nothing is translated from Google's. */
function mayAnswer(upstream: Upstream, { dialect }: Api): boolean {
  return dialect !== 'google' || upstream.serves('generateContent');
}

/** What upstreams may be asked with for a list. Throws `access/…` for a client that would need a key of the gateway's, which goes to no upstream. */
function listingCredentials(
  { admission, now }: GatewayContext,
  { api, request, query }: ModelsAsked,
): Readonly<Record<string, string>> {
  const credentials = credentialsOf(api, request, query);
  return admission.identify(keyIn(credentials), now()) === null ? credentials : {};
}

/** What upstreams list to a client, in their order, each by the name under which it is asked for here. */
async function listedModels(
  { routing, lists }: GatewayContext,
  upstreams: readonly Upstream[],
  api: Api,
  credentials: Readonly<Record<string, string>>,
): Promise<ModelCard[]> {
  const cards = await Promise.all(
    upstreams.map(async upstream => {
      // Whoever asks for what there is has named nobody.
      const choice = routing.choiceOf(upstream);
      const list = await lists.of(upstream, credentialsToList(upstream, api, credentials, choice));
      return list.map(card => ({ ...card, id: routing.nameOf(upstream, card.id) }));
    }),
  );
  return cards.flat();
}

/** What an upstream is asked with for what it lists. One that speaks nothing of the client's API was not in the client's mind, unless its key says so. */
function credentialsToList(
  upstream: Upstream,
  { dialect }: Api,
  credentials: Readonly<Record<string, string>>,
  choice: Choice,
): Readonly<Record<string, string>> {
  const speaks = SURFACES.some(surface => surface.dialect === dialect && upstream.serves(surface.name));
  const isTranslated = !speaks && !isPlainlyFor(upstream, credentials);
  return credentialsFor(upstream, credentials, { choice, isTranslated });
}

function aliasCard(id: string): ModelCard {
  return { id, object: 'model', created: 0, owned_by: 'gateway' };
}

/** A name belongs to the first that has it, as requests do. */
function named(cards: readonly ModelCard[]): ModelCard[] {
  return [...new Map(cards.toReversed().map(card => [card.id, card])).values()].reverse();
}
