/**
 * What an operator reads while a gateway runs: lines in words, or in JSON for machines. Nothing in them was written by a client or an upstream, but for
 * public names of models and the request's id, which is letters and digits.
 *
 * Lines are gathered until the event loop comes round, so that thousands of them a second are few writes.
 */
import type { AnsweredRequest, ExchangeReport, ReportedAttestation } from '../../receipt/exchange-report.js';

export const LOG_FORMATS = ['text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** From the one that says most to the one that says least. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Facts about an event: numbers, truths, words from closed lists, and names that the operator has given. */
export type Facts = Readonly<Record<string, string | number | boolean | null>>;

export interface OperatorLogOptions {
  readonly format: LogFormat;
  readonly level: LogLevel;
  /** Writes whole lines, their ends included. */
  readonly write: (lines: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export class OperatorLog {
  /** Exchanged when it is configured anew. */
  level: LogLevel;
  readonly #options: OperatorLogOptions;
  #gathered = '';

  constructor(options: OperatorLogOptions) {
    this.#options = options;
    this.level = options.level;
  }

  /** An exchange that has ended. */
  exchange(report: ExchangeReport): void {
    if (!this.#heeds('info')) return;
    const { exchange, request, surface, model, served, stream, status, reason, http, unsealed } = report;
    const { received, firstByte, ended, attempts, trace } = report;
    this.say('info', 'exchange', {
      request,
      exchange,
      surface,
      stream,
      model,
      served,
      upstream: attempts.at(-1)?.upstream ?? null,
      attempts: attempts.length,
      status,
      http,
      reason,
      milliseconds: ended - received,
      firstToken: firstByte === null ? null : firstByte - received,
      ...(unsealed === null ? {} : { unsealed }),
      ...(trace === null ? {} : { trace: trace.trace }),
    });
  }

  /** An answer, of whatever request. */
  answer({ request, route, status, reason }: AnsweredRequest): void {
    if (this.#heeds('debug')) this.say('debug', 'answer', { request, route, http: status, reason });
  }

  /** An upstream has shown by evidence what it is, or has not, and gets nothing. */
  attestation({ upstream, reason, evidence }: ReportedAttestation): void {
    this.say(reason === null ? 'info' : 'warn', 'attestation', { upstream, reason, evidence });
  }

  /** Something that the operator should look at, in a sentence. */
  problem(message: string): void {
    if (!this.#heeds('error')) return;
    if (this.#options.format === 'json') this.say('error', 'problem', { message });
    else this.#write(`countersign: ${message}\n`);
    // It may be the last that this process writes.
    this.flush();
  }

  say(level: LogLevel, event: string, facts: Facts = {}): void {
    if (!this.#heeds(level)) return;
    const time = new Date(this.#options.now()).toISOString();
    if (this.#options.format === 'json') {
      this.#write(`${JSON.stringify({ time, level, event, ...facts })}\n`);
      return;
    }
    const told = Object.entries(facts).filter(([, value]) => value !== null);
    this.#write(`${time} ${event} ${told.map(([name, value]) => `${name}=${value}`).join(' ')}`.trimEnd());
    this.#write('\n');
  }

  /** Writes what is gathered. */
  flush(): void {
    const lines = this.#gathered;
    this.#gathered = '';
    if (lines !== '') this.#options.write(harmless(lines));
  }

  #heeds(level: LogLevel): boolean {
    return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(this.level);
  }

  #write(text: string): void {
    if (this.#gathered === '') setImmediate(() => this.flush());
    this.#gathered += text;
  }
}

/** Names of files and messages of the system may hold anything; a terminal must not obey it, and a line must stay one. */
function harmless(lines: string): string {
  return lines.replaceAll(/[^\n\P{Cc}]|[\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd');
}
