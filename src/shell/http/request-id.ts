/**
 * The id by which a request is found again: the client's own where it sent a well-formed one, or else one of ours. It stands on every answer and in
 * every line that is written about the request.
 *
 * Clients are not trusted: what goes into lines that people read and machines split is letters, digits and three marks.
 */
import {
  type IncomingHttpHeaders,
  type OutgoingHttpHeader,
  type OutgoingHttpHeaders,
  ServerResponse,
} from 'node:http';
import { toBase32 } from '../../bytes/base32.js';
import { isReasonCode, type ReasonCode } from '../../reason.js';
import { randomBytes } from '../random.js';

export const REQUEST_ID = 'x-request-id';

const WELL_FORMED = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const REASON = 'countersign-reason';

/** 128 random bits. */
export function newRequestId(): string {
  return toBase32(randomBytes(16));
}

function requestIdIn(headers: IncomingHttpHeaders): string {
  const given = headers[REQUEST_ID];
  return typeof given === 'string' && WELL_FORMED.test(given) ? given : newRequestId();
}

type Head = OutgoingHttpHeaders | OutgoingHttpHeader[];

/** An answer that has its request's id in its head, whoever writes that. For the `ServerResponse` option of `createServer`. */
export class NumberedResponse extends ServerResponse {
  readonly requestId = requestIdIn(this.req.headers);
  #whenHead: ((status: number, reason: ReasonCode | null) => void) | null = null;

  /**
   * `tell`: called once, when the head of the answer is written: the status stands then. `reason`: our own code where the answer is a refusal of ours. Given
   * by a call, because a function that is assigned where it is written would keep the whole request (docs/decisions/0018-what-is-young-stays-young.md).
   */
  whenHead(tell: (status: number, reason: ReasonCode | null) => void): void {
    this.#whenHead = tell;
  }

  override writeHead(status: number, message?: string, headers?: Head): this;
  override writeHead(status: number, headers?: Head): this;
  override writeHead(status: number, second?: string | Head, third?: Head): this {
    const head = (typeof second === 'string' ? third : second) ?? {};
    const tell = this.#whenHead;
    this.#whenHead = null;
    tell?.(status, reasonIn(head));
    const numbered = isList(head)
      ? [...head, REQUEST_ID, this.requestId]
      : { ...head, [REQUEST_ID]: this.requestId };
    return super.writeHead(status, numbered);
  }
}

/** The id of the request that is answered here; the empty string where nobody gave it one. */
export function requestIdOf(response: ServerResponse): string {
  return response instanceof NumberedResponse ? response.requestId : '';
}

function isList(head: Head): head is OutgoingHttpHeader[] {
  return Array.isArray(head);
}

function reasonIn(head: Head): ReasonCode | null {
  const at = isList(head) ? head.indexOf(REASON) : -1;
  const value = isList(head) ? (at < 0 ? undefined : head[at + 1]) : head[REASON];
  return typeof value === 'string' && isReasonCode(value) ? value : null;
}
