/** The object that a response is, whole or as the first and the last events of a stream have it. */
import type { Usage } from '../../parameters.js';
import type { ResponseEnd } from '../finish.js';
import { responseUsage } from '../usage.js';
import type { Asked } from './request.js';

/** What all objects of one response say. */
export interface Head {
  /** The host's own id of its answer. */
  readonly id: string;
  readonly model: string;
  /** Seconds since 1970. */
  readonly created: number;
}

export interface State {
  readonly status: ResponseEnd['status'] | 'in_progress' | 'failed';
  readonly incomplete_details?: ResponseEnd['incomplete_details'];
  readonly error?: { readonly code: string; readonly message: string };
}

export function responseObject(
  { id, model, created }: Head,
  { repeated }: Asked,
  { status, incomplete_details = null, error }: State,
  output: readonly object[],
  counts: Usage | null,
): object {
  return {
    id,
    object: 'response',
    created_at: created,
    status,
    background: false,
    error: error ?? null,
    incomplete_details,
    instructions: null,
    model,
    output,
    previous_response_id: null,
    store: false,
    ...repeated,
    usage: counts === null ? null : responseUsage(counts),
  };
}
