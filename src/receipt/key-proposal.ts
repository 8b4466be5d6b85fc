/**
 * A key change on its way between those who have to agree: the operator of a log proposes it, whoever holds the key signs it where the key is, and the
 * operator logs it. So nobody gives a private key away. It is the predicate of the later entry (spec/keys.md §2), as canonical JSON.
 */
import * as v from 'valibot';
import { canonicalize, type Json, parseCanonical } from '../bytes/json.js';
import { concat } from '../bytes/octets.js';
import { Failure } from '../reason-core.js';
import {
  type Agreeing,
  agreementOf,
  changeOf,
  changePredicate,
  KeyChangePredicate,
  type KeyProofs,
  type ProposedKeyChange,
} from './key-change.js';

/** A change, and who has agreed to it so far. */
export interface KeyProposal {
  readonly change: ProposedKeyChange;
  readonly proofs: KeyProofs;
}

export const MAX_PROPOSAL_BYTES = 1 << 16;
const LINE_END = Uint8Array.of(0x0a);

/** As a file: one line. */
export function formatProposal({ change, proofs }: KeyProposal): Uint8Array {
  return concat(canonicalize(changePredicate(change, proofs) as Json), LINE_END);
}

/** Reads exactly what {@link formatProposal} writes. Throws `key/change-malformed`. */
export function readProposal(bytes: Uint8Array): KeyProposal {
  if (bytes.length > MAX_PROPOSAL_BYTES || bytes.at(-1) !== LINE_END[0])
    throw new Failure('key/change-malformed', { detail: 'not one line of canonical JSON' });
  let value: Json;
  try {
    value = parseCanonical(bytes.subarray(0, -1));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure('key/change-malformed', { detail: error.code });
  }
  const result = v.safeParse(KeyChangePredicate, value, { abortEarly: true });
  if (!result.success)
    throw new Failure('key/change-malformed', { field: v.getDotPath(result.issues[0]) ?? 'proposal' });
  const { proofs, ...change } = changeOf(result.output);
  return { change, proofs };
}

/** The proposal with the agreement of these keys as well; what others have agreed to stays. */
export function agreeTo({ change, proofs }: KeyProposal, agreeing: Agreeing): KeyProposal {
  const own = agreementOf(change, agreeing);
  return {
    change,
    proofs: { key: own.key ?? proofs.key, successor: own.successor ?? proofs.successor },
  };
}
