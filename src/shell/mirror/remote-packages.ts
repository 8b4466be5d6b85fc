/**
 * Makes the packages of an upload from a log's published tiles. Nothing that the log's server sends is trusted: a wrong entry or hash
 * makes a package that no mirror takes.
 */

import { type EntryPackage, type PackagePlace, packagesOf } from '../../tree/add-entries.js';
import type { SubtreeReader } from '../../tree/prove.js';
import { type Interval, proveSubtree } from '../../tree/subtree.js';

import { TILE_WIDTH } from '../../tree/tile.js';
import type { RemoteLog } from '../tiles/remote-log.js';

/** Packages that are fetched while one is used. */
const AHEAD = 4;

export interface FetchedPackage extends EntryPackage {
  readonly place: PackagePlace;
}

/** The packages with the entries of an interval of the tree of `size` entries, in order. Throws `peer/…`. */
export async function* remotePackages(
  log: RemoteLog,
  interval: Interval,
  size: number,
  signal?: AbortSignal,
): AsyncGenerator<FetchedPackage> {
  const hashes = log.subtrees(size, signal);
  const under: Promise<FetchedPackage>[] = [];
  for (const place of packagesOf(interval)) {
    const fetching = fetchPackage(log, place, size, hashes, signal);
    // It may fail while nobody waits for it yet, or any more.
    fetching.catch(() => undefined);
    under.push(fetching);
    if (under.length > AHEAD) yield (await under.shift()) as FetchedPackage;
  }
  for (const fetching of under) yield await fetching;
}

async function fetchPackage(
  log: RemoteLog,
  place: PackagePlace,
  size: number,
  hashes: SubtreeReader,
  signal?: AbortSignal,
): Promise<FetchedPackage> {
  const { start, end, subtreeStart } = place;
  const bundle = Math.floor(start / TILE_WIDTH);
  // A partial bundle may be gone; a full one and the one at the end of the tree are there.
  const width = Math.min(TILE_WIDTH, size - bundle * TILE_WIDTH);
  const [entries, proof] = await Promise.all([
    log.part(bundle, start - subtreeStart, width, signal),
    proveSubtree({ start: subtreeStart, end }, size, hashes),
  ]);
  return { place, entries: entries.slice(0, end - start), proof };
}
