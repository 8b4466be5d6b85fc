/**
 * Reading a log that somebody else keeps, over HTTP. Source: C2SP tlog-tiles.
 *
 * The server is not trusted for anything: what this returns are the bytes that it served, within limits. Whoever asks checks them
 * against a checkpoint.
 */
import { gunzipSync } from 'node:zlib';
import { Failure } from '../../reason.js';
import { HASH_SIZE } from '../../tree/hash.js';
import type { SubtreeReader } from '../../tree/prove.js';
import {
  MAX_ENTRY_BYTES,
  readBundle,
  TILE_HEIGHT,
  TILE_WIDTH,
  type TileName,
  tilePath,
} from '../../tree/tile.js';
import { type Asked, ask } from '../http/client.js';
import { TileNodes } from './tile-nodes.js';

const MAX_NOTE_BYTES = 1 << 20;
const MAX_BUNDLE_BYTES = TILE_WIDTH * (2 + MAX_ENTRY_BYTES);
/** For one resource, in milliseconds. */
const PATIENCE = 30_000;

export class RemoteLog {
  /** Without a trailing slash. */
  readonly #prefix: string;

  /** @param url the log's prefix: `<url>/checkpoint` is its checkpoint */
  constructor(url: string) {
    this.#prefix = url.replace(/\/+$/, '');
  }

  get url(): string {
    return this.#prefix;
  }

  /** The latest checkpoint, as a note; null when there is none. Throws `peer/…`. */
  async checkpoint(signal?: AbortSignal): Promise<Uint8Array | null> {
    return this.#get('checkpoint', MAX_NOTE_BYTES, signal);
  }

  /**
   * The entries of one bundle, from its first to its `width`-th. The full bundle is asked for where a partial one is gone. Throws
   * `peer/answer-malformed` when there are fewer, `peer/answer-missing` when there is nothing, and `peer/answer-denied` when the log says that
   * it may not show it (HTTP 451).
   */
  async bundle(index: number, width: number, signal?: AbortSignal): Promise<readonly Uint8Array[]> {
    const bytes = await this.#tile({ level: 'entries', index, width }, MAX_BUNDLE_BYTES, signal);
    const { entries, length } = readBundle(bytes);
    if (entries.length < width || length !== bytes.length || entries.length > TILE_WIDTH) {
      throw new Failure('peer/answer-malformed', { field: tilePath({ level: 'entries', index, width }) });
    }
    return entries.slice(0, width);
  }

  /**
   * The entries of one bundle from its `from`-th to its `width`-th, counted from 0. Where the log denies some entry of the bundle to readers,
   * the wanted ones are asked for one by one, as our logs offer. Throws as {@link bundle} does, and `peer/answer-denied` when a wanted one
   * is not shown.
   */
  async part(
    index: number,
    from: number,
    width: number,
    signal?: AbortSignal,
  ): Promise<readonly Uint8Array[]> {
    try {
      return (await this.bundle(index, width, signal)).slice(from);
    } catch (error) {
      if (!(error instanceof Failure && error.code === 'peer/answer-denied')) throw error;
      const entries: Uint8Array[] = [];
      for (let at = from; at < width; at++) {
        const entry = await this.entry(index * TILE_WIDTH + at, signal);
        if (entry === null) throw error;
        entries.push(entry);
      }
      return entries;
    }
  }

  /** One entry, from a log that shows them one by one; null when it does not, or not this one. Throws `peer/…`. */
  async entry(index: number, signal?: AbortSignal): Promise<Uint8Array | null> {
    try {
      return await this.#get(`entries/${index}`, MAX_ENTRY_BYTES, signal);
    } catch (error) {
      if (error instanceof Failure && error.code === 'peer/answer-denied') return null;
      throw error;
    }
  }

  /** The hashes of one tile, from its first to its `width`-th, one after another. Throws as {@link bundle} does. */
  async hashes(level: number, index: number, width: number, signal?: AbortSignal): Promise<Uint8Array> {
    const bytes = await this.#tile({ level, index, width }, TILE_WIDTH * HASH_SIZE, signal);
    if (bytes.length < width * HASH_SIZE || bytes.length % HASH_SIZE !== 0) {
      throw new Failure('peer/answer-malformed', { field: tilePath({ level, index, width }) });
    }
    return bytes.subarray(0, width * HASH_SIZE);
  }

  /**
   * The hashes of complete subtrees in the log's tree of `size` entries, for proofs and roots. Each tile is fetched once and kept as
   * long as the reader is.
   */
  subtrees(size: number, signal?: AbortSignal): SubtreeReader {
    const tiles = new Map<string, Promise<TileNodes>>();
    return async ({ level, index }) => {
      const tileLevel = Math.floor(level / TILE_HEIGHT);
      const height = level % TILE_HEIGHT;
      const across = 2 ** (TILE_HEIGHT - height);
      const tile = Math.floor(index / across);
      const name = `${tileLevel}/${tile}`;
      const nodes = tiles.get(name) ?? this.#nodes(tileLevel, tile, size, signal);
      tiles.set(name, nodes);
      return (await nodes).node(height, index % across);
    };
  }

  async #nodes(level: number, index: number, size: number, signal?: AbortSignal): Promise<TileNodes> {
    const width = Math.min(TILE_WIDTH, Math.floor(size / TILE_WIDTH ** level) - index * TILE_WIDTH);
    return TileNodes.from(await this.hashes(level, index, width, signal));
  }

  /** The full tile is there even when the partial one has been deleted. */
  async #tile(name: TileName, limit: number, signal?: AbortSignal): Promise<Uint8Array> {
    const found =
      (await this.#get(tilePath(name), limit, signal)) ??
      (name.width < TILE_WIDTH
        ? await this.#get(tilePath({ ...name, width: TILE_WIDTH }), limit, signal)
        : null);
    if (found === null)
      throw new Failure('peer/answer-missing', { field: `${this.#prefix}/${tilePath(name)}` });
    return found;
  }

  async #get(path: string, limit: number, signal?: AbortSignal): Promise<Uint8Array | null> {
    const url = `${this.#prefix}/${path}`;
    const answer = await ask(url, {
      headers: { 'accept-encoding': 'gzip, identity' },
      limit,
      timeout: PATIENCE,
      ...(signal && { signal }),
    });
    if (answer.status === 404 || answer.status === 410) return null;
    if (answer.status === 451) throw new Failure('peer/answer-denied', { field: url });
    if (answer.status !== 200) {
      throw new Failure('peer/answer-unexpected', { field: url, detail: `HTTP ${answer.status}` });
    }
    return decoded(answer, limit, url);
  }
}

/** Without negotiation a log may compress what it serves; what it unpacks to has the same limit. */
function decoded({ headers, body }: Asked, limit: number, url: string): Uint8Array {
  const encoding = headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity') return body;
  try {
    if (encoding === 'gzip') return new Uint8Array(gunzipSync(body, { maxOutputLength: limit }));
  } catch {
    // Falls through: broken, or longer than anything that is allowed here.
  }
  throw new Failure('peer/answer-malformed', { field: url, detail: 'an encoding that cannot be undone' });
}
