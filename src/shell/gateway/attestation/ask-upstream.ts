/**
 * Asking an upstream for its attestation, over a connection of its own whose certificate is seen.
 *
 * The upstream is not trusted: its answers have a size and a time, no redirect is followed, and all of them have to come from behind one certificate.
 */
import { buildConnector, Client } from 'undici';
import { ByteCollector } from '../../../bytes/collector.js';
import type { AttestationRequest } from '../../../evidence/providers/provider.js';
import { Failure } from '../../../reason.js';
import { peerOf, type TlsPeer } from './peer.js';

export interface AskedUpstream {
  readonly answers: readonly Uint8Array[];
  readonly peer: TlsPeer;
}

export interface AskUpstreamOptions {
  /** Such as `https://inference.example`. */
  readonly origin: string;
  readonly requests: readonly AttestationRequest[];
  /** With the gateway's own key, where it has one. */
  readonly headers: Readonly<Record<string, string>>;
  /** For everything, in milliseconds. */
  readonly timeout: number;
  /** Authorities in PEM in the place of those that everybody trusts; for tests, and never from a configuration. */
  readonly ca?: string;
}

/** The most bytes of all answers together. */
export const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/**
 * Rejects with `attestation/unreachable`, `attestation/late`, `attestation/refused`, `attestation/excessive`, `attestation/connection-changed`, or
 * `provider/tls-unseen` for an origin without TLS.
 */
export async function askUpstream(options: AskUpstreamOptions): Promise<AskedUpstream> {
  const { origin, requests, headers, timeout, ca } = options;
  const ending = new AbortController();
  const patience = setTimeout(() => ending.abort(), timeout);
  const connect = buildConnector({ timeout, maxCachedSessions: 0, ...(ca === undefined ? {} : { ca }) });
  const peers: (TlsPeer | null)[] = [];
  const client = new Client(origin, {
    pipelining: 1,
    // The patience is one for all of it.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: (target, callback) =>
      connect(target, (...result) => {
        if (result[0] === null) peers.push(peerOf(result[1]));
        callback(...result);
      }),
  });
  try {
    const collected = new Collected();
    const answers: Uint8Array[] = [];
    for (const { method, path } of requests) {
      const sent = { ...headers, accept: 'application/json', 'accept-encoding': 'identity' };
      const answer = await client.request({ method, path, headers: sent, signal: ending.signal });
      if (answer.statusCode !== 200)
        throw new Failure('attestation/refused', { field: origin, detail: String(answer.statusCode) });
      answers.push(await collected.whole(answer.body));
      onePeer(peers, origin);
    }
    return { answers, peer: onePeer(peers, origin) };
  } catch (error) {
    if (error instanceof Failure) throw error;
    if (ending.signal.aborted) throw new Failure('attestation/late', { field: origin });
    throw new Failure('attestation/unreachable', { field: origin, detail: codeOf(error) });
  } finally {
    clearTimeout(patience);
    // Not `close`, which would wait for what an endless answer still has to say.
    void client.destroy();
  }
}

/** A server may hang up between two answers, and another may take the next connection. */
function onePeer(peers: readonly (TlsPeer | null)[], origin: string): TlsPeer {
  const [first = null, ...others] = peers;
  if (first === null) throw new Failure('provider/tls-unseen', { field: origin });
  if (others.some(peer => peer?.certificateDigest !== first.certificateDigest))
    throw new Failure('attestation/connection-changed', { field: origin });
  return first;
}

class Collected {
  #left = MAX_ANSWER_BYTES;

  async whole(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
    const collected = new ByteCollector();
    for await (const chunk of body) {
      this.#left -= chunk.length;
      if (this.#left < 0)
        throw new Failure('attestation/excessive', { detail: `over ${MAX_ANSWER_BYTES} bytes` });
      collected.add(chunk);
    }
    return collected.bytes;
  }
}

function codeOf(error: unknown): string {
  const { code, name } = error as NodeJS.ErrnoException;
  return code ?? name ?? 'unknown';
}
