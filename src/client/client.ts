/**
 * The client: a `fetch` for SDKs that verifies every answer, keeps its receipt, and checks later that the log has kept its promise.
 *
 * Trusted: the trust file, the store, and the caller. Not trusted: gateway, log, mirrors, and everybody between them and here.
 */
import { parseTrust, type Trust } from '../appraise/trust.js';
import { toBase64Url } from '../bytes/base64.js';
import { utf8 } from '../bytes/octets.js';
import type { VerifierKey } from '../note/key.js';
import { NONCE_BYTES, NONCE_HEADER } from '../receipt/nonce.js';
import { type AnswerRules, checkAnswer, type WithoutReceipt } from './answer-check.js';
import { INLINE_HEADER } from './exchange-headers.js';
import type { Finding, LaterCheck } from './finding.js';
import { KeptExchanges } from './kept-exchanges.js';
import type { LaterRules } from './later-check.js';
import { LaterChecks } from './later-checks.js';
import { memoryStore } from './memory-store.js';
import type { Unverified, Verified } from './outcome.js';
import { readOutgoing, targetOf } from './outgoing.js';
import type { Ask } from './peer.js';
import type { ReceiptStore } from './receipt-store.js';
import { type After, timedChecksOf } from './timed-checks.js';

interface Options {
  /** Whom to believe: a trust file's text or bytes, or what `parseTrust` makes of it. It must not come from the gateway that is asked. */
  readonly trust: Trust | string | Uint8Array;
  /**
   * What happens to an answer that fails: `throw` (the default) makes its body unreadable, with the failure as the reason; a function is told, and
   * the answer is passed on as it came.
   */
  readonly onFailure?: 'throw' | ((outcome: Unverified) => void);
  /** Told of each answer that has been verified to its end. */
  readonly onVerified?: (outcome: Verified) => void;
  /** Which answers may come without a receipt. HTTP errors may, unless this says otherwise: a gateway that takes no requests has none to give. */
  readonly withoutReceipt?: WithoutReceipt;
  /** Which requests are exchanges, whose answers have receipts; unless this says otherwise, every POST. All others pass untouched. */
  readonly isExchange?: (request: { readonly method: string; readonly url: string }) => boolean;
  /** Where openings and receipts are kept: in memory, unless this says otherwise. */
  readonly store?: ReceiptStore;
  /** How long after an answer its receipt may promise to be in the log, in milliseconds: a day, unless this says otherwise. */
  readonly longestPromise?: number;
  /** The most bytes of an answer in one body (64 MiB), and of one event of a stream (as many, and room for two comments of ours). */
  readonly maxAnswerBytes?: number;
  readonly maxEventBytes?: number;
  /** Addresses below which mirrors serve copies of the log: receipts that the log forgets are handed in there too, and checkpoints are compared. */
  readonly mirrors?: readonly string[];
  /** The keys of the mirrors' stamps; without them no stamp is kept. */
  readonly stampers?: readonly VerifierKey[];
}

/** What is kept is checked when the program calls `check()`. */
interface CheckedWhenAsked {
  /**
   * What happens to what a later check finds: `throw` (the default) lets `check()` reject with an `Alarm` after an omission or a fork; a function
   * is told of each finding at once, and `check()` resolves.
   */
  readonly onFinding?: 'throw' | ((finding: Finding) => void);
  readonly checkEvery?: never;
}

/** What is kept is checked by itself too; a check that nobody has called has nobody to throw at. */
interface CheckedByItself {
  /** Told at once of what a later check finds, whoever began it; also of a check that the store did not let begin. */
  readonly onFinding: (finding: Finding) => void;
  /**
   * Milliseconds from the end of one check to the next, and until the first: from a second to 24 days. It goes on until `stopChecking()`, and
   * keeps no program from ending.
   */
  readonly checkEvery: number;
}

export type ClientOptions = Options & (CheckedWhenAsked | CheckedByItself);

/** What a shell gives: the network, the clock, and randomness. */
export interface Surroundings {
  readonly fetch: typeof globalThis.fetch;
  /** For questions about receipts and the log, each within a time of the shell's choosing. */
  readonly ask: Ask;
  /** The time, in milliseconds since 1970. */
  now(): number;
  /** So many bytes from a generator for cryptography. */
  randomBytes(count: number): Uint8Array;
  readonly after: After;
}

/** A `fetch` that verifies, and the checks that follow later. */
export type CountersignFetch = typeof globalThis.fetch & {
  /**
   * Checks every kept exchange that is not settled: that its receipt is in the log and witnessed. Hands in what was forgotten, and compares the
   * log's checkpoints. Rejects with an `Alarm` after an omission or a fork, unless `onFinding` says otherwise, and when the store fails.
   * Checks take turns: one that is called while another runs begins after it.
   */
  check(): Promise<LaterCheck>;
  /** Ends the checks of `checkEvery`; resolves when one that runs has come to its end, so that the store may be closed. */
  stopChecking(): Promise<void>;
};

const DAY = 86_400_000;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
/** What a gateway takes of its upstream, which is as much as a whole answer may have, and room for two comments of ours. */
const MAX_EVENT_BYTES = MAX_ANSWER_BYTES + 64 * 1024;

/** Throws `trust/malformed` or `policy/…` for a trust file that cannot be read, and a RangeError for a `checkEvery` that cannot be. */
export function createClient(
  options: ClientOptions,
  { fetch, ask, now, randomBytes, after }: Surroundings,
): CountersignFetch {
  const { isExchange = ({ method }) => method === 'POST' } = options;
  const rules: AnswerRules & LaterRules = {
    trust: readTrust(options.trust),
    onFailure: options.onFailure ?? 'throw',
    onVerified: options.onVerified ?? (() => undefined),
    withoutReceipt: options.withoutReceipt ?? 'errors',
    longestPromise: options.longestPromise ?? DAY,
    maxAnswerBytes: options.maxAnswerBytes ?? MAX_ANSWER_BYTES,
    maxEventBytes: options.maxEventBytes ?? MAX_EVENT_BYTES,
    kept: new KeptExchanges(options.store ?? memoryStore()),
    mirrors: (options.mirrors ?? []).map(address => address.replace(/\/+$/, '')),
    stampers: options.stampers ?? [],
    onFinding: options.onFinding ?? 'throw',
    ask,
    now,
  };
  const verifying = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    if (!isExchange(targetOf(input, init))) return fetch(input, init);
    const outgoing = await readOutgoing(input, init);
    // A new one each time, also when an SDK asks again: that is another exchange.
    const nonce = toBase64Url(randomBytes(NONCE_BYTES));
    const sentAt = now();
    const response = await outgoing.send(fetch, { [INLINE_HEADER]: 'receipt', [NONCE_HEADER]: nonce });
    return checkAnswer(response, outgoing, { nonce, sentAt }, rules);
  };
  const checks = new LaterChecks(rules);
  const timed = timedChecksOf(options, checks, after);
  return Object.assign(verifying, {
    check: () => checks.all(),
    stopChecking: async () => timed?.stop(),
  });
}

function readTrust(trust: ClientOptions['trust']): Trust {
  if (typeof trust === 'string') return parseTrust(utf8(trust));
  return trust instanceof Uint8Array ? parseTrust(trust) : trust;
}
