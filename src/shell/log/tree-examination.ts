/**
 * Comparing the entries of a log with the tiles that it has written, tile by tile from the left, in flat memory.
 *
 * The tree is built twice: from the entries as they are, and from the tiles as they are. Where the two differ, one of them has changed
 * since it was signed; which one is told by the tile above, or along the right edge, where there is none, by the signed root.
 */
import { equal } from '../../bytes/octets.js';
import { rootHash } from '../../tree/prove.js';
import { TILE_HEIGHT, TILE_WIDTH } from '../../tree/tile.js';
import { bundlePath } from '../tiles/bundles.js';
import { hashTilePath } from '../tiles/hash-tiles.js';
import { TileNodes } from '../tiles/tile-nodes.js';
import { ADVICE, type Damage } from './damage.js';

/** A tile that is not what its entries make it. */
interface Mismatch {
  /** Of the bundle and of the tile of level 0. */
  readonly index: number;
  readonly made: Uint8Array;
  readonly stored: Uint8Array;
  verdict: 'undecided' | 'tile' | 'entries';
  /** The first entry that differs. */
  readonly entry: number;
}

/** The partial tile of one level in both trees. */
interface Edge {
  /** Made from the entries. */
  readonly made: TileNodes;
  /** As far as there are tiles, what they say. */
  readonly stored: TileNodes;
  /** What of it is not decided yet, by its place in the tile. */
  readonly open: Map<number, Mismatch>;
}

export class TreeExamination {
  readonly damage: Damage[] = [];
  readonly #readTile: (level: number, index: number) => Promise<Uint8Array | null>;
  /** By level, from 1 up. */
  readonly #edges: Edge[] = [];
  readonly #counts: number[] = [];
  readonly #mismatches: Mismatch[] = [];

  /** @param readTile the bytes of a tile's file, or null when there is none */
  constructor(readTile: (level: number, index: number) => Promise<Uint8Array | null>) {
    this.#readTile = readTile;
  }

  /**
   * Takes the next full tile of leaf hashes.
   *
   * @param leaves as the entries make it; null when the entries cannot be read
   * @param isKept whether a kept checkpoint covers it, so that its tile must be there
   */
  async addTile(index: number, leaves: TileNodes | null, isKept: boolean): Promise<void> {
    const stored = await this.#storedTile(0, index, isKept);
    if (leaves === null) return this.#push(1, stored?.top() ?? null, stored?.top() ?? null, null, isKept);
    if (stored === null || equal(stored.top(), leaves.top())) {
      return this.#push(1, leaves.top(), leaves.top(), null, isKept);
    }
    const mismatch: Mismatch = {
      index,
      made: leaves.top(),
      stored: stored.top(),
      verdict: 'undecided',
      entry: index * TILE_WIDTH + firstDifference(leaves, stored),
    };
    this.#mismatches.push(mismatch);
    await this.#push(1, mismatch.made, mismatch.stored, mismatch, isKept);
  }

