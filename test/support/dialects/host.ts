/** A host that is in nothing other than OpenAI's own, for translations of which nothing else is looked at. */
import type { TranslationHost } from '../../../src/exchange/translate/translation.js';

export const USUAL_HOST: TranslationHost = { limitMember: 'max_completion_tokens' };
