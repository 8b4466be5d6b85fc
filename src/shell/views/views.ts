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
import type { Chunk, ChunkRows } from './chunk.js';
import type { ChunkReader } from './chunk-reader.js';
import { type Database, type Found, openDatabase, type Statement } from './database.js';
import { openReader } from './open-reader.js';
import { readAhead } from './read-ahead.js';
import {
  type Cell,
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

type OpenReader = (entries: number) => ChunkReader;

export class Views {
  readonly #database: Database;
  readonly #openReader: OpenReader;
  #inserts: ReadonlyMap<TableName, Statement> | null = null;

  private constructor(database: Database, openReader: OpenReader) {
    this.#database = database;
    this.#openReader = openReader;
  }

  /**
   * Throws `views/engine-missing` or `views/file-unreadable`.
   *
   * @param open gives who reads: asked each time that there are new entries, and told how many
   */
  static async open(path: string, open: OpenReader = openReader): Promise<Views> {
    return new Views(await openDatabase(path), open);
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
   * the checkpoint's root, `views/reading-ended`, and what reading the entries throws; what was taken before stays.
   *
   * @param onProgress told how many entries of how many are in the views
   */
  async follow(
    { checkpoint, copy }: ViewedLog,
    onProgress: (done: number, all: number) => void = () => undefined,
  ): Promise<void> {
    const { origin, size } = checkpoint;
    this.#database.atOnce(() => {
      if (this.#hasTables()) return;
      this.#run(createStatements());
      this.#database.prepare('INSERT INTO position VALUES (1, ?, ?, 0, ?)').run([VIEWS_VERSION, origin, '']);
    });
    let done = this.#position(origin).size;
    onProgress(done, size);
    const reader = this.#openReader(size - done);
    try {
      // Another who follows may have seen a larger checkpoint than this.
      while (done < size) {
        for await (const chunk of readAhead(copy, reader, done, size)) {
          done = this.#take(chunk, checkpoint);
          onProgress(done, size);
          // Somebody else has been in the middle of it: what comes next begins there.
          if (done < endOf(chunk)) break;
        }
      }
    } finally {
      await reader.close();
    }
    // One after the other: whoever else wants to write need not wait for all.
    for (const sql of indexStatements()) this.#run([sql]);
  }

  /** The rows that a statement of ours finds. */
  find(sql: string, ...cells: readonly Cell[]): readonly Found[] {
    return this.#database.prepare(sql).all(cells);
  }

  close(): void {
    this.#database.close();
  }

  /** Takes in a chunk if it is the next one, and returns how many entries are in the views then, whoever has put them there. */
  #take(chunk: Chunk, { origin, size, root }: Checkpoint): number {
    const [start, end] = [chunk.start, endOf(chunk)];
    const position = this.#position(origin);
    if (position.size !== start) return position.size;
    for (const leaf of chunk.leaves) position.push(leaf);
    if (end === size && !equal(position.root(), root))
      throw new Failure('views/log-contradicted', { detail: `the root of ${size} entries` });
    return this.#database.atOnce(() => {
      const now = this.#position(origin).size;
      // Somebody else has been faster.
      if (now !== start) return now;
      this.#insert(chunk.rows);
      this.#database
        .prepare('UPDATE position SET size = ?, frontier = ?')
        .run([end, position.hashes.map(toHex).join(' ')]);
      return end;
    });
  }

  #insert(rows: ChunkRows): void {
    this.#inserts ??= new Map(TABLE_NAMES.map(name => [name, this.#database.prepare(insertStatement(name))]));
    for (const [name, insert] of this.#inserts) for (const cells of rows[name] ?? []) insert.run(cells);
  }

  #run(statements: readonly string[]): void {
    for (const sql of statements) this.#database.prepare(sql).run([]);
  }

  #hasTables(): boolean {
    const found = this.#database
      .prepare("SELECT 1 AS there FROM sqlite_master WHERE name = 'position'")
      .all([]);
    return found.length > 0;
  }

  #position(origin: string): Frontier {
    const [row] = this.#database.prepare('SELECT version, origin, size, frontier FROM position').all([]);
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

function endOf({ start, leaves }: Chunk): number {
  return start + leaves.length;
}
