/** An event whose data are JSON, with some of it replaced; every other byte of its block stays. */
import { concatAll, fromUtf8, utf8 } from '../../../bytes/octets.js';
import {
  type EventBlock,
  EventSplitter,
  type ServerSentEvent,
} from '../../../exchange/server-sent-events.js';
import { type Edit, spliced } from '../../../exchange/texts/splice.js';

/** `edits`: of the event's data, none of which goes over the end of a line: no text of JSON does. */
export function editedEvent({ raw }: EventBlock, edits: readonly Edit[]): EventBlock {
  // Taken apart anew, so that the data are views of the block as it is now.
  const { raw: whole, event } = blockOf(raw);
  const pieces: Uint8Array[] = [];
  let [copied, offset] = [0, 0];
  for (const line of (event as ServerSentEvent).data) {
    const text = fromUtf8(line) as string;
    const [start, end] = [offset, offset + text.length];
    const own = edits
      .filter(edit => edit.start >= start && edit.end <= end)
      .map(edit => ({ ...edit, start: edit.start - start, end: edit.end - start }));
    // One line break stands between two lines.
    offset = end + 1;
    const at = line.byteOffset - whole.byteOffset;
    pieces.push(whole.subarray(copied, at), utf8(spliced(text, own)));
    copied = at + line.length;
  }
  return blockOf(concatAll([...pieces, whole.subarray(copied)]));
}

function blockOf(raw: Uint8Array): EventBlock {
  const splitter = new EventSplitter(raw.length);
  const [block] = [...splitter.push(raw), ...splitter.end()];
  return block as EventBlock;
}
