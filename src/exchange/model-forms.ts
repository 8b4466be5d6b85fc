/** Models as the clients of each API expect them listed, and one alone. */

import type { ModelCard } from './model-card.js';
import { withoutPrefix } from './model-list.js';
import type { Dialect } from './surface-names.js';

export interface ModelForm {
  one(card: ModelCard): object;
  /** All of them in one page. */
  list(cards: readonly ModelCard[]): object;
}

/** 9999-12-31T23:59:59Z, the last second that RFC 3339 can write. */
const LAST_SECOND = 253_402_300_799;

export const MODEL_FORMS: Readonly<Record<Dialect, ModelForm>> = {
  openai: { one: card => card, list: cards => ({ object: 'list', data: cards }) },
  anthropic: {
    one: anthropicModel,
    list: cards => ({
      data: cards.map(anthropicModel),
      has_more: false,
      first_id: cards.at(0)?.id ?? null,
      last_id: cards.at(-1)?.id ?? null,
    }),
  },
  google: { one: googleModel, list: cards => ({ models: cards.map(googleModel) }) },
};

function anthropicModel({ id, created }: ModelCard): object {
  // The API has the beginning of 1970 for a time that is not known.
  const seconds = created >= 0 && created <= LAST_SECOND ? created : 0;
  const date = new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
  return { type: 'model', id, display_name: id, created_at: date };
}

function googleModel({ id }: ModelCard): object {
  return { name: `models/${withoutPrefix(id)}`, displayName: withoutPrefix(id) };
}
