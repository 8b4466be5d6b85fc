/** Reading again what has changed: on the signal that is usual for it, and when a file is another than it was. */
import { unwatchFile, watchFile } from 'node:fs';
import type { Reloads } from './reloads.js';

/**
 * Between two looks at a file, in milliseconds. It is looked at instead of watched: editors and orchestrators put another file, or a link to another
 * folder, in the place of the one that was there, of which whoever watches that one hears nothing.
 */
const LOOKING = 2000;

/** Returns how to stop. */
export function reloadOnChange(reloads: Reloads, files: readonly string[]): () => void {
  const reload = () => void reloads.reloadAll();
  process.on('SIGHUP', reload);
  for (const file of files) watchFile(file, { interval: LOOKING, persistent: false }, reload);
  return () => {
    process.off('SIGHUP', reload);
    for (const file of files) unwatchFile(file, reload);
  };
}
