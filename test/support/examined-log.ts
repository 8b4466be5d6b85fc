/** A log to be examined at rest, with the keys under which it was kept. */
import { expect } from 'vitest';
import { cosignerOf } from '../../src/note/cosignature.js';
import type { CheckpointKeys } from '../../src/shell/log/kept-checkpoint.js';
import { testMlDsaCosigner } from './keys.js';
import { growTo, LOG, openTestLog, openWitnesses, quorumOf, testEntry, WITNESSES } from './log.js';

const OWN = testMlDsaCosigner(LOG.key.name, 2);
export const EXAMINED_BY: CheckpointKeys = {
  log: LOG.key,
  logCosigner: OWN.key,
  witnesses: WITNESSES.map(({ key }) => key),
};

/** A log of `size` entries in a folder, of which a kept checkpoint covers `kept`. */
export async function buildLog(folder: string, kept: number, size: number, make = testEntry): Promise<void> {
  const options = { cosigner: cosignerOf(OWN.key, OWN.signer), accepts: () => true };
  const witnesses = await openWitnesses(folder);
  const log = await openTestLog(folder, { ...options, witnesses, quorum: quorumOf(3) });
  await growTo(log, kept, make);
  expect(await log.reached(kept - 1, 'witnessed', 30_000)).toBe(true);
  await log.close();
  if (size === kept) return;
  const unwitnessed = await openTestLog(folder, { ...options, cosigner: null });
  await growTo(unwitnessed, size, make);
  await unwitnessed.close();
}
