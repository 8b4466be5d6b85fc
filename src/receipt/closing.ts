/**
 * The closing statement: with it an issuer says, once, which numbers it has given in an epoch and what became of each. Whoever holds something
 * that the issuer signed in that epoch can compare. An epoch may have millions of exchanges, so that the entry holds two Merkle roots, and
 * what they are made of is kept beside the log. Normative: spec/closing.md.
 */
import * as v from 'valibot';
import { sha256 } from '../bytes/cryptography.js';
import { toHex } from '../bytes/hex.js';
import { canonicalize } from '../bytes/json.js';
import { Failure } from '../reason-core.js';
import { CLOSING_STATUSES } from './closing-leaf.js';
import { Count, Hash, Identifier, KeyLabel, Time } from './shapes.js';
import { statementType, writeStatement } from './statement.js';

/** The RFC 6962 root over so many leaves. */
const Tree = v.strictObject({ count: Count, root: Hash });

/** How many exchanges ended so. */
const Statuses = v.strictObject({
  aborted: Count,
  completed: Count,
  failed: Count,
  lost: Count,
  open: Count,
  refused: Count,
  unkept: Count,
});

export const Closing = v.strictObject({
  /** One leaf for each client, in the order of their names: how many numbers it was given, and its last receipt. */
  clients: Tree,
  /** `complete`: every number is listed. `cut-off`: the issuer's process died, and what came from `through` on may be missing. */
  ending: v.picklist(['complete', 'cut-off']),
  epoch: Identifier,
  /** The key under which the epoch began. The closing may be signed by its successor. */
  issuer: KeyLabel,
  /** One leaf for each number, in the order of client and number. */
  leaves: Tree,
  statuses: Statuses,
  /**
   * By the epoch's clock, in milliseconds: every exchange that was received before is listed, and every receipt that states an earlier end is
   * named.
   */
  through: Time,
});
export type Closing = v.InferOutput<typeof Closing>;

export const CLOSING = statementType({
  predicateType: 'urn:countersign:closing:v1',
  subject: v.strictTuple([
    v.strictObject({ digest: v.strictObject({ sha256: Hash }), name: v.literal('closing') }),
  ]),
  /** `made`: when the epoch was closed, in milliseconds. */
  predicate: v.strictObject({ closing: Closing, issuer: KeyLabel, made: Time }),
  malformed: 'closing/malformed',
});

/** SHA-256 of a closing's canonical JSON, hexadecimal: the statement's subject. */
export function closingDigest(closing: Closing): string {
  return toHex(sha256(canonicalize(closing)));
}

/** `issuer`: the label of the key that signs; `made` in milliseconds. */
export function closingStatement(closing: Closing, issuer: string, made: number): Uint8Array {
  return writeStatement(CLOSING, {
    subject: [{ digest: { sha256: closingDigest(closing) }, name: 'closing' }],
    predicate: { closing, issuer, made },
  });
}

/** Throws `closing/malformed` for one whose parts cannot be true together. */
export function checkClosing({ clients, ending, leaves, statuses }: Closing): void {
  const counted = CLOSING_STATUSES.reduce((sum, status) => sum + statuses[status], 0);
  if (counted !== leaves.count) throw new Failure('closing/malformed', { field: 'closing.statuses' });
  if (clients.count > leaves.count || (clients.count === 0 && leaves.count > 0))
    throw new Failure('closing/malformed', { field: 'closing.clients.count' });
  // Only of a process that has died is it not known what became of an exchange; and then nothing still runs.
  const impossible = ending === 'complete' ? 'lost' : 'open';
  if (statuses[impossible] > 0)
    throw new Failure('closing/malformed', { field: `closing.statuses.${impossible}` });
}

/** How many receipts the closing names. */
export function receiptsNamed({ statuses }: Closing): number {
  return statuses.completed + statuses.refused + statuses.failed + statuses.aborted;
}
