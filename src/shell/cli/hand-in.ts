/**
 * Handing entries in at a log or a mirror. Source: spec/submission.md, spec/mirror.md §2.
 *
 * Who is asked is not trusted: what it answers is bounded, and a stamp or a proof is only kept when it is of what was handed in.
 */
import * as v from 'valibot';
import { toHex } from '../../bytes/hex.js';
import { type Json, parseCanonical } from '../../bytes/json.js';
import type { VerifierKey } from '../../note/key.js';
import { Failure, isReasonCode, type ReasonCode } from '../../reason.js';
import { type Envelope, payloadDigest, readEnvelope } from '../../receipt/envelope.js';
import { readStamp, type Stamp, verifyStamp } from '../../receipt/stamp.js';
import { ENTRY_LINES, readAnswerLines, writeEntryLines } from '../../receipt/submission.js';
import type { Stage } from '../../tree/log.js';
import { type Asked, ask } from '../http/client.js';

/** Room for a proof with many ML-DSA-44 cosignatures. */
const MAX_ANSWER_BYTES = 1 << 18;
/** A log lets a submission wait for ten seconds. */
const PATIENCE = 30_000;

/** What a person has and hands in. */
export interface Held {
  /** The file that it is in. */
  readonly path: string;
  readonly entry: Uint8Array;
  readonly envelope: Envelope;
}

/** Where it is handed in, and what is expected back. */
export interface Counter {
  readonly to: string;
  readonly wait?: Stage;
  /** The key of a mirror's stamps; without it they are believed. */
  readonly stamper?: VerifierKey;
}

export type Outcome =
  | { readonly kind: 'taken'; readonly isNew: boolean; readonly receipt: LogReceipt | MirrorReceipt }
  /** With a code when it gave one that we know. */
  | { readonly kind: 'refused'; readonly code: ReasonCode | null; readonly status: number }
  /** A stamp came back that does not verify. */
  | { readonly kind: 'unverified'; readonly status: number; readonly failure: Failure };

export interface LogReceipt {
  readonly by: 'log';
  readonly index: number;
  readonly proof: string | null;
}

export interface MirrorReceipt {
  readonly by: 'mirror';
  readonly stamp: Stamp;
  /** The stamp's bytes as they came. */
  readonly bytes: Uint8Array;
  readonly isVerified: boolean;
}

/** Hands one entry in. Throws `peer/…`. */
export async function handIn({ entry, envelope }: Held, counter: Counter): Promise<Outcome> {
  const asked = await send(counter, entry, 'application/json', MAX_ANSWER_BYTES);
  if (asked.status !== 200 && asked.status !== 201) return refusal(asked);
  try {
    const receipt = await readReceipt(asked.body, envelope, counter);
    return { kind: 'taken', isNew: asked.status === 201, receipt };
  } catch (failure) {
    // That a stamp does not verify is what this was to find out.
    if (failure instanceof Failure && failure.code.startsWith('stamp/'))
      return { kind: 'unverified', status: asked.status, failure };
    throw failure;
  }
}

/**
 * Hands in as many entries as one request may have (see `inRequests`). Resolves to null when who is asked takes one at a time, as a mirror
 * does: to it the lines are one entry, and none that it could take. Throws `peer/…`.
 */
export async function handInLines(
  held: readonly Held[],
  counter: Counter,
): Promise<readonly Outcome[] | null> {
  const body = writeEntryLines(held.map(({ entry }) => entry));
  const asked = await send(counter, body, ENTRY_LINES, held.length * MAX_ANSWER_BYTES);
  if (asked.status === 400 || asked.status === 413) return null;
  if (asked.status !== 200) return held.map(() => refusal(asked));
  return readAnswerLines(asked.body, held.length).map(answer => {
    if (!('index' in answer)) return { kind: 'refused', code: answer.reason, status: answer.status };
    const { index, proof, isNew } = answer;
    return { kind: 'taken', isNew, receipt: { by: 'log', index, proof } };
  });
}

function send({ to, wait }: Counter, body: Uint8Array, type: string, limit: number): Promise<Asked> {
  const url = new URL(`${to.replace(/\/+$/, '')}/entries`);
  if (wait !== undefined) url.searchParams.set('wait', wait);
  return ask(url, { method: 'POST', headers: { 'content-type': type }, body, limit, timeout: PATIENCE });
}

function refusal({ status, headers }: Asked): Outcome {
  const stated = headers['countersign-reason'];
  const code = typeof stated === 'string' && isReasonCode(stated) ? stated : null;
  return { kind: 'refused', code, status };
}

const Logged = v.strictObject({
  index: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  proof: v.nullable(v.string()),
});

/** A log's answer or a mirror's. Throws `peer/answer-malformed`, and of a stamp `stamp/…`. */
async function readReceipt(
  body: Uint8Array,
  sent: Envelope,
  { to, stamper }: Counter,
): Promise<LogReceipt | MirrorReceipt> {
  const value = readJson(body, to);
  const logged = v.safeParse(Logged, value);
  if (logged.success) return { by: 'log', ...logged.output };
  const envelope = readEnvelope(value);
  const stamp = stamper === undefined ? readStamp(envelope) : await verifyStamp(envelope, [stamper]);
  if (stamp.digest !== toHex(payloadDigest(sent)))
    throw new Failure('peer/answer-malformed', { field: to, detail: 'a stamp of something else' });
  return { by: 'mirror', stamp, bytes: body, isVerified: stamper !== undefined };
}

function readJson(body: Uint8Array, to: string): Json {
  try {
    return parseCanonical(body);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure('peer/answer-malformed', { field: to, detail: error.code });
  }
}
