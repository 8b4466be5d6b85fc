/** An answer that comes as one body: gathered, read, and passed on unchanged under its receipt. */
import { ByteCollector } from '../../bytes/collector.js';
import { inexactNumbers } from '../../bytes/json-numbers.js';
import { fromUtf8, utf8 } from '../../bytes/octets.js';
import { hostErrorOf, saysError, statusOfError } from '../../exchange/host-error.js';
import { parsedAnswer } from '../../exchange/members.js';
import type { AnswerFacts, AnswerReader, Surface } from '../../exchange/surface.js';
import type { UpstreamHead } from '../../exchange/upstream.js';
import { Failure } from '../../reason.js';
import type { ClientStream } from './client-stream.js';
import type { GatewayLimits } from './context.js';
import type { Delivery } from './delivery.js';
import type { HostAnswer } from './host-answer.js';
import type { Appraisal, Verdict } from './policy/appraisal.js';
import type { AnswerRestorer } from './redaction/answer-restorer.js';
import type { Relay } from './relay.js';
import { forwardedHeaders } from './respond.js';

export interface BodyRelayOptions {
  readonly limits: GatewayLimits;
  readonly surface: Surface;
  readonly reader: AnswerReader;
  readonly translation: HostAnswer | null;
  readonly restorer: AnswerRestorer | null;
  readonly delivery: Delivery;
  /** Where the client has been told already that its answer is a stream, no body can be given any more. */
  readonly stream: ClientStream;
  readonly head: UpstreamHead;
  readonly appraisal: Appraisal | null;
  /** Lets go of an upstream whose answer is an error with this status, if another can be asked; returns whether that is so. */
  readonly giveUp: (status: number) => boolean;
  /** Called with an error's body that is said to the client in other words. */
  readonly onRestated: (received: Uint8Array) => void;
}

export class BodyRelay implements Relay {
  readonly #options: BodyRelayOptions;
  readonly #body = new ByteCollector();

  constructor(options: BodyRelayOptions) {
    this.#options = options;
  }

  get begun(): boolean {
    return this.#body.length > 0;
  }

  data(chunk: Uint8Array): void {
    if (this.#body.length + chunk.length > this.#options.limits.responseBytes)
      throw new Failure('upstream/oversized');
    this.#body.add(chunk);
  }

  end(): void {
    const { head, reader, stream, delivery, translation, restorer, appraisal, giveUp } = this.#options;
    const { status: http } = head;
    const given = parseJson(this.#body.bytes);
    if (http >= 400) {
      this.#endWithError(given, http);
      return;
    }
    if (http === 200 && this.#isError(given)) {
      const status = statusOfError(given);
      if (!giveUp(status)) this.#endWithError(given, status);
      return;
    }
    if (stream.begun) throw new Failure('upstream/garbage', { detail: 'no stream' });
    const headers = forwardedHeaders(head.headers);
    if (http !== 200) throw new Failure('upstream/garbage', { detail: `HTTP ${http}` });
    const said = translation === null ? this.#body.bytes : translation.body(given, this.#inexact);
    const body = restorer?.body(said) ?? said;
    const value = body === this.#body.bytes ? given : parseJson(body);
    if (translation !== null) headers['content-type'] = 'application/json';
    if (!reader.body(value, translation === null ? mediaType(head) : 'application/json')) {
      throw new Failure('upstream/garbage', { detail: `HTTP ${http}` });
    }
    const failed = reader.failed || translation?.failed === true;
    const answer = translation?.facts(reader.answer) ?? reader.answer;
    const status = failed ? 'failed' : 'completed';
    if (appraisal !== null) {
      const given = { form: 'body', bytes: this.#body.bytes } as const;
      if (this.#isStopped(appraisal.first(!failed, answer), answer)) return;
      if (this.#isStopped(appraisal.final(answer, failed ? null : given), answer)) return;
    }
    delivery.answer({ status, reason: failed ? 'upstream/error' : null, http, headers, body, answer });
  }

  /** Whether it came under the status of an answer and is an error in its place. One that stands in an answer is read with that. */
  #isError(given: object | null): boolean {
    if (!saysError(given)) return false;
    const { surface, translation, head } = this.#options;
    return translation !== null || !surface.newReader().body(given, mediaType(head));
  }

  get #inexact(): ReadonlySet<number> {
    return inexactNumbers(fromUtf8(this.#body.bytes) ?? '');
  }

  /** Whether the policy does not let the answer pass; then the client is told so here, or another attempt is made. */
  #isStopped(verdict: Verdict, answer: AnswerFacts | null): boolean {
    if (verdict !== null && verdict !== 'elsewhere') {
      const { stream, delivery } = this.#options;
      const teller = stream.begun ? stream : delivery;
      teller.withhold(verdict, this.#body.bytes, answer);
    }
    return verdict !== null;
  }

  /** Nothing of a body passes before all of it is there. */
  appraiseCut(): void {}

  /** An error of the upstream's: as it is where the client's API has such, else its message in that API's words. `http`: its status. */
  #endWithError(given: object | null, http: number): void {
    const { head, surface, stream, delivery, translation, appraisal, onRestated } = this.#options;
    if (this.#isStopped(appraisal?.first(false, null) ?? null, null)) return;
    if (stream.begun) throw new Failure('upstream/error', { detail: `HTTP ${http}` });
    const headers = forwardedHeaders(head.headers);
    const received = this.#body.bytes;
    const passes = translation === null && given !== null && surface.isError(given);
    const error = hostErrorOf(given, fromUtf8(received), http);
    const body = passes ? received : utf8(JSON.stringify(surface.hostErrorBody(error, http)));
    if (!passes) {
      headers['content-type'] = 'application/json';
      onRestated(received);
    }
    const status = http < 500 ? 'refused' : 'failed';
    delivery.answer({ status, reason: 'upstream/error', http, headers, body, answer: null });
  }

  fail(failure: Failure): void {
    const { stream, delivery } = this.#options;
    if (stream.begun) stream.fail(failure, null);
    else delivery.failWith(failure);
  }

  abort(reason: 'client/aborted' | 'gateway/closing'): void {
    const { stream, delivery } = this.#options;
    if (stream.begun) stream.abort(reason, null);
    else delivery.abandonBody(reason);
  }
}

function mediaType({ headers }: UpstreamHead): string {
  const type = headers['content-type'] ?? '';
  const end = type.indexOf(';');
  return (end < 0 ? type : type.slice(0, end)).trim().toLowerCase();
}

/** The body's JSON object or array; null for anything else. */
function parseJson(body: Uint8Array): object | null {
  const text = fromUtf8(body);
  const value = text === null ? null : parsedAnswer(text);
  return typeof value === 'object' ? value : null;
}
