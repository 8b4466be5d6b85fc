/**
 * The entries of a log that somebody else keeps, for a witness that checks them. The log is not trusted: what it serves is checked by whoever asks
 * here, and what it says of its size is its word alone, of which no signature is looked at.
 */
import { parseCheckpoint } from '../../note/checkpoint.js';
import { parseNote } from '../../note/signed-note.js';
import { Failure } from '../../reason.js';
import { RemoteLog } from '../tiles/remote-log.js';
import type { EntrySource } from './entry-follower.js';

/** @param url the log's prefix: `<url>/checkpoint` is its checkpoint */
export function remoteEntries(url: string, origin: string): EntrySource {
  const log = new RemoteLog(url);
  return {
    part: (index, from, width, signal) => log.part(index, from, width, signal),
    size: async signal => {
      const note = await log.checkpoint(signal);
      if (note === null) return null;
      const checkpoint = parseCheckpoint(parseNote(note).text);
      if (checkpoint.origin !== origin) {
        throw new Failure('checkpoint/origin-mismatch', { field: url, detail: checkpoint.origin });
      }
      return checkpoint.size;
    },
  };
}
