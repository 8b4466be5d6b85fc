/** A real log with receipts in it, served over HTTP, and a monitor that looks at it. */
import { join } from 'node:path';
import { beginningOf } from '../../src/appraise/standing.js';
import { parseTrust, policyText, type Trust, type TrustFile } from '../../src/appraise/trust.js';
import { toBase32 } from '../../src/bytes/base32.js';
import { sha256 } from '../../src/bytes/cryptography.js';
import { toHex } from '../../src/bytes/hex.js';
import { utf8 } from '../../src/bytes/octets.js';
import { knownKeys } from '../../src/court/misbehaviour/known-keys.js';
import { cosignerOf } from '../../src/note/cosignature.js';
import { formatVerifierKey, keyLabel, type VerifierKey } from '../../src/note/key.js';
import { entryIsByOneOf, entryKeys } from '../../src/receipt/entry.js';
import { type Envelope, envelopeBytes, payloadDigest, seal } from '../../src/receipt/envelope.js';
import { epochStatement } from '../../src/receipt/epoch.js';
import { defaultPolicy, policyDigest, policyStatement } from '../../src/receipt/policy.js';
import { RECEIPT, type Receipt, receiptSubject } from '../../src/receipt/receipt.js';
import { writeStatement } from '../../src/receipt/statement.js';
import { HttpServer } from '../../src/shell/http/server.js';
import type { FileLog } from '../../src/shell/log/file-log.js';
import type { LogOptions } from '../../src/shell/log/open-log.js';
import { type Publication, serveLog } from '../../src/shell/log/serve.js';
import type { MonitorEvent } from '../../src/shell/monitor/events.js';
import { Monitor, type MonitorOptions } from '../../src/shell/monitor/monitor.js';
import { emptyRoot } from '../../src/tree/hash.js';
import { type TestKey, testKey, testMlDsaCosigner } from './keys.js';
import { LOG, openTestLog, WITNESSES } from './log.js';
import { DEADLINE, SAMPLE_RECEIPT } from './sample-receipt.js';

const ORIGIN = LOG.key.name;
export const ISSUER = testKey(`${ORIGIN}/issuer`, 31);
export const LOG_COSIGNER = testMlDsaCosigner(ORIGIN, 32);
const POLICY = defaultPolicy(['provider']);

export const TRUST_FILE: TrustFile = {
  log: formatVerifierKey(LOG.key),
  logCosigner: formatVerifierKey(LOG_COSIGNER.key),
  issuers: [formatVerifierKey(ISSUER.key)],
  policy: policyText(
    LOG.key,
    WITNESSES.map(({ key }) => key),
    'all',
  ),
};
export const TRUST: Trust = parseTrust(utf8(JSON.stringify(TRUST_FILE)));

/** A log that takes whatever anybody signs: what is in it is for the monitor to judge. */
export function openReceiptLog(folder: string, changes: Partial<LogOptions> = {}): Promise<FileLog> {
  return openTestLog(folder, {
    accepts: entry => entryIsByOneOf([ISSUER.key], entry),
    keysOf: entry => {
      try {
        return entryKeys(entry);
      } catch {
        return [sha256(entry).slice(0, 16)];
      }
    },
    cosigner: cosignerOf(LOG_COSIGNER.key, LOG_COSIGNER.signer),
    ...changes,
  });
}

/** An issuer as honest as it is asked to be. */
export class TestIssuer {
  readonly #log: FileLog;
  readonly #by: TestKey;
  readonly #previous = new Map<string, string>();
  readonly #counters = new Map<string, number>();
  #epoch = '';
  #epochs = 0;
  #policyIndex = 0;
  /** Where the log's tree is said to have been seen. */
  seen: Receipt['seen'] = { size: 0, root: toHex(emptyRoot()) };

  constructor(log: FileLog, by: TestKey = ISSUER) {
    this.#log = log;
    this.#by = by;
  }

