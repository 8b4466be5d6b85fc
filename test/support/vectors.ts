/**
 * Genuine evidence: documents that real hardware has signed. They are not part of this project; `COUNTERSIGN_VECTORS` names the folder that
 * holds them, by default `shared/vectors` beside the project. Where it is absent, what needs it is skipped and says why.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';
import { fromBase64 } from '../../src/bytes/base64.js';

const folder =
  process.env.COUNTERSIGN_VECTORS ?? fileURLToPath(new URL('../../../shared/vectors', import.meta.url));

/** Why there is no genuine evidence here, or null when there is. */
export const ABSENT: string | null = existsSync(join(folder, 'README.md'))
  ? null
  : 'no genuine evidence here: COUNTERSIGN_VECTORS names the folder that holds it';

/** Whether a genuine file is there that not every such folder has. */
export function hasGenuine(path: string): boolean {
  return existsSync(join(folder, path));
}

/** A genuine file, by its path in the folder: `nitro/production.bin`. Only to be called inside of {@link describeGenuine}. */
export function genuine(path: string): Uint8Array {
  return new Uint8Array(readFileSync(join(folder, path)));
}

export function genuineText(path: string): string {
  return readFileSync(join(folder, path), 'utf8');
}

/** What is in a genuine file of base64, whose lines may end anywhere. */
export function genuineBase64(path: string): Uint8Array {
  const bytes = fromBase64(genuineText(path).replace(/\s/g, ''));
  if (bytes === null) throw new Error(`${path} is not base64`);
  return bytes;
}

/** A suite about genuine evidence: skipped with the reason where there is none, without calling `body`. */
export function describeGenuine(title: string, body: () => void): void {
  if (ABSENT === null) describe(title, body);
  else it.skip(`${title} (${ABSENT})`, () => {});
}
