/**
 * Cosigning parts of trees that the witness has cosigned. Source: C2SP tlog-witness, "sign-subtree".
 *
 * Whoever asks is not trusted, and nothing is remembered: the witness's own cosignature on the checkpoint says that it has seen the tree,
 * and the proof that the part is one of it.
 */
import type { Signer } from '../../bytes/cryptography.js';
import { parseCheckpoint } from '../../note/checkpoint.js';
import { cosignSubtree } from '../../note/cosignature.js';
import { KEY_TYPE, type VerifierKey } from '../../note/key.js';
import type { SignSubtree } from '../../note/sign-subtree.js';
import type { NoteSignature } from '../../note/signature-line.js';
import { parseNote, verifyNote } from '../../note/signed-note.js';
import { Failure } from '../../reason.js';
import { verifySubtree } from '../../tree/subtree.js';

export interface WitnessKey {
  readonly key: VerifierKey;
  readonly signer: Signer;
}

export class SubtreeCosigner {
  readonly #keys: readonly VerifierKey[];
  readonly #signing: readonly WitnessKey[];
  readonly #origins: readonly string[];

  /** @param keys the witness's keys; those of ML-DSA-44, the one kind that can speak of a part of a tree, sign */
  constructor(keys: readonly WitnessKey[], origins: readonly string[]) {
    this.#keys = keys.map(({ key }) => key);
    this.#signing = keys.filter(({ key }) => key.type === KEY_TYPE.mlDsaCosignature);
    this.#origins = origins;
  }

  /** Whether it has a key that can sign. */
  get canSign(): boolean {
    return this.#signing.length > 0;
  }

  /**
   * One cosignature, without a time, for each key that can sign. Throws `note/malformed`, `checkpoint/malformed` or
   * `tree/interval-invalid` (400), `checkpoint/origin-mismatch` (404), `witness/cosignature-missing` or `note/signature-invalid` (403), or
   * `tree/subtree-invalid` (422).
   */
  async cosign({ start, end, hash, proof, checkpoint: bytes }: SignSubtree): Promise<NoteSignature[]> {
    const note = parseNote(bytes);
    const { origin, size, root } = parseCheckpoint(note.text);
    if (!this.#origins.includes(origin)) throw new Failure('checkpoint/origin-mismatch');
    const { verified } = await verifyNote(note, this.#keys);
    if (verified.length === 0) throw new Failure('witness/cosignature-missing');
    verifySubtree({ start, end }, size, proof, hash, root);
    return this.#signing.map(({ key, signer }) => cosignSubtree({ origin, start, end, hash }, key, signer));
  }
}
