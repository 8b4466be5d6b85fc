/** Where the behaviour suite plays: hosts of every dialect behind one real gateway, and every exchange checked against its receipt. */

import type { CountersignFetch } from '../../../src/client/client.js';
import type { Upstream } from '../../../src/exchange/upstream.js';
import type { Receipt } from '../../../src/receipt/receipt.js';
import { countersign } from '../../../src/shell/client/web.js';
import { openGateway, type TestGateway } from '../gateway.js';
import { eventually, receiptOfExchange } from '../receipts.js';
import { type Recorded, receiptOfRecorded, recordingFetch } from '../recording-fetch.js';
import { answer, type Behaviour, stream, TestUpstream } from '../upstreams.js';
import { CHAT_HOST } from './chat-host.js';
import type { Connection } from './client.js';
import type { HostError, Reply } from './conversation.js';
import type { Host, Members } from './host.js';
import type { Line } from './lines.js';
import { MESSAGES_HOST } from './messages-host.js';
import { RESPONSES_HOST } from './responses-host.js';

/** No host here is ever late, however busy the machine is. */
const PATIENT = { connect: 20_000, firstToken: 20_000, idle: 20_000 };

const HOSTS: readonly Host[] = [CHAT_HOST, MESSAGES_HOST, RESPONSES_HOST];

export class Stage {
  readonly gateway: TestGateway;
  readonly #upstreams: ReadonlyMap<Host, TestUpstream>;

  private constructor(gateway: TestGateway, upstreams: ReadonlyMap<Host, TestUpstream>) {
    this.gateway = gateway;
    this.#upstreams = upstreams;
  }

  /** `engine`: in place of the model whose answers never change. */
  static async open(engine?: Upstream): Promise<Stage> {
    const upstreams = new Map<Host, TestUpstream>();
    for (const host of HOSTS) {
      const upstream = await TestUpstream.start();
      upstream.models = [host.model];
      upstreams.set(host, upstream);
    }
    const more = Object.fromEntries(
      [...upstreams].map(([{ name, surface }, { base }]) => [name, { base, surfaces: [surface] }]),
    );
    // Few wait for witnesses here, and each checkpoint costs two slow signatures.
    const gateway = await openGateway({ more, timeouts: PATIENT, spacing: 100, ...(engine && { engine }) });
    return new Stage(gateway, upstreams);
  }

  upstreamOf({ host }: Pick<Line, 'host'>): TestUpstream {
    return this.#upstreams.get(host) as TestUpstream;
  }

  /** Throws when the operator was told of anything, but that a busy machine has made a witness late: every receipt is waited for anyway. */
  async close(): Promise<void> {
    await this.gateway.close();
    for (const upstream of this.#upstreams.values()) await upstream.close();
    const problems = this.gateway.problems.filter(problem => !problem.startsWith('peer/unreachable'));
    if (problems.length > 0) throw new Error(problems.join('\n'));
  }
}

/**
 * One client of the gateway, through the verifying `fetch`, with a key and so a row of numbers of its own. What that `fetch` has verified is
 * looked at at once; what only an outsider with the log's proofs can, once at the end, since every proof takes the witnesses' time.
 */
export class Session {
  readonly connection: Connection;
  readonly #stage: Stage;
  readonly #recorded: Recorded[] = [];
  readonly #verified: Receipt[] = [];
  readonly #fetch: CountersignFetch;
  /** As receipts name it. */
  #client: string | null = null;
  #count = 0;
  /** The numbers of exchanges that the client never heard of. */
  readonly #unheard = new Set<number>();

  constructor(stage: Stage, model: string, key: string) {
    this.#stage = stage;
    const { address, trust } = stage.gateway;
    this.#fetch = countersign({
      trust,
      fetch: recordingFetch(this.#recorded),
      onVerified: ({ receipt }) => this.#verified.push(receipt),
    });
    this.connection = { address, fetch: this.#fetch, key, model, retries: 0 };
  }

  get last(): Recorded {
    const last = this.#recorded.at(-1);
    if (last === undefined) throw new Error('nothing was asked');
    return last;
  }

  /**
   * The receipt of the one exchange since the last call, as the client has verified it with the bytes of both ways. Throws unless it has,
   * and unless its number is the next one.
   */
  receipt(): Receipt {
    const receipt = this.#verified.at(-1);
    if (receipt?.exchange !== exchangeOf(this.last)) throw new Error('the client has not verified it');
    return this.#next(receipt);
  }

  /** The same of an exchange that the client has left, and whose answer it has not got to its end. */
  async receiptOfLeft(): Promise<Receipt> {
    const exchange = exchangeOf(this.last);
    const { gateway } = this.#stage;
    return this.#next(await eventually(() => receiptOfExchange(gateway, exchange).catch(() => undefined)));
  }

  /** The client has left an exchange before it heard of it. */
  leftUnheard(): void {
    this.#count++;
    this.#unheard.add(this.#count);
  }

  /** The same of several exchanges, which may have run at once. */
  receipts(count: number): Receipt[] {
    const latest = this.#verified.slice(-count).sort((a, b) => a.counter - b.counter);
    return latest.map(receipt => this.#next(receipt));
  }

  /**
   * Throws unless every exchange is accounted for: the whole of it verifies for an outsider, it is witnessed, no other is in the log under this
   * client, and the client's own later check settles all. Resolves to the receipts of those that the client never heard of.
   */
  async settle(): Promise<Receipt[]> {
    const { gateway } = this.#stage;
    const verified = new Set(this.#verified.map(({ exchange }) => exchange));
    const whole = this.#recorded.filter(recorded => verified.has(exchangeOf(recorded)));
    const receipts = await Promise.all(whole.map(recorded => receiptOfRecorded(gateway, recorded)));
    if (receipts.length !== this.#verified.length) throw new Error('a receipt of no exchange');
    // Those that ran at once may stand in the log in any order.
    const logged = (await gateway.receipts())
      .filter(({ client }) => client === this.#client)
      .sort((a, b) => a.counter - b.counter);
    if (logged.some(({ counter }, at) => counter !== at + 1)) throw new Error('a number out of turn');
    if (logged.length !== this.#count) throw new Error(`${logged.length} receipts, not ${this.#count}`);
    const { outcome, findings } = await this.#fetch.check();
    if (outcome !== 'settled' || findings.length > 0) throw new Error(`the later check: ${outcome}`);
    return logged.filter(({ counter }) => this.#unheard.has(counter));
  }

  #next(receipt: Receipt): Receipt {
    const number = this.#count + 1;
    // What one failing test has not looked at must not fail all that come after it.
    this.#count = receipt.counter;
    this.#client ??= receipt.client;
    if (receipt.client !== this.#client || receipt.counter !== number)
      throw new Error(`exchange ${receipt.counter}, not ${number}`);
    return receipt;
  }
}

function exchangeOf({ headers }: Recorded): string {
  return headers.get('countersign-exchange') ?? '';
}

/** What a host does that answers with this, whole or as a stream as it is asked. */
export function answering({ host }: Pick<Line, 'host'>, reply: Reply): Behaviour {
  return (response, { body }) => {
    const request: Members = JSON.parse(body.toString());
    const { stream: isStream } = host.asked(request);
    const behaviour = isStream
      ? stream(...host.streamed(reply, request))
      : answer(200, host.whole(reply, host.model));
    return behaviour(response, { body } as never);
  };
}

export function failing({ host }: Pick<Line, 'host'>, error: HostError): Behaviour {
  return answer(error.status, host.error(error), error.headers);
}
