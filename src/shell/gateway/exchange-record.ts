/** What the gateway knows of one exchange while it runs, and the receipt that it becomes. */
import type { OutgoingHttpHeaders } from 'node:http';
import type { StatedParty } from '../../appraise/policy/publish.js';
import { toBase32 } from '../../bytes/base32.js';
import { ByteCollector } from '../../bytes/collector.js';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import type { Ticket } from '../../economy/admission.js';
import type { RequestFacts, Surface } from '../../exchange/surface.js';
import type { UpstreamHead } from '../../exchange/upstream.js';
import { Failure, type ReasonCode } from '../../reason.js';
import { ACCEPTANCE } from '../../receipt/acceptance.js';
import { envelopeBytes } from '../../receipt/envelope.js';
import type { ExchangeReport } from '../../receipt/exchange-report.js';
import { commit, formatOpening, type Label, OPENING_BYTES } from '../../receipt/opening.js';
import { RECEIPT, receiptSubject } from '../../receipt/receipt.js';
import type { Sealed } from '../../receipt/sealer.js';
import { writeStatement } from '../../receipt/statement.js';
import { randomBytes } from '../random.js';
import type { GatewayContext } from './context.js';
import type { Held } from './epochs/horizon.js';
import type { CachedReference, Ending, ExchangeFacts } from './exchange-facts.js';
import type { ClientThread } from './issuer.js';
import type { PolicyInForce } from './policy/in-force.js';
import type { PassedOver, PolicyRun } from './policy/policy-run.js';
import { outcomeOf, priceOfExchange } from './pricing.js';
import { nonceMember, receiptPredicate } from './receipt-predicate.js';
import { type AskedBy, reportOf } from './report-exchange.js';
import type { Target } from './routing/route.js';
import { type TriedUpstream, TriedUpstreams } from './tried-upstreams.js';
import { UpstreamReceipt } from './upstream-receipt.js';

const OF_THE_CUSTOMER =
  /^(?:x-ratelimit-|anthropic-ratelimit-|anthropic-organization-id$|openai-(?:organization|project)$)/;

/** As many upstreams that were passed over as a receipt tells of. */
export const MAX_PASSED_OVER = 8;
const NOTHING = new Uint8Array();
const NO_PARTIES: readonly StatedParty[] = [];

/** What lies between a client and the upstream that is asked. */
export interface Sending {
  /** The names of the changes between what came and what is sent. */
  readonly transforms: readonly string[];
  /** The surface that the upstream is asked at: another than the client's where it speaks another API. */
  readonly host: Surface;
  /** Null where nothing can be put back into the answer. */
  readonly restorer: { readonly changed: boolean } | null;
}

export interface SealedReceipt {
  /** The canonical bytes of its envelope: the log's entry. */
  readonly entry: Uint8Array;
  /** SHA-256 of the signed payload, hexadecimal. */
  readonly digest: string;
}

export class ExchangeRecord {
  readonly id = toBase32(randomBytes(16));
  readonly opening: Uint8Array = randomBytes(OPENING_BYTES);
  readonly #context: GatewayContext;
  readonly #surface: Surface;
  readonly #arrived: number;
  readonly #body: Uint8Array;
  readonly #complete: boolean;
  readonly #nonce: string | null;
  readonly #thread: ClientThread;
  readonly #counter: number;
  #request: RequestFacts | null = null;
  readonly #tried = new TriedUpstreams();
  /** What the upstream has sent, where that may not be what the client gets. */
  #received: ByteCollector | null = null;
  #restated = false;
  #withheld = false;
  /** The one that was in force when the request came; under which rule of it, null for a policy without rules. */
  readonly #policy: PolicyInForce;
  #run: PolicyRun | null = null;
  #sending: Sending;
  #cached: CachedReference | null = null;
  #firstByte: number | null = null;
  /** Whether it is noted, or about to be, how the exchange ended. */
  #isNoted = false;
  /** Null before it was made. */
  #acceptance: Uint8Array | null = null;
  /** Null where there is nothing to settle: the gateway has no keys, the request was not admitted, or it is settled. */
  #ticket: Ticket | null = null;
  #limits: Ticket['headers'] | null = null;
  #passedOver = 0;

