/** What the policy says of one attempt while its answer comes. */
import type { AttemptFacts } from '../../../appraise/policy/checks.js';
import type { AnswerFacts } from '../../../exchange/surface.js';
import type { Upstream } from '../../../exchange/upstream.js';
import type { Failure, ReasonCode } from '../../../reason.js';
import type { Receipt } from '../../../receipt/receipt.js';
import { mayBeAttested } from '../attestation/standing.js';
import type { ExchangeRecord } from '../exchange-record.js';
import type { GivenAnswer } from '../upstream-receipt.js';
import type { PolicyRun, Stop } from './policy-run.js';

/** Null where the answer may pass; `elsewhere` where another attempt takes its place; else what the client is told. */
export type Verdict = null | 'elsewhere' | Failure;

export interface AppraisalOptions {
  readonly run: PolicyRun;
  readonly record: ExchangeRecord;
  readonly upstream: Upstream;
  /** The model that it is asked for. */
  readonly asked: string | null;
  /** Lets go of the upstream for another, if one can be asked; returns whether that is so. */
  readonly elsewhere: (code: ReasonCode) => boolean;
}

export class Appraisal {
  readonly #options: AppraisalOptions;

  constructor(options: AppraisalOptions) {
    this.#options = options;
  }

  /** Whether nothing is passed on before the final checks. */
  get buffer(): boolean {
    return this.#options.run.buffer;
  }

  /** Whether the upstream's own receipts can be judged, for which a stream's events have to be chained. */
  get judgesReceipts(): boolean {
    return this.#options.run.trustFor(this.#options.upstream.name) !== null;
  }

  /** When the answer begins. `isAnswer`: whether it is one, and no error; `answer`: what has been read of it. */
  first(isAnswer: boolean, answer: AnswerFacts | null): Verdict {
    const { run } = this.#options;
    if (!run.hasChecks('first-byte')) return null;
    const facts = this.#facts(answer, { isAnswer, isWhole: false, given: null });
    // Of an error nothing else is asked than whether it is one.
    return this.#decide(run.appraise('first-byte', facts, isAnswer ? undefined : ['upstream-answered']));
  }

  /** When nothing more comes. `given`: what the upstream has given; null where that was no whole answer. */
  final(answer: AnswerFacts | null, given: GivenAnswer | null): Verdict {
    const { run } = this.#options;
    if (!run.hasChecks('final')) return null;
    const state = { isAnswer: true, isWhole: given !== null, given };
    return this.#decide(run.appraise('final', this.#facts(answer, state)));
  }

  #decide(stop: Stop | null): Verdict {
    if (stop === null) return null;
    const { run, elsewhere } = this.#options;
    const { check, failure } = stop;
    if (check.onFailure === 'reroute' && elsewhere(check.code)) return 'elsewhere';
    run.refused(stop);
    return failure;
  }

  #facts(
    answer: AnswerFacts | null,
    { isAnswer, isWhole, given }: { isAnswer: boolean; isWhole: boolean; given: GivenAnswer | null },
  ): AttemptFacts {
    const { asked, record, upstream } = this.#options;
    const served = answer?.model ?? null;
    const receipt = given === null ? null : this.#receiptFor(given);
    return {
      asked,
      served,
      digest: (served === null ? null : upstream.modelDigest(served)) ?? receipt?.model.digest ?? null,
      isPriced: record.isPriced(answer),
      isAnswer,
      isWhole,
      hasFinish: (answer?.finish.length ?? 0) > 0,
      hasUsage: answer?.usage != null,
      hasReceipt: receipt !== null,
      isAttested: mayBeAttested(upstream),
    };
  }

  /** The receipt that the upstream has given for its answer; null for none that its trust file bears out. */
  #receiptFor(given: GivenAnswer): Receipt | null {
    const { record, run, upstream } = this.#options;
    const trust = run.trustFor(upstream.name);
    return trust === null ? null : (record.upstreamReceipt?.judged(trust, given) ?? null);
  }
}
