/**
 * Evidence of misbehaviour: what a stranger needs to see for himself that a log, a witness or an issuer has broken its word. Canonical JSON
 * with nothing in it that the proof does not take. Normative: spec/misbehaviour.md.
 */
import * as v from 'valibot';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { canonicalize, type Json, parseCanonical } from '../../bytes/json.js';
import { Failure } from '../../reason.js';
import { BROKEN_PROMISE } from './broken-promise.js';
import type { KnownKeys } from './known-keys.js';
import type { LogCopy } from './log-copy.js';
import { LOG_FORK } from './log-fork.js';
import type { ProofType, Proven } from './proof-type.js';
import { RECEIPT_FORK } from './receipt-fork.js';
import { RECEIPT_WITHHELD } from './receipt-withheld.js';
import { REWRITTEN_LOG } from './rewritten-log.js';
import { WITNESS_FAULT } from './witness-fault.js';
import { WRONG_BILL } from './wrong-bill.js';
import { WRONG_VERDICT } from './wrong-verdict.js';

/** Two entries of 64 KiB, with room. */
export const MAX_EVIDENCE_BYTES = 1 << 18;
/** An entry and a price list of ten thousand models, or a verdict with the certificates and lists that it was made from. */
export const MAX_LARGE_EVIDENCE_BYTES = 1 << 22;

/** Every kind of evidence, for programs that read JSON schemas. */
export const EvidenceSchema = v.union([
  LOG_FORK.schema,
  REWRITTEN_LOG.schema,
  BROKEN_PROMISE.schema,
  WITNESS_FAULT.schema,
  RECEIPT_FORK.schema,
  RECEIPT_WITHHELD.schema,
  WRONG_BILL.schema,
  WRONG_VERDICT.schema,
]);
export type EvidenceJson = v.InferOutput<typeof EvidenceSchema>;

/** Evidence in its form, of which nothing has been believed yet. */
export interface StatedEvidence {
  readonly type: string;
  check(known: KnownKeys, copy: LogCopy | null): Promise<Proven>;
}

/** What has to hold more than statements. */
const LARGE: ReadonlySet<string> = new Set([WRONG_BILL.type, WRONG_VERDICT.type]);

const READERS: ReadonlyMap<string, (value: Json) => StatedEvidence> = new Map([
  reader(LOG_FORK),
  reader(REWRITTEN_LOG),
  reader(BROKEN_PROMISE),
  reader(WITNESS_FAULT),
  reader(RECEIPT_FORK),
  reader(RECEIPT_WITHHELD),
  reader(WRONG_BILL),
  reader(WRONG_VERDICT),
]);

export function formatEvidence(evidence: EvidenceJson): Uint8Array {
  return canonicalize(evidence as Json);
}

/** What evidence is called: `p1-` and the start of the SHA-256 of its bytes. */
export function evidenceName(evidence: Uint8Array, type: string): string {
  return `${type.split(':').at(-2)}-${toHex(sha256(evidence)).slice(0, 32)}`;
}

/**
 * Reads exactly what {@link formatEvidence} writes. Throws `misbehaviour/too-large`, `misbehaviour/type-unknown`,
 * `misbehaviour/malformed`, or the code of the part that cannot be read: `json/…`, `note/…`, `checkpoint/…`, `envelope/…`,
 * `receipt/malformed`, `acceptance/malformed`, `closing/malformed`, `closing/proof-malformed`.
 */
export function parseEvidence(bytes: Uint8Array): StatedEvidence {
  if (bytes.length > MAX_LARGE_EVIDENCE_BYTES) throw new Failure('misbehaviour/too-large');
  const value = parseCanonical(bytes);
  const type = (value as { type?: unknown } | null)?.type;
  if (typeof type !== 'string') throw new Failure('misbehaviour/malformed', { field: 'type' });
  const read = READERS.get(type);
  if (read === undefined) throw new Failure('misbehaviour/type-unknown', { field: 'type' });
  if (bytes.length > MAX_EVIDENCE_BYTES && !LARGE.has(type)) throw new Failure('misbehaviour/too-large');
  return read(value);
}

function reader<S extends v.GenericSchema, Stated>(
  proof: ProofType<S, Stated>,
): [string, (value: Json) => StatedEvidence] {
  const read = (value: Json): StatedEvidence => {
    const result = v.safeParse(proof.schema, value, { abortEarly: true });
    if (!result.success)
      throw new Failure('misbehaviour/malformed', { field: v.getDotPath(result.issues[0]) ?? 'file' });
    const stated = proof.read(result.output);
    return { type: proof.type, check: (known, copy) => proof.check(stated, known, copy) };
  };
  return [proof.type, read];
}
