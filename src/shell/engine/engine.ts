/**
 * The built-in engine: an upstream that answers from a small model inside this process.
 *
 * Who may be malicious: whoever wrote the request. Its content is hostile and can at worst make the model
 * say something foolish: it cannot forge turns, keep others from their turn, or hold more than its share of
 * memory. The model's folder is trusted to be a model, but not to be any particular one: its digest, taken
 * over the very bytes that run, goes into receipts. The worker thread is trusted, and may die.
 */

import { randomBytes } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { OPENAI_WORDS } from '../../exchange/chat-words.js';
import type { ModelCard } from '../../exchange/model-card.js';
import type { SurfaceName } from '../../exchange/surface-names.js';
import type { Transfer, Upstream, UpstreamRequest, UpstreamSink } from '../../exchange/upstream.js';
import { Answer } from './answer.js';
import { Delivery } from './delivery.js';
import { Inference } from './inference.js';
import { type Model, readModel } from './model.js';
import { DEMONSTRATION_FOLDER, WORKER } from './place.js';
import { OVERLOADED, Refusal } from './refusal.js';
import { StreamedReply, WholeReply } from './reply.js';
import { type ChatRequest, DEFAULTS, parseChatRequest } from './request.js';
import type { WorkerData } from './worker-messages.js';

export const DEMONSTRATION_MODEL = 'countersign-demo';

/** Answers that may be running or waiting at once; more are refused with `engine_overloaded`. */
export const MOST_ANSWERS = 64;

/** When the demonstration model was first released, in Unix seconds. */
const RELEASED = Date.UTC(2026, 10, 21) / 1000;

/**
 * Opens the engine over a model's folder, by default the demonstration model's. Returns as soon as the
 * files are hashed. The network loads when it is first asked for, which takes about a second: a
 * gateway whose clients use another upstream has no memory for it.
 */
export async function openEngine(folder: string = DEMONSTRATION_FOLDER): Promise<Engine> {
  const model = await readModel(folder);
  const workerData: WorkerData = { network: model.network, shape: model.shape };
  return new Engine(model, new Inference(() => new Worker(WORKER, { workerData })));
}

export class Engine implements Upstream {
  readonly name = 'built-in';
  readonly origin = 'built-in:';
  readonly chatWords = OPENAI_WORDS;
  readonly givesReceipts = false;
  readonly provider = null;
  readonly defaults = DEFAULTS;
  readonly #model: Model;
  readonly #inference: Inference;

  constructor(model: Model, inference: Inference) {
    this.#model = model;
    this.#inference = inference;
  }

  serves(surface: SurfaceName): boolean {
    return surface === 'chat/completions';
  }

  /** Only that it has too much to do passes by itself. */
  isTransient(status: number): boolean {
    return status === OVERLOADED;
  }

  send(request: UpstreamRequest, sink: UpstreamSink): Transfer {
    const delivery = new Delivery(sink);
    try {
      this.#answer(request, delivery);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      delivery.head({ status: error.status, headers: error.headers, tlsSpki: null });
      delivery.data(error.body);
      delivery.end();
    }
    return delivery;
  }

  async models(): Promise<readonly ModelCard[]> {
    return [{ id: DEMONSTRATION_MODEL, object: 'model', created: RELEASED, owned_by: 'countersign' }];
  }

  modelDigest(model: string): string | null {
    return model === DEMONSTRATION_MODEL ? this.#model.digest : null;
  }

  /** Ends the worker; answers that are still running fail as broken. */
  async close(): Promise<void> {
    await this.#inference.close();
  }

  #answer(request: UpstreamRequest, delivery: Delivery): void {
    if (!this.serves(request.surface))
      throw new Refusal('unknown_url', null, `The engine does not answer ${request.surface}.`);
    const chat = parseChatRequest(request.body, DEMONSTRATION_MODEL);
    const { shape, tokenizer } = this.#model;
    // One position stays for the answer.
    const prompt = tokenizer.prompt(chat.messages, shape.context - 1);
    if (prompt === null) {
      const message = `The messages do not fit into the model's context of ${shape.context} tokens.`;
      throw new Refusal('context_length_exceeded', 'messages', message);
    }
    if (this.#inference.load >= MOST_ANSWERS) {
      throw new Refusal(
        'engine_overloaded',
        null,
        `The engine is busy with ${MOST_ANSWERS} answers. Try again soon.`,
      );
    }
    const reply = this.#reply(chat);
    const answer = new Answer({ promptTokens: prompt.length, stop: chat.stop, reply, tokenizer, delivery });
    const commission = {
      prompt,
      sampling: chat.sampling,
      most: chat.most,
      specialTokens: tokenizer.specialTokens,
    };
    answer.stop = this.#inference.generate(commission, answer);
    delivery.onAbort = answer.stop;
  }

  #reply(chat: ChatRequest): WholeReply | StreamedReply {
    const identity = {
      id: `chatcmpl-${randomBytes(16).toString('hex')}`,
      created: Math.floor(Date.now() / 1000),
      model: DEMONSTRATION_MODEL,
      system_fingerprint: `fp_${this.#model.digest.slice(0, 12)}`,
    };
    return chat.stream ? new StreamedReply(identity, chat.includeUsage) : new WholeReply(identity);
  }
}
