/** Fetching one of a log's tiles. */
import { Failure } from '../reason.js';
import { TILE_WIDTH, type TileName, tilePath } from '../tree/tile.js';
import { type Ask, askPeer } from './peer.js';

/**
 * The bytes of a tile, or of the full one where a partial one has been deleted. Rejects with `peer/…`.
 *
 * @param log the address below which the log is read
 * @param limit the most bytes that it may have
 */
export async function fetchTile(
  ask: Ask,
  log: string,
  name: TileName,
  limit: number,
): Promise<{ readonly url: string; readonly bytes: Uint8Array }> {
  for (const width of new Set([name.width, TILE_WIDTH])) {
    const url = `${log}/${tilePath({ ...name, width })}`;
    const { status, bytes } = await askPeer(ask, url, limit);
    if (status === 200) return { url, bytes };
  }
  throw new Failure('peer/answer-missing', { field: `${log}/${tilePath(name)}` });
}
