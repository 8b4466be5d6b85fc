/** Lists of models: OpenAI's `{data: [{id, …}]}`, and Google's `{models: [{name: "models/<id>", …}]}`. */
import { type Members, membersOf } from './members.js';
import type { ModelCard } from './upstream.js';

/** The most characters of a name that a list may have. */
const MAX_NAME = 256;
/** What a model's name begins with in Google's lists. */
const PREFIX = 'models/';

/** The models of a list in either form; what is none is left out. An upstream is hostile: it may write anything. */
export function readModelList(list: unknown): ModelCard[] {
  const { data, models } = membersOf(list) ?? {};
  if (Array.isArray(data)) return data.flatMap(card => readCard(membersOf(card) ?? {}));
  if (Array.isArray(models)) return models.flatMap(model => readGoogleModel(membersOf(model) ?? {}));
  return [];
}

/** Models in the form in which Google's clients expect them. */
export function googleModelList(models: readonly ModelCard[]): { readonly models: readonly object[] } {
  return {
    models: models.map(({ id }) => ({ name: PREFIX + withoutPrefix(id), displayName: withoutPrefix(id) })),
  };
}

function readCard({ id, created, owned_by: owner }: Members): ModelCard[] {
  if (typeof id !== 'string' || id.length > MAX_NAME) return [];
  return [
    {
      id,
      object: 'model',
      created: Number.isSafeInteger(created) ? (created as number) : 0,
      owned_by: typeof owner === 'string' ? owner : 'unknown',
    },
  ];
}

/** Google says neither when a model was made nor whose it is. */
function readGoogleModel({ name }: Members): ModelCard[] {
  return typeof name === 'string' ? readCard({ id: withoutPrefix(name) }) : [];
}

function withoutPrefix(name: string): string {
  return name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name;
}
