/** The parts of a message's content that are not text, on each of which a receipt has a commitment of its own. */
import { canonicalize, type Json } from '../bytes/json.js';
import { malformed } from './request-object.js';

/** What a stranger may make us look at: the attachments of a request. */
export const MAX_ATTACHMENTS = 1024;

/**
 * The parts of `content` whose type is an attachment's, each as canonical JSON. Content that is no list has none. Throws
 * `request/malformed` naming `field` for a part that cannot be read, and for more than `most` of them.
 */
export function attachedParts(
  isAttached: (type: string) => boolean,
  content: unknown,
  most: number,
  field: string,
): Uint8Array[] {
  if (!Array.isArray(content)) return [];
  const parts: Uint8Array[] = [];
  for (const part of content as (Json & { type?: unknown })[]) {
    if (typeof part !== 'object' || part === null || typeof part.type !== 'string') throw malformed(field);
    if (!isAttached(part.type)) continue;
    if (parts.length === most) throw malformed(field);
    try {
      parts.push(canonicalize(part));
    } catch {
      throw malformed(field);
    }
  }
  return parts;
}
