/**
 * Holds every exchange against what its client got, what its upstreams saw and what the log says of it. It knows the rules of
 * `spec/receipt.md` and `docs/upstreams.md` and none of the gateway's code.
 */
import type { Outcome } from './client.js';
import { numberIn, type Plan, planOf, ROUTES, sentBody, type UpstreamName } from './plan.js';
import { bodyCommitment, readStream, sha256 } from './receipt-arithmetic.js';

/** What an upstream has written down of one request, in the order in which they came. */
export interface UpstreamRecord {
  readonly upstream: UpstreamName;
  readonly number: number;
  readonly surface: string;
  /** SHA-256 of the request's body. */
  readonly request: string;
  readonly behaviour: string;
  /** The status that it sent, or null when it sent none. */
  readonly status: number | null;
  /** SHA-256 of an answer that it sent to its end, of a stream without its comments; null for every other. */
  readonly answer: string | null;
  /** How long it asked to be left alone, in milliseconds. */
  readonly wait: number;
}

interface Attempt {
  readonly upstream: UpstreamName;
  readonly outcome: string;
  readonly reason: string | null;
  readonly status: number | null;
  readonly started: number;
  readonly ended: number;
  readonly sent?: string | null;
}

/** The members of a receipt that are looked at. */
export interface Logged {
  readonly digest: string;
  readonly envelope: string;
  readonly subject: readonly { readonly name: string; readonly digest: Readonly<Record<string, string>> }[];
  readonly predicate: {
    readonly exchange: string;
    readonly client: string;
    readonly epoch: string;
    readonly counter: number;
    readonly previous: string | null;
    readonly attempts: readonly Attempt[];
    readonly request: { readonly sent: string | null; readonly surface: string; readonly complete: boolean };
    readonly response: { readonly status: string; readonly reason: string | null; readonly http: number };
    readonly time: { readonly received: number; readonly completed: number };
  };
}

/** What the operator's vault has of an exchange. */
export interface Kept {
  readonly opening: Uint8Array;
  readonly request: Uint8Array;
  readonly response: Uint8Array | null;
}

export interface Evidence {
  readonly seed: number;
  readonly outcomes: readonly Outcome[];
  readonly records: readonly UpstreamRecord[];
  /** In the log's order. */
  readonly receipts: readonly Logged[];
  readonly keptOf: (exchange: string) => Kept;
}

export interface Accounts {
  /** What does not fit, a sentence each. */
  readonly wrong: readonly string[];
  /** How often what happened. */
  readonly tallies: ReadonlyMap<string, number>;
}

/** More attempts than this may not be made in one step. */
const MOST_PER_STEP = 3;
/** A stream that ends without its terminal event may be complete. */
const MAY_BE_COMPLETE: ReadonlySet<string> = new Set(['noEnd']);

export function examine(evidence: Evidence): Accounts {
  return new Examination(evidence).run();
}

class Examination {
  readonly #evidence: Evidence;
  readonly #wrong: string[] = [];
  readonly #tallies = new Map<string, number>();
  readonly #records = new Map<number, UpstreamRecord[]>();
  readonly #byNumber = new Map<number, Logged>();
  /** By exchange, the number of the request and the opening, as the vault has them. */
  readonly #kept = new Map<string, { readonly number: number; readonly opening: Buffer }>();

  constructor(evidence: Evidence) {
    this.#evidence = evidence;
  }