  get label(): string {
    return keyLabel(this.#by.key);
  }

  /** `policy`: the statement of the policy that receipts name; one without rules when it is left out. */
  async begin(statement = policyStatement(POLICY, this.label)): Promise<void> {
    const policy = seal(statement, this.label, this.#by.signer);
    const known = await this.#log.find(payloadDigest(policy).slice(0, 16));
    this.#policyIndex = known ?? this.#log.append(envelopeBytes(policy)).index;
    await this.beginEpoch();
  }

  async beginEpoch(name = `${this.label} ${this.#epochs++} ${Math.random()}`): Promise<void> {
    this.#epoch = identifier(name);
    this.#counters.clear();
    this.#previous.clear();
    const payload = epochStatement(this.#by.key, this.#epoch, DEADLINE - 9_000_000);
    await this.append(seal(payload, this.label, this.#by.signer));
  }

  /** The next receipt of a client, as an honest issuer would sign it but for the changes. */
  receipt(client = 'a client', change: Partial<Receipt> = {}): Envelope {
    const counter = (this.#counters.get(client) ?? 0) + 1;
    this.#counters.set(client, counter);
    const predicate: Receipt = {
      ...SAMPLE_RECEIPT,
      issuer: this.label,
      epoch: this.#epoch,
      client: identifier(client),
      counter,
      exchange: identifier(`${this.#epoch} ${client} ${counter} ${Math.random()}`),
      previous: this.#previous.get(client) ?? null,
      policy: { digest: policyDigest(POLICY), index: this.#policyIndex },
      log: { deadline: DEADLINE, origin: ORIGIN },
      seen: this.seen,
      ...change,
    };
    const subject = receiptSubject(toHex(sha256(utf8(client))), null);
    const envelope = seal(writeStatement(RECEIPT, { subject, predicate }), this.label, this.#by.signer);
    this.#previous.set(client, toHex(payloadDigest(envelope)));
    return envelope;
  }

  async append(...envelopes: readonly Envelope[]): Promise<void> {
    let included: Promise<void> = Promise.resolve();
    for (const envelope of envelopes) included = this.#log.append(envelopeBytes(envelope)).included;
    await included;
    const { size, root } = this.#log.signed;
    this.seen = { size, root: toHex(root) };
  }

  /** Logs that many receipts of some clients. */
  async work(count: number, clients = 3): Promise<void> {
    await this.append(...Array.from({ length: count }, (_, at) => this.receipt(`client ${at % clients}`)));
  }
}

export function identifier(text: string): string {
  return toBase32(sha256(utf8(text)).slice(0, 16));
}

/** What a server answers for a path of the log; undefined to answer as the log would. */
export type Meddling = (
  path: string,
) => Promise<Uint8Array | number | undefined> | Uint8Array | number | undefined;

export interface ServedLog {
  readonly url: string;
  log: Publication;
  meddle: Meddling;
  close(): Promise<void>;
}

/** Serves a log at `<url>/log`, which may be exchanged for another one at any time. */
export async function serve(log: Publication): Promise<ServedLog> {
  const served = {
    log,
    meddle: (() => undefined) as Meddling,
    url: '',
    close: () => server.close(),
  };
  const server = new HttpServer({
    host: '127.0.0.1',
    port: 0,
    statusOf: () => undefined,
    onProblem: message => {
      throw new Error(message);
    },
    routes: [
      {
        method: 'GET',
        path: /^\/log\/(.*)$/,
        handle: async (_, path = '') => {
          const other = await served.meddle(path);
          if (typeof other === 'number') return { status: other, body: '' };
          return other === undefined ? serveLog(served.log, path) : { status: 200, body: other };
        },
      },
    ],
  });
  served.url = `${await server.listen()}/log`;
  return served;
}

export interface Watch {
  readonly events: MonitorEvent[];
  readonly monitor: Monitor;
}

export async function openMonitor(
  folder: string,
  url: string,
  changes: Partial<MonitorOptions> & { readonly stampers?: readonly VerifierKey[] } = {},
): Promise<Watch> {
  const events: MonitorEvent[] = [];
  const { stampers = [], ...others } = changes;
  const monitor = await Monitor.open({
    url,
    log: LOG.key,
    known: knownKeys(TRUST, [], stampers),
    beginning: beginningOf(TRUST),
    folder: join(folder, 'monitor'),
    onEvent: event => events.push(event),
    ...others,
  });
  return { events, monitor };
}

/** One look at a log by a monitor that goes on from what its folder holds. */
export async function lookOnce(...options: Parameters<typeof openMonitor>): Promise<Looked> {
  const { monitor, events } = await openMonitor(...options);
  try {
    const isComplete = await monitor.round();
    return { isComplete, hasFindings: monitor.hasFindings, events };
  } finally {
    await monitor.close();
  }
}

export interface Looked {
  readonly isComplete: boolean;
  readonly hasFindings: boolean;
  readonly events: readonly MonitorEvent[];
}

/** What a look found, in short: codes, with the index where there is one. */
export function found({ events }: Pick<Looked, 'events'>): string[] {
  return events.flatMap(event => {
    if (event.kind === 'checked') return [];
    const where = event.kind === 'finding' && event.index !== null ? ` ${event.index}` : '';
    return [`${event.kind} ${event.code}${where}`];
  });
}

/** The note of the checkpoint that a log shows. */
export function shownBy(log: FileLog): Uint8Array {
  const note = log.checkpointNote;
  if (note === null) throw new Error('the log shows nothing yet');
  return note;
}
