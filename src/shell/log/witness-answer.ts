/** Reading what a witness answers: its lines count only when they verify under the keys by which the policy knows it. */
import { equal } from '../../bytes/octets.js';
import { cosignatureTime } from '../../note/cosignature.js';
import type { VerifierKey } from '../../note/key.js';
import type { NoteSignature } from '../../note/signature-line.js';
import { Failure } from '../../reason.js';

export interface Cosignature {
  readonly key: VerifierKey;
  readonly line: NoteSignature;
}

/** The lines by these keys; others are ignored. Throws `cosignature/malformed` or `note/signature-invalid`. */
export async function readCosignatures(
  keys: readonly VerifierKey[],
  text: string,
  lines: readonly NoteSignature[],
): Promise<readonly Cosignature[]> {
  const cosigned: Cosignature[] = [];
  for (const line of lines) {
    const { name, keyId, signature } = line;
    const key = keys.find(known => known.name === name && equal(known.id, keyId));
    if (key === undefined) continue;
    if (cosigned.some(known => known.key === key)) throw new Failure('cosignature/malformed');
    const time = await cosignatureTime(text, key, signature);
    if (time === null) throw new Failure('note/signature-invalid');
    // Without a time it does not say that this is the largest tree that was seen.
    if (time === 0) throw new Failure('cosignature/malformed');
    cosigned.push({ key, line });
  }
  if (cosigned.length === 0) throw new Failure('cosignature/malformed');
  return cosigned;
}
