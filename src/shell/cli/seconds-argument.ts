/** A number of seconds on the command line. */
import { InvalidArgumentError } from 'commander';

export function secondsArgument(text: string): number {
  const value = Number(text);
  if (/^[0-9]{1,6}$/.test(text) && value > 0) return value;
  throw new InvalidArgumentError('It takes a number of seconds from 1 on.');
}
