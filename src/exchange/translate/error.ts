/** An error in the middle of a host's stream. */
import { type HostError, hostErrorIn } from '../host-error.js';
import type { Place } from './place.js';

/** `where`: what says so, an event or a part of one. Throws where there is no message. */
export function readError(where: Place): HostError {
  const error = hostErrorIn(where.value, null);
  if (error === null) throw where.untranslatable('an error without a message');
  return error;
}
