/** The parts of contents that are not text, on each of which a receipt has a commitment of its own. */
import { canonicalize, type Json } from '../../bytes/json.js';
import { MAX_ATTACHMENTS } from '../content-parts.js';
import { type Members, membersOf } from '../members.js';
import { malformed } from '../request-object.js';
import { listOf, member } from './proto-json.js';

/** What a stranger may make us look at: the contents of a request. */
const MAX_CONTENTS = 10_000;

/**
 * The parts with data or with a file, those in the responses of functions included, in their order and each as canonical JSON. Throws
 * `request/malformed` naming `field` for contents and parts that are none, and for too many of them.
 */
export function attachedData(contents: readonly unknown[], field: string): Uint8Array[] {
  if (contents.length > MAX_CONTENTS) throw malformed(field);
  const attachments: Uint8Array[] = [];
  for (const content of contents) {
    for (const part of partsOf(objectOf(content, field), field)) {
      if (member(part, 'inlineData') == null && member(part, 'fileData') == null) continue;
      if (attachments.length === MAX_ATTACHMENTS) throw malformed(`${field}.parts`);
      attachments.push(partBytes(part, field));
    }
  }
  return attachments;
}

/** A content's parts, and after each that is a function's response those that came with it. */
function* partsOf(content: Members, field: string): Generator<Members> {
  for (const value of listOf(content.parts)) {
    const part = objectOf(value, `${field}.parts`);
    yield part;
    const response = member(part, 'functionResponse') ?? null;
    if (response === null) continue;
    for (const inner of listOf(objectOf(response, `${field}.parts`).parts))
      yield objectOf(inner, `${field}.parts`);
  }
}

function partBytes(part: Members, field: string): Uint8Array {
  try {
    return canonicalize(part as Json);
  } catch {
    throw malformed(`${field}.parts`);
  }
}

function objectOf(value: unknown, field: string): Members {
  const members = membersOf(value);
  if (members === null) throw malformed(field);
  return members;
}
