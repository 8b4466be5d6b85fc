/**
 * The views of a log as tables. Each is made of entries alone, so that dropping all of them and reading the log again gives the same, row by row.
 * Amounts of money are text: no number of SQL holds them exactly.
 */

/** Of another one the views have to be made anew. */
export const VIEWS_VERSION = 3;

export type Cell = string | number | null;

interface Table {
  /** By name, in order, as SQL declares them; those of one key first. */
  readonly columns: Readonly<Record<string, string>>;
  /** What rows are found by, beside their key. */
  readonly indexes?: readonly string[];
}

/** The index of the entry in the log. */
const ENTRY = 'INTEGER PRIMARY KEY';
/** One of several rows of an entry. */
const OF_ENTRY = 'INTEGER NOT NULL';
const TEXT = 'TEXT NOT NULL';
const NUMBER = 'INTEGER NOT NULL';

export const TABLES = {
  /** Every entry; `type` and `issuer` null where they cannot be read. `problem`: why the entry cannot be. */
  entries: {
    columns: { entry: ENTRY, digest: 'TEXT', type: 'TEXT', issuer: 'TEXT', length: NUMBER, problem: 'TEXT' },
    indexes: ['digest', 'type'],
  },
  /** Times are milliseconds since 1970. Names that the receipt only commits to are null. */
  receipts: {
    columns: {
      ...{ entry: ENTRY, exchange: TEXT, issuer: TEXT, epoch: TEXT, client: TEXT, counter: NUMBER },
      ...{ received: NUMBER, first_byte: 'INTEGER', completed: NUMBER, surface: TEXT },
      ...{ status: TEXT, http: NUMBER, reason: 'TEXT', attempts: NUMBER, upstream: 'TEXT', origin: 'TEXT' },
      ...{ requested: 'TEXT', served: 'TEXT', model_digest: 'TEXT' },
      ...{ prompt_tokens: 'INTEGER', completion_tokens: 'INTEGER' },
      ...{ currency: 'TEXT', amount: 'TEXT', price_list: 'TEXT', unpriced: 'TEXT' },
      ...{ policy: TEXT, policy_entry: NUMBER, deadline: NUMBER },
    },
    indexes: [
      'exchange',
      'issuer, epoch, client, counter',
      'completed',
      'upstream, completed',
      'served, completed',
      'status, completed',
      'policy, completed',
      'price_list',
    ],
  },
  price_lines: {
    columns: {
      entry: OF_ENTRY,
      line: NUMBER,
      what: TEXT,
      payee: TEXT,
      quantity: NUMBER,
      unit_price: TEXT,
      amount: TEXT,
    },
    indexes: ['entry, line', 'payee'],
  },
  epochs: {
    columns: { entry: ENTRY, issuer: TEXT, epoch: TEXT, key: TEXT, started: NUMBER },
    indexes: ['issuer, epoch'],
  },
  closings: {
    columns: {
      ...{ entry: ENTRY, issuer: TEXT, epoch: TEXT, made: NUMBER, through: NUMBER, ending: TEXT },
      ...{ exchanges: NUMBER, clients: NUMBER, root: TEXT },
      ...{ completed: NUMBER, refused: NUMBER, failed: NUMBER, aborted: NUMBER, lost: NUMBER, open: NUMBER },
      unkept: NUMBER,
    },
    indexes: ['issuer, epoch'],
  },
  erasures: {
    columns: { entry: ENTRY, issuer: TEXT, exchange: TEXT, receipt: 'TEXT', decided: NUMBER },
    indexes: ['exchange'],
  },
  refunds: {
    columns: {
      ...{ entry: ENTRY, issuer: TEXT, exchange: TEXT, receipt: TEXT, amount: TEXT, currency: TEXT },
      ...{ reason: TEXT, decided: NUMBER },
    },
    indexes: ['exchange'],
  },
  revocations: {
    columns: {
      ...{ entry: ENTRY, issuer: TEXT, sequence: NUMBER, field: TEXT, value: TEXT, reason: TEXT },
      ...{ since: 'INTEGER', decided: NUMBER },
    },
    indexes: ['field, value'],
  },
  key_changes: {
    columns: {
      ...{ entry: ENTRY, sequence: NUMBER, role: TEXT, action: TEXT, key: TEXT, successor: 'TEXT' },
      ...{ from_entry: 'INTEGER', signer: TEXT, decided: NUMBER },
    },
  },
  policies: { columns: { entry: ENTRY, issuer: TEXT, digest: TEXT }, indexes: ['digest'] },
  price_lists: {
    columns: { entry: ENTRY, issuer: TEXT, digest: TEXT, currency: TEXT, dated: TEXT },
    indexes: ['digest'],
  },
  /** Policies by which validators judge. */
  appraisal_policies: { columns: { entry: ENTRY, validator: TEXT, digest: TEXT }, indexes: ['digest'] },
  /** Verdicts that are entries of their own. `receipt` is the digest of the receipt's entry; null where none could be read. */
  verdicts: {
    columns: {
      ...{
        entry: ENTRY,
        validator: TEXT,
        receipt: 'TEXT',
        outcome: TEXT,
        policy: TEXT,
        policy_entry: 'INTEGER',
      },
      ...{ as_of: NUMBER, made: NUMBER, checker: TEXT, bundle: TEXT, trust: 'TEXT' },
    },
    indexes: ['receipt', 'validator, outcome', 'policy, outcome'],
  },
  /**
   * Of verdicts that were signed together the log has how many came out how, and on which entries: from `first_entry` up to and without `end_entry`.
   * `overturned`: how many of the validator's verdicts were proven wrong by then.
   */
  verdict_batches: {
    columns: {
      ...{ entry: ENTRY, validator: TEXT, sequence: NUMBER, first_entry: NUMBER, end_entry: NUMBER },
      ...{ pass: NUMBER, fail: NUMBER, inconclusive: NUMBER, overturned: NUMBER },
      ...{ policy: TEXT, policy_entry: 'INTEGER', as_of: NUMBER, made: NUMBER, checker: TEXT, trust: TEXT },
    },
    indexes: ['validator, sequence', 'policy', 'end_entry'],
  },
  /** What may be read of the log: policies and acts. */
  reading: {
    columns: {
      entry: ENTRY,
      issuer: TEXT,
      act: TEXT,
      denied: 'INTEGER',
      minimum: 'INTEGER',
      reason: 'TEXT',
      days: 'INTEGER',
      decided: NUMBER,
    },
  },
} as const satisfies Record<string, Table>;

