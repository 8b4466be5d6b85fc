/**
 * Rotating or revoking a key of a house whose gateway is stopped: the change enters the log, is witnessed under the old keys, and only
 * then do the new ones take their places.
 *
 * Whatever moment this is interrupted at, the next start goes on with the keys that the log says are in force. A new key is on disk before
 * the log names it, and signs nothing before the entry that names it is witnessed.
 */
import { keyLabel, sameKey, type VerifierKey } from '../../note/key.js';
import { Failure } from '../../reason.js';
import { envelopeBytes, seal } from '../../receipt/envelope.js';
import { keyChangePayload, type ProposedKeyChange } from '../../receipt/key-change.js';
import type { KeyHistory } from '../../receipt/key-history.js';
import { openSigningKey, type SigningKey } from '../files/keys.js';
import { UsageError } from './exit-code.js';
import { type KeySlot, slotFiles, slotsOf } from './house-keys.js';
import { type HouseLog, type HouseLogOptions, openHouseLog } from './house-log.js';
import { retiredFile } from './key-succession.js';

export interface KeyChangeRequest extends HouseLogOptions {
  readonly action: 'rotate' | 'revoke';
  /** A key's place (`issuer`, `witness-1`, …) or its label. */
  readonly target: string;
  /** For a revocation: the index from which on the key does not count. */
  readonly from: number | null;
  /** Who signs instead of the issuer. */
  readonly recovery: SigningKey | null;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Told when a step is done; what it throws is a crash at that point. */
  readonly onStep?: (step: Step) => void;
}

/** The steps, in order. */
export const STEPS = ['opened', 'key-made', 'appended', 'witnessed', 'closed', 'in-place'] as const;
export type Step = (typeof STEPS)[number];

export interface ChangedKey {
  readonly key: VerifierKey;
  readonly successor: VerifierKey | null;
  /** The index of the entry in the log. */
  readonly index: number;
  /** What the key signed counts below this index. */
  readonly until: number;
  /** Where the old private key stays until its owner deletes it; null when nothing took its place. */
  readonly retired: string | null;
}

/** How long a change may take to be witnessed, in milliseconds. */
const WITNESS_TIME = 30_000;

/**
 * Makes the key that the next rotation of this place will put there, without logging anything, so that witnesses elsewhere can be told of it
 * first.
 */
export async function prepareKey(options: HouseLogOptions, place: string): Promise<VerifierKey> {
  const house = await openHouseLog({ ...options, allowEnded: true });
  await house.close();
  const { key, slot } = findTarget(place, house);
  return (await openNext(options, slot, key)).key;
}

function openNext(
  { folder }: HouseLogOptions,
  slot: KeySlot,
  { name, type }: VerifierKey,
): Promise<SigningKey> {
  return openSigningKey(slotFiles(folder.keys, slot).next, name, type);
}

/**
 * Makes the change. Throws `key/…` when the request may not be done, with nothing changed, and `witness/quorum-not-met` when the
 * entry is in the log but too few witnesses have cosigned it: then the next start puts the new key in its place.
 */
export async function changeKey(request: KeyChangeRequest): Promise<ChangedKey> {
  const done = (step: Step) => request.onStep?.(step);
  const house = await openHouseLog({ ...request, allowEnded: true });
  let changed: Logged;
  try {
    done('opened');
    changed = await logChange(request, house, done);
  } finally {
    await house.close();
  }
  done('closed');
  const { key, slot, successor, index, history } = changed;
  // Opening puts the new key in its place, as it would after a crash.
  const again = await openHouseLog({ ...request, allowEnded: true });
  await again.close();
  done('in-place');
  return {
    key,
    successor,
    index,
    until: history.tenure(keyLabel(key))?.until ?? index + 1,
    retired: successor === null ? null : retiredFile(request.folder, slot),
  };
}

interface Logged {
  readonly key: VerifierKey;
  readonly slot: KeySlot;
  readonly successor: VerifierKey | null;
  readonly index: number;
  readonly history: KeyHistory;
}

