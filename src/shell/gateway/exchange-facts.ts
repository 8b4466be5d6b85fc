/** What is known of an exchange when it ends, and how it ended: what its receipt and its price are made of. */

import type { StatedParty } from '../../appraise/policy/publish.js';
import type { AnswerFacts, RequestFacts, Surface } from '../../exchange/surface.js';
import type { ReasonCode } from '../../reason.js';
import type { Receipt, ResponseDigest } from '../../receipt/receipt.js';
import type { ClientThread } from './issuer.js';
import type { TriedUpstreams } from './tried-upstreams.js';

/** How an exchange ended. */
export interface Ending {
  readonly status: Receipt['response']['status'];
  /** Null only for `completed`. */
  readonly reason: ReasonCode | null;
  /** The HTTP status that the client got, or would have got. */
  readonly http: number;
  /** What the receipt commits to of the response, and the bytes that the vault keeps; null when nothing was sent. */
  readonly response: { readonly digest: ResponseDigest; readonly bytes: Uint8Array } | null;
  readonly answer: AnswerFacts | null;
}

/** The exchange in which an answer was first given, and the digest of its receipt's payload, hexadecimal. */
export interface CachedReference {
  readonly exchange: string;
  readonly receipt: string;
}

/** What is known of an exchange when it ends. Times are milliseconds since 1970. */
export interface ExchangeFacts {
  readonly exchange: string;
  readonly opening: Uint8Array;
  readonly surface: Surface;
  /** The surface that the host was asked at, in whose words it says why its model stopped. */
  readonly host: Surface;
  readonly thread: ClientThread;
  readonly counter: number;
  /** The client's; null where it sent none. */
  readonly nonce: string | null;
  /** Whether all of the request was received. */
  readonly complete: boolean;
  /** Null for a request that was not understood. */
  readonly request: RequestFacts | null;
  /** The names of the changes between what came and what was sent. */
  readonly transforms: readonly string[];
  readonly tried: TriedUpstreams;
  /** Null where the answer was not given before. */
  readonly cached: CachedReference | null;
  /** What the upstream has sent, where that is not what the client got. */
  readonly upstreamAnswer: Uint8Array | null;
  /** The names of the changes between the two, but for a translation. */
  readonly answerTransforms: readonly string[];
  /** What the receipt says of the policy, and who answers for the exchange by it. */
  readonly policy: Receipt['policy'];
  readonly parties: readonly StatedParty[];
  readonly received: number;
  readonly firstByte: number | null;
}
