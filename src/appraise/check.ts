/** The outcome of one check. A check that was not made says so and why; it is never reported as made. */
import { Failure, type ReasonCode, says } from '../reason-core.js';

export type Check =
  | { readonly name: CheckName; readonly status: 'pass'; readonly says: string }
  | {
      readonly name: CheckName;
      readonly status: 'fail' | 'not-checked';
      readonly code: ReasonCode;
      readonly says: string;
      /** The offending member, where there is one. */
      readonly field: string | null;
    };

export type CheckName =
  | 'bundle'
  | 'signature'
  | 'receipt'
  | 'time'
  | 'request'
  | 'response'
  | 'image'
  | 'policy'
  | 'inclusion'
  | 'witnesses'
  | 'epoch'
  | 'evidence'
  | 'binding'
  | 'freshness';

export function pass(name: CheckName, what: string): Check {
  return { name, status: 'pass', says: what };
}

export function fail(name: CheckName, code: ReasonCode, field: string | null = null): Check {
  return { name, status: 'fail', code, says: says(code), field };
}

export function notChecked(name: CheckName, code: ReasonCode): Check {
  return { name, status: 'not-checked', code, says: says(code), field: null };
}

/** The failed check that a thrown failure stands for. Anything else that was thrown is a fault of ours and is thrown on. */
export function failed(name: CheckName, error: unknown): Check {
  if (error instanceof Failure) return fail(name, error.code, error.field ?? null);
  throw error;
}
