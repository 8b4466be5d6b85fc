/** What is read when it is first asked for. */
import { Failure } from '../reason.js';

/** Reads when it is first asked for, and not again; nor again where it cannot be read, but throws the same {@link Failure}. */
export function onceRead<Value>(read: () => Value): () => Value {
  let outcome: { readonly value: Value } | Failure | null = null;
  return () => {
    outcome ??= attempt(read);
    if (outcome instanceof Failure) throw outcome;
    return outcome.value;
  };
}

function attempt<Value>(read: () => Value): { readonly value: Value } | Failure {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}
