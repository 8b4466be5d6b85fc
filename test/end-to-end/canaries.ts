/** Finding what should not be there: texts in all the forms in which they could have slipped through. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What must not be found, and under which name to report it. */
export interface Canary {
  readonly name: string;
  readonly bytes: Buffer;
}

export function canary(name: string, value: string | Uint8Array): Canary {
  return { name, bytes: Buffer.from(value) };
}

/** The unsalted digest of something, from which a short text could be guessed. */
export function digestCanary(name: string, value: string | Uint8Array): Canary {
  return { name: `SHA-256 of ${name}`, bytes: createHash('sha256').update(value).digest() };
}

/** Which canaries these bytes hold: as they are, in hexadecimal, or in either base64 at any of the three alignments. */
export function findCanaries(bytes: Buffer, canaries: readonly Canary[]): string[] {
  const layers = [bytes, ...decoded(bytes)];
  return canaries
    .filter(({ bytes: wanted }) => {
      const forms = [wanted, ...encodings(wanted).map(text => Buffer.from(text))];
      return layers.some(layer => forms.some(form => layer.includes(form)));
    })
    .map(({ name }) => name);
}

function encodings(wanted: Buffer): string[] {
  const hex = wanted.toString('hex');
  const base64 = [0, 1, 2].flatMap(offset => {
    const shifted = Buffer.concat([Buffer.alloc(offset), wanted]);
    // The first and the last characters also depend on what stands beside it.
    return (['base64', 'base64url'] as const).map(encoding =>
      shifted
        .toString(encoding)
        .replace(/=+$/, '')
        .slice(offset === 0 ? 0 : offset + 1, -1),
    );
  });
  return [hex, hex.toUpperCase(), ...base64];
}

/** What the long runs of base64 in these bytes stand for, such as the payloads of envelopes, and what in turn stands in those. */
function decoded(bytes: Buffer, depth = 2): Buffer[] {
  if (depth === 0) return [];
  const runs = bytes.toString('latin1').match(/[A-Za-z0-9+/]{64,}={0,2}/g) ?? [];
  return runs.flatMap(run => {
    const inner = Buffer.from(run, 'base64');
    return [inner, ...decoded(inner, depth - 1)];
  });
}

/** Every file below a folder, with its path relative to it. */
export function filesBelow(folder: string): { path: string; mode: number; bytes: Buffer }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap(path => {
    try {
      const { mode } = statSync(join(folder, path));
      return [{ path, mode: mode & 0o777, bytes: readFileSync(join(folder, path)) }];
    } catch (error) {
      // A folder; or a draft that a running process has renamed into its place since the names were read.
      if (['EISDIR', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
      throw error;
    }
  });
}
