/** Stands between two parties on the loopback interface: notes what was asked and how it was answered, and can change the answers. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What becomes of the body that answers a request for this path. */
export type Change = (path: string, body: Uint8Array) => Uint8Array;

export class Relay {
  readonly #server: Server;
  /** Every answered request, in order. */
  readonly answered: { readonly path: string; readonly status: number }[] = [];
  change: Change = (_path, body) => body;

  private constructor(target: string) {
    this.#server = createServer((request, response) => {
      // Whoever cannot be reached behind it cannot be reached through it.
      this.#pass(target, request, response).catch(() => response.destroy());
    });
  }

  /** `target`: what its own address stands for, such as `http://127.0.0.1:4711/log`. */
  static async start(target: string): Promise<Relay> {
    const relay = new Relay(target);
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #pass(target: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url: path = '/', headers } = request;
    const body = method === 'GET' ? undefined : new Uint8Array(await buffer(request));
    const type = headers['content-type'];
    const answer = await fetch(`${target}${path}`, {
      method,
      ...(body !== undefined && { body }),
      ...(type !== undefined && { headers: { 'content-type': type } }),
    });
    const changed = this.change(path, new Uint8Array(await answer.arrayBuffer()));
    this.answered.push({ path, status: answer.status });
    const answerType = answer.headers.get('content-type');
    response.writeHead(answer.status, answerType === null ? {} : { 'content-type': answerType });
    response.end(changed);
  }
}