  /**
   * Accepts a request: from here on the client's number is used. `body`: the bytes received; `complete`: whether that is all of them; `nonce`:
   * the client's, or null where it sent none. Throws `epoch/journal-unavailable` where the number cannot be noted.
   */
  constructor(
    context: GatewayContext,
    surface: Surface,
    credentials: string,
    body: Uint8Array,
    complete: boolean,
    nonce: string | null,
    received: number,
  ) {
    this.#context = context;
    this.#policy = context.policy.inForce;
    this.#surface = surface;
    this.#sending = { transforms: [], host: surface, restorer: null };
    this.#arrived = received;
    this.#body = body;
    this.#complete = complete;
    this.#nonce = nonce;
    this.#thread = context.issuer.thread(credentials);
    this.#counter = ++this.#thread.counter;
    this.#thread.run.accepted(this.#thread.client, this.#counter);
  }

  /** The request was admitted: what it takes of its client's limits is settled when it is over. */
  admitted(ticket: Ticket): void {
    this.#ticket = ticket;
    this.#limits = ticket.headers;
  }

  /** Once, whoever calls it how often. `ending`: null where nobody knows how it ended. */
  settle(ending: Ending | null): void {
    const ticket = this.#ticket;
    this.#ticket = null;
    if (ticket === null) return;
    const { pricing } = this.#context;
    ticket.settle(ending === null ? { tokens: null, cost: null } : outcomeOf(pricing, this.#facts, ending));
  }

  /** An answer's headers: those of `given` that are for this client, and our own. */
  answerHeaders(given: OutgoingHttpHeaders): OutgoingHttpHeaders {
    if (this.#limits === null) return { ...given, ...this.headers };
    // What an upstream says of its customer is for the operator, and not for those who ask with a key of his.
    const shown = Object.entries(given).filter(([name]) => !OF_THE_CUSTOMER.test(name));
    return { ...Object.fromEntries(shown), ...this.#limits, ...this.headers };
  }

  /** The headers that every answer to this exchange carries. */
  get headers(): Record<string, string> {
    return {
      'countersign-exchange': this.id,
      'countersign-opening': formatOpening(this.opening),
      link: `</v1/receipts/${this.id}>; rel="receipt"`,
      ...(this.#tried.count > 1 ? { 'countersign-attempts': String(this.#tried.count) } : {}),
      ...(this.#run?.header == null ? {} : { 'countersign-policy': this.#run.header }),
      ...this.#tried.last?.receipt?.headers,
      ...(this.#cached === null
        ? {}
        : { 'countersign-cache': 'hit', 'countersign-cached-exchange': this.#cached.exchange }),
    };
  }

  /** The client's name in the epoch in which this is. */
  get client(): string {
    return this.#thread.client;
  }

  /** The bytes of the request that are held for this exchange. */
  get bodyLength(): number {
    return this.#body.length;
  }

  understood(request: RequestFacts): void {
    this.#request = request;
  }

  get policy(): PolicyInForce {
    return this.#policy;
  }

  /** The exchange is under a rule of the policy. */
  underRule(run: PolicyRun): void {
    this.#run = run;
  }

  get run(): PolicyRun | null {
    return this.#run;
  }

  /** Nothing is sent there, because the policy does not let it be asked. Of very many, the receipt tells of the first. */
  passedOver({ target, code, shown = [] }: PassedOver): void {
    if (this.#passedOver >= MAX_PASSED_OVER) return;
    this.#passedOver++;
    const now = this.#context.now();
    this.#tried.add(target, NOTHING, now, shown);
    this.unsent();
    this.#last.given = { ended: now, reason: code };
  }

  /** Whether an exchange that ended so would have a price. */
  isPriced(answer: Ending['answer']): boolean {
    const { pricing } = this.#context;
    const price = priceOfExchange(pricing, this.#facts, { status: 'completed', answer });
    return price.lines !== null || price.reason === 'free';
  }

  /** The surface that the upstream that was tried last was asked at. */
  get host(): Surface {
    return this.#sending.host;
  }

  /** Nobody is asked: the answer is one that was given before, by a host that was asked at `host`. */
  answeredBefore({ exchange, receipt, host }: CachedReference & { readonly host: Surface }): void {
    this.#cached = { exchange, receipt };
    this.#sending = { ...this.#sending, host };
  }

  /** Another upstream is about to be sent this. */
  attempting(target: Target, sent: Uint8Array, sending: Sending): void {
    const finding = target.upstream.attestation?.finding ?? null;
    this.#tried.add(target, sent, this.#context.now(), finding?.evidence ?? []);
    this.#sending = sending;
    this.#received = null;
    this.#firstByte = null;
  }

  /** The upstream could not be reached: what was to be sent was not. */
  unsent(): void {
    this.#last.sent = null;
  }

  get hasAsked(): boolean {
    return this.#tried.hasAsked;
  }

  answering(head: UpstreamHead): void {
    const last = this.#last;
    last.head = head;
    if (head.evidence !== undefined) last.shown = head.evidence;
    if (last.target.upstream.givesReceipts && last.sent !== null)
      last.receipt = new UpstreamReceipt(head, last.sent);
  }

  /** The upstream has written one of the comments in which a gateway gives its receipts. */
  upstreamComment(comment: Uint8Array): void {
    this.#last.receipt?.comment(comment);
  }

  /** The attempt has failed, and another one follows. */
  gaveUp(reason: ReasonCode): void {
    this.#last.given = { ended: this.#context.now(), reason };
  }

  /** The next bytes of an answer of which the client may not get the same. */
  received(chunk: Uint8Array): void {
    this.#received ??= new ByteCollector();
    this.#received.add(chunk);
  }

  /** The client gets an error of the upstream's in other words than these. `isNamed`: whether no translation stands for it already. */
  restated(received: Uint8Array, isNamed: boolean): void {
    this.#restated = isNamed;
    this.#received = new ByteCollector();
    this.#received.add(received);
  }

  /** The client gets an error in the place of an answer that has come as these bytes, unless it is noted already what came. */
  withheld(received: Uint8Array): void {
    this.#withheld = true;
    if (this.#received === null) this.received(received);
  }

  /** The receipt of its own that the upstream that was tried last gives; null for none. */
  get upstreamReceipt(): UpstreamReceipt | null {
    return this.#tried.last?.receipt ?? null;
  }

  get #last(): TriedUpstream {
    return this.#tried.last as TriedUpstream;
  }

  firstByte(): void {
    this.#firstByte ??= this.#context.now();
  }

  /** Has the acceptance of a request whose answer will be streamed made, while its upstream thinks. */
  prepareAcceptance(): void {
    this.#context.sealer.sign(this.#acceptanceStatement(), envelope => {
      this.#acceptance ??= envelope;
    });
  }

  /** The acceptance: the canonical bytes of its envelope. */
  get acceptance(): Uint8Array {
    this.#acceptance ??= envelopeBytes(this.#context.issuer.sign(this.#acceptanceStatement()));
    return this.#acceptance;
  }

  #acceptanceStatement(): Uint8Array {
    const { client, epoch } = this.#thread;
    return writeStatement(ACCEPTANCE, {
      subject: [
        { digest: { 'countersign-commitment-v1': this.#commit('request', this.#body) }, name: 'request' },
      ],
      predicate: {
        client,
        counter: this.#counter,
        epoch,
        exchange: this.id,
        issuer: this.#context.issuer.label,
        log: { origin: this.#context.log.origin },
        ...nonceMember(this.opening, this.#nonce),
        received: this.#arrived,
      },
    });
  }

  /**
   * Ends the exchange: content goes into the vault and the signed receipt into the log, both before anything of it reaches the client. Then, or
   * when that has failed, calls `done`: with `archive/unavailable`, `vault/unavailable`, `log/unavailable` or `log/entry-too-large`, or with a
   * fault of ours.
   */
  seal(ending: Ending, done: (result: SealedReceipt | Error) => void): void {
    const thread = this.#thread;
    const noting = thread.run.ending(this.#context.now());
    const refund = this.#run?.isRefunded === true ? (this.#context.refunds?.expect() ?? null) : null;
    let isNext = false;
    try {
      const evidence = this.#tried.last?.receipt?.evidence ?? null;
      if (evidence !== null) this.#context.archive.put(evidence.item.digest, evidence.bytes);
      const subject = receiptSubject(this.#commit('request', this.#body), ending.response?.digest ?? null);
      const predicate = receiptPredicate(this.#context, this.#facts, ending);
      const statement = writeStatement(RECEIPT, { subject, predicate });
      const digest = sha256(statement);
      const response = ending.response?.bytes ?? null;
      const received = this.#otherThanGiven;
      const content = { opening: this.opening, request: this.#body, response, received };
      isNext = true;
      const hexadecimal = toHex(digest);
      thread.previous = hexadecimal;
      this.#context.sealer.seal(this.id, { statement, digest }, content, sealed => {
        if (sealed instanceof Failure) refund?.cancel();
        else {
          refund?.order(sealed.entry);
          this.#context.onSealed?.(sealed.index, predicate);
        }
        done(this.#sealed(sealed, { digest, hexadecimal, status: ending.status }, noting));
      });
    } catch (error) {
      if (isNext) thread.previous = thread.logged;
      this.#endUnkept(noting);
      refund?.cancel();
      done(error as Error);
    }
  }

  /** What the operator is told of it. `ended`: when, in milliseconds since 1970; `unsealed`: why there is no receipt. */
  report(
    askedBy: AskedBy,
    ending: Pick<Ending, 'status' | 'reason' | 'http' | 'answer'>,
    ended: number,
    unsealed: ReasonCode | null,
  ): ExchangeReport {
    return reportOf(this.#context.names, this.#facts, askedBy, ending, ended, unsealed);
  }

  /** The exchange ends without a receipt, which only a fault of our own can bring about. */
  abandon(): void {
    this.#endUnkept(null);
  }

  #endUnkept(noting: Held | null): void {
    if (this.#isNoted) return;
    this.#isNoted = true;
    this.#thread.run.unkept(this.#thread.client, this.#counter, noting);
  }

  /** Where the receipt is not in the log, the next of the client's receipts refers to the last that is. `digest`: of the statement. */
  #sealed(
    sealed: Sealed | Failure,
    made: { readonly digest: Uint8Array; readonly hexadecimal: string; readonly status: Ending['status'] },
    noting: Held,
  ): SealedReceipt | Failure {
    const thread = this.#thread;
    if (sealed instanceof Failure) {
      thread.previous = thread.logged;
      this.#endUnkept(noting);
      return sealed;
    }
    const { digest, hexadecimal, status } = made;
    const { entry, index } = sealed;
    this.#isNoted = true;
    const included = this.#context.log.reached(index, 'included', Number.POSITIVE_INFINITY);
    thread.run.logged(thread.client, this.#counter, { digest, status, index, included }, noting);
    thread.logged = hexadecimal;
    return { entry, digest: hexadecimal };
  }

  /** What the upstream has sent, where that is not what the client got. */
  get #otherThanGiven(): Uint8Array | null {
    const { host, restorer } = this.#sending;
    const isOther = host !== this.#surface || this.#restated || this.#withheld || restorer?.changed === true;
    return isOther ? (this.#received?.bytes ?? null) : null;
  }

  /** The changes between that and what the client got: an error in the place of an answer is all of one. */
  get #answerTransforms(): readonly string[] {
    if (this.#withheld) return ['answer-withheld'];
    return [
      ...(this.#sending.restorer?.changed === true ? ['restored'] : []),
      ...(this.#restated ? ['error-restated'] : []),
    ];
  }

  get #facts(): ExchangeFacts {
    return {
      exchange: this.id,
      opening: this.opening,
      surface: this.#surface,
      host: this.#sending.host,
      thread: this.#thread,
      counter: this.#counter,
      nonce: this.#nonce,
      complete: this.#complete,
      request: this.#request,
      transforms: this.#sending.transforms,
      tried: this.#tried,
      cached: this.#cached,
      upstreamAnswer: this.#otherThanGiven,
      answerTransforms: this.#answerTransforms,
      policy: this.#run?.clause ?? this.#policy.reference,
      parties: this.#run?.parties ?? NO_PARTIES,
      received: this.#arrived,
      firstByte: this.#firstByte,
    };
  }

  #commit(label: Label, bytes: Uint8Array): string {
    return toHex(commit(this.opening, label, bytes));
  }
}
