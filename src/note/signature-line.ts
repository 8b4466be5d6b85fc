/** One line of a signed note: `— <name> base64(<key id> ‖ <signature>)`. Source: C2SP signed-note, "Format". */
import { fromBase64, toBase64 } from '../bytes/base64.js';
import { concat } from '../bytes/octets.js';
import { Failure } from '../reason-core.js';
import { isKeyName } from './key.js';

export interface NoteSignature {
  readonly name: string;
  /** The first four bytes of what the line carries. */
  readonly keyId: Uint8Array;
  /** The rest: what the key's type says it is. */
  readonly signature: Uint8Array;
}

/** The line, its newline included. Also the form in which a witness answers. */
export function formatSignatureLine(signature: NoteSignature): string {
  return `\u2014 ${signature.name} ${toBase64(concat(signature.keyId, signature.signature))}\n`;
}

/** Reads one line without its newline. Throws `note/malformed`. */
export function parseSignatureLine(line: string): NoteSignature {
  const [dash, name, encoded, ...surplus] = line.split(' ');
  const bytes = fromBase64(encoded ?? '');
  if (
    dash !== '\u2014' ||
    name === undefined ||
    !isKeyName(name) ||
    surplus.length > 0 ||
    !bytes ||
    bytes.length < 5
  ) {
    throw new Failure('note/malformed', { field: 'signature line' });
  }
  return { name, keyId: bytes.slice(0, 4), signature: bytes.slice(4) };
}
