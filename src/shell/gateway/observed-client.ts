/**
 * Connections to upstreams that know whom they are talking to: a receipt can name the TLS key that really answered, and an upstream that has to show by evidence
 * what it is gets nothing over a connection that ends at another key.
 */
import { buildConnector, Client, type Dispatcher } from 'undici';
import { Failure } from '../../reason.js';
import type { OpenConnections } from '../http/connections.js';
import type { AttestedUpstream } from './attestation/attested-upstream.js';
import { peerOf, type TlsPeer } from './attestation/peer.js';

/** What a request learns about the connection that served it; read when the answer begins, since a connection may be made anew before that. */
export interface Connection {
  /** Of the one that was chosen; null before one was. */
  chosen: Observed | null;
}

/** Whom a connection is talking to; null as long as nobody is known, and where there is no TLS. */
export interface Observed {
  peer: TlsPeer | null;
}

interface ObservedOptions {
  /** For reaching the upstream, in milliseconds. */
  readonly timeout: number;
  readonly connections: OpenConnections;
  readonly guard: AttestedUpstream | null;
  readonly ca: string | undefined;
}

/** A connection that knows whom it is talking to, so that a receipt can name the TLS key that really answered. */
export class ObservedClient extends Client {
  readonly #observed: Observed;

  constructor(
    origin: URL | string,
    options: Client.Options,
    { timeout, connections, guard, ca }: ObservedOptions,
  ) {
    const observed: Observed = { peer: null };
    const connect = buildConnector({
      timeout,
      ...(ca === undefined ? {} : { ca }),
      // A session that is taken up again shows no certificate that anybody has proven to have the key of, and a receipt could not name it.
      maxCachedSessions: 0,
    });
    super(origin, {
      ...options,
      connect: (target, callback) => {
        if (!connections.take()) {
          callback(new Error('as many connections to upstreams as there may be'), null);
          return;
        }
        connect(target, (...result) => {
          const [error, socket] = result;
          if (error === null) socket.once('close', () => connections.give());
          else connections.give();
          observed.peer = error === null ? peerOf(socket) : null;
          if (error !== null || guard === null) {
            callback(...result);
            return;
          }
          void guard.admit(observed.peer).then(failure => {
            if (failure === null && !socket.destroyed) {
              callback(...result);
              return;
            }
            socket.destroy();
            callback(new Unattested(failure ?? new Failure('attestation/unreachable')), null);
          });
        });
      },
    });
    this.#observed = observed;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const { connection } = options as Dispatcher.DispatchOptions & { connection: Connection };
    connection.chosen = this.#observed;
    return super.dispatch(options, handler);
  }
}

/** A connection that may not be used. */
export class Unattested extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}
