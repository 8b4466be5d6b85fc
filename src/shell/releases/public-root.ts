/** The trusted root of Sigstore's public instance, as it was when this version was made. One that is newer can be given instead of it. */
import { readFile } from 'node:fs/promises';

export async function publicRoot(): Promise<Uint8Array> {
  return new Uint8Array(await readFile(new URL('../../../data/sigstore/trusted_root.json', import.meta.url)));
}
