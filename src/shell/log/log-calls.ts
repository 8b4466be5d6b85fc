/** What is said between a log's thread and those who read it from another. */
import { Failure, type ReasonCode } from '../../reason.js';
import type { TileName } from '../../tree/tile.js';

/** What can be asked of the log, as {@link TransparencyLog} and {@link Publication} have it. */
export type LogCall =
  | { readonly kind: 'include'; readonly entry: Uint8Array; readonly known: readonly Uint8Array[] | null }
  | { readonly kind: 'find'; readonly key: Uint8Array }
  | { readonly kind: 'entry' | 'prove' | 'proveCose'; readonly index: number }
  | { readonly kind: 'tile'; readonly name: TileName };

export interface LogValues {
  include: number;
  find: number | null;
  entry: Uint8Array;
  prove: string | null;
  proveCose: Uint8Array | null;
  tile: Uint8Array | null;
}

export interface NumberedCall {
  readonly id: number;
  readonly call: LogCall;
}

export type LogAnswer =
  | { readonly id: number; readonly value: LogValues[LogCall['kind']] }
  | { readonly id: number; readonly failure: SpokenFailure };

/** How far a log is: whatever of it is known without asking. */
export interface LogState {
  readonly size: number;
  readonly witnessed: { readonly size: number; readonly root: Uint8Array } | null;
  readonly checkpointNote: Uint8Array | null;
  readonly writable: boolean;
}

/** A message takes along all of the memory that a view is a part of; this is a view of no more than itself. */
export function unshared(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}

/** A failure as it goes from one thread to another; the code is null for a fault of ours. */
export interface SpokenFailure {
  readonly code: ReasonCode | null;
  readonly field: string | null;
  readonly detail: string | null;
}

export function spoken(error: unknown): SpokenFailure {
  if (!(error instanceof Failure)) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { code: null, field: null, detail };
  }
  return { code: error.code, field: error.field ?? null, detail: error.detail ?? null };
}

export function heard({ code, field, detail }: SpokenFailure): Error {
  if (code === null) return new Error(detail ?? 'a fault in another thread');
  return new Failure(code, { ...(field === null ? {} : { field }), ...(detail === null ? {} : { detail }) });
}
