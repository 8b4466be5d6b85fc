/** The parts of a message's content that are not text, on each of which a receipt has a commitment of its own. */
import { canonicalize, type Json } from '../bytes/json.js';
import { membersOf } from './members.js';
import { malformed } from './request-object.js';

/** What a stranger may make us look at: the attachments of a request. */
export const MAX_ATTACHMENTS = 1024;

/**
 * The parts of `content` whose type is an attachment's, and those that do not say what they are unless they are nothing but text, each as canonical
 * JSON. Content that is no list has none. Throws `request/malformed` naming `field` for a part that canonical JSON cannot carry, and for more than
 * `most` of them.
 */
export function attachedParts(
  isAttached: (type: string) => boolean,
  content: unknown,
  most: number,
  field: string,
): Uint8Array[] {
  if (!Array.isArray(content)) return [];
  const parts: Uint8Array[] = [];
  for (const part of content as Json[]) {
    const type = membersOf(part)?.type;
    if (typeof type === 'string' ? !isAttached(type) : isPlainText(part)) continue;
    if (parts.length === most) throw malformed(field);
    try {
      parts.push(canonicalize(part));
    } catch {
      throw malformed(field);
    }
  }
  return parts;
}

/** A text, or an object that has one and nothing else: some hosts need no type for that. */
function isPlainText(part: Json): boolean {
  const { text, type, ...others } = membersOf(part) ?? {};
  const isObjectOfText = typeof text === 'string' && (type ?? null) === null;
  return typeof part === 'string' || (isObjectOfText && Object.keys(others).length === 0);
}
