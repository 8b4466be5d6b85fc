/** Gateways, logs and mirrors that answer what a test says, as far as a client asks them later. */
import { concat, fromUtf8 } from '../../src/bytes/octets.js';
import type { Ask } from '../../src/client/peer.js';
import { formatNote, type SignedNote } from '../../src/note/signed-note.js';
import { parseTilePath, TILE_WIDTH, type TileName, writeBundle } from '../../src/tree/tile.js';
import type { ReferenceTree } from './reference-tree.js';

/** What one server shows; what is missing is a 404. */
export interface Place {
  /** Of every exchange. A number is a status without a body; `silence` breaks the connection. */
  bundle?: Uint8Array | number | 'silence';
  checkpoint?: SignedNote;
  /** Whose tiles and entries it serves. */
  tree?: ReferenceTree;
  /** What it shows of the closing of an epoch, whatever the number. */
  closing?: Uint8Array | number;
  /** What it says to an entry that is handed in. */
  submit?: (entry: Uint8Array) => Response | 'silence';
}

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly body: string | null;
}

/** Serves each place below its address. A gateway's log is below `/log`, a mirror is below its own address. */
export class PaperNetwork {
  readonly asked: Asked[] = [];
  readonly #places: Readonly<Record<string, Place>>;

  constructor(places: Readonly<Record<string, Place>>) {
    this.#places = places;
  }

  readonly ask: Ask = async (url, init) => {
    const { method = 'GET', body } = init;
    this.asked.push({ method, url, body: body instanceof Uint8Array ? fromUtf8(body) : null });
    const found = Object.entries(this.#places).find(([address]) => url.startsWith(`${address}/`));
    if (found === undefined) throw new TypeError('fetch failed');
    const [address, place] = found;
    const path = new URL(url).pathname.slice(new URL(address).pathname.replace(/\/$/, '').length);
    const response = answerOf(place, path, method, body);
    if (response === 'silence') throw new TypeError('fetch failed');
    return response;
  };

  /** The paths that were asked with a method. */
  paths(method = 'GET'): string[] {
    return this.asked.filter(asked => asked.method === method).map(({ url }) => new URL(url).pathname);
  }
}

function answerOf(place: Place, path: string, method: string, body: unknown): Response | 'silence' {
  if (path.startsWith('/v1/receipts/')) {
    const { bundle = 404 } = place;
    if (bundle === 'silence') return 'silence';
    return typeof bundle === 'number' ? new Response(null, { status: bundle }) : bytesOf(bundle);
  }
  if (path.startsWith('/v1/closings/')) {
    const { closing = 404 } = place;
    return typeof closing === 'number' ? new Response(null, { status: closing }) : bytesOf(closing);
  }
  const inLog = path.replace(/^\/log/, '');
  if (method === 'POST' && inLog === '/entries') {
    if (!(body instanceof Uint8Array)) throw new Error('an entry is bytes');
    return place.submit?.(body) ?? NOTHING();
  }
  if (inLog === '/checkpoint') return place.checkpoint ? bytesOf(formatNote(place.checkpoint)) : NOTHING();
  const name = parseTilePath(inLog.slice(1));
  const tile = name === null || place.tree === undefined ? null : tileOf(place.tree, name);
  return tile === null ? NOTHING() : bytesOf(tile);
}

const NOTHING = () => new Response('nothing', { status: 404 });
const bytesOf = (bytes: Uint8Array) => new Response(new Uint8Array(bytes));

/** The tile or bundle of a tree; null where the tree does not fill it. */
function tileOf(tree: ReferenceTree, { level, index, width }: TileName): Uint8Array | null {
  const span = level === 'entries' ? 1 : TILE_WIDTH ** level;
  const first = index * TILE_WIDTH;
  if ((first + width) * span > tree.entries.length) return null;
  if (level === 'entries') return writeBundle(tree.entries.slice(first, first + width));
  const hashes = Array.from({ length: width }, (_, at) =>
    tree.hash((first + at) * span, (first + at + 1) * span),
  );
  return concat(...hashes);
}
