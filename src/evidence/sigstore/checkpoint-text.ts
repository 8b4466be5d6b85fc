/**
 * The checkpoint in a proof of Sigstore's log, as text: whether it is one that a log would write, and says the same as the proof around it. Who has signed it is looked
 * at by the library, which makes a pattern of the signer's name and reads numbers that nobody writes, so that both are held to a form here first. Source: C2SP signed-note,
 * tlog-checkpoint.
 */
import { fromBase64 } from '../../bytes/base64.js';
import { Failure } from '../../reason.js';

const MAX_SIGNATURES = 16;
/** Of host names and paths, and so without anything that means something in a pattern but the dot. */
const SIGNATURE = /^\u2014 ([A-Za-z0-9](?:[A-Za-z0-9./_-]{0,254})) ([A-Za-z0-9+/]{8,8192}={0,2})$/;

interface Proof {
  readonly rootHash: string;
  readonly treeSize: string;
  readonly checkpoint: { readonly envelope: string };
}

/** `field`: which entry's. Throws `sigstore/checkpoint-differs`, or `sigstore/bundle-malformed` for what is no checkpoint. */
export function checkCheckpoint(
  { rootHash, treeSize, checkpoint: { envelope } }: Proof,
  field: string,
): void {
  const here = `${field}.inclusionProof.checkpoint`;
  const malformed = (detail: string) => new Failure('sigstore/bundle-malformed', { field: here, detail });
  const end = envelope.indexOf('\n\n');
  if (end < 0 || end !== envelope.lastIndexOf('\n\n') || !envelope.endsWith('\n'))
    throw malformed('no signed note');
  const [origin = '', size = '', root = ''] = envelope.slice(0, end).split('\n');
  const names = envelope
    .slice(end + 2, -1)
    .split('\n')
    .map(line => {
      const [, name, signature] = SIGNATURE.exec(line) ?? [];
      if (name === undefined || fromBase64(signature ?? '') === null) throw malformed('no signature line');
      return name;
    });
  if (names.length > MAX_SIGNATURES) throw malformed(`${names.length} signatures`);
  // Sigstore's older log has the number of its tree behind its name.
  if (!names.some(name => origin === name || origin.startsWith(`${name} - `)))
    throw new Failure('sigstore/checkpoint-differs', { field: here, detail: 'not signed by its origin' });
  if (size !== treeSize || root !== rootHash)
    throw new Failure('sigstore/checkpoint-differs', {
      field: here,
      detail: 'another tree than the proof’s',
    });
}