export type TableName = keyof typeof TABLES;
export const TABLE_NAMES = Object.keys(TABLES) as readonly TableName[];

/** A row of a table, with a cell for each of its columns. */
export type Row = {
  [Name in TableName]: {
    readonly table: Name;
    readonly cells: Readonly<Record<keyof (typeof TABLES)[Name]['columns'], Cell>>;
  };
}[TableName];

/** How far the views have come: the log, its first entries that are in them, and the hashes of its complete subtrees up to there. */
const POSITION =
  'CREATE TABLE position (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL, origin TEXT NOT NULL, size INTEGER NOT NULL, frontier TEXT NOT NULL) STRICT';

/** What makes all tables, empty and without indexes. */
export function createStatements(): readonly string[] {
  return [
    POSITION,
    ...TABLE_NAMES.map(name => {
      const declared = Object.entries(TABLES[name].columns).map(([column, type]) => `${column} ${type}`);
      return `CREATE TABLE ${name} (${declared.join(', ')}) STRICT`;
    }),
  ];
}

/** What makes the indexes that are not there yet: to sort a million rows once takes a fraction of finding a place for each. */
export function indexStatements(): readonly string[] {
  return TABLE_NAMES.flatMap(name => {
    const { indexes = [] }: Table = TABLES[name];
    return indexes.map((columns, at) => `CREATE INDEX IF NOT EXISTS ${name}_${at} ON ${name} (${columns})`);
  });
}

/** What takes all of them away, whether they are there or not. */
export function dropStatements(): readonly string[] {
  return ['position', ...TABLE_NAMES].map(name => `DROP TABLE IF EXISTS ${name}`);
}

/** What adds one row. */
export function insertStatement(name: TableName): string {
  const columns = Object.keys(TABLES[name].columns);
  return `INSERT INTO ${name} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;
}

const COLUMNS = new Map(TABLE_NAMES.map(name => [name, Object.keys(TABLES[name].columns)]));

/** The cells of a row in the order of its table's columns. */
export function cellsOf({ table, cells }: Row): readonly Cell[] {
  const byName: Readonly<Record<string, Cell>> = cells;
  return (COLUMNS.get(table) as readonly string[]).map(column => byName[column] as Cell);
}
