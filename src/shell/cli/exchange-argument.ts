/** The id of an exchange, as the commands take it. */
import { InvalidArgumentError } from 'commander';

export function exchangeArgument(text: string): string {
  if (/^[a-z2-7]{26}$/.test(text)) return text;
  throw new InvalidArgumentError('It takes the 26 characters of the countersign-exchange header.');
}
