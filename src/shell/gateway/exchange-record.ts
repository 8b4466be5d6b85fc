/**
 * What the gateway knows of one exchange while it runs, and the receipt that it becomes.
 *
 * Everything that a client or an upstream has written is hostile here: it reaches the receipt as a number, as a word from a closed list,
 * as a name that the operator has listed, or else as a commitment.
 */
import { toBase32 } from '../../bytes/base32.js';
import { ByteCollector } from '../../bytes/collector.js';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { utf8 } from '../../bytes/octets.js';
import { type AnswerImage, imageBytes } from '../../exchange/answer-image.js';
import type { Parameters } from '../../exchange/parameters.js';
import { isSubstitution } from '../../exchange/substitution.js';
import type { AnswerFacts, RequestFacts, Surface } from '../../exchange/surface.js';
import { toolCallBytes } from '../../exchange/tool-call.js';
import type { Upstream, UpstreamHead } from '../../exchange/upstream.js';
import { Failure, type ReasonCode } from '../../reason.js';
import { ACCEPTANCE } from '../../receipt/acceptance.js';
import { receiptKeys } from '../../receipt/entry.js';
import { envelopeBytes } from '../../receipt/envelope.js';
import { nonceCommitment } from '../../receipt/nonce.js';
import { commit, formatOpening, type Label, OPENING_BYTES } from '../../receipt/opening.js';
import {
  type Attempt,
  type Items,
  RECEIPT,
  type Receipt,
  type ResponseDigest,
  receiptSubject,
} from '../../receipt/receipt.js';
import { writeStatement } from '../../receipt/statement.js';
import { merkleRoot } from '../../tree/root.js';
import { randomBytes } from '../random.js';
import type { GatewayContext } from './context.js';
import type { ClientThread } from './issuer.js';
import type { Target } from './routing/route.js';
import { type TriedUpstream, TriedUpstreams } from './tried-upstreams.js';
import { UpstreamReceipt } from './upstream-receipt.js';

/** How an exchange ended. */
export interface Ending {
  readonly status: Receipt['response']['status'];
  /** Null only for `completed`. */
  readonly reason: ReasonCode | null;
  /** The HTTP status that the client got, or would have got. */
  readonly http: number;
  /** What the receipt commits to of the response, and the bytes that the vault keeps; null when nothing was sent. */
  readonly response: { readonly digest: ResponseDigest; readonly bytes: Uint8Array } | null;
  readonly answer: AnswerFacts | null;
}

export interface SealedReceipt {
  /** The canonical bytes of its envelope: the log's entry. */
  readonly entry: Uint8Array;
  /** SHA-256 of the signed payload, hexadecimal. */
  readonly digest: string;
}

/** How long after an exchange the log has to include its receipt, in milliseconds. */
const PROMISE = 3_600_000;
/** As many commitments as a receipt lists; beyond, one root stands for all. */
const MAX_LISTED_ITEMS = 32;

export class ExchangeRecord {
  readonly id = toBase32(randomBytes(16));
  readonly opening: Uint8Array = randomBytes(OPENING_BYTES);
  readonly #context: GatewayContext;
  readonly #surface: Surface;
  readonly #received: number;
  readonly #body: Uint8Array;
  readonly #complete: boolean;
  readonly #nonce: string | null;
  readonly #thread: ClientThread;
  readonly #counter: number;
  #request: RequestFacts | null = null;
  readonly #tried = new TriedUpstreams();
  /** What the upstream has sent, where that is not what the client gets. */
  #untranslated: ByteCollector | null = null;
  #restated = false;
  #transforms: readonly string[] = [];
  #firstByte: number | null = null;
  /** Null before it was made. */
  #acceptance: Uint8Array | null = null;

