/**
 * Asking witnesses to cosign what the log has signed.
 *
 * No answer is trusted: a cosignature counts only when it verifies under the key that the policy names, and a witness that is slow,
 * silent or wrong costs the log nothing but its cosignature. When too few answer, nothing becomes witnessed; the rounds go on.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { equal } from '../../bytes/octets.js';
import type { Checkpoint } from '../../note/checkpoint.js';
import { cosignatureTime } from '../../note/cosignature.js';
import { keyLabel, sameKey, type VerifierKey } from '../../note/key.js';
import { type Quorum, satisfies } from '../../note/policy.js';
import type { NoteSignature } from '../../note/signature-line.js';
import { formatNote } from '../../note/signed-note.js';
import type { AddCheckpointAnswer, Witness } from '../../note/witness.js';
import { Failure } from '../../reason.js';

/** A checkpoint under the log's own signature. */
export interface SignedCheckpoint {
  readonly checkpoint: Checkpoint;
  /** What is signed. */
  readonly text: string;
  readonly signature: NoteSignature;
}

/** What the rounds are about. */
export interface WitnessedLog {
  signed(): SignedCheckpoint;
  witnessed(): Checkpoint | null;
  proveConsistency(oldSize: number, newSize: number): Promise<Uint8Array[]>;
  /** Keeps and publishes a checkpoint that a quorum has cosigned. Rejects when the disk fails; there are no rounds after that. */
  publish(checkpoint: Checkpoint, note: Uint8Array): Promise<void>;
}

/** All in milliseconds. */
export interface WitnessTiming {
  /** Between the beginnings of two rounds, at least. */
  readonly spacing: number;
  /** What a witness may take to answer. */
  readonly patience: number;
  /** The same for the round with which a log starts, and without which it does not. */
  readonly patienceAtStart: number;
  /** Between rounds that found no quorum, at most. */
  readonly longestWait: number;
}

export const WITNESS_TIMING: WitnessTiming = {
  spacing: 100,
  patience: 1000,
  patienceAtStart: 10_000,
  longestWait: 5000,
};

interface Cosignature {
  readonly key: VerifierKey;
  readonly cosignature: NoteSignature;
}

interface Member {
  readonly witness: Witness;
  /** As the quorum knows them. */
  readonly keys: readonly VerifierKey[];
  /** The size that it last cosigned, as far as is known. */
  size: number;
  /** Whether an earlier question is still open. */
  busy: boolean;
  /** What was last reported of it, so that a lasting problem is reported once. */
  problem: string | null;
}

export class Witnessing {
  readonly #log: WitnessedLog;
  readonly #members: readonly Member[];
  readonly #quorum: Quorum;
  readonly #timing: WitnessTiming;
  readonly #onProblem: (message: string) => void;
  readonly #stopping = new AbortController();
  #running: Promise<void> | null = null;

