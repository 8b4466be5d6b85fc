/** `sign-subtree`: signs parts of trees that the mirror has cosigned as a whole. Source: C2SP tlog-witness, "sign-subtree". */
import type { Signer } from '../../bytes/cryptography.js';
import { formatCosignatures, MAX_ADD_CHECKPOINT_BYTES } from '../../note/add-checkpoint.js';
import { parseCheckpoint } from '../../note/checkpoint.js';
import { cosignSubtree } from '../../note/cosignature.js';
import type { VerifierKey } from '../../note/key.js';
import { parseSignSubtree } from '../../note/sign-subtree.js';
import { parseNote } from '../../note/signed-note.js';
import { Failure } from '../../reason.js';
import { isSubtree, verifySubtree } from '../../tree/subtree.js';
import type { HttpAnswer, HttpRequest } from '../http/server.js';
import type { MirroredLog } from './mirrored-log.js';

/** An ML-DSA-44 key of the mirror: the other kind cannot speak of a part of a tree. */
export interface SubtreeCosigner {
  readonly key: VerifierKey;
  readonly signer: Signer;
}

/**
 * Throws `request/body-malformed` or `tree/interval-invalid` (400), `mirror/log-unknown` (404), `witness/cosignature-missing` or
 * `note/signature-invalid` (403), or `tree/subtree-invalid` (422).
 */
export async function signSubtree(
  logs: ReadonlyMap<string, MirroredLog>,
  cosigners: readonly SubtreeCosigner[],
  request: HttpRequest,
): Promise<HttpAnswer> {
  const { start, end, hash, proof, checkpoint } = parseSignSubtree(
    await request.body(MAX_ADD_CHECKPOINT_BYTES),
  );
  const note = parseNote(checkpoint);
  const { origin, size, root } = parseCheckpoint(note.text);
  const log = logs.get(origin);
  if (log === undefined) throw new Failure('mirror/log-unknown');
  if (end > size || !isSubtree({ start, end })) throw new Failure('tree/interval-invalid');
  if (!(await log.isOurs(note))) throw new Failure('witness/cosignature-missing');
  verifySubtree({ start, end }, size, proof, hash, root);
  const signatures = cosigners.map(({ key, signer }) =>
    cosignSubtree({ origin, start, end, hash }, key, signer),
  );
  return {
    status: 200,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
    body: formatCosignatures(signatures),
  };
}
