/** The content of one exchange as one piece of memory: what is encrypted, and what goes from one thread to another. */
import { concat } from '../../bytes/octets.js';
import type { ExchangeContent } from '../../receipt/content-vault.js';
import { OPENING_BYTES } from '../../receipt/opening.js';

/** Stands for the length of a response that does not exist. */
const NO_RESPONSE = 0xffffffff;
const NOTHING = new Uint8Array();

/** `opening ‖ u32be request length ‖ u32be response length ‖ request ‖ response ‖ what the upstream sent, if that is another`. */
export function frame({ opening, request, response, received }: ExchangeContent): Uint8Array<ArrayBuffer> {
  const lengths = new Uint8Array(8);
  const view = new DataView(lengths.buffer);
  view.setUint32(0, request.length);
  view.setUint32(4, response?.length ?? NO_RESPONSE);
  return concat(opening, lengths, request, response ?? NOTHING, received ?? NOTHING);
}

/** Views of what {@link frame} has put together. */
export function unframe(bytes: Uint8Array): ExchangeContent {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const requestStart = OPENING_BYTES + 8;
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
