/** A client of the test of many exchanges: asks as planned, and remembers what it needs to hold the gateway to its receipts. */
import { Agent, type IncomingMessage, request } from 'node:http';
import type { Plan } from './plan.js';
import { bodyCommitment, readStream, type StreamRead, sha256 } from './receipt-arithmetic.js';

/** What came, as far as the client can tell. */
export interface Outcome {
  readonly plan: Plan;
  /**
   * `whole`: an answer came to its end. `left`: the client went away. `lost`: the connection broke. `closed`: the gateway took no
   * exchanges, and said so or did not listen.
   */
  readonly ending: 'whole' | 'left' | 'lost' | 'closed';
  /** Null when no answer began. */
  readonly answer: Received | null;
}

export interface Received {
  readonly status: number;
  readonly exchange: string;
  readonly opening: Buffer;
  readonly attempts: number;
  /** From the header; null for streams. */
  readonly receiptDigest: string | null;
  /** The commitment to the body, as far as it came; null for a stream. */
  readonly commitment: string | null;
  readonly stream: Pick<StreamRead, 'link' | 'events' | 'riders'> | null;
  /** SHA-256 of what came, of a stream without its comments. */
  readonly content: string;
  /** Of a stream that did not come to its end, its blocks; null for all else. */
  readonly partial: Buffer | null;
}

/** So that a test fails, and says why, where a client would wait for ever. In milliseconds. */
const SILENCE = 60_000;

export const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

export function askAsPlanned(address: URL, plan: Plan): Promise<Outcome> {
  const { body, leaving } = plan;
  return new Promise(resolve => {
    let answering: IncomingMessage | null = null;
    const chunks: Buffer[] = [];
    let left = false;
    let timer: NodeJS.Timeout | undefined;
    const finish = (ending: Outcome['ending']) => {
      clearTimeout(timer);
      const answer =
        answering === null ? null : received(answering, Buffer.concat(chunks), ending !== 'whole' || left);
      const isClosed = ending === 'whole' && answer === null;
      resolve({ plan, ending: isClosed ? 'closed' : left ? 'left' : ending, answer });
    };
    const sending = request({
      agent,
      host: address.hostname,
      port: address.port,
      path: `/v1/${plan.surface}`,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'content-length': body.length,
        authorization: `Bearer ${plan.key}`,
        ...plan.headers,
      },
    });
    const leave = () => {
      left = true;
      sending.destroy();
    };
    sending.once('error', (error: NodeJS.ErrnoException) => {
      if (answering === null) finish(error.code === 'ECONNREFUSED' ? 'closed' : 'lost');
    });
    sending.once('response', response => {
      answering = response;
      let length = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        if (length === 0 && plan.pause > 0) {
          response.pause();
          setTimeout(() => response.resume(), plan.pause);
        }
        length += chunk.length;
        if (leaving.kind === 'at' && length >= leaving.bytes && !response.complete) leave();
      });
      response.once('error', () => undefined);
      response.once('close', () => finish(response.complete ? 'whole' : 'lost'));
    });
    sending.setTimeout(SILENCE, () => sending.destroy(new Error(`nothing came for ${SILENCE} ms`)));
    if (leaving.kind === 'before') {
      sending.write(body.subarray(0, body.length >> 1), leave);
      return;
    }
    sending.end(body);
    if (leaving.kind === 'after') timer = setTimeout(leave, leaving.milliseconds);
  });
}

/** Null for an answer under no exchange: the gateway is closing or opening. */
function received(
  { statusCode = 0, headers }: IncomingMessage,
  body: Buffer,
  isPart: boolean,
): Received | null {
  const exchange = headers['countersign-exchange'];
  if (typeof exchange !== 'string') return null;
  const opening = Buffer.from(String(headers['countersign-opening']), 'base64url');
  const isStream = String(headers['content-type']).startsWith('text/event-stream');
  const read = isStream ? readStream(opening, body) : null;
  const digest = headers['countersign-receipt-digest'];
  return {
    status: statusCode,
    exchange,
    opening,
    attempts: Number(headers['countersign-attempts'] ?? 1),
    receiptDigest: typeof digest === 'string' ? digest : null,
    commitment: isStream ? null : bodyCommitment(opening, 'response', body),
    stream: read === null ? null : { link: read.link, events: read.events, riders: read.riders },
    content: sha256(read?.blocks ?? body).toString('hex'),
    partial: isPart ? (read?.blocks ?? null) : null,
  };
}