  /** @param size the size from which the witnesses are first asked to go on */
  constructor(
    log: WitnessedLog,
    witnesses: readonly Witness[],
    quorum: Quorum,
    size: number,
    timing: WitnessTiming,
    onProblem: (message: string) => void,
  ) {
    const keys = quorumKeys(quorum);
    this.#log = log;
    this.#quorum = quorum;
    this.#timing = timing;
    this.#onProblem = onProblem;
    this.#members = witnesses.map(witness => {
      const asKnown = witness.keys.map(key => keys.find(known => sameKey(known, key)) ?? key);
      return { witness, keys: asKnown, size, busy: false, problem: null };
    });
  }

  /** Asks every witness once about the latest signed checkpoint, and publishes it when a quorum cosigns. Resolves to who failed, and how. */
  async round(patience = this.#timing.patience): Promise<Failure[]> {
    const signed = this.#log.signed();
    const answers = await Promise.all(this.#members.map(member => this.#ask(member, signed, patience)));
    const cosigned = answers.flatMap(answer => (answer instanceof Failure ? [] : answer));
    // A quorum of `none` asks for nothing, but what nobody has cosigned is not called witnessed.
    const keys = cosigned.map(({ key }) => key);
    if (cosigned.length > 0 && satisfies(this.#quorum, keys)) {
      const signatures = [signed.signature, ...cosigned.map(({ cosignature }) => cosignature)];
      await this.#log.publish(signed.checkpoint, formatNote({ text: signed.text, signatures }));
    }
    return answers.filter(answer => answer instanceof Failure);
  }

  /** Starts the rounds when there is something to witness and none are under way. */
  wake(): void {
    if (this.#running !== null || !this.#isDue()) return;
    this.#running = this.#run().then(
      () => {
        this.#running = null;
        this.wake();
      },
      // The log has reported why it could not publish, and takes no more.
      () => this.#stopping.abort(),
    );
  }

  /** Resolves when the round that is under way, if any, has ended; there will be no other. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    let wait = this.#timing.spacing;
    while (this.#isDue()) {
      const before = this.#log.witnessed();
      await this.round();
      wait =
        this.#log.witnessed() === before
          ? Math.min(wait * 2, this.#timing.longestWait)
          : this.#timing.spacing;
      await sleep(wait, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
  }

  #isDue(): boolean {
    const { size } = this.#log.signed().checkpoint;
    return !this.#stopping.signal.aborted && (this.#log.witnessed()?.size ?? -1) < size;
  }

  async #ask(
    member: Member,
    signed: SignedCheckpoint,
    patience: number,
  ): Promise<readonly Cosignature[] | Failure> {
    try {
      const cosignatures = await this.#inTime(member, patience, () => this.#cosign(member, signed));
      member.problem = null;
      return cosignatures;
    } catch (error) {
      const label = member.keys.map(keyLabel).join(', ');
      const failure =
        error instanceof Failure
          ? new Failure(error.code, { field: label, detail: error.detail ?? 'as the witness answered' })
          : new Failure('witness/quorum-not-met', { field: label, detail: messageOf(error) });
      if (member.problem !== failure.message) this.#onProblem(failure.message);
      member.problem = failure.message;
      return failure;
    }
  }

  async #cosign(member: Member, signed: SignedCheckpoint): Promise<Cosignature[]> {
    let answer = await this.#request(member, signed);
    if (answer.status === 'stale') {
      // The witness's word alone, and perhaps no size at all. Whatever it makes us prove, it still proves that the log only grew.
      if (!Number.isSafeInteger(answer.size) || answer.size < 0) throw new Failure('witness/stale');
      if (answer.size > signed.checkpoint.size) {
        throw new Failure('log/behind-witness', { detail: `size ${answer.size} at the witness` });
      }
      member.size = answer.size;
      answer = await this.#request(member, signed);
    }
    if (answer.status === 'stale') throw new Failure('witness/stale', { detail: `size ${answer.size}` });
    const cosigned = await readCosignatures(member.keys, signed.text, answer.cosignatures);
    member.size = signed.checkpoint.size;
    return cosigned;
  }

  async #request({ witness, size }: Member, signed: SignedCheckpoint): Promise<AddCheckpointAnswer> {
    return witness.addCheckpoint({
      oldSize: size,
      proof: await this.#log.proveConsistency(size, signed.checkpoint.size),
      checkpoint: formatNote({ text: signed.text, signatures: [signed.signature] }),
    });
  }

  /** A witness that has not answered yet is not asked again, so that one that hangs gathers no questions. */
  async #inTime<Value>(member: Member, patience: number, ask: () => Promise<Value>): Promise<Value> {
    if (member.busy) throw new Error('still busy');
    member.busy = true;
    const answer = ask().finally(() => {
      member.busy = false;
    });
    const enough = new AbortController();
    const silence = sleep(patience, undefined, { signal: enough.signal }).then(() => {
      throw new Error('no answer in time');
    });
    try {
      return await Promise.race([answer, silence]);
    } finally {
      enough.abort();
      silence.catch(() => undefined);
    }
  }
}

/** The lines by the witness's known keys; others are ignored. Throws `cosignature/malformed` or `note/signature-invalid`. */
async function readCosignatures(
  keys: readonly VerifierKey[],
  text: string,
  lines: readonly NoteSignature[],
): Promise<Cosignature[]> {
  const cosigned: Cosignature[] = [];
  for (const cosignature of lines) {
    const { name, keyId, signature } = cosignature;
    const key = keys.find(known => known.name === name && equal(known.id, keyId));
    if (key === undefined) continue;
    if (cosigned.some(known => known.key === key)) throw new Failure('cosignature/malformed');
    const time = await cosignatureTime(text, key, signature);
    if (time === null) throw new Failure('note/signature-invalid');
    // Without a time it does not say that this is the largest tree that was seen.
    if (time === 0) throw new Failure('cosignature/malformed');
    cosigned.push({ key, cosignature });
  }
  if (cosigned.length === 0) throw new Failure('cosignature/malformed');
  return cosigned;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'no answer';
}

/** The keys that a quorum is made of. */
export function quorumKeys(quorum: Quorum): VerifierKey[] {
  switch (quorum.kind) {
    case 'none':
      return [];
    case 'witness':
      return [quorum.key];
    case 'group':
      return quorum.members.flatMap(quorumKeys);
  }
}
