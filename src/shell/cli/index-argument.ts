/** The index of an entry on the command line. */
import { InvalidArgumentError } from 'commander';

export function indexArgument(text: string): number {
  const value = /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError('It takes the index of an entry of the log.');
}
