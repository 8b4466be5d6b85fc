/**
 * A request's body, so many bytes at a time, unpacked as it comes when it is compressed. What is unpacked waits until somebody takes it,
 * so that a small body cannot become a large memory.
 */
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Failure } from '../../reason.js';

/** The body ends before what was asked of it. */
export class BodyEnded extends Error {
  override readonly name = 'BodyEnded';
}

/** How long a client may send nothing at all, in milliseconds. */
const SILENCE = 15_000;

const nothing = () => undefined;

export class BodyReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #onHeld: (bytes: number) => void;
  readonly #close: () => void;
  #waiting: Uint8Array[] = [];
  /** Bytes that wait to be taken, and bytes that were taken since the last {@link release}. */
  #held = 0;
  #taken = 0;

  /**
   * @param encoding the request's Content-Encoding
   * @param signal ends the body where it is
   * @param onHeld told how many bytes have come since the last {@link release}
   */
  constructor(
    body: AsyncIterable<Uint8Array>,
    encoding: string | undefined,
    signal: AbortSignal,
    onHeld: (bytes: number) => void = () => undefined,
  ) {
    this.#onHeld = onHeld;
    const plain = arriving(body, signal);
    if (encoding === undefined || encoding === 'identity') {
      this.#chunks = plain;
      this.#close = nothing;
    } else if (encoding === 'gzip') {
      const source = Readable.from(plain, { objectMode: false });
      const gunzip = source.pipe(createGunzip());
      // A compressed body that was cut off must end what waits for more of it.
      source.on('error', error => gunzip.destroy(error));
      // Whoever takes is told; nobody may be taking any more.
      gunzip.on('error', () => undefined);
      this.#chunks = gunzip[Symbol.asyncIterator]();
      const close = () => {
        source.destroy();
        gunzip.destroy();
      };
      this.#close = close;
    } else {
      throw new Failure('request/encoded', { field: 'content-encoding' });
    }
  }

  /** The next `count` bytes. Throws {@link BodyEnded} when there are fewer, however the body ended. */
  readonly take = async (count: number): Promise<Uint8Array> => {
    while (this.#held < count) {
      const chunk = await this.#chunks.next().catch(() => null);
      if (chunk === null || chunk.done) throw new BodyEnded();
      this.#waiting.push(chunk.value);
      this.#held += chunk.value.length;
      this.#onHeld(this.#taken + this.#held);
    }
    this.#held -= count;
    this.#taken += count;
    return this.#cut(count);
  };

  /** Says that nobody holds any more what has been taken. */
  release(): void {
    this.#taken = 0;
    this.#onHeld(this.#held);
  }

  /** Lets go of everything; the request itself stays open for its answer. */
  close(): void {
    this.#close();
  }

  #cut(count: number): Uint8Array {
    const [first] = this.#waiting;
    if (first !== undefined && first.length > count) {
      this.#waiting[0] = first.subarray(count);
      return first.subarray(0, count);
    }
    const bytes = new Uint8Array(count);
    let filled = 0;
    let whole = 0;
    while (filled < count) {
      const chunk = this.#waiting[whole] as Uint8Array;
      const part = chunk.subarray(0, count - filled);
      bytes.set(part, filled);
      filled += part.length;
      if (part.length === chunk.length) whole++;
      else this.#waiting[whole] = chunk.subarray(part.length);
    }
    this.#waiting.splice(0, whole);
    return bytes;
  }
}

/** The chunks as they come, until the client is silent for too long or has to leave. The source is left open: its answer is still to come. */
async function* arriving(body: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]();
  for (;;) {
    let end: () => void = () => undefined;
    const ended = new Promise<null>(resolve => {
      end = () => resolve(null);
    });
    const patience = setTimeout(end, SILENCE);
    signal.addEventListener('abort', end);
    try {
      const next = chunks.next();
      next.catch(() => undefined);
      const chunk = signal.aborted ? null : await Promise.race([next, ended]);
      if (chunk === null || chunk.done) return;
      yield chunk.value;
    } finally {
      clearTimeout(patience);
      signal.removeEventListener('abort', end);
    }
  }
}
