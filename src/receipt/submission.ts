/**
 * Many entries in one submission, and what a log answers to it: lines of canonical JSON, the answers in the order of the entries. Source:
 * spec/submission.md.
 */
import * as v from 'valibot';
import { canonicalize, parseCanonical } from '../bytes/json.js';
import { concatAll } from '../bytes/octets.js';
import { Failure, isReasonCode, type ReasonCode } from '../reason.js';

/** The media type of such a request and of its answer: JSON values, each on a line of its own. */
export const ENTRY_LINES = 'application/jsonl';
/** Entries that one request may have. */
export const MAX_LINES = 256;
/** Bytes that one request may have. */
export const MAX_LINES_BYTES = 1 << 20;

const LINE_END = 0x0a;

/** What came of one entry. */
export type EntryAnswer = EntryTaken | EntryRefused;

export interface EntryTaken {
  readonly index: number;
  /** A `tlog-proof`, where it was asked for. */
  readonly proof: string | null;
  /** False when the log had it. */
  readonly isNew: boolean;
}

export interface EntryRefused {
  /** Null when it is no code that we know. */
  readonly reason: ReasonCode | null;
  /** The HTTP status that the entry would have been refused with alone. */
  readonly status: number;
}

/**
 * Puts entries, in their order, into as few requests as they fit in.
 *
 * @param bytesOf the length of an entry, which is at most 65,535
 */
export function* inRequests<Entry>(
  entries: Iterable<Entry>,
  bytesOf: (entry: Entry) => number,
): Generator<readonly Entry[]> {
  let request: Entry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const length = bytesOf(entry) + 1;
    if (request.length === MAX_LINES || bytes + length > MAX_LINES_BYTES) {
      yield request;
      [request, bytes] = [[], 0];
    }
    request.push(entry);
    bytes += length;
  }
  if (request.length > 0) yield request;
}

/** The body of a request. No entry has a line end in it. */
export function writeEntryLines(entries: readonly Uint8Array[]): Uint8Array {
  const end = Uint8Array.of(LINE_END);
  return concatAll(entries.flatMap(entry => [entry, end]));
}

/** The lines of a request's body, in the same memory. Throws `request/body-malformed` and `request/too-many-entries`. */
export function readEntryLines(body: Uint8Array): readonly Uint8Array[] {
  if (body.at(-1) !== LINE_END)
    throw new Failure('request/body-malformed', { detail: 'the last line does not end' });
  const lines: Uint8Array[] = [];
  for (let start = 0; start < body.length; ) {
    if (lines.length === MAX_LINES) throw new Failure('request/too-many-entries');
    const end = body.indexOf(LINE_END, start);
    lines.push(body.subarray(start, end));
    start = end + 1;
  }
  return lines;
}

/** The line that answers an entry which was taken. */
export function takenLine({ index, proof, isNew }: EntryTaken): Uint8Array {
  return line({ index, proof, status: isNew ? 201 : 200 });
}

/** The line that answers an entry which was refused. `message` is for a person. */
export function refusedLine(reason: ReasonCode, status: number, message: string): Uint8Array {
  return line({ message, reason, status });
}

function line(value: { readonly [name: string]: string | number | null }): Uint8Array {
  return concatAll([canonicalize(value), Uint8Array.of(LINE_END)]);
}

const Line = v.union([
  v.strictObject({
    index: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
    proof: v.nullable(v.string()),
    status: v.picklist([200, 201]),
  }),
  v.strictObject({
    message: v.string(),
    reason: v.string(),
    status: v.pipe(v.number(), v.integer(), v.minValue(400), v.maxValue(599)),
  }),
]);

/**
 * Reads what a log, which is not trusted, answers to so many entries. What it calls a proof is not looked at. Throws
 * `peer/answer-malformed`.
 */
export function readAnswerLines(body: Uint8Array, count: number): readonly EntryAnswer[] {
  const answers: EntryAnswer[] = [];
  for (let start = 0; start < body.length && answers.length <= count; ) {
    const end = body.indexOf(LINE_END, start);
    if (end < 0) throw malformed('the last line does not end');
    answers.push(readAnswer(body.subarray(start, end)));
    start = end + 1;
  }
  if (answers.length !== count) throw malformed('not an answer for each entry');
  return answers;
}

function readAnswer(bytes: Uint8Array): EntryAnswer {
  let value: unknown;
  try {
    value = parseCanonical(bytes);
  } catch (error) {
    if (error instanceof Failure) throw malformed(error.code);
    throw error;
  }
  const read = v.safeParse(Line, value);
  if (!read.success) throw malformed('a line that says neither where an entry is nor why it is not taken');
  if ('index' in read.output) {
    const { index, proof, status } = read.output;
    return { index, proof, isNew: status === 201 };
  }
  const { reason, status } = read.output;
  return { reason: isReasonCode(reason) ? reason : null, status };
}

function malformed(detail: string): Failure {
  return new Failure('peer/answer-malformed', { detail });
}