  run(): Accounts {
    const { records, receipts, outcomes } = this.#evidence;
    for (const record of records) {
      const known = this.#records.get(record.number);
      if (known === undefined) this.#records.set(record.number, [record]);
      else known.push(record);
    }
    const aligned = new Map<Logged, (UpstreamRecord | null)[]>();
    for (const receipt of receipts) aligned.set(receipt, this.#examineReceipt(receipt));
    this.#examineThreads();
    for (const outcome of outcomes) this.#examineOutcome(outcome, aligned);
    const asked = new Set(outcomes.map(({ plan }) => plan.number));
    for (const number of this.#byNumber.keys()) {
      if (!asked.has(number)) this.#complain(number, 'a receipt for what nobody has asked');
    }
    for (const number of this.#records.keys()) {
      if (!this.#byNumber.has(number))
        this.#complain(number, 'an upstream was asked, and there is no receipt');
    }
    return { wrong: this.#wrong, tallies: this.#tallies };
  }

  #complain(number: number, what: string): void {
    this.#wrong.push(`exchange-${number}: ${what}`);
  }

  #count(what: string): void {
    this.#tallies.set(what, (this.#tallies.get(what) ?? 0) + 1);
  }

  /** The receipt against vault and upstreams. Returns what the upstream of each attempt has written down, null where it saw nothing. */
  #examineReceipt(receipt: Logged): (UpstreamRecord | null)[] {
    const { predicate, subject } = receipt;
    const { exchange, request, response, attempts, time } = predicate;
    const kept = this.#evidence.keptOf(exchange);
    const text = Buffer.from(kept.request).toString();
    const number = numberIn(text) ?? -1;
    const plan = planOf(this.#evidence.seed, number);
    const wrong = (what: string) =>
      this.#complain(number, `${what} (${response.status}, ${response.reason})`);
    if (this.#kept.has(exchange)) wrong('two receipts under one exchange');
    if (this.#byNumber.has(number)) wrong('two receipts');
    const opening = Buffer.from(kept.opening);
    this.#kept.set(exchange, { number, opening });
    this.#byNumber.set(number, receipt);

    if (!plan.body.equals(kept.request)) wrong('other bytes than the client had');
    if (!request.complete) wrong('not complete');
    if (request.surface !== plan.surface) wrong('another surface');
    const [requested, responded] = subject;
    if (requested?.digest['countersign-commitment-v1'] !== bodyCommitment(opening, 'request', kept.request))
      wrong('the request is not the one committed to');
    if ((responded === undefined) !== (kept.response === null))
      wrong('an answer in only one of vault and log');
    if (responded !== undefined && kept.response !== null) {
      const { link } = readStream(opening, Buffer.from(kept.response));
      const { 'countersign-stream-v1': stream, 'countersign-commitment-v1': body } = responded.digest;
      if (
        stream === undefined ? body !== bodyCommitment(opening, 'response', kept.response) : stream !== link
      )
        wrong('the answer is not the one committed to');
    }
    if ((response.status === 'completed') !== (response.reason === null))
      wrong('a reason where none belongs');
    this.#count(`status ${response.status}`);
    this.#count(`reason ${response.reason}`);
    this.#count(`attempts ${attempts.length}`);
    if (
      attempts.some(
        ({ started, ended }) => started > ended || started < time.received || ended > time.completed,
      )
    )
      wrong('an attempt out of time');
    return this.#examineAttempts(plan, opening, receipt, wrong);
  }

  #examineAttempts(
    plan: Plan,
    opening: Buffer,
    { predicate: { attempts, request, response } }: Logged,
    wrong: (what: string) => void,
  ): (UpstreamRecord | null)[] {
    const records = this.#records.get(plan.number) ?? [];
    if (plan.refusal !== null) {
      if (response.reason !== plan.refusal || attempts.length > 0 || records.length > 0) wrong('not refused');
      return [];
    }
    if (attempts.length === 0) {
      if (response.reason !== 'upstream/circuit-open' && response.status !== 'aborted')
        wrong('nobody was asked');
      if (records.length > 0) wrong('an upstream was asked and is not in the receipt');
      return [];
    }
    const steps = ROUTES[plan.model] ?? [];
    let step = 0;
    let inStep = 0;
    for (const [at, attempt] of attempts.entries()) {
      const found = steps.findIndex((targets, place) => place >= step && attempt.upstream in targets);
      if (found < 0) wrong(`${attempt.upstream} is not on the way of ${plan.model}`);
      inStep = found === step ? inStep + 1 : 1;
      step = Math.max(found, 0);
      if (inStep > MOST_PER_STEP) wrong('too many attempts in one step');
      const before = attempts[at - 1];
      if (before !== undefined && before.ended > attempt.started) wrong('two attempts at once');
      // What is sent is left out where it is what was sent last.
      const sent = attempt.sent === undefined ? request.sent : attempt.sent;
      const body = sentBody(plan, steps[step]?.[attempt.upstream] ?? '');
      if (sent !== null && sent !== bodyCommitment(opening, 'request/sent', body))
        wrong(`${attempt.upstream} was sent something else`);
      if (sent === null && attempt.status !== null) wrong('an answer to nothing');
      if (at < attempts.length - 1 && attempt.outcome !== 'failed') wrong('another attempt after a good one');
    }
    const outcomes = { completed: 'answered', refused: 'answered', failed: 'failed', aborted: 'aborted' };
    const last = attempts.at(-1) as Attempt;
    // A client may leave between two attempts: the one before has failed all the same.
    const wasBetween = response.status === 'aborted' && last.outcome === 'failed';
    const isLast =
      last.outcome === outcomes[response.status as keyof typeof outcomes] && last.reason === response.reason;
    if (!isLast && !wasBetween) wrong(`the last attempt ended otherwise: ${last.outcome}, ${last.reason}`);
    return this.#align(plan, attempts, request.sent, records, wrong);
  }

  /** Which attempt is which request that an upstream saw. Each that was seen is an attempt; one that was not seen got no answer either. */
  #align(
    plan: Plan,
    attempts: readonly Attempt[],
    sentLast: string | null,
    records: readonly UpstreamRecord[],
    wrong: (what: string) => void,
  ): (UpstreamRecord | null)[] {
    const aligned: (UpstreamRecord | null)[] = attempts.map(() => null);
    const steps = ROUTES[plan.model] ?? [];
    for (const upstream of new Set(records.map(record => record.upstream))) {
      const seen = records.filter(record => record.upstream === upstream);
      const asked = steps.flatMap(targets => targets[upstream] ?? []);
      const body = sha256(sentBody(plan, asked[0] ?? '')).toString('hex');
      if (seen.some(({ request }) => request !== body)) wrong(`${upstream} saw something else`);
    }
    const fits = (at: number, seen: readonly UpstreamRecord[]): boolean => {
      const attempt = attempts[at];
      if (attempt === undefined) return seen.length === 0;
      const sent = attempt.sent === undefined ? sentLast : attempt.sent;
      const index = seen.findIndex(({ upstream }) => upstream === attempt.upstream);
      const record = seen[index];
      const mayBe =
        sent !== null &&
        record !== undefined &&
        (attempt.status === null || attempt.status === record.status);
      if (mayBe && fits(at + 1, seen.toSpliced(index, 1))) {
        aligned[at] = record;
        return true;
      }
      return attempt.status === null && fits(at + 1, seen);
    };
    if (!fits(0, records))
      wrong(
        `attempts [${attempts.map(({ upstream, status }) => `${upstream} ${status}`)}] are not what was seen: [${records.map(({ upstream, status }) => `${upstream} ${status}`)}]`,
      );
    for (const [at, { upstream, sent, reason, ended, status }] of attempts.entries()) {
      const record = aligned[at];
      if (record) {
        this.#count(`behaviour ${record.behaviour}`);
        const again = attempts.find((later, place) => place > at && later.upstream === upstream);
        // Whoever has seen no head of the answer, because it came too late, has not been told to wait either.
        if (again !== undefined && status !== null && again.started < ended + record.wait - CLOCK)
          wrong(`${upstream} was asked again ${again.started - ended} ms later, not ${record.wait}`);
      } else if ((sent === undefined ? sentLast : sent) !== null) this.#count(`unseen ${reason}`);
    }
    return aligned;
  }

  /** Per client and epoch: numbers from 1 without a gap, and a chain in the log's order. */
  #examineThreads(): void {
    const threads = new Map<string, Logged[]>();
    const names = new Map<string, string>();
    for (const receipt of this.#evidence.receipts) {
      const { client, epoch, exchange } = receipt.predicate;
      const thread = `${epoch} ${client}`;
      const known = threads.get(thread);
      const number = this.#kept.get(exchange)?.number ?? -1;
      const name = `${epoch} ${planOf(this.#evidence.seed, number).key}`;
      if (known === undefined) threads.set(thread, [receipt]);
      else known.push(receipt);
      if ((names.get(name) ?? client) !== client) this.#complain(number, 'one client under two names');
      names.set(name, client);
    }
    if (names.size !== threads.size) this.#wrong.push(`${names.size} clients and ${threads.size} threads`);
    for (const [thread, receipts] of threads) {
      const counters = receipts.map(({ predicate }) => predicate.counter).sort((a, b) => a - b);
      if (counters.some((counter, at) => counter !== at + 1))
        this.#wrong.push(`thread ${thread}: a gap in its numbers`);
      for (const [at, { predicate }] of receipts.entries()) {
        if (predicate.previous !== (receipts[at - 1]?.digest ?? null))
          this.#wrong.push(`thread ${thread}: receipt ${at} names another one before it`);
      }
      this.#count('threads');
    }
  }

