/**
 * The file that views are kept in: SQLite, by the optional package `libsql`, which is loaded when it is wanted.
 *
 * Synchronous: whoever uses it is a command of its own, and never the gateway. Several may use one file at once. The file is of no worth: everything in it
 * can be made again from the log.
 */
import type Libsql from 'libsql';
import { Failure } from '../../reason.js';
import type { Cell } from './tables.js';

export type Found = Readonly<Record<string, Cell>>;

export interface Statement {
  /** The cells as one array, which the engine takes as it is: an argument for each costs as much as the row. */
  run(cells: readonly Cell[]): void;
  all(cells: readonly Cell[]): readonly Found[];
}

export interface Database {
  prepare(sql: string): Statement;
  /** Does all of it, or nothing when it throws. Nobody else writes meanwhile. */
  atOnce<Value>(use: () => Value): Value;
  close(): void;
}

/** How long one who writes waits for another, in milliseconds. */
const PATIENCE = 30_000;

/**
 * Whole after each transaction, read while somebody writes, and without anything that a file could bring along to be run. A loss of power may take the
 * last transactions, each as a whole: they are made again. `cache_size`: 64 MiB, for the indexes of a million receipts.
 */
const SETTINGS = [
  'journal_mode = WAL',
  'synchronous = NORMAL',
  'cache_size = -65536',
  `busy_timeout = ${PATIENCE}`,
  'trusted_schema = OFF',
];

/** Opens the file, or makes it. Throws `views/engine-missing`, or `views/file-unreadable` for one that is no such file. */
export async function openDatabase(path: string): Promise<Database> {
  const Engine = await loadEngine();
  let database: Libsql.Database;
  try {
    database = new Engine(path);
    for (const setting of SETTINGS) database.pragma(setting);
  } catch (error) {
    throw new Failure('views/file-unreadable', { field: path, detail: (error as Error).message });
  }
  return {
    prepare: sql => {
      const statement = database.prepare(sql);
      return {
        run: cells => {
          statement.run(cells);
        },
        all: cells => statement.all(cells) as readonly Found[],
      };
    },
    atOnce: use => {
      database.exec('BEGIN IMMEDIATE');
      try {
        const value = use();
        database.exec('COMMIT');
        return value;
      } catch (error) {
        database.exec('ROLLBACK');
        throw error;
      }
    },
    close: () => {
      database.close();
    },
  };
}

async function loadEngine(): Promise<typeof Libsql> {
  try {
    return (await import('libsql')).default;
  } catch {
    throw new Failure('views/engine-missing');
  }
}
