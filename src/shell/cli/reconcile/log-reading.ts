/**
 * Reading all of a log, or of a copy of it, up to a checkpoint that it has signed. Nobody who serves it is trusted: what was read counts only when it
 * makes the signed root.
 */
import { join } from 'node:path';
import type { Trust } from '../../../appraise/trust.js';
import { equal } from '../../../bytes/octets.js';
import { knownKeys } from '../../../court/misbehaviour/known-keys.js';
import type { LogCopy } from '../../../court/misbehaviour/log-copy.js';
import type { Checkpoint } from '../../../note/checkpoint.js';
import { Failure } from '../../../reason.js';
import { readEntry } from '../../../receipt/entry.js';
import type { Envelope } from '../../../receipt/envelope.js';
import { Frontier } from '../../../tree/frontier.js';
import { leafHash } from '../../../tree/hash.js';
import { readIfPresent } from '../../files/durable.js';
import { openCopy } from '../../monitor/log-copies.js';
import { RemoteLog } from '../../tiles/remote-log.js';
import { readSigned } from '../../tiles/signed-checkpoints.js';

export interface ReadLog {
  readonly copy: LogCopy;
  readonly checkpoint: Checkpoint;
}

/** `place`: a URL, or a folder with tiles. Throws `peer/checkpoint-missing`, `checkpoint/…` or `note/…`. */
export async function openLogAt(place: string, trust: Trust): Promise<ReadLog> {
  const note = /^https?:\/\//.test(place)
    ? await new RemoteLog(place).checkpoint()
    : await readIfPresent(join(place, 'checkpoint'));
  if (note === null) throw new Failure('peer/checkpoint-missing', { field: place });
  const { checkpoint, byLog } = await readSigned(note, trust.log.name, knownKeys(trust));
  if (byLog.length === 0) throw new Failure('checkpoint/log-signature-missing');
  return { copy: openCopy(place), checkpoint };
}

/**
 * Every entry that is an envelope, with its index; what is none says nothing. Throws `misbehaviour/log-data-mismatch` in the end when they make
 * another root, and what was read does not count; and `peer/…`.
 */
export async function* envelopesOf({
  copy,
  checkpoint,
}: ReadLog): AsyncGenerator<{ readonly index: number; readonly envelope: Envelope }> {
  const tree = new Frontier();
  for await (const entry of copy.entries(0, checkpoint.size)) {
    const index = tree.size;
    tree.push(leafHash(entry));
    const envelope = readable(entry);
    if (envelope !== null) yield { index, envelope };
  }
  if (tree.size !== checkpoint.size || !equal(tree.root(), checkpoint.root))
    throw new Failure('misbehaviour/log-data-mismatch');
}

/** The entry at an index, once more. */
export async function entryAt({ copy, checkpoint }: ReadLog, index: number): Promise<Envelope> {
  for await (const entry of copy.entries(index, Math.min(index + 1, checkpoint.size)))
    return readEntry(entry);
  throw new Failure('peer/answer-missing', { detail: `entry ${index}` });
}

function readable(entry: Uint8Array): Envelope | null {
  try {
    return readEntry(entry);
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}
