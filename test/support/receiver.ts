/** A receiver of webhooks that checks what comes, and answers as a test wants. */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
export const WEBHOOK_SECRET_BYTES = new Uint8Array(32).fill(7);

export interface Received {
  readonly id: string;
  readonly time: number;
  readonly body: string;
  /** Whether the signature is that of the secret. */
  readonly isGenuine: boolean;
  readonly path: string;
}

export class Receiver {
  readonly received: Received[] = [];
  /** How the next notices are answered; taken unless it says otherwise. */
  answer: (response: ServerResponse, received: Received) => void = response => response.writeHead(204).end();
  readonly #server: Server;
  #waiting: (() => void)[] = [];

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param port 0 for any free one */
  static async start(port = 0): Promise<Receiver> {
    const server = createServer();
    const receiver = new Receiver(server);
    server.on('request', (request, response) => void receiver.#take(request, response));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Resolves when so many have come in all. */
  async until(count: number): Promise<readonly Received[]> {
    while (this.received.length < count) await new Promise<void>(resolve => this.#waiting.push(resolve));
    return this.received;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise(resolve => this.#server.close(resolve));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts).toString('utf8');
    const [id, time, signature] = ['id', 'timestamp', 'signature'].map(name =>
      String(request.headers[`webhook-${name}`]),
    );
    const expected = createHmac('sha256', WEBHOOK_SECRET_BYTES)
      .update(`${id}.${time}.${body}`)
      .digest('base64');
    const isGenuine = signature === `v1,${expected}`;
    const received = { id: `${id}`, time: Number(time), body, isGenuine, path: request.url ?? '' };
    this.received.push(received);
    this.answer(response, received);
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
