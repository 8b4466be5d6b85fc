/** What the target of a request says, which may be anything at all. */
import { Failure } from '../../reason.js';

export interface Target {
  readonly pathname: string;
  /** The query with its question mark, or nothing. */
  readonly search: string;
}

/** A target that is its own path, as most are: nothing in it would have to be resolved or escaped. */
const PLAIN_TARGET = /^(?:\/[\w~-]+)+$/;

/** Only the path and the query of a request's target count. */
const BASE = 'http://server.invalid';

/** Throws `request/route-unknown` for what is no target. */
export function readTarget(target: string): Target {
  if (PLAIN_TARGET.test(target)) return { pathname: target, search: '' };
  if (!URL.canParse(target, BASE)) throw new Failure('request/route-unknown');
  return new URL(target, BASE);
}