  /**
   * Compares both trees with the signed root, when as many full tiles have been added as it has, and `rest` are the leaf hashes after
   * them. What it decides is final for what the tiles above have left open.
   */
  async compare(size: number, root: Uint8Array, rest: TileNodes): Promise<'made' | 'stored' | 'neither'> {
    const rootOf = (side: 'made' | 'stored') =>
      rootHash(size, async ({ level, index }) => {
        const height = level % TILE_HEIGHT;
        const tileLevel = Math.floor(level / TILE_HEIGHT);
        const tile = tileLevel === 0 ? rest : this.#edge(tileLevel)[side];
        return tile.node(height, index % 2 ** (TILE_HEIGHT - height));
      });
    if (equal(await rootOf('made'), root)) {
      this.#decide('tile');
      return 'made';
    }
    if (this.#mismatches.length === 0 || !equal(await rootOf('stored'), root)) return 'neither';
    this.#decide('entries');
    return 'stored';
  }

  /** Whether anything was found that does not agree. */
  get hasFound(): boolean {
    return this.damage.length > 0 || this.#mismatches.length > 0;
  }

  /** Adds what became of the mismatches to {@link damage}. Beyond the bundles that the checkpoint covers, entries vouch for themselves. */
  finish(keptBundles: number): void {
    for (const { index, verdict, entry } of this.#mismatches) {
      const [bundle, tile] = [bundlePath(index), hashTilePath(0, index)];
      if (verdict === 'tile' || index >= keptBundles) {
        this.damage.push({ file: tile, what: 'it is not what the entries make it', advice: ADVICE.remake });
      } else if (verdict === 'entries') {
        const what = `entry ${entry} is not the one that was signed`;
        this.damage.push({ file: bundle, what, advice: ADVICE.restore });
      } else {
        const what = `it and ${tile} differ at entry ${entry}, and neither is known to be what was signed`;
        this.damage.push({ file: bundle, what, advice: ADVICE.undecided });
      }
    }
  }

  #decide(verdict: 'tile' | 'entries'): void {
    for (const mismatch of this.#mismatches) if (mismatch.verdict === 'undecided') mismatch.verdict = verdict;
  }

  /** Adds a hash to a level in both trees, and looks at the tile that it fills. */
  async #push(
    level: number,
    made: Uint8Array | null,
    stored: Uint8Array | null,
    open: Mismatch | null,
    isKept: boolean,
  ): Promise<void> {
    const edge = this.#edge(level);
    if (open !== null) edge.open.set(edge.made.width, open);
    // Where nothing is left of a part of the tree, anything stands for it; the roots will differ, and the files are named already.
    edge.made.push(made ?? NOTHING);
    edge.stored.push(stored ?? NOTHING);
    if (edge.made.width < TILE_WIDTH) return;
    const index = this.#counts[level] ?? 0;
    this.#counts[level] = index + 1;
    this.#edges[level] = emptyEdge();
    const tile = await this.#storedTile(level, index, isKept);
    if (tile === null) return this.#push(level + 1, edge.made.top(), edge.stored.top(), null, isKept);
    const wrong = this.#judge(edge, tile);
    if (wrong !== null) {
      const what = `its hash ${wrong} is not that of what is below it`;
      this.damage.push({ file: hashTilePath(level, index), what, advice: ADVICE.remake });
    }
    await this.#push(
      level + 1,
      edge.made.top(),
      wrong === null ? tile.top() : edge.stored.top(),
      null,
      isKept,
    );
  }

  /** Lets a tile decide what is open below it; the place of the first hash in it that nothing below agrees with, or null. */
  #judge(edge: Edge, tile: TileNodes): number | null {
    let wrong: number | null = null;
    for (let at = 0; at < TILE_WIDTH; at++) {
      const [signed, made, stored] = [tile.node(0, at), edge.made.node(0, at), edge.stored.node(0, at)];
      const mismatch = edge.open.get(at);
      if (equal(signed, made)) {
        if (mismatch !== undefined) mismatch.verdict = 'tile';
      } else if (equal(signed, stored)) {
        if (mismatch !== undefined) mismatch.verdict = 'entries';
      } else if (mismatch === undefined) {
        wrong ??= at;
      }
    }
    return wrong;
  }

  async #storedTile(level: number, index: number, isKept: boolean): Promise<TileNodes | null> {
    const file = hashTilePath(level, index);
    const bytes = await this.#readTile(level, index);
    if (bytes?.length === TILE_BYTES) return TileNodes.from(bytes);
    if (bytes !== null) {
      this.damage.push({ file, what: `it has ${bytes.length} bytes`, advice: ADVICE.remake });
    } else if (isKept) {
      this.damage.push({ file, what: 'it is missing', advice: ADVICE.itself });
    }
    return null;
  }

  #edge(level: number): Edge {
    const edge = this.#edges[level] ?? emptyEdge();
    this.#edges[level] = edge;
    return edge;
  }
}

const TILE_BYTES = TILE_WIDTH * 32;
const NOTHING = new Uint8Array(32);

function emptyEdge(): Edge {
  return { made: new TileNodes(), stored: new TileNodes(), open: new Map() };
}

function firstDifference(a: TileNodes, b: TileNodes): number {
  for (let at = 0; at < TILE_WIDTH; at++) if (!equal(a.node(0, at), b.node(0, at))) return at;
  return 0;
}
