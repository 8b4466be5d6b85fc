/** What a server lists under `GET /models`, in the forms that there are. The server is hostile: it may list anything, without end. */
import { type Members, membersOf } from './members.js';
import type { ModelCard } from './model-card.js';
import type { Dialect } from './surface-names.js';

/**
 * Whose form the list has. OpenAI's and Anthropic's is `{data: [{id, …}]}`, for which some OpenAI-compatible servers give the list alone;
 * Google's is `{models: [{name: "models/…"}]}`.
 */
export type ModelListing = Dialect;

/** Where the list is below an API's base. Anthropic and Google give a few at a time unless they are asked for more. */
export const LIST_PATHS: Readonly<Record<ModelListing, string>> = {
  openai: '/models',
  anthropic: '/models?limit=1000',
  google: '/models?pageSize=1000',
};

const MAX_LISTED = 10_000;
const MAX_NAME = 256;
/** What a model's name begins with in Google's lists. */
const PREFIX = 'models/';

/** The models of a list that has been parsed from JSON; what is none is left out. */
export function readModelList(value: unknown, listing: ModelListing): ModelCard[] {
  const lists = membersOf(value);
  const list = listing === 'google' ? lists?.models : (lists?.data ?? value);
  if (!Array.isArray(list)) return [];
  return list.slice(0, MAX_LISTED).flatMap(entry => readCard(entry, listing));
}

function readCard(value: unknown, listing: ModelListing): ModelCard[] {
  const entry = membersOf(value) ?? {};
  const id = listing === 'google' ? googleName(entry.name) : entry.id;
  if (typeof id !== 'string' || id === '' || id.length > MAX_NAME) return [];
  const owner = typeof entry.owned_by === 'string' ? entry.owned_by : 'unknown';
  return [{ id, object: 'model', created: createdAt(entry), owned_by: owner }];
}

function googleName(name: unknown): unknown {
  return typeof name === 'string' ? withoutPrefix(name) : null;
}

/** Unix seconds, which Anthropic writes as a date; 0 where there is neither. */
function createdAt({ created, created_at: date }: Members): number {
  if (Number.isSafeInteger(created)) return created as number;
  const milliseconds = typeof date === 'string' && date.length <= 40 ? Date.parse(date) : Number.NaN;
  return Number.isNaN(milliseconds) ? 0 : Math.floor(milliseconds / 1000);
}

/** A name without what Google's lists have in front of it. */
export function withoutPrefix(name: string): string {
  return name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name;
}
