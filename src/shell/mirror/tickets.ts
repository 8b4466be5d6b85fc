/**
 * Tickets: what a mirror gives a client to bring back, so that an upload can go on towards a checkpoint that is pending no more. A ticket
 * is that checkpoint under a MAC, so that it is one which this mirror has found consistent, whatever else the log has signed.
 *
 * The secret is made anew at every start: what an older copy of the data had taken may be another history than what this one will take.
 */
import { randomBytes } from 'node:crypto';
import { hmacSha256 } from '../../bytes/cryptography.js';
import { concat, equal } from '../../bytes/octets.js';
import { formatNote, parseNote, type SignedNote } from '../../note/signed-note.js';

const MAC_BYTES = 32;

export class Tickets {
  readonly #secret: Uint8Array;

  constructor(secret: Uint8Array = randomBytes(32)) {
    this.#secret = secret;
  }

  issue(checkpoint: SignedNote): Uint8Array {
    const note = formatNote(checkpoint);
    return concat(hmacSha256(this.#secret, note), note);
  }

  /** The checkpoint of a ticket that was issued since the start, or null. */
  read(ticket: Uint8Array): SignedNote | null {
    const note = ticket.subarray(MAC_BYTES);
    if (!equal(ticket.subarray(0, MAC_BYTES), hmacSha256(this.#secret, note))) return null;
    return parseNote(note);
  }
}
