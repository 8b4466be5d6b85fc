/**
 * Changes to keys that are not in the house: a validator is admitted, rotated or revoked. The house proposes, whoever holds the key agrees where it is
 * (`countersign validator agree`), and the house, whose gateway is stopped, logs it. No private key leaves its owner.
 */
import { keyLabel, type VerifierKey } from '../../note/key.js';
import { Failure } from '../../reason.js';
import { envelopeBytes, seal } from '../../receipt/envelope.js';
import { type ProposedKeyChange, provenPayload } from '../../receipt/key-change.js';
import type { KeyHistory } from '../../receipt/key-history.js';
import type { KeyProposal } from '../../receipt/key-proposal.js';
import type { SigningKey } from '../files/keys.js';
import { UsageError } from './exit-code.js';
import { type HouseLogOptions, openHouseLog } from './house-log.js';

/** What is to become of a validator's key. */
export type ValidatorChange =
  | { readonly action: 'add'; readonly key: VerifierKey }
  | { readonly action: 'rotate'; readonly label: string; readonly successor: VerifierKey }
  | { readonly action: 'revoke'; readonly label: string };

/** How long a change may take to be witnessed, in milliseconds. */
const WITNESS_TIME = 30_000;
const NOBODY = { key: null, successor: null };

/**
 * The proposal, in the place that the next key change of the log has. `recovery`: who is to sign instead of the issuer; then the old key need not agree.
 * `now` in milliseconds.
 */
export async function proposeChange(
  options: HouseLogOptions,
  wanted: ValidatorChange,
  recovery: SigningKey | null,
  now: number,
): Promise<KeyProposal> {
  const house = await openHouseLog({ ...options, allowEnded: true });
  await house.close();
  const { history, keys, log } = house;
  const change: ProposedKeyChange = {
    role: 'validator',
    origin: log.origin,
    ...history.next,
    ...concerned(wanted, history),
    from: null,
    signer: keyLabel((recovery ?? keys.issuer).key),
    time: now,
  };
  return { change, proofs: NOBODY };
}

function concerned(
  wanted: ValidatorChange,
  history: KeyHistory,
): Pick<ProposedKeyChange, 'action' | 'key' | 'successor'> {
  if (wanted.action === 'add') return { action: 'add', key: wanted.key, successor: null };
  const tenure = history.tenure(wanted.label);
  if (tenure?.role !== 'validator')
    throw new UsageError(
      `${wanted.label} is no validator of this log; "countersign key list" shows the labels.`,
    );
  const successor = wanted.action === 'rotate' ? wanted.successor : null;
  return { action: wanted.action, key: tenure.key, successor };
}

export interface AdmittedChange {
  readonly change: ProposedKeyChange;
  /** The index of the entry in the log. */
  readonly index: number;
}

/**
 * Logs a change to which those concerned have agreed, and writes the trust file that says so. Throws `key/…` when it may not be done, with nothing changed;
 * `witness/quorum-not-met` when it is in the log and too few witnesses have cosigned it: then the next start goes on.
 */
export async function admitChange(
  options: HouseLogOptions,
  { change, proofs }: KeyProposal,
  recovery: SigningKey | null,
): Promise<AdmittedChange> {
  const house = await openHouseLog({ ...options, allowEnded: true });
  let index: number;
  try {
    const { key, signer } = recovery ?? house.keys.issuer;
    if (change.role !== 'validator') throw new Failure('key/change-forbidden', { field: change.role });
    const entry = envelopeBytes(seal(provenPayload(change, proofs), keyLabel(key), signer));
    // What may not be done does not enter the log.
    await house.history.after(house.log.signed.size, entry);
    const appended = house.log.append(entry);
    await appended.included;
    index = appended.index;
    if (!(await house.log.reached(index, 'witnessed', WITNESS_TIME)))
      throw new Failure('witness/quorum-not-met', { detail: `the change is entry ${index}` });
  } finally {
    await house.close();
  }
  const again = await openHouseLog({ ...options, allowEnded: true });
  await again.close();
  return { change, index };
}
