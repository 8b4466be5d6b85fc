/** Handing a receipt in again, at its log or at a mirror, so that nobody can keep it out by forgetting it. Sources: spec/submission.md, spec/mirror.md §2. */
import * as v from 'valibot';
import { toHex } from '../bytes/hex.js';
import { parseCanonical } from '../bytes/json.js';
import type { VerifierKey } from '../note/key.js';
import { Failure } from '../reason.js';
import { type Envelope, envelopeBytes, parseEnvelope, payloadDigest } from '../receipt/envelope.js';
import { verifyStamp } from '../receipt/stamp.js';
import { type Answered, type Ask, askPeer } from './peer.js';

/** Room for a proof with many ML-DSA-44 cosignatures. */
const MAX_ANSWER_BYTES = 1 << 18;

const Logged = v.strictObject({ index: v.pipe(v.number(), v.safeInteger()), proof: v.nullable(v.string()) });

/** The statuses with which a log says that it will not take an entry; with others it says that it cannot now. Source: spec/submission.md. */
const REFUSALS: ReadonlySet<number> = new Set([400, 403, 405, 413]);

/** What a log says to a receipt that is handed in. */
export type Submitted =
  /** It has it; nothing of the proof is checked. Null while there is none. */
  { readonly kind: 'taken'; readonly proof: string | null } | { readonly kind: 'refused' };

/** Rejects with `peer/…` when the log says nothing, or nothing that counts: it may be starting, or busy. */
export async function submitToLog(ask: Ask, log: string, receipt: Envelope): Promise<Submitted> {
  const url = `${log}/entries?wait=witnessed`;
  const { status, bytes } = await post(ask, url, receipt);
  if (REFUSALS.has(status)) return { kind: 'refused' };
  checkTaken(url, status);
  const result = v.safeParse(Logged, parsed(url, bytes));
  if (!result.success) throw new Failure('peer/answer-malformed', { field: url });
  return { kind: 'taken', proof: result.output.proof };
}

/** The stamp of a mirror that has been given the receipt, by one of these keys. Rejects with `peer/…`, `stamp/…`, `json/…` or `envelope/…`. */
export async function submitToMirror(
  ask: Ask,
  mirror: string,
  receipt: Envelope,
  stampers: readonly VerifierKey[],
): Promise<Uint8Array> {
  const url = `${mirror}/entries`;
  const { status, bytes } = await post(ask, url, receipt);
  checkTaken(url, status);
  const { digest } = await verifyStamp(parseEnvelope(bytes), stampers);
  if (digest !== toHex(payloadDigest(receipt)))
    throw new Failure('peer/answer-malformed', { field: url, detail: 'a stamp of something else' });
  return bytes;
}

function post(ask: Ask, url: string, receipt: Envelope): Promise<Answered> {
  return askPeer(ask, url, MAX_ANSWER_BYTES, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: new Uint8Array(envelopeBytes(receipt)),
  });
}

function checkTaken(url: string, status: number): void {
  if (status !== 200 && status !== 201)
    throw new Failure('peer/answer-unexpected', { field: url, detail: `HTTP ${status}` });
}

function parsed(url: string, bytes: Uint8Array): unknown {
  try {
    return parseCanonical(bytes);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure('peer/answer-malformed', { field: url, detail: error.code });
  }
}
