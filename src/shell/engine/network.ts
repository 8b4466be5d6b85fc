/**
 * Runs the model's network with ONNX Runtime's WebAssembly backend, on one thread, so that the same
 * tokens give the same bits in every process. Loaded only where inference runs: the worker, and tests.
 */

import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import type { ModelShape } from './model.js';

env.wasm.numThreads = 1;
// Relaxed SIMD may round differently on another processor; fixed-width SIMD may not.
env.wasm.simd = 'fixed';
env.wasm.proxy = false;
env.logLevel = 'error';

/** Keys and values of the positions that one conversation has already passed through the network. */
export interface Cache {
  readonly keys: Float32Array;
  readonly values: Float32Array;
  /** Positions filled. */
  length: number;
}

export class Network {
  readonly shape: ModelShape;
  readonly #session: InferenceSession;

  private constructor(shape: ModelShape, session: InferenceSession) {
    this.shape = shape;
    this.#session = session;
  }

  /** Loads the network. Rejects where the bytes are no model that the runtime takes. */
  static async open(bytes: Uint8Array, shape: ModelShape): Promise<Network> {
    const session = await InferenceSession.create(bytes, {
      executionProviders: ['wasm'],
      // The graph runs as it is written: nothing is gained by fusing so small a model's operators, and
      // what was computed can be repeated elsewhere, operator by operator.
      graphOptimizationLevel: 'disabled',
    });
    return new Network(shape, session);
  }

  /** An empty cache for so many positions: memory is bounded beforehand, and nothing is ever moved. */
  newCache(positions: number): Cache {
    const size = positions * this.#position;
    return { keys: new Float32Array(size), values: new Float32Array(size), length: 0 };
  }

  /**
   * Passes tokens through the network and appends them to the cache.
   * @returns the logits of the token that follows, one for each token of the vocabulary
   * @throws RangeError where the cache would overflow
   */
  async extend(cache: Cache, tokens: readonly number[]): Promise<Float32Array> {
    const end = cache.length + tokens.length;
    const filled = cache.length * this.#position;
    if (end * this.#position > cache.keys.length)
      throw new RangeError(`${end} positions do not fit the cache`);
    const { layers, heads, head } = this.shape;
    const past = [cache.length, layers, heads, head];
    const result = await this.#session.run({
      tokens: new Tensor('int32', Int32Array.from(tokens), [tokens.length]),
      past_keys: new Tensor('float32', cache.keys.subarray(0, filled), past),
      past_values: new Tensor('float32', cache.values.subarray(0, filled), past),
    });
    cache.keys.set(floats(result, 'keys'), filled);
    cache.values.set(floats(result, 'values'), filled);
    cache.length = end;
    return floats(result, 'logits');
  }

  async close(): Promise<void> {
    await this.#session.release();
  }

  /** Numbers that one position takes in each half of a cache. */
  get #position(): number {
    return this.shape.layers * this.shape.heads * this.shape.head;
  }
}

function floats(result: InferenceSession.ReturnType, name: string): Float32Array {
  const data = result[name]?.data;
  if (!(data instanceof Float32Array)) throw new TypeError(`the network gives no ${name}`);
  return data;
}