  /**
   * Accepts a request: from here on the client's number is used. `body`: the bytes received; `complete`: whether that is all of them; `nonce`:
   * the client's, or null where it sent none.
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
    this.#surface = surface;
    this.#received = received;
    this.#body = body;
    this.#complete = complete;
    this.#nonce = nonce;
    this.#thread = context.issuer.thread(credentials);
    this.#counter = ++this.#thread.counter;
  }

  /** The headers that every answer to this exchange carries. */
  get headers(): Record<string, string> {
    return {
      'countersign-exchange': this.id,
      'countersign-opening': formatOpening(this.opening),
      link: `</v1/receipts/${this.id}>; rel="receipt"`,
      ...(this.#tried.count > 1 ? { 'countersign-attempts': String(this.#tried.count) } : {}),
      ...this.#tried.last?.receipt?.headers,
    };
  }

  /** The bytes of the request that are held for this exchange. */
  get bodyLength(): number {
    return this.#body.length;
  }

  understood(request: RequestFacts): void {
    this.#request = request;
  }

  /** Another upstream is about to be sent this. `transforms`: the names of the changes between what came and what is sent. */
  attempting(target: Target, sent: Uint8Array, transforms: readonly string[]): void {
    this.#tried.add(target, sent, this.#context.now());
    this.#transforms = transforms;
    this.#untranslated = null;
    this.#firstByte = null;
  }

  /** The upstream could not be reached: what was to be sent was not. */
  unsent(): void {
    this.#last.sent = null;
  }

  answering(head: UpstreamHead): void {
    const last = this.#last;
    last.head = head;
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

  /** The next bytes of an answer that is translated. */
  untranslated(chunk: Uint8Array): void {
    this.#untranslated ??= new ByteCollector();
    this.#untranslated.add(chunk);
  }

  /** The client gets an error of the upstream's in other words than these. `isNamed`: whether no translation stands for it already. */
  restated(received: Uint8Array, isNamed: boolean): void {
    this.#restated = isNamed;
    this.#untranslated = new ByteCollector();
    this.#untranslated.add(received);
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
        ...this.#nonceMember(),
        received: this.#received,
      },
    });
  }

  /**
   * Ends the exchange: content goes into the vault and the signed receipt into the log, both before anything of it reaches the client. Then, or
   * when that has failed, calls `done`: with `archive/unavailable`, `vault/unavailable` or `log/unavailable`, or with a fault of ours.
   */
  seal(ending: Ending, done: (result: SealedReceipt | Error) => void): void {
    const thread = this.#thread;
    let isNext = false;
    try {
      const evidence = this.#tried.last?.receipt?.evidence ?? null;
      if (evidence !== null) this.#context.archive.put(evidence.item.digest, evidence.bytes);
      const subject = receiptSubject(this.#commit('request', this.#body), ending.response?.digest ?? null);
      const statement = writeStatement(RECEIPT, { subject, predicate: this.#predicate(ending) });
      const digest = sha256(statement);
      const response = ending.response?.bytes ?? null;
      const received = this.#untranslated?.bytes ?? null;
      const content = { opening: this.opening, request: this.#body, response, received };
      isNext = true;
      thread.previous = toHex(digest);
      this.#context.sealer.seal(this.id, statement, content, sealed => done(this.#log(digest, sealed)));
    } catch (error) {
      if (isNext) thread.previous = thread.logged;
      done(error as Error);
    }
  }

  /** `digest`: of the statement. Where it cannot be logged, the next of the client's receipts refers to the last that was. */
  #log(digest: Uint8Array, sealed: Uint8Array | Failure): SealedReceipt | Error {
    const thread = this.#thread;
    try {
      if (sealed instanceof Failure) throw sealed;
      // A rejected inclusion is reported by the log itself; whoever waits for the receipt sees that it is not there.
      const known = receiptKeys(digest, this.id);
      this.#context.log.append(sealed, known).included.catch(() => undefined);
      thread.logged = toHex(digest);
      return { entry: sealed, digest: thread.logged };
    } catch (error) {
      thread.previous = thread.logged;
      return error as Error;
    }
  }

  #predicate(ending: Ending): Receipt {
    const { issuer, log, now } = this.#context;
    const completed = Math.max(now(), this.#firstByte ?? this.#received);
    const seen = this.#context.seen();
    // Names are in order throughout: what is so is written in half the time.
    return {
      attempts: this.#attempts(ending, completed),
      claims: this.#claims(ending),
      client: this.#thread.client,
      counter: this.#counter,
      epoch: this.#thread.epoch,
      evidence: this.#evidence(),
      exchange: this.id,
      issuer: issuer.label,
      log: { deadline: completed + PROMISE, origin: log.origin },
      model: this.#model(ending.answer),
      policy: issuer.policy,
      previous: this.#thread.previous,
      price: { lines: null, reason: this.#upstream?.origin === 'built-in:' ? 'free' : 'no-price-list' },
      request: {
        attachments: this.#items('attachment', this.#request?.attachments ?? []),
        complete: this.#complete,
        ...this.#nonceMember(),
        parameters: this.#parameters(),
        sent: this.#sent === null ? null : this.#commit('request/sent', this.#sent),
        surface: this.#surface.name,
        transforms: [...this.#transforms],
      },
      response: {
        finish: (ending.answer?.finish ?? [])
          .slice(0, MAX_LISTED_ITEMS)
          .map((reason, at) => this.#finish(reason, at)),
        http: ending.http,
        ...this.#images(ending.answer?.images ?? []),
        reason: ending.reason,
        ...(this.#untranslated === null
          ? {}
          : { received: this.#commit('response/received', this.#untranslated.bytes) }),
        status: ending.status,
        ...(this.#restated ? { transforms: ['error-restated'] } : {}),
        tools: this.#items('tool', (ending.answer?.toolCalls ?? []).map(toolCallBytes)),
        usage: ending.answer?.usage ?? null,
      },
      responsibility: this.#responsibility(),
      seen: { root: toHex(seen.root), size: seen.size },
      time: { clock: 'issuer', completed, firstByte: this.#firstByte, received: this.#received },
      upstream: this.#upstreamFacts(),
    };
  }

  #evidence(): Receipt['evidence'] {
    const evidence = this.#tried.last?.receipt?.evidence ?? null;
    return evidence === null ? [] : [evidence.item];
  }

  /** The upstream that was tried last. */
  get #upstream(): Upstream | null {
    return this.#tried.upstream;
  }

  get #head(): UpstreamHead | null {
    return this.#tried.last?.head ?? null;
  }

  get #sent(): Uint8Array | null {
    return this.#tried.last?.sent ?? null;
  }

  #attempts({ status, reason }: Ending, completed: number): Attempt[] {
    return this.#tried.attempts({ status, reason, completed }, this.#request?.model ?? null, {
      name: (label, name) => this.#name(label, name, this.#context.names.isPublic(name)),
      sent: bytes => this.#commit('request/sent', bytes),
    });
  }

  #claims({ answer }: Ending): Receipt['claims'] {
    if (this.#sent === null) return [];
    const requested = this.#request?.model ?? null;
    const served = answer?.model ?? null;
    const model: Receipt['claims'] =
      served === null
        ? [{ about: 'model', source: 'none', status: 'unknown' }]
        : [{ about: 'model', source: 'upstream', status: 'asserted' }];
    if (requested !== null && served !== null && isSubstitution(requested, served))
      model.push({ about: 'model/substituted', source: 'upstream', status: 'asserted' });
    return [
      { about: 'answer', source: 'none', status: 'unknown' },
      ...model,
      { about: 'place', source: 'issuer', status: 'asserted' },
    ];
  }

  #model(answer: AnswerFacts | null): Receipt['model'] {
    const { names } = this.#context;
    const requested = this.#request?.model ?? null;
    const asked = this.#tried.last?.target.model ?? requested;
    const served = answer?.model ?? null;
    return {
      digest: served === null ? null : (this.#upstream?.modelDigest(served) ?? null),
      requested:
        requested === null ? null : this.#name('model/requested', requested, names.isPublic(requested)),
      served: served === null ? null : this.#name('model/served', served, names.serves(asked, served)),
    };
  }

  #finish(reason: string, at: number): Receipt['response']['finish'][number] {
    return this.#name(`finish/${at}`, reason, this.#surface.finishReasons.has(reason));
  }

  #name(label: Label, name: string, isPublic: boolean): { name: string } | { commitment: string } {
    return isPublic ? { name } : { commitment: this.#commit(label, utf8(name)) };
  }

  #parameters(): Parameters {
    if (this.#request === null) return {};
    return { ...this.#upstream?.defaults, ...this.#request.parameters };
  }

  #responsibility(): Receipt['responsibility'] {
    const operator = {
      key: this.#context.issuer.label,
      party: this.#context.operator,
      role: 'operator',
    } as const;
    const policyAuthor = {
      key: this.#context.issuer.label,
      party: this.#context.operator,
      role: 'policy-author',
    } as const;
    if (this.#upstream === null || this.#sent === null) return [operator, policyAuthor];
    const host = {
      key: this.#head?.tlsSpki ?? null,
      party: hostOf(this.#upstream.origin),
      role: 'host',
    } as const;
    return [operator, host, policyAuthor];
  }

  #upstreamFacts(): Receipt['upstream'] {
    if (this.#upstream === null || this.#sent === null) return null;
    const headers = this.#head?.headers ?? {};
    const requestId = headers['countersign-exchange'] ?? headers['request-id'] ?? headers['x-request-id'];
    return {
      origin: this.#upstream.origin,
      requestId: requestId === undefined ? null : this.#commit('upstream/request-id', utf8(requestId)),
      signature: null,
      tlsSpki: this.#head?.tlsSpki ?? null,
    };
  }

  /** Left out where the request has none. */
  #nonceMember(): { readonly nonce?: string } {
    return this.#nonce === null ? {} : { nonce: nonceCommitment(this.opening, this.#nonce) };
  }

  /** Left out where the answer has none. */
  #images(images: readonly AnswerImage[]): { readonly images?: Items } {
    return images.length === 0 ? {} : { images: this.#items('image', images.map(imageBytes)) };
  }

  #items(kind: 'tool' | 'attachment' | 'image', items: readonly Uint8Array[]): Items {
    const commitments = items.map((item, at) => commit(this.opening, `${kind}/${at}`, item));
    if (commitments.length <= MAX_LISTED_ITEMS) return { commitments: commitments.map(toHex) };
    return { count: commitments.length, root: toHex(merkleRoot(commitments)) };
  }

  #commit(label: Label, bytes: Uint8Array): string {
    return toHex(commit(this.opening, label, bytes));
  }
}

/** Who ran the model, as far as the operator knows: the host that it asked. */
function hostOf(origin: string): string {
  return origin === 'built-in:' ? 'built-in engine' : origin.slice(origin.indexOf('//') + 2);
}
