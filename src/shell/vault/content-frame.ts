/** The content of one exchange as one piece of memory: what is encrypted, and what goes from one thread to another. */
import type { ExchangeContent } from '../../receipt/content-vault.js';
import { OPENING_BYTES } from '../../receipt/opening.js';

/** Stands for the length of a response that does not exist. */
const NO_RESPONSE = 0xffffffff;
const NOTHING = new Uint8Array();
/** Opening and two lengths. */
const HEAD_BYTES = OPENING_BYTES + 8;

/** `opening ‖ u32be request length ‖ u32be response length ‖ request ‖ response ‖ what the upstream sent, if that is another`. */
export function frame(content: ExchangeContent): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(framedBytes(content));
  writeFrame(content, bytes, 0);
  return bytes;
}

/** How many bytes a content takes once it is framed. */
export function framedBytes({ request, response, received }: ExchangeContent): number {
  return HEAD_BYTES + request.length + (response?.length ?? 0) + (received?.length ?? 0);
}

/** What {@link frame} puts together, in pieces that are views of the content but for the first. */
export function frameParts({ opening, request, response, received }: ExchangeContent): Uint8Array[] {
  const head = new Uint8Array(HEAD_BYTES);
  const view = new DataView(head.buffer);
  head.set(opening);
  view.setUint32(OPENING_BYTES, request.length);
  view.setUint32(OPENING_BYTES + 4, response?.length ?? NO_RESPONSE);
  return [head, request, response ?? NOTHING, received ?? NOTHING];
}

/** Writes what {@link frame} makes to a place where there is room for it. */
export function writeFrame(content: ExchangeContent, bytes: Uint8Array, at: number): void {
  let end = at;
  for (const part of frameParts(content)) {
    bytes.set(part, end);
    end += part.length;
  }
}

/** Views of what {@link frame} has put together. */
export function unframe(bytes: Uint8Array): ExchangeContent {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const requestStart = HEAD_BYTES;
  const responseStart = requestStart + view.getUint32(OPENING_BYTES);
  const length = view.getUint32(OPENING_BYTES + 4);
  const responseEnd = responseStart + (length === NO_RESPONSE ? 0 : length);
  return {
    opening: bytes.subarray(0, OPENING_BYTES),
    request: bytes.subarray(requestStart, responseStart),
    response: length === NO_RESPONSE ? null : bytes.subarray(responseStart, responseEnd),
    received: bytes.length === responseEnd ? null : bytes.subarray(responseEnd),
  };
}
