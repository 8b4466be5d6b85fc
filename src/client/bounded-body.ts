/** Reading what a server sends, up to a limit. */
import { ByteCollector } from '../bytes/collector.js';

export type Read =
  | { readonly kind: 'whole'; readonly bytes: Uint8Array }
  /** It is longer: what has come of it, and where the rest comes from. */
  | {
      readonly kind: 'too-long';
      readonly bytes: Uint8Array;
      readonly rest: ReadableStreamDefaultReader<Uint8Array>;
    };

/** Rejects as the stream does when it breaks. */
export async function readUpTo(body: ReadableStream<Uint8Array> | null, limit: number): Promise<Read> {
  const bytes = new ByteCollector();
  if (body === null) return { kind: 'whole', bytes: bytes.bytes };
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { kind: 'whole', bytes: bytes.bytes };
    bytes.add(value);
    if (bytes.length > limit) return { kind: 'too-long', bytes: bytes.bytes, rest: reader };
  }
}

/** The bytes, and then what is left of a stream. */
export function streamOf(
  bytes: Uint8Array,
  rest: ReadableStreamDefaultReader<Uint8Array>,
): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: controller => controller.enqueue(bytes),
    pull: async controller => {
      const { done, value } = await rest.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: reason => rest.cancel(reason),
  });
}
