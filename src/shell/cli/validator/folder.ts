/** The folder of a validator, which a command that only looks at it or adds to it does not make. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../exit-code.js';

/** Throws a usage error for a folder in which no validator has worked: of a wrong one nothing would be said against anybody. */
export function requireValidatorFolder(data: string): void {
  if (['state.json', 'batches', 'record'].some(name => existsSync(join(data, name)))) return;
  throw new UsageError(
    `${data} is no validator's data folder; pass the one that it was started with as --data.`,
  );
}
