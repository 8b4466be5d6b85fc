/** What the engine and its worker thread say to each other. */

import type { Commission, Ending } from './generation.js';
import type { ModelShape, NetworkFile } from './model.js';

/** What the worker is started with. */
export interface WorkerData {
  readonly network: NetworkFile;
  readonly shape: ModelShape;
}

/** From the engine to the worker. */
export type Order =
  | { readonly kind: 'generate'; readonly id: number; readonly commission: Commission }
  | { readonly kind: 'abort'; readonly id: number };

/** From the worker to the engine. */
export type Report =
  | {
      readonly kind: 'step';
      readonly id: number;
      readonly token: number | null;
      readonly ending: Ending | null;
    }
  | { readonly kind: 'failed'; readonly id: number; readonly detail: string };
