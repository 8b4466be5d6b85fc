/** An error in the middle of a host's stream. */
import { type HostError, hostErrorIn } from '../host-error.js';
import type { Place } from './place.js';

/** Throws where there is no message. */
export function readError(event: Place): HostError {
  const error = hostErrorIn(event.value, null);
  if (error === null) throw event.untranslatable('an error without a message');
  return error;
}
