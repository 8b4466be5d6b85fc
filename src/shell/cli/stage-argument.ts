/** The value of `--wait`. */
import { InvalidArgumentError } from 'commander';
import type { Stage } from '../../tree/log.js';

export function stageArgument(text: string): Stage {
  if (text === 'included' || text === 'witnessed') return text;
  throw new InvalidArgumentError('It takes "included" or "witnessed".');
}
