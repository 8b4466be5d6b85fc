/** The hashes of a log's tree, read from its tiles. The log is not trusted: whoever uses them compares the root that they make with a signed one. */
import { Failure } from '../reason.js';
import { HASH_SIZE, nodeHash } from '../tree/hash.js';
import type { SubtreeReader } from '../tree/prove.js';
import type { Subtree } from '../tree/range.js';
import { TILE_HEIGHT, TILE_WIDTH, type TileName, tilePath } from '../tree/tile.js';
import { fetchTile } from './log-tile.js';
import type { Ask } from './peer.js';

/**
 * Reads hashes of the tree of `size` leaves, each tile once. Rejects with `peer/…`.
 *
 * @param log the address below which the log is read
 */
export function hashesOf(ask: Ask, log: string, size: number): SubtreeReader {
  const tiles = new Map<string, Promise<Uint8Array>>();
  const tile = (name: TileName) => {
    const path = tilePath(name);
    const known = tiles.get(path) ?? fetchHashes(ask, log, name);
    tiles.set(path, known);
    return known;
  };
  return async ({ level, index }) => {
    const tileLevel = Math.floor(level / TILE_HEIGHT);
    const span = 2 ** (level % TILE_HEIGHT);
    const first = index * span;
    const tileIndex = Math.floor(first / TILE_WIDTH);
    const available = Math.floor(size / TILE_WIDTH ** tileLevel) - tileIndex * TILE_WIDTH;
    const bytes = await tile({ level: tileLevel, index: tileIndex, width: Math.min(TILE_WIDTH, available) });
    return subtreeHash(bytes, { level: level % TILE_HEIGHT, index: first % TILE_WIDTH });
  };
}

async function fetchHashes(ask: Ask, log: string, name: TileName): Promise<Uint8Array> {
  const { url, bytes } = await fetchTile(ask, log, name, TILE_WIDTH * HASH_SIZE);
  if (bytes.length < name.width * HASH_SIZE || bytes.length % HASH_SIZE !== 0)
    throw new Failure('peer/answer-malformed', { field: url });
  return bytes.subarray(0, name.width * HASH_SIZE);
}

/** The hash over the 2^`level` hashes of a tile that begin with its `index`-th. */
function subtreeHash(tile: Uint8Array, { level, index }: Subtree): Uint8Array {
  if (level === 0) return tile.slice(index * HASH_SIZE, (index + 1) * HASH_SIZE);
  const half = 2 ** (level - 1);
  return nodeHash(
    subtreeHash(tile, { level: level - 1, index }),
    subtreeHash(tile, { level: level - 1, index: index + half }),
  );
}
