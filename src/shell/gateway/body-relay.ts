/** An answer that comes as one body: gathered, read, and passed on unchanged under its receipt. */
import { ByteCollector } from '../../bytes/collector.js';
import { fromUtf8 } from '../../bytes/octets.js';
import { parsedMembers } from '../../exchange/members.js';
import type { AnswerReader } from '../../exchange/surface.js';
import type { UpstreamHead } from '../../exchange/upstream.js';
import { Failure } from '../../reason.js';
import type { ClientStream } from './client-stream.js';
import type { GatewayLimits } from './context.js';
import type { Delivery } from './delivery.js';
import type { Relay } from './relay.js';
import { forwardedHeaders } from './respond.js';

export class BodyRelay implements Relay {
  readonly #limits: GatewayLimits;
  readonly #reader: AnswerReader;
  readonly #delivery: Delivery;
  /** Where the client has been told already that its answer is a stream, no body can be given any more. */
  readonly #stream: ClientStream | null;
  readonly #head: UpstreamHead;
  readonly #body = new ByteCollector();

  constructor(
    limits: GatewayLimits,
    reader: AnswerReader,
    delivery: Delivery,
    stream: ClientStream | null,
    head: UpstreamHead,
  ) {
    this.#limits = limits;
    this.#reader = reader;
    this.#delivery = delivery;
    this.#stream = stream;
    this.#head = head;
  }

  get begun(): boolean {
    return this.#body.length > 0;
  }

  data(chunk: Uint8Array): void {
    if (this.#body.length + chunk.length > this.#limits.responseBytes)
      throw new Failure('upstream/oversized');
    this.#body.add(chunk);
  }

  end(): void {
    const body = this.#body.bytes;
    const value = parseObject(body);
    const http = this.#head.status;
    const headers = forwardedHeaders(this.#head.headers);
    if (http >= 400 && value !== null) {
      if (this.#stream?.begun) throw new Failure('upstream/error', { detail: `HTTP ${http}` });
      const status = http < 500 ? 'refused' : 'failed';
      this.#delivery.answer({ status, reason: 'upstream/error', http, headers, body, answer: null });
      return;
    }
    if (http !== 200 || this.#stream?.begun || !this.#reader.body(value, mediaType(this.#head))) {
      throw new Failure('upstream/garbage', { detail: `HTTP ${http}` });
    }
    const { answer, failed } = this.#reader;
    const status = failed ? 'failed' : 'completed';
    this.#delivery.answer({ status, reason: failed ? 'upstream/error' : null, http, headers, body, answer });
  }

  fail(failure: Failure): void {
    if (this.#stream?.begun) this.#stream.fail(failure, null);
    else this.#delivery.failWith(failure);
  }

  abort(reason: 'client/aborted' | 'gateway/closing'): void {
    if (this.#stream?.begun) this.#stream.abort(reason, null);
    else this.#delivery.abandonBody(reason);
  }
}

function mediaType({ headers }: UpstreamHead): string {
  return (headers['content-type'] ?? '').split(';', 1).join().trim().toLowerCase();
}

function parseObject(body: Uint8Array): object | null {
  const text = fromUtf8(body);
  return text === null ? null : parsedMembers(text);
}
