/**
 * What an answer's headers say of its exchange. They are the server's, or anybody's on the way: every one has a length and a form, and nothing
 * that they say is believed before the receipt's signature is.
 */
import { Failure } from '../reason.js';
import { type Envelope, parseEnvelope } from '../receipt/envelope.js';
import { parseOpening } from '../receipt/opening.js';
import { isExchangeId } from './gateway-address.js';

/** Node.js and undici take 16 KiB of headers; browsers take more. */
const MAX_RECEIPT_HEADER = 16 * 1024;
/** More than an id or an opening has. */
const MAX_SMALL_HEADER = 128;

export interface ExchangeHeaders {
  readonly exchange: string;
  /** 32 bytes. */
  readonly opening: Uint8Array;
  /** Null where the answer is a stream, or the receipt would not fit into a header. */
  readonly receipt: Envelope | null;
}

/** What this client asks of a gateway. */
export const INLINE_HEADER = 'countersign-inline';

const EXCHANGE = 'countersign-exchange';
const OPENING = 'countersign-opening';
const RECEIPT = 'countersign-receipt';

/**
 * Null when no header says that there is an exchange. Throws `client/header-malformed`, `client/header-too-large`, `content/opening-malformed`,
 * `json/…` or `envelope/…`.
 */
export function readExchangeHeaders(headers: Headers): ExchangeHeaders | null {
  if (![EXCHANGE, OPENING, RECEIPT].some(name => headers.has(name))) return null;
  const exchange = readSmall(headers, EXCHANGE);
  if (!isExchangeId(exchange)) throw new Failure('client/header-malformed', { field: EXCHANGE });
  const opening = parseOpening(readSmall(headers, OPENING));
  const receipt = headers.get(RECEIPT);
  if (receipt !== null && receipt.length > MAX_RECEIPT_HEADER)
    throw new Failure('client/header-too-large', { field: RECEIPT });
  return { exchange, opening, receipt: receipt === null ? null : parseEnvelope(asciiBytes(receipt)) };
}

function readSmall(headers: Headers, name: string): string {
  const value = headers.get(name);
  if (value === null || value.length > MAX_SMALL_HEADER)
    throw new Failure('client/header-malformed', { field: name });
  return value;
}

/** An envelope's JSON is ASCII; any other character makes it something else. */
function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, character => {
    const code = character.charCodeAt(0);
    if (code > 0x7f) throw new Failure('client/header-malformed', { field: RECEIPT });
    return code;
  });
}