async function logChange(
  request: KeyChangeRequest,
  house: HouseLog,
  done: (step: Step) => void,
): Promise<Logged> {
  const { keys, log, history } = house;
  const { key, slot } = findTarget(request.target, house);
  checkReach(request, key, history);
  const signer = request.recovery ?? keys.issuer;
  const agreeing = keyLabel(slot.signingKey.key) === keyLabel(key) ? slot.signingKey : null;
  const entryWith = (successor: SigningKey | null) =>
    writeChange(request, house, { key, slot, signer, agreeing, successor });
  const index = log.signed.size;
  let successor: SigningKey | null = null;
  let entry = entryWith(null);
  if (await needsSuccessor(request, history, index, entry, slot)) {
    successor = await openNext(request, slot, key);
    entry = entryWith(successor);
  }
  done('key-made');
  // What may not be done does not enter the log.
  const after = await history.after(index, entry);
  const appended = log.append(entry);
  await appended.included;
  done('appended');
  if (!(await log.reached(appended.index, 'witnessed', WITNESS_TIME))) {
    throw new Failure('witness/quorum-not-met', { detail: `the change is entry ${appended.index}` });
  }
  done('witnessed');
  return { key, slot, successor: successor?.key ?? null, index: appended.index, history: after };
}

/**
 * A revocation reaches back to where the key began, and no further: what an earlier key signed stays good. Throws a usage error where more
 * is asked for, since whoever asks means the earlier key.
 */
function checkReach({ from }: KeyChangeRequest, key: VerifierKey, { tenures }: KeyHistory): void {
  const since = tenures.find(tenure => sameKey(tenure.key, key))?.since ?? 0;
  if (from === null || from >= since) return;
  const before = tenures.find(({ successor }) => successor !== null && sameKey(successor, key));
  const earlier = before === undefined ? '' : ` To disown the key before it, revoke ${keyLabel(before.key)}.`;
  throw new UsageError(
    `${keyLabel(key)} counts only from entry ${since} on, so --from takes no index below that.${earlier}`,
  );
}

interface Change {
  readonly key: VerifierKey;
  readonly slot: KeySlot;
  readonly signer: SigningKey;
  readonly agreeing: SigningKey | null;
  readonly successor: SigningKey | null;
}

function writeChange(
  { action, from, now }: KeyChangeRequest,
  { log, history }: HouseLog,
  { key, slot, signer, agreeing, successor }: Change,
): Uint8Array {
  const proposed: ProposedKeyChange = {
    action,
    role: slot.role,
    origin: log.origin,
    ...history.next,
    key,
    successor: successor?.key ?? null,
    from,
    signer: keyLabel(signer.key),
    time: now(),
  };
  const payload = keyChangePayload(proposed, {
    key: agreeing?.signer ?? null,
    successor: successor?.signer ?? null,
  });
  return envelopeBytes(seal(payload, keyLabel(signer.key), signer.signer));
}

/** A revocation by the recovery key names a successor when it would leave the place empty; one by the key itself may not. */
async function needsSuccessor(
  { action, recovery }: KeyChangeRequest,
  history: KeyHistory,
  index: number,
  entry: Uint8Array,
  slot: KeySlot,
): Promise<boolean> {
  if (action === 'rotate') return true;
  if (recovery === null) return false;
  const after = await history.after(index, entry);
  const { name, type } = slot.signingKey.key;
  return !after.inForce(slot.role).some(key => key.name === name && key.type === type);
}

/** The key that is meant, and the place that it or its successors fill. Throws a usage error when there is none. */
function findTarget(target: string, { keys, history }: HouseLog): { key: VerifierKey; slot: KeySlot } {
  const slots = slotsOf(keys);
  const named = slots.find(({ name }) => name === target);
  if (named !== undefined) return { key: named.signingKey.key, slot: named };
  const tenure = history.tenure(target);
  // A key's name stays when another takes its place.
  const slot = slots.find(
    ({ signingKey: { key } }) => key.name === tenure?.key.name && key.type === tenure?.key.type,
  );
  if (tenure === null || slot === undefined) {
    const names = slots.map(({ name }) => name).join(', ');
    throw new UsageError(
      `${target} is no key of this house. Its places are ${names}; "countersign key list" shows the labels.`,
    );
  }
  return { key: tenure.key, slot };
}
