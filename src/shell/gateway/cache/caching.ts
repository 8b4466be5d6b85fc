/** What the cache has to do with one exchange: it answers it, or keeps its answer. */
import { fromUtf8 } from '../../../bytes/octets.js';
import { EventSplitter, eventData, type ServerSentEvent } from '../../../exchange/server-sent-events.js';
import type { Surface } from '../../../exchange/surface.js';
import { ClientStream } from '../client-stream.js';
import type { Delivery } from '../delivery.js';
import type { Ending } from '../exchange-facts.js';
import type { ExchangeRecord } from '../exchange-record.js';
import type { AnswerCache, CachedAnswer } from './answer-cache.js';
import { readCacheControl } from './cache-control.js';
import { type Asked, cacheKey } from './cache-key.js';

export class Caching {
  readonly #cache: AnswerCache;
  readonly #surface: Surface;
  readonly #key: Uint8Array;
  readonly #mayFind: boolean;
  readonly #mayKeep: boolean;

  constructor(cache: AnswerCache, asked: Asked) {
    const { mayFind, mayKeep } = readCacheControl(asked.headers['cache-control']);
    this.#cache = cache;
    this.#surface = asked.surface;
    this.#key = cacheKey(asked);
    this.#mayFind = mayFind;
    this.#mayKeep = mayKeep;
  }

  /** Answers with what was answered before; false where there is nothing of the kind. Throws `gateway/busy`. */
  answers(record: ExchangeRecord, delivery: Delivery): boolean {
    const cached = this.#mayFind ? this.#cache.find(this.#key) : null;
    if (cached === null) return false;
    delivery.hold(cached.bytes.length);
    record.answeredBefore(cached);
    if (delivery.gone) delivery.abandonBody('client/aborted');
    else if (cached.form === 'stream') this.#stream(cached, record, delivery);
    else {
      const { contentType, bytes: body, answer } = cached;
      const headers = { 'content-type': contentType };
      delivery.answer({ status: 'completed', reason: null, http: 200, headers, body, answer });
    }
    return true;
  }

  /** Keeps the answer that is on its way, should it become a whole one. */
  keepsAnswerOf(record: ExchangeRecord, delivery: Delivery): void {
    if (!this.#mayKeep) return;
    delivery.whenCompleted(({ response, answer }, receipt, contentType) => {
      if (response === null || answer === null || !this.#isFinal(answer)) return;
      this.#cache.keep(this.#key, {
        exchange: record.id,
        receipt,
        host: record.host,
        form: response.digest.form,
        contentType,
        // A copy that is no longer than it has to be.
        bytes: response.bytes.slice(),
        answer,
      });
    });
  }

  /** A response can be whole while its model is still to begin; images stand at addresses that soon lead nowhere. */
  #isFinal({ finish, images }: NonNullable<Ending['answer']>): boolean {
    if (images.length > 0) return false;
    return this.#surface.name !== 'responses' || finish.join() === 'completed';
  }

  #stream({ contentType, bytes, answer }: CachedAnswer, record: ExchangeRecord, delivery: Delivery): void {
    const stream = new ClientStream(this.#surface, record, delivery);
    const splitter = new EventSplitter(bytes.length);
    const reader = this.#surface.newReader();
    stream.begin(200, { 'content-type': contentType });
    for (const block of [...splitter.push(bytes), ...splitter.end()]) {
      const event = block.event as ServerSentEvent;
      const type = event.event === null ? null : fromUtf8(event.event);
      if (reader.event({ type, data: fromUtf8(eventData(event)) })) {
        stream.finish(block, 'completed', null, answer);
        return;
      }
      stream.event(block);
    }
    stream.close('completed', null, answer);
  }
}
