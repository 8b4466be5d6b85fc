/** Reading the journal of an epoch, as far as it is sound. */
import { closeSync, openSync, readSync } from 'node:fs';
import { concat } from '../../../bytes/octets.js';
import {
  FRAME,
  frameAt,
  type JournalEnd,
  MAX_PAYLOAD,
  type Mark,
  RECORD_BYTES,
  readEnd,
  readMark,
} from './journal-format.js';

export type JournalFrame =
  | { readonly kind: 'entry'; readonly entry: Uint8Array }
  | { readonly kind: 'records'; readonly records: readonly Uint8Array[] }
  | { readonly kind: 'mark'; readonly mark: Mark }
  | { readonly kind: 'end'; readonly end: JournalEnd };

/** What is read of the file at a time, in bytes: more than the longest frame. */
const READING = 4 * MAX_PAYLOAD;

/** The frames of a journal, each with the length of the file up to its end. What is given is overwritten by what comes next. */
export function* framesOf(path: string): Generator<JournalFrame & { readonly length: number }> {
  const file = openSync(path, 'r');
  try {
    let bytes = new Uint8Array();
    let before = 0;
    for (;;) {
      const room = new Uint8Array(READING);
      const read = readSync(file, room, 0, READING, before + bytes.length);
      bytes = bytes.length === 0 ? room.subarray(0, read) : concat(bytes, room.subarray(0, read));
      let at = 0;
      for (let next = frameAt(bytes, at); next !== null; next = frameAt(bytes, at)) {
        at = next.end;
        const found = readFrame(next.kind, next.payload);
        if (found === null) return;
        yield { ...found, length: before + at };
      }
      if (at === 0 && bytes.length > MAX_PAYLOAD + 9) return;
      if (read === 0) return;
      bytes = bytes.subarray(at);
      before += at;
    }
  } finally {
    closeSync(file);
  }
}

function readFrame(kind: number, payload: Uint8Array): JournalFrame | null {
  switch (kind) {
    case FRAME.entry:
      return { kind: 'entry', entry: payload };
    case FRAME.records: {
      if (payload.length % RECORD_BYTES !== 0) return null;
      const count = payload.length / RECORD_BYTES;
      const at = (index: number) => payload.subarray(index * RECORD_BYTES, (index + 1) * RECORD_BYTES);
      return { kind: 'records', records: Array.from({ length: count }, (_, index) => at(index)) };
    }
    case FRAME.mark:
      return { kind: 'mark', mark: readMark(payload) };
    case FRAME.end:
      return { kind: 'end', end: readEnd(payload) };
    default:
      return null;
  }
}
