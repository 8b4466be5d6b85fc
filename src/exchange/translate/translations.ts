/** The table of translations. */
import type { SurfaceName } from '../surface-names.js';
import { CHAT_TO_MESSAGES } from './chat-to-messages/translation.js';
import { MESSAGES_TO_CHAT } from './messages-to-chat/translation.js';
import { RESPONSES_TO_CHAT } from './responses-to-chat/translation.js';
import { RESPONSES_TO_MESSAGES } from './responses-to-messages/translation.js';
import type { Translation } from './translation.js';

export const TRANSLATIONS: readonly Translation[] = [
  CHAT_TO_MESSAGES,
  MESSAGES_TO_CHAT,
  RESPONSES_TO_CHAT,
  RESPONSES_TO_MESSAGES,
];

/**
 * The translation by which a host that does not serve a surface can still answer there, the one that changes least; null where there is none, or none is needed.
 */
export function translationFor(
  from: SurfaceName,
  serves: (surface: SurfaceName) => boolean,
): Translation | null {
  if (serves(from)) return null;
  return TRANSLATIONS.find(translation => translation.from === from && serves(translation.to)) ?? null;
}
