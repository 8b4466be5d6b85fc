/** Reading a log as a stranger does: its checkpoint, tiles and entries over HTTP, every hash checked against the signed root. */
import type { Trust } from '../../src/appraise/trust.js';
import { equal } from '../../src/bytes/octets.js';
import { type Checkpoint, parseCheckpoint } from '../../src/note/checkpoint.js';
import { parseNote, verifyNote } from '../../src/note/signed-note.js';
import { leafHash, nodeHash } from '../../src/tree/hash.js';
import { rootHash, type SubtreeReader } from '../../src/tree/prove.js';
import type { Subtree } from '../../src/tree/range.js';
import { readBundle, TILE_HEIGHT, TILE_WIDTH, type TileName, tilePath } from '../../src/tree/tile.js';

export interface PublishedLog {
  readonly checkpoint: Checkpoint;
  readonly entries: readonly Uint8Array[];
  /** From the served tiles, for making proofs. */
  readonly subtree: SubtreeReader;
}

/** The checkpoint that a gateway shows, under the log's signature. Throws when it is not signed. */
export async function readCheckpoint(address: string, trust: Trust): Promise<Checkpoint> {
  const note = parseNote(await download(`${address}/log/checkpoint`));
  const { verified } = await verifyNote(note, [trust.log]);
  if (verified.length !== 1) throw new Error('the log has not signed its checkpoint');
  return parseCheckpoint(note.text);
}

/** The whole log under its present checkpoint. Throws unless entries, tiles and root agree. */
export async function readLog(address: string, trust: Trust): Promise<PublishedLog> {
  const checkpoint = await readCheckpoint(address, trust);
  const { size, root } = checkpoint;
  const tiles = new Map<string, Promise<Uint8Array>>();
  const tile = (name: TileName): Promise<Uint8Array> => {
    const path = tilePath(name);
    const known = tiles.get(path) ?? download(`${address}/log/${path}`);
    tiles.set(path, known);
    return known;
  };
  const entries: Uint8Array[] = [];
  for (let index = 0; index * TILE_WIDTH < size; index++) {
    const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH);
    const bytes = await tile({ level: 'entries', index, width });
    const bundle = readBundle(bytes);
    if (bundle.length !== bytes.length || bundle.entries.length !== width)
      throw new Error(`bundle ${index} is not whole`);
    entries.push(...bundle.entries);
  }
  const subtree = (wanted: Subtree) => readSubtree(wanted, size, tile);
  if (!equal(await rootHash(size, subtree), root)) throw new Error('the tiles have another root');
  for (const [index, entry] of entries.entries()) {
    if (!equal(await subtree({ level: 0, index }), leafHash(entry)))
      throw new Error(`entry ${index} is not the one that the tiles have`);
  }
  return { checkpoint, entries, subtree };
}

/** The hash of a complete subtree, from the hashes of the tile that it is made of. */
async function readSubtree(
  { level, index }: Subtree,
  size: number,
  tile: (name: TileName) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const tileLevel = Math.floor(level / TILE_HEIGHT);
  const within = 2 ** (level % TILE_HEIGHT);
  const first = index * within;
  const tileIndex = Math.floor(first / TILE_WIDTH);
  const count = Math.floor(size / TILE_WIDTH ** tileLevel) - tileIndex * TILE_WIDTH;
  const width = Math.min(TILE_WIDTH, count);
  const bytes = await tile({ level: tileLevel, index: tileIndex, width });
  const hash = (at: number) => bytes.subarray((at % TILE_WIDTH) * 32, ((at % TILE_WIDTH) + 1) * 32);
  let hashes = Array.from({ length: within }, (_, at) => hash(first + at));
  while (hashes.length > 1) {
    hashes = Array.from({ length: hashes.length / 2 }, (_, at) =>
      nodeHash(hashes[2 * at] as Uint8Array, hashes[2 * at + 1] as Uint8Array),
    );
  }
  return hashes[0] as Uint8Array;
}

async function download(url: string): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: HTTP ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
