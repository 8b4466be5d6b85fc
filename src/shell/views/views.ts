/**
 * The views of a log: made by following it, entry by entry, and found by SQL.
 *
 * Trusted: the file of the views, to hold what was written there. Not trusted: where the entries come from; all of them together have to make the root
 * that the log has signed, or else the views are never complete, and nothing is found in them.
 *
 * How far they have come is written in the transaction of the rows, so that whatever ends a process, and whoever else follows meanwhile, each entry is in
 * them once.
 */
import { fromHex, toHex } from '../../bytes/hex.js';
import { equal } from '../../bytes/octets.js';
import type { LogCopy } from '../../court/misbehaviour/log-copy.js';
import type { Checkpoint } from '../../note/checkpoint.js';
import { Failure } from '../../reason.js';
import { Frontier } from '../../tree/frontier.js';
import { leafHash } from '../../tree/hash.js';
import { TILE_WIDTH } from '../../tree/tile.js';
import { type Database, type Found, openDatabase, type Statement } from './database.js';
import { rowsOf } from './rows.js';
import {
  type Cell,
  cellsOf,
  createStatements,
  dropStatements,
  indexStatements,
  insertStatement,
  TABLE_NAMES,
  type TableName,
  VIEWS_VERSION,
} from './tables.js';

/** A log as it was signed once, and its entries from wherever they are. */
export interface ViewedLog {
  readonly checkpoint: Checkpoint;
  readonly copy: LogCopy;
}

/** Entries that become rows in one transaction: as many as a log keeps together. */
const CHUNK = TILE_WIDTH;

export class Views {
  readonly #database: Database;
  #inserts: ReadonlyMap<TableName, Statement> | null = null;

  private constructor(database: Database) {
    this.#database = database;
  }

  /** Throws `views/engine-missing` or `views/file-unreadable`. */
  static async open(path: string): Promise<Views> {
    return new Views(await openDatabase(path));
  }

  /** How many entries of the log are in them; 0 where nothing is. Throws `views/file-foreign` for views of another log or of another version. */
  size(origin: string): number {
    return this.#hasTables() ? this.#position(origin).size : 0;
  }

  /** Takes everything away. */
  clear(): void {
    this.#database.atOnce(() => this.#run(dropStatements()));
    this.#inserts = null;
  }

  /**
   * Goes on until everything that the checkpoint covers is in them. Throws `views/file-foreign`, `views/log-contradicted` when the entries do not make
   * the checkpoint's root, and what reading them throws; what was taken before stays.
   *
   * @param onProgress told how many entries of how many are in the views
   */
  async follow(
    { checkpoint, copy }: ViewedLog,
    onProgress: (done: number, all: number) => void = () => undefined,
  ): Promise<void> {
    const { origin, size, root } = checkpoint;
    this.#database.atOnce(() => {
      if (this.#hasTables()) return;
      this.#run(createStatements());
      this.#database.prepare('INSERT INTO position VALUES (1, ?, ?, 0, ?)').run(VIEWS_VERSION, origin, '');
    });
    for (;;) {
      const position = this.#position(origin);
      const start = position.size;
      onProgress(start, size);
      // Another who follows may have seen a larger checkpoint than this.
      if (start >= size) break;
      const end = Math.min(size, start - (start % CHUNK) + CHUNK);
      const entries: Uint8Array[] = [];
      for await (const entry of copy.entries(start, end)) entries.push(entry);
      if (entries.length !== end - start)
        throw new Failure('views/log-contradicted', {
          detail: `${entries.length} of ${end - start} entries`,
        });
      for (const entry of entries) position.push(leafHash(entry));
      if (end === size && !equal(position.root(), root))
        throw new Failure('views/log-contradicted', { detail: `the root of ${size} entries` });
      this.#database.atOnce(() => {
        // Somebody else has been faster.
        if (this.#position(origin).size !== start) return;
        for (const [at, entry] of entries.entries()) this.#add(start + at, entry);
        this.#database
          .prepare('UPDATE position SET size = ?, frontier = ?')
          .run(end, position.hashes.map(toHex).join(' '));
      });
    }
    // One after the other: whoever else wants to write need not wait for all.
    for (const sql of indexStatements()) this.#run([sql]);
  }

  /** The rows that a statement of ours finds. */
  find(sql: string, ...cells: readonly Cell[]): readonly Found[] {
    return this.#database.prepare(sql).all(...cells);
  }

  close(): void {
    this.#database.close();
  }

  #add(index: number, entry: Uint8Array): void {
    this.#inserts ??= new Map(TABLE_NAMES.map(name => [name, this.#database.prepare(insertStatement(name))]));
    for (const row of rowsOf(index, entry)) this.#inserts.get(row.table)?.run(...cellsOf(row));
  }

  #run(statements: readonly string[]): void {
    for (const sql of statements) this.#database.prepare(sql).run();
  }

  #hasTables(): boolean {
    const found = this.#database
      .prepare("SELECT 1 AS there FROM sqlite_master WHERE name = 'position'")
      .all();
    return found.length > 0;
  }

  #position(origin: string): Frontier {
    const [row] = this.#database.prepare('SELECT version, origin, size, frontier FROM position').all();
    if (row?.version !== VIEWS_VERSION || row.origin !== origin || typeof row.size !== 'number')
      throw new Failure('views/file-foreign', { detail: `version ${row?.version}, log ${row?.origin}` });
    const hashes = `${row.frontier}`.split(' ').filter(text => text !== '');
    try {
      return new Frontier(
        row.size,
        hashes.map(text => fromHex(text) as Uint8Array),
      );
    } catch {
      throw new Failure('views/file-foreign', { detail: 'its place in the log cannot be read' });
    }
  }
}
