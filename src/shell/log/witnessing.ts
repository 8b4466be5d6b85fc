/**
 * Asking witnesses to cosign what the log has signed, in rounds.
 *
 * No answer is trusted: a cosignature counts only when it verifies under the key that the policy names, and a witness that is slow,
 * silent or wrong costs the log nothing but its cosignature. When too few answer, nothing becomes witnessed; the rounds go on.
 *
 * A round asks all witnesses at once and publishes as soon as a quorum has cosigned. Who answers later is waited for no longer than its
 * patience lasts; if what was published is still the latest by then, it is published once more with all that came, and otherwise the
 * late cosignatures are dropped. A mirror that lacks many entries is brought them however long that takes, and its cosignature counts in
 * the round that finds it with nothing left to bring. Without growth there is a round from time to time all the same, so that who watches the log sees that
 * it and its witnesses are there.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Checkpoint } from '../../note/checkpoint.js';
import { sameKey, type VerifierKey } from '../../note/key.js';
import { type Quorum, satisfies } from '../../note/policy.js';
import type { NoteSignature } from '../../note/signature-line.js';
import { Failure } from '../../reason.js';
import type { PolicyMember } from '../../tree/policy-member.js';
import { Member, type Showing } from './member.js';
import type { SignedCheckpoint } from './signed-checkpoint.js';
import type { Timestamp } from './timestamp.js';
import type { Cosignature } from './witness-answer.js';

/** What the rounds are about. */
export interface WitnessedLog extends Showing {
  signed(): SignedCheckpoint;
  witnessed(): Checkpoint | null;
  /** Resolves when the tree as it is signed now is durable. Rejects when the disk fails. */
  prepare(): Promise<void>;
  /** Keeps and publishes a checkpoint that a quorum has cosigned. Rejects when the disk fails; there are no rounds after that. */
  publish(signed: SignedCheckpoint, signatures: readonly NoteSignature[]): Promise<void>;
}

/** All in milliseconds. */
export interface WitnessTiming {
  /** Between two rounds, at least. */
  readonly spacing: number;
  /** What a witness may take to answer. */
  readonly patience: number;
  /** The same for the round with which a log starts, and without which it does not. */
  readonly patienceAtStart: number;
  /** Between rounds that found no quorum, at most. */
  readonly longestWait: number;
  /** After which a checkpoint is published anew though the tree has not grown. */
  readonly refresh: number;
}

export const WITNESS_TIMING: WitnessTiming = {
  spacing: 250,
  patience: 1000,
  patienceAtStart: 10_000,
  longestWait: 5000,
  refresh: 600_000,
};

export interface WitnessingOptions {
  readonly witnesses: readonly PolicyMember[];
  /** When a checkpoint is witnessed. Under `none`, when at least one witness has cosigned it. */
  readonly quorum: Quorum;
  /** The size from which the witnesses are first asked to go on. */
  readonly size: number;
  /** The log's own cosignature, without which nothing is published; null for a log that has none. */
  readonly timestamp: Timestamp | null;
  readonly timing: WitnessTiming;
  readonly onProblem: (message: string) => void;
}

/** A member that has not cosigned, and why. */
interface Refusal {
  readonly member: Member;
  readonly failure: Failure;
}

/** One round: what has come in so far. */
interface Round {
  readonly signed: SignedCheckpoint;
  /** The log's own cosignature, being made while the witnesses are asked. */
  readonly own: Promise<readonly NoteSignature[]>;
  /** The tree becoming durable meanwhile. */
  readonly durable: Promise<void>;
  readonly answers: Map<Member, readonly Cosignature[]>;
  /** Resolves when a quorum has answered, or all have. */
  readonly enough: Promise<void>;
  /** Resolves when all have answered or lost their chance to, to those who have not cosigned. */
  readonly finished: Promise<readonly Refusal[]>;
}

export class Witnessing {
  readonly #log: WitnessedLog;
  readonly #members: readonly Member[];
  readonly #options: WitnessingOptions;
  /** Ends the rounds that come by themselves. */
  readonly #ending = new AbortController();
  /** Ends everything. */
  readonly #halting = new AbortController();
  /** For each member, and for the log's own cosignature, the code of what was last reported: a lasting problem is reported once. */
  readonly #reported = new Map<Member | Timestamp, string>();
  #running: Promise<void> | null = null;
  /** What is being published; one at a time, in order. */
  #publishing: Promise<unknown> = Promise.resolve();
  #published: Round | null = null;
  /** Whether what is published is to be published anew, grown or not. */
  #isStale = true;
  #refresh: NodeJS.Timeout | null = null;