  #examineOutcome(outcome: Outcome, aligned: ReadonlyMap<Logged, readonly (UpstreamRecord | null)[]>): void {
    const { plan, ending, answer } = outcome;
    const receipt = this.#byNumber.get(plan.number);
    const wrong = (what: string) =>
      this.#complain(plan.number, `${what} (${ending}, ${JSON.stringify(plan.leaving)})`);
    this.#count(`client ${ending}`);
    if (plan.leaving.kind === 'before') {
      if (receipt !== undefined) wrong('a receipt for half a request');
      return;
    }
    // Whoever went away without an answer, or met a gateway that was closing, may not have been accepted.
    if (ending !== 'whole' && answer === null && receipt === undefined) return;
    if (receipt === undefined) {
      wrong('no receipt');
      return;
    }
    const { predicate } = receipt;
    const { response } = predicate;
    if (ending === 'lost' && response.reason !== 'gateway/closing') wrong('a connection that broke');
    if (answer === null) return;
    if (answer.exchange !== predicate.exchange) wrong('another exchange');
    if (this.#kept.get(predicate.exchange)?.opening.equals(answer.opening) !== true) wrong('another opening');
    if (answer.status !== response.http)
      wrong(`the receipt says ${response.http}, the client got ${answer.status}`);
    if (ending !== 'whole') {
      const whole = this.#evidence.keptOf(predicate.exchange).response ?? new Uint8Array();
      if (answer.partial !== null && !isBeginning(answer.partial, whole))
        wrong('the client has read what the receipt does not know');
      return;
    }
    if (response.status === 'aborted') wrong('aborted, and came to its end');
    this.#examineWhole(outcome, receipt, wrong);
    const record = aligned.get(receipt)?.at(-1) ?? null;
    if (record === null || plan.refusal !== null) return;
    // On a machine that is too busy, a good answer may be late.
    if (record.answer !== null && response.status !== 'completed' && response.reason !== 'upstream/timeout')
      wrong(`a good answer became ${response.reason}`);
    if (response.status !== 'completed') return;
    if (record.answer === null && !MAY_BE_COMPLETE.has(record.behaviour))
      wrong(`${record.behaviour} became an answer`);
    if (record.answer !== null && record.answer !== answer.content)
      wrong('other bytes than the upstream sent');
  }

