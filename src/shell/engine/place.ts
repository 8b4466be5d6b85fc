/**
 * Where the engine's own files lie. The package has the same layout below `src/` and `dist/`, so both
 * find the model; the worker is always the compiled one, because a worker thread cannot load TypeScript.
 */

import { fileURLToPath } from 'node:url';

const PACKAGE = new URL('../../../', import.meta.url);

/** The folder of the demonstration model that comes with the package. */
export const DEMONSTRATION_FOLDER = fileURLToPath(new URL('models/demonstration', PACKAGE));

/** The prompts that training never saw, and where their measured accuracy is written. */
export const HELD_OUT_FILE = fileURLToPath(new URL('models/held-out.jsonl', PACKAGE));
export const ACCURACY_FILE = fileURLToPath(new URL('models/accuracy.json', PACKAGE));

/** The worker thread's entry, compiled. */
export const WORKER = new URL('dist/shell/engine/worker.js', PACKAGE);
