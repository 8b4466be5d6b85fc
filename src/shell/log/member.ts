/**
 * One of the witnesses or mirrors that a log asks: where it stands, and whether it is at work.
 *
 * It is not trusted. What it answers is verified; the size that it claims to have seen only decides which proof it is sent; and one that
 * hangs, or a mirror that is still being filled, is left alone until it has answered, so that it gathers no questions.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { keyLabel, type VerifierKey } from '../../note/key.js';
import { formatNote } from '../../note/signed-note.js';
import type { AddCheckpointAnswer } from '../../note/witness.js';
import { Failure } from '../../reason.js';
import type { EntrySource, PolicyMember } from '../../tree/policy-member.js';
import type { SignedCheckpoint } from './signed-checkpoint.js';
import { type Cosignature, readCosignatures } from './witness-answer.js';

/** Gives the consistency proof between two sizes of the log's tree. */
export type ConsistencyProver = (oldSize: number, newSize: number) => Promise<Uint8Array[]>;

/** What a log can show of its tree to whom it asks. */
export interface Showing {
  readonly proveConsistency: ConsistencyProver;
  readonly entries: EntrySource;
}

export class Member {
  readonly #witness: PolicyMember;
  readonly #keys: readonly VerifierKey[];
  readonly #log: Showing;
  readonly #leaving = new AbortController();
  /** The size that it last cosigned, as far as is known. */
  #size: number;
  #busy = false;
  /** How often it has taken entries since it was asked. */
  #steps = 0;

  /**
   * @param keys the witness's keys as the policy has them
   * @param size the size from which it is first asked to go on
   */
  constructor(witness: PolicyMember, keys: readonly VerifierKey[], size: number, log: Showing) {
    this.#witness = witness;
    this.#keys = keys;
    this.#size = size;
    this.#log = log;
  }

  /** As the policy has them. */
  get keys(): readonly VerifierKey[] {
    return this.#keys;
  }

  /** How people know it. */
  get label(): string {
    return this.#keys.map(keyLabel).join(', ');
  }

  /** Whether it has yet to answer an earlier question. */
  get busy(): boolean {
    return this.#busy;
  }

  /** Ends what it is at. It is asked no more. */
  leave(): void {
    this.#leaving.abort();
  }

  /**
   * Its cosignatures of a checkpoint. Throws a failure that names it: the code with which it refused, `log/behind-witness` when it has
   * seen more than the log has, or after `patience` milliseconds `peer/unreachable`, or `mirror/behind` for a mirror that is being filled,
   * which goes on.
   *
   * @param isWaitedFor asked after that time, of a mirror that has taken entries in it: whether it gets as much time again
   */
  async ask(
    signed: SignedCheckpoint,
    patience: number,
    isWaitedFor: () => boolean,
  ): Promise<readonly Cosignature[]> {
    try {
      return await this.#inTime(patience, isWaitedFor, () => this.#cosign(signed));
    } catch (error) {
      if (!(error instanceof Failure)) {
        throw new Failure('peer/unreachable', { field: this.label, detail: messageOf(error) });
      }
      // The log's own store, found to be damaged while a proof was made.
      if (error.code === 'log/corrupt') throw error;
      throw new Failure(error.code, { field: this.label, detail: error.detail ?? 'as the witness answered' });
    }
  }

  async #cosign(signed: SignedCheckpoint): Promise<readonly Cosignature[]> {
    let answer = await this.#request(signed);
    if (answer.status === 'stale') {
      // The witness's word alone, and perhaps no size at all. Whatever it makes us prove, it still proves that the log only grew.
      if (!Number.isSafeInteger(answer.size) || answer.size < 0) throw new Failure('witness/stale');
      if (answer.size > signed.checkpoint.size) {
        const detail = `size ${answer.size} at the witness, ${signed.checkpoint.size} here`;
        throw new Failure('log/behind-witness', { detail });
      }
      this.#size = answer.size;
      answer = await this.#request(signed);
    }
    if (answer.status === 'stale') throw new Failure('witness/stale', { detail: `size ${answer.size}` });
    const cosigned = await readCosignatures(this.#keys, signed.text, answer.cosignatures);
    this.#size = signed.checkpoint.size;
    return cosigned;
  }

  /**
   * The note goes out under the log's Ed25519 signature alone, which every checkpoint of a public log has (C2SP tlog-tiles), so that every
   * witness knows it; the log's own cosignature is being made meanwhile.
   */
  async #request({ checkpoint, text, signature }: SignedCheckpoint): Promise<AddCheckpointAnswer> {
    return this.#witness.addCheckpoint({
      oldSize: this.#size,
      proof: await this.#log.proveConsistency(this.#size, checkpoint.size),
      checkpoint: formatNote({ text, signatures: [signature] }),
      supply: {
        entries: this.#log.entries,
        onProgress: () => {
          this.#steps++;
        },
        signal: this.#leaving.signal,
      },
    });
  }

  async #inTime<Value>(
    patience: number,
    isWaitedFor: () => boolean,
    act: () => Promise<Value>,
  ): Promise<Value> {
    this.#busy = true;
    this.#steps = 0;
    const answer = act().finally(() => {
      this.#busy = false;
    });
    const enough = new AbortController();
    const silence = this.#endOf(patience, isWaitedFor, enough.signal);
    try {
      return await Promise.race([answer, silence]);
    } finally {
      enough.abort();
      silence.catch(() => undefined);
    }
  }

  /** Rejects when it need not be waited for any longer. */
  async #endOf(patience: number, isWaitedFor: () => boolean, signal: AbortSignal): Promise<never> {
    for (;;) {
      const before = this.#steps;
      await sleep(patience, undefined, { signal });
      if (this.#steps === 0) throw new Error('no answer in time');
      if (this.#steps === before || !isWaitedFor())
        throw new Failure('mirror/behind', { detail: 'entries are being brought to it' });
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'no answer';
}
