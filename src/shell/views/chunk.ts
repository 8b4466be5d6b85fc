/** What entries that stand together in a log are in its tree and in the tables. */
import { leafHash } from '../../tree/hash.js';
import { rowsOf } from './rows.js';
import { type Cell, cellsOf, type TableName } from './tables.js';

/** Rows by table, each with its cells in the order of the columns, and in the order of the log. */
export type ChunkRows = Readonly<Partial<Record<TableName, readonly (readonly Cell[])[]>>>;

export interface Chunk {
  /** The index of its first entry. */
  readonly start: number;
  /** The hash of each entry. */
  readonly leaves: readonly Uint8Array[];
  readonly rows: ChunkRows;
}

/** Never throws for anything that entries can hold. */
export function readChunk(start: number, entries: readonly Uint8Array[]): Chunk {
  const rows: Partial<Record<TableName, (readonly Cell[])[]>> = {};
  for (const [at, entry] of entries.entries()) {
    for (const row of rowsOf(start + at, entry)) {
      const ofTable = rows[row.table];
      if (ofTable === undefined) rows[row.table] = [cellsOf(row)];
      else ofTable.push(cellsOf(row));
    }
  }
  return { start, leaves: entries.map(leafHash), rows };
}
