/** What is in views, to compare them with others. */
import type { Found } from '../../src/shell/views/database.js';
import { TABLE_NAMES, TABLES, type TableName } from '../../src/shell/views/tables.js';
import type { Views } from '../../src/shell/views/views.js';

/** Every row of every table, in the order of the log. */
export function dumpOf(views: Views): readonly (readonly [TableName, readonly Found[]])[] {
  return TABLE_NAMES.map(name => {
    const key = Object.keys(TABLES[name].columns).includes('line') ? 'entry, line' : 'entry';
    return [name, views.find(`SELECT * FROM ${name} ORDER BY ${key}`)];
  });
}
