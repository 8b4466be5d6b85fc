/** Secrets that a configuration names. They are read once, go nowhere but to where they are used, and are in no message. */
import { fromUtf8 } from '../../../bytes/octets.js';
import { UsageError } from '../exit-code.js';
import { readStored } from '../files.js';
import type { SecretReference } from './config-schema.js';

const MAX_BYTES = 16 * 1024;

/** The secret without the line's end that editors put behind it. Throws a usage error where there is none. `what`: what it is for. */
export async function readSecret(
  what: string,
  reference: SecretReference,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  if ('env' in reference) {
    const value = environment[reference.env] ?? '';
    if (isSecret(value)) return value;
    throw new UsageError(
      `${what}: the environment variable ${reference.env} is not set, or not one line of printable ASCII.`,
    );
  }
  const value = fromUtf8(await readStored(reference.file, MAX_BYTES))?.replace(/\r?\n$/, '') ?? '';
  if (isSecret(value)) return value;
  throw new UsageError(`${what}: ${reference.file} does not hold one line of printable ASCII.`);
}

/** What can stand in a header. */
function isSecret(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}
