/** Whether an entry is in a log that a policy names, by a proof that stands alone, and whether the policy's quorum has cosigned it. */
import { utf8 } from '../bytes/octets.js';
import { type Checkpoint, parseCheckpoint } from '../note/checkpoint.js';
import type { VerifierKey } from '../note/key.js';
import { satisfies, type WitnessPolicy } from '../note/policy.js';
import { parseNote, type VerifiedSignature, verifyNote } from '../note/signed-note.js';
import { Failure } from '../reason.js';
import { leafHash } from '../tree/hash.js';
import { verifyInclusion } from '../tree/merkle.js';
import { parseTlogProof } from '../tree/tlog-proof.js';

export interface ProvenEntry {
  readonly index: number;
  readonly checkpoint: Checkpoint;
  /** The log's key that has signed the checkpoint. */
  readonly log: VerifierKey;
  /** The policy's witnesses that have cosigned it. */
  readonly cosignatures: readonly VerifiedSignature[];
  readonly quorum: 'met' | 'not met' | 'not asked';
}

/**
 * Source: C2SP tlog-proof, "Verifying". Signature lines by keys that the policy does not have are ignored.
 *
 * Throws `proof/malformed`, `note/malformed`, `note/signature-invalid`, `checkpoint/malformed`, `checkpoint/log-signature-missing` or
 * `proof/invalid`.
 */
export async function checkProof(
  proof: string,
  entry: Uint8Array,
  policy: WitnessPolicy,
): Promise<ProvenEntry> {
  const { index, hashes, checkpoint: text } = parseTlogProof(proof);
  const note = parseNote(utf8(text));
  const checkpoint = parseCheckpoint(note.text);
  const logs = policy.logs.map(({ key }) => key).filter(({ name }) => name === checkpoint.origin);
  const witnesses = [...policy.witnesses.values()].map(({ key }) => key);
  const { verified } = await verifyNote(note, [...logs, ...witnesses]);
  const log = verified.find(({ key }) => logs.includes(key));
  if (log === undefined) throw new Failure('checkpoint/log-signature-missing');
  verifyInclusion(index, checkpoint.size, leafHash(entry), hashes, checkpoint.root);
  const cosignatures = verified.filter(({ key }) => witnesses.includes(key));
  const cosigners = cosignatures.map(({ key }) => key);
  const isMet = satisfies(policy.quorum, cosigners);
  const quorum = policy.quorum.kind === 'none' ? 'not asked' : isMet ? 'met' : 'not met';
  return { index, checkpoint, log: log.key, cosignatures, quorum };
}
