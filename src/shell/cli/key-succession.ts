/**
 * Letting the keys take their places that the log says are in force: after a key change, and at a start that finds one half done.
 *
 * The log decides, never the files. A key that waits in `<name>.key.next` takes its place when the log says that it follows the key that is
 * there; and a key that has ended and that nobody here can replace stops the house, for what it signs would count for nothing.
 */
import { join } from 'node:path';
import { toHex } from '../../bytes/hex.js';
import { equal } from '../../bytes/octets.js';
import { cosign } from '../../note/cosignature.js';
import { keyLabel, type VerifierKey } from '../../note/key.js';
import type { NoteSignature } from '../../note/signature-line.js';
import { formatNote, parseNote, signNote } from '../../note/signed-note.js';
import type { KeyHistory } from '../../receipt/key-history.js';
import { nodeDisk } from '../files/disk.js';
import { readSigningKey, type SigningKey } from '../files/keys.js';
import { succeedFile } from '../files/succeed.js';
import { keepCheckpoint, readCheckpoint } from '../log/kept-checkpoint.js';
import { keepState, readState } from '../witness/kept-state.js';
import type { DataFolder } from './data-folder.js';
import { type HouseKeys, type KeySlot, slotFiles, slotsOf } from './house-keys.js';

/** A key that is to take the place of another. */
export interface Succession {
  readonly slot: KeySlot;
  readonly next: SigningKey;
}

/** How the keys in the files compare with those that the log says are in force. */
export interface KeyComparison {
  /** What is left to do. */
  readonly successions: readonly Succession[];
  /** Where a key has ended and its successor is not here. */
  readonly ended: readonly KeySlot[];
}

export async function compareKeys(
  folder: string,
  keys: HouseKeys,
  history: KeyHistory,
): Promise<KeyComparison> {
  const successions: Succession[] = [];
  const ended: KeySlot[] = [];
  for (const slot of slotsOf(keys)) {
    const { key } = slot.signingKey;
    if (isInForce(history, key)) continue;
    const next = await readSigningKey(slotFiles(folder, slot).next, key.type);
    if (next !== null && isInForce(history, next.key)) successions.push({ slot, next });
    else ended.push(slot);
  }
  return { successions, ended };
}

function isInForce(history: KeyHistory, key: VerifierKey): boolean {
  return history.tenure(keyLabel(key))?.until === null;
}

/** Lets a key take its place. The log is closed, and can be opened with either key until this resolves. */
export async function succeed(
  folder: DataFolder,
  keys: HouseKeys,
  { slot, next }: Succession,
): Promise<void> {
  if (slot.signingKey === keys.log) await adoptAsLog(folder, keys, next);
  if (slot.role === 'witness') await adoptAsWitness(folder, keys, slot, next);
  const files = slotFiles(folder.keys, slot);
  await succeedFile(files.key, files.next, retiredFile(folder, slot));
}

/** Where the key that is in a slot now stays when another takes its place, until its owner deletes it. */
export function retiredFile(folder: DataFolder, slot: KeySlot): string {
  return `${slotFiles(folder.keys, slot).key}.retired-${toHex(slot.signingKey.key.id)}`;
}

/** The new key signs what the old one has signed last, so that the log and its witnesses know their own files again. */
async function adoptAsLog(
  folder: DataFolder,
  { log, witnesses }: HouseKeys,
  next: SigningKey,
): Promise<void> {
  const sign = (text: string) => signNote(text, next.key, next.signer);
  const kept = await readCheckpoint(folder.log, { log: log.key, logCosigner: null, witnesses: [] });
  if (kept.note !== null) await keepCheckpoint(folder.log, withLine(kept.note, sign));
  for (const [index, { key }] of witnesses.entries()) {
    const own = join(folder.witnesses, `${index + 1}`);
    const state = await readState(own, log.key.name, [key], [log.key]);
    if (state !== null) await keepState(own, log.key.name, withLine(state.note, sign), nodeDisk);
  }
}

/** The new key cosigns the tree that the old one cosigned last, at no earlier time. */
async function adoptAsWitness(
  folder: DataFolder,
  { log, witnesses }: HouseKeys,
  { signingKey }: KeySlot,
  next: SigningKey,
): Promise<void> {
  const own = join(folder.witnesses, `${witnesses.indexOf(signingKey) + 1}`);
  const state = await readState(own, log.key.name, [signingKey.key], [log.key]);
  if (state === null) return;
  const sign = (text: string) => cosign(text, state.time, next.key, next.signer);
  await keepState(own, log.key.name, withLine(state.note, sign), nodeDisk);
}

/** The note with one more line, unless it is there from an attempt before. */
function withLine(note: Uint8Array, sign: (text: string) => NoteSignature): Uint8Array {
  const { text, signatures } = parseNote(note);
  const line = sign(text);
  const others = signatures.filter(({ name, keyId }) => name !== line.name || !equal(keyId, line.keyId));
  return formatNote({ text, signatures: [...others, line] });
}