  /** An answer that came to its end, against the receipt that says so. */
  #examineWhole({ plan, answer }: Outcome, receipt: Logged, wrong: (what: string) => void): void {
    const { subject, predicate, digest, envelope } = receipt;
    if (answer === null) return;
    const { 'countersign-stream-v1': link, 'countersign-commitment-v1': body } = subject[1]?.digest ?? {};
    const { stream } = answer;
    if (stream === null) {
      if (body !== answer.commitment) wrong('the client got another body');
      if (answer.receiptDigest !== digest) wrong('the header names another receipt');
      if (answer.attempts !== Math.max(1, predicate.attempts.length))
        wrong('the header counts other attempts');
      return;
    }
    if (link !== stream.link) wrong('the client got another stream');
    const riders = stream.riders.map(({ kind, event }) => `${kind} ${event}`).join();
    const last = stream.events - 1;
    const expected = 'countersign-inline' in plan.headers ? '' : `acceptance 0,receipt ${last}`;
    // A stream that its upstream has closed without a terminal event has its receipt elsewhere.
    const hasNoEnd =
      [null, 'upstream/error'].includes(predicate.response.reason) && riders === 'acceptance 0';
    if (riders !== expected && !hasNoEnd) wrong(`${riders} in the stream`);
    if (stream.riders.some(rider => rider.kind === 'receipt' && rider.envelope !== envelope))
      wrong('another receipt in the stream');
  }
}

/** Between two readings of one clock in whole milliseconds. */
const CLOCK = 2;

function isBeginning(part: Uint8Array, whole: Uint8Array): boolean {
  return Buffer.from(whole.subarray(0, part.length)).equals(part);
}
