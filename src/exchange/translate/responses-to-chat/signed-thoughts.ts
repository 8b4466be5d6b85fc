/**
 * Signed thoughts of Anthropic's in the place where a response has what only its host can read of its reasoning. A client that keeps nothing with its
 * host, as Codex does, asks for that and gives it back.
 */
import { fromBase64, toBase64 } from '../../../bytes/base64.js';
import { fromUtf8, utf8 } from '../../../bytes/octets.js';
import { membersOf } from '../../members.js';
import type { Place } from '../place.js';

/** What other hosts write there does not begin like this. */
const MARK = 'countersign-thoughts:';

/** Null where there is nothing that a host would need again. */
export function writeThoughts(blocks: readonly object[]): string | null {
  const isSigned = blocks.some(block => {
    const { type, signature } = membersOf(block) ?? {};
    return type === 'redacted_thinking' || (typeof signature === 'string' && signature !== '');
  });
  return isSigned ? MARK + toBase64(utf8(JSON.stringify(blocks))) : null;
}

/** The blocks as they were; null for what another host has written. Whoever gives them back may have changed them, so that nothing is taken for granted. */
export function readThoughts(place: Place): readonly object[] | null {
  const text = place.text();
  if (!text.startsWith(MARK)) return null;
  const json = fromUtf8(fromBase64(text.slice(MARK.length)) ?? new Uint8Array([0xff]));
  const blocks = json === null ? null : place.parsed(json);
  if (!Array.isArray(blocks) || !blocks.every(block => membersOf(block) !== null))
    throw place.untranslatable();
  return blocks;
}
