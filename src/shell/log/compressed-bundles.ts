/** Bundles compressed for those who take them so: a full one, which never changes, is compressed once for many readers. */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Recent } from '../tiles/recent.js';

const compress = promisify(gzip);

/** How many compressed bundles are kept, and how large one may be: 64 MiB at most. A bundle of receipts has about 300 KiB. */
const KEPT = 64;
const MAX_KEPT_BYTES = 1024 * 1024;
/** Bundles that are compressed at a time: of the four threads that Node.js has, the others are left to the log's writes. */
const MAX_RUNNING = 2;

export class CompressedBundles {
  readonly #kept = new Recent<Promise<Uint8Array>>(KEPT);
  /** What is being compressed, so that many who ask for one bundle at once cost no more than one. */
  readonly #running = new Map<string, Promise<Uint8Array>>();

  /**
   * The bundle compressed, or null when others are being compressed and it has to go out as it is.
   *
   * @param name of the bundle; what it names has always the same bytes
   */
  async get(name: string, bytes: Uint8Array): Promise<Uint8Array | null> {
    const known = this.#kept.get(name) ?? this.#running.get(name);
    if (known !== undefined) return known;
    if (this.#running.size >= MAX_RUNNING) return null;
    const running = compress(bytes).then((compressed): Uint8Array => {
      if (compressed.length <= MAX_KEPT_BYTES) this.#kept.set(name, Promise.resolve(compressed));
      return compressed;
    });
    this.#running.set(name, running);
    const done = () => this.#running.delete(name);
    running.then(done, done);
    return running;
  }
}

/** Whether an `Accept-Encoding` header takes gzip (RFC 9110 §12.5.3). Without the header, nobody has said so. */
export function acceptsGzip(header: string | undefined): boolean {
  if (header === undefined || header.length > MAX_HEADER) return false;
  const weights = new Map<string, number>();
  for (const part of header.toLowerCase().split(',')) {
    const match = /^[ \t]*([!#$%&'*+.^_`|~0-9a-z-]+)[ \t]*(?:;[ \t]*q=([01](?:\.[0-9]{0,3})?)[ \t]*)?$/.exec(
      part,
    );
    if (match !== null) weights.set(match[1] ?? '', Number(match[2] ?? 1));
  }
  return (weights.get('gzip') ?? weights.get('x-gzip') ?? weights.get('*') ?? 0) > 0;
}

const MAX_HEADER = 1024;