  constructor(log: WitnessedLog, options: WitnessingOptions) {
    const keys = quorumKeys(options.quorum);
    this.#log = log;
    this.#options = options;
    this.#members = options.witnesses.map(witness => {
      const asKnown = witness.keys.map(key => keys.find(known => sameKey(known, key)) ?? key);
      return new Member(witness, asKnown, options.size, log);
    });
  }

  /**
   * The round with which a log starts: waits for every witness before anything is published, and for a mirror without which there is no
   * quorum for as long as it takes entries. A witness that says that it has yet to read the entries has been heard: it said so after it had
   * compared sizes and trees. It may be able to read them only when the log has started, so that what a log needs to start is a quorum of those
   * who have cosigned or been heard; what it publishes needs a quorum of those who have cosigned, as ever. Throws `log/behind-witness` when one of them
   * has seen a larger tree, `log/corrupt` when one has seen another, `log/witnesses-silent` when too few answer to know, and what kept
   * the log from cosigning.
   */
  async begin(): Promise<void> {
    try {
      await this.#begin();
    } catch (error) {
      this.halt();
      throw error;
    }
  }

  async #begin(): Promise<void> {
    const { quorum, timing } = this.#options;
    const round = this.#ask(timing.patienceAtStart, quorum.kind !== 'none');
    const refusals = await round.finished;
    for (const {
      failure: { code, field, detail },
    } of refusals) {
      const context = { ...(field && { field }), ...(detail && { detail }) };
      if (code === 'log/behind-witness') throw new Failure(code, context);
      if (code === 'witness/consistency-invalid') {
        throw new Failure('log/corrupt', { ...context, detail: 'this witness has cosigned another history' });
      }
      // The store itself was found to be damaged while a proof was made.
      if (code === 'log/corrupt') throw new Failure(code, context);
    }
    // Silence at the start is no answer: a witness that says nothing may be the one that has seen more.
    const heard = refusals.filter(hasYetToRead).flatMap(({ member }) => member.keys);
    if (quorum.kind !== 'none' && !this.#suffices(round.answers, heard))
      throw new Failure('log/witnesses-silent');
    if (this.#suffices(round.answers)) await this.#publish(round, await round.own);
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
      () => this.halt(),
    );
  }

  /** No round begins from now on, and none publishes. */
  halt(): void {
    this.#halting.abort();
    this.#ending.abort();
    for (const member of this.#members) member.leave();
    if (this.#refresh !== null) clearTimeout(this.#refresh);
  }

  /**
   * Resolves when nothing is being published any more. What is signed and not witnessed yet gets one more round before that, so that a log
   * at rest is covered by the checkpoint that it has kept wherever its witnesses can be reached.
   */
  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#running;
    if (this.#hasGrown && !this.#halting.signal.aborted) await this.#round().catch(() => undefined);
    this.halt();
    await this.#publishing;
  }

  async #run(): Promise<void> {
    const { spacing, longestWait } = this.#options.timing;
    let wait = spacing;
    while (this.#isDue()) {
      wait = (await this.#round()) ? spacing : Math.min(wait * 2, longestWait);
      await sleep(wait, undefined, { signal: this.#ending.signal }).catch(() => undefined);
    }
  }

  #isDue(): boolean {
    if (this.#ending.signal.aborted) return false;
    return this.#hasGrown || (this.#isStale && this.#members.length > 0);
  }

  /** Whether there is something that witnesses have yet to see. */
  get #hasGrown(): boolean {
    if (this.#members.length === 0) return false;
    return (this.#log.witnessed()?.size ?? -1) < this.#log.signed().checkpoint.size;
  }

  /** Whether it has published: as soon as there is a quorum. Rejects when the disk fails. */
  async #round(): Promise<boolean> {
    const round = this.#ask(this.#options.timing.patience);
    await round.enough;
    if (!this.#suffices(round.answers)) return false;
    const own = await round.own.catch(() => null);
    if (own === null) return false;
    const published = round.answers.size;
    await this.#publish(round, own);
    void round.finished.then(() => this.#publishLate(round, own, published)).catch(() => this.halt());
    return true;
  }

  /** @param isPatient whether mirrors that are being filled are waited for until there is a quorum */
  #ask(patience: number, isPatient = false): Round {
    const signed = this.#log.signed();
    const answers: Round['answers'] = new Map();
    const asked: Promise<Refusal | null>[] = [];
    const quorum = new Promise<void>(resolve => {
      for (const member of this.#members) {
        if (member.busy) continue;
        const isWaitedFor = () => {
          if (!isPatient || this.#suffices(answers)) return false;
          this.#report(
            member,
            new Failure('mirror/behind', { field: member.label, detail: 'it is waited for' }),
          );
          return true;
        };
        asked.push(
          this.#hear(member, member.ask(signed, patience, isWaitedFor), cosignatures => {
            answers.set(member, cosignatures);
            if (this.#suffices(answers)) resolve();
          }),
        );
      }
    });
    const finished = Promise.all(asked).then(results => results.filter(result => result !== null));
    const own = this.#cosign(signed.text);
    const durable = this.#log.prepare();
    // Looked at only when there is a quorum.
    for (const later of [own, durable]) later.catch(() => undefined);
    const enough = Promise.race([quorum, finished.then(() => undefined)]);
    return { signed, own, durable, answers, enough, finished };
  }

  /** Resolves to the refusal, which has been reported, or to null. */
  async #hear(
    member: Member,
    answer: Promise<readonly Cosignature[]>,
    take: (cosignatures: readonly Cosignature[]) => void,
  ): Promise<Refusal | null> {
    try {
      take(await answer);
      this.#reported.delete(member);
      return null;
    } catch (error) {
      return { member, failure: this.#report(member, error) };
    }
  }

  async #cosign(text: string): Promise<readonly NoteSignature[]> {
    const { timestamp } = this.#options;
    if (timestamp === null) return [];
    try {
      const line = await timestamp.cosign(text);
      this.#reported.delete(timestamp);
      return [line];
    } catch (error) {
      throw this.#report(timestamp, error);
    }
  }

  #report(whose: Member | Timestamp, error: unknown): Failure {
    const failure =
      error instanceof Failure ? error : new Failure('log/cosigner-failed', { detail: String(error) });
    const isNew = this.#reported.get(whose) !== failure.code;
    this.#reported.set(whose, failure.code);
    // What ends because the log does is no problem of anybody's.
    if (isNew && !this.#halting.signal.aborted) this.#options.onProblem(failure.message);
    return failure;
  }

  /**
   * A quorum of `none` asks for nothing, but what nobody has cosigned is not called witnessed.
   *
   * @param others keys that count as well
   */
  #suffices(answers: Round['answers'], others: readonly VerifierKey[] = []): boolean {
    const keys = [...[...answers.values()].flat().map(({ key }) => key), ...others];
    return keys.length > 0 && satisfies(this.#options.quorum, keys);
  }

  #publish(round: Round, own: readonly NoteSignature[]): Promise<void> {
    return this.#inTurn(() => this.#publishNow(round, own));
  }

  /** Once more with the cosignatures that came after a quorum had, where that is still what the log shows. */
  #publishLate(round: Round, own: readonly NoteSignature[], published: number): Promise<void> {
    return this.#inTurn(async () => {
      const isLatest = round === this.#published && round.signed === this.#log.signed();
      if (isLatest && round.answers.size > published) await this.#publishNow(round, own);
    });
  }

  async #publishNow(round: Round, own: readonly NoteSignature[]): Promise<void> {
    await round.durable;
    if (this.#halting.signal.aborted) return;
    // In the order in which the log was given its witnesses, whoever was first.
    const cosigned = this.#members.flatMap(member => round.answers.get(member) ?? []);
    await this.#log.publish(round.signed, [...own, ...cosigned.map(({ line }) => line)]);
    this.#published = round;
    this.#isStale = false;
    if (this.#refresh !== null) clearTimeout(this.#refresh);
    const becomeStale = () => {
      this.#isStale = true;
      this.wake();
    };
    this.#refresh = setTimeout(becomeStale, this.#options.timing.refresh).unref();
  }

  #inTurn(act: () => Promise<void>): Promise<void> {
    const turn = this.#publishing.then(act);
    this.#publishing = turn.catch(() => undefined);
    return turn;
  }
}

/**
 * Whether a witness has said that the tree extends the last one that it cosigned, and that it will cosign it when it has read the entries. Nobody has
 * signed that, as nobody signs the size in a 409 either: who could make it up on the way could as well bring back an old cosignature.
 */
function hasYetToRead({ failure }: Refusal): boolean {
  return failure.code === 'witness/entries-unchecked';
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
