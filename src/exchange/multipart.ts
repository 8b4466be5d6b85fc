/**
 * Forms with files, as `multipart/form-data` (RFC 7578 over RFC 2046): taken apart in the one way in which every reader does. The bytes come
 * from strangers and go on to somebody else's reader, so whatever two readers might read differently is refused.
 */
import { equal, fromUtf8, utf8 } from '../bytes/octets.js';
import { Failure } from '../reason.js';

export interface FormPart {
  readonly name: string;
  /** Whether the part is a file: whether it has a file's name, be it empty. */
  readonly isFile: boolean;
  /** A view of the body's bytes. */
  readonly bytes: Uint8Array;
}

/** What a stranger may make us look at. */
const MAX_PARTS = 1000;
/** The most bytes that the headers of one part may have. */
const MAX_HEADERS = 8192;

const CR = 0x0d;
const LINE_END = utf8('\r\n');
const HEADERS_END = utf8('\r\n\r\n');
const CLOSING = utf8('--');

/** RFC 2046 §5.1.1, without the space and the signs that would need quotation marks in a header and seldom get them. */
const BOUNDARY =
  /^multipart\/form-data; *boundary=(?:"([0-9A-Za-z'()+_,./:=?-]{1,70})"|([0-9A-Za-z'+_.-]{1,70}))$/i;
/** The quotation marks and backslashes that a name may not hold are what readers unescape in several ways. */
const DISPOSITION =
  /^form-data; *name="([^"\\]*)"(; *filename="(?:[^"\\]|\\[^\r\n])*")?(; *filename\*=[!-~]+)?$/i;
const HEADER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): *(.*)$/;
/** Encodings that change nothing; RFC 7578 §4.7 has retired them all. */
const IDENTITY = /^(?:7bit|8bit|binary)$/i;

/** The parts in their order. `contentType`: the header of the request. Throws `request/malformed`. */
export function readForm(body: Uint8Array, contentType: string): FormPart[] {
  const boundary = BOUNDARY.exec(contentType.trim());
  if (boundary === null) throw malformed('not multipart/form-data with a boundary');
  const delimiter = utf8(`\r\n--${boundary[1] ?? boundary[2]}`);
  // The first one has no line end before it; what might stand in front of it belongs to no part, and is refused.
  const opening = delimiter.subarray(LINE_END.length);
  if (!startsWith(body, opening, 0)) throw malformed('no boundary at the start');
  const parts: FormPart[] = [];
  let at = opening.length;
  while (!startsWith(body, CLOSING, at)) {
    if (!startsWith(body, LINE_END, at)) throw malformed('a boundary that goes on');
    if (parts.length === MAX_PARTS) throw malformed(`over ${MAX_PARTS} parts`);
    const end = indexOf(body, delimiter, at);
    if (end < 0) throw malformed('a part without end');
    parts.push(readPart(body.subarray(at + LINE_END.length, end)));
    at = end + delimiter.length;
  }
  const rest = body.subarray(at + CLOSING.length);
  if (rest.length > 0 && !equal(rest, LINE_END)) throw malformed('something after the last part');
  return parts;
}

function readPart(part: Uint8Array): FormPart {
  const end = indexOf(part.subarray(0, MAX_HEADERS), HEADERS_END, 0);
  if (end < 0) throw malformed('a part without headers, or with too many');
  const headers = new Map<string, string>();
  const lines = fromUtf8(part.subarray(0, end));
  if (lines === null) throw malformed('headers that are not UTF-8');
  for (const line of lines.split('\r\n')) {
    const [, name = '', value = ''] = HEADER.exec(line) ?? [];
    const known = name.toLowerCase();
    if (known === '' || /[\r\n\0]/.test(value)) throw malformed('a header that is none');
    if (headers.has(known)) throw malformed('a header that is there twice');
    headers.set(known, value.trim());
  }
  if (!IDENTITY.test(headers.get('content-transfer-encoding') ?? 'binary'))
    throw malformed('an encoded part');
  const [, name, file, encodedFile] = DISPOSITION.exec(headers.get('content-disposition') ?? '') ?? [];
  if (name === undefined) throw malformed('a part without a name');
  return {
    name,
    isFile: file !== undefined || encodedFile !== undefined,
    bytes: part.subarray(end + HEADERS_END.length),
  };
}

function startsWith(bytes: Uint8Array, start: Uint8Array, at: number): boolean {
  for (let index = 0; index < start.length; index++) {
    if (bytes[at + index] !== start[index]) return false;
  }
  return true;
}

/** Where `wanted` next begins, or -1. Both things that are looked for begin with a line end; a file may hold millions of those. */
function indexOf(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  for (let at = from; at + wanted.length <= bytes.length; at++) {
    if (bytes[at] === CR && startsWith(bytes, wanted, at)) return at;
  }
  return -1;
}

function malformed(detail: string): Failure {
  return new Failure('request/malformed', { detail });
}
