/**
 * Checking one kept exchange again: is its receipt in the log, and have witnesses seen it? What was forgotten is handed in again.
 *
 * Gateway, log and mirrors are not trusted: what they show counts as far as the trust file's keys have signed it.
 */
import { checkAcceptance } from '../appraise/acceptance.js';
import { CLOCK_TOLERANCE } from '../appraise/record.js';
import type { Trust } from '../appraise/trust.js';
import { type Verification, verify } from '../appraise/verify.js';
import { equal, fromUtf8, utf8 } from '../bytes/octets.js';
import { formatEvidence } from '../court/misbehaviour/evidence.js';
import { judgeEvidence } from '../court/misbehaviour/judge.js';
import { knownKeys } from '../court/misbehaviour/known-keys.js';
import { makeReceiptFork } from '../court/misbehaviour/receipt-fork.js';
import { keyLabel, type VerifierKey } from '../note/key.js';
import { Failure, type ReasonCode, says } from '../reason.js';
import { type Bundle, formatBundle, MAX_BUNDLE_BYTES, parseBundle } from '../receipt/bundle.js';
import { type Envelope, envelopeBytes, parseEnvelope } from '../receipt/envelope.js';
import { parseOpening } from '../receipt/opening.js';
import { RECEIPT } from '../receipt/receipt.js';
import { readStatement } from '../receipt/statement.js';
import { parseTlogProof } from '../tree/tlog-proof.js';
import { proveBrokenPromise } from './broken-promise.js';
import type { CheckpointWatch } from './checkpoint-watch.js';
import type { Finding, FindingKind } from './finding.js';
import { bundleAddress, logAddress } from './gateway-address.js';
import type { KeptExchange } from './kept-exchange.js';
import { type Ask, askPeer } from './peer.js';
import { type Submitted, submitToLog, submitToMirror } from './resubmission.js';
import { proveWithheldReceipt } from './withheld-receipt.js';

/** How long after an acceptance there may be no receipt: no answer takes so long. In milliseconds. */
const LONGEST_ANSWER = 3_600_000;

export interface RecordRules {
  readonly trust: Trust;
  readonly ask: Ask;
  now(): number;
  /** Addresses below which mirrors serve their copies of the log. */
  readonly mirrors: readonly string[];
  /** The keys of the mirrors' stamps. */
  readonly stampers: readonly VerifierKey[];
}

export interface RecordCheck {
  /** What is now known of the exchange. */
  readonly kept: KeptExchange;
  /** Whether nothing is left to check: the receipt is in the log, and as many witnesses have seen it as the policy asks for. */
  readonly settled: boolean;
  readonly findings: readonly Finding[];
}

/** Every checkpoint that is met on the way is added to `watch`. */
export async function checkRecord(
  kept: KeptExchange,
  rules: RecordRules,
  watch: CheckpointWatch,
): Promise<RecordCheck> {
  const check = new Checking(kept, rules, watch);
  return check.run();
}

class Checking {
  #kept: KeptExchange;
  readonly #rules: RecordRules;
  readonly #watch: CheckpointWatch;
  readonly #findings: Finding[] = [];

  constructor(kept: KeptExchange, rules: RecordRules, watch: CheckpointWatch) {
    this.#kept = kept;
    this.#rules = rules;
    this.#watch = watch;
  }

  async run(): Promise<RecordCheck> {
    const shown = await this.#fetchBundle();
    if (typeof shown === 'object') await this.#compareReceipts(shown.envelope);
    const receipt = this.#receipt;
    if (receipt === null) {
      await this.#missReceipt(shown === 'nothing');
      return this.#result(false);
    }
    const isOurs = typeof shown === 'object' && equal(shown.envelope.payload, receipt.payload);
    let verification = isOurs && shown.proof !== null ? await this.#judge(shown) : null;
    if (!isIncluded(verification)) {
      const submitted = await this.#resubmit(receipt);
      if (submitted?.kind === 'taken' && submitted.proof !== null)
        verification = await this.#judge({ envelope: receipt, proof: submitted.proof });
      // What the log has shown before still holds, and the log is held to it.
      if (!isIncluded(verification) && this.#kept.bundle !== null)
        verification = await this.#judge(parseBundle(utf8(this.#kept.bundle)));
      if (!isIncluded(verification)) await this.#missEntry(receipt, submitted !== null);
    }
    return this.#result(verification !== null && verification.outcome === 'pass');
  }

  get #receipt(): Envelope | null {
    return this.#kept.receipt === null ? null : parseEnvelope(utf8(this.#kept.receipt));
  }

  /** What the gateway shows: a bundle; `nothing`, when it says that it has none; or `silence`, of which nothing follows. */
  async #fetchBundle(): Promise<Bundle | 'nothing' | 'silence'> {
    const { gateway, exchange } = this.#kept;
    try {
      const url = bundleAddress(gateway, exchange, 'witnessed');
      const { status, bytes } = await askPeer(this.#rules.ask, url, MAX_BUNDLE_BYTES);
      if (status === 404) return 'nothing';
      return status === 200 ? parseBundle(bytes) : 'silence';
    } catch (error) {
      if (error instanceof Failure) return 'silence';
      throw error;
    }
  }

  /** The receipt that is shown must be the one that came, or for want of that go with the acceptance that came. */
  async #compareReceipts(shown: Envelope): Promise<void> {
    const receipt = this.#receipt;
    const acceptance = this.#kept.acceptance === null ? null : parseEnvelope(utf8(this.#kept.acceptance));
    if (receipt !== null) {
      if (equal(receipt.payload, shown.payload)) return;
      // What no issuer has signed is nobody's second receipt: anybody on the way may have put it there.
      if (await this.#isGenuine(shown)) await this.#differ([receipt, shown]);
      else this.#find('unresolved', 'client/receipt-differs');
    } else if (acceptance !== null && (await this.#isGenuine(shown))) {
      try {
        const statement = readStatement(RECEIPT, shown);
        const issuer = this.#rules.trust.issuers.find(key => keyLabel(key) === acceptance.keyId) ?? null;
        await checkAcceptance(acceptance, { envelope: shown, statement }, issuer);
        this.#kept = { ...this.#kept, receipt: fromUtf8(envelopeBytes(shown)) };
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        await this.#differ([acceptance, shown]);
      }
    }
  }

  /** Whether a trusted issuer has signed it: only then does it take the place of the receipt that never came. */
  async #isGenuine(shown: Envelope): Promise<boolean> {
    const { checks } = await this.#verify({ envelope: shown, proof: null });
    return (
      !this.#findFailed(checks) &&
      checks.some(({ name, status }) => name === 'signature' && status === 'pass')
    );
  }

  /** Two statements about one exchange: proof against the issuer when it has signed both with one number, and otherwise a mere finding. */
  async #differ(envelopes: readonly [Envelope, Envelope]): Promise<void> {
    const evidence = formatEvidence(makeReceiptFork(envelopes));
    const { outcome, code, says: what } = await judgeEvidence(evidence, knownKeys(this.#rules.trust));
    if (outcome === 'proven') this.#find('fork', code, what, evidence);
    else this.#find('fork', 'client/receipt-differs');
  }

  /** Judges a bundle with this receipt, keeps it when the receipt is in the log, and finds whatever fails in it. */
  async #judge(bundle: Bundle): Promise<Verification> {
    const verification = await this.#verify(bundle);
    this.#findFailed(verification.checks);
    if (isIncluded(verification)) this.#kept = { ...this.#kept, bundle: fromUtf8(formatBundle(bundle)) };
    const noteText = checkpointIn(bundle.proof);
    if (noteText !== null) await this.#watch.add(noteText, logAddress(this.#kept.gateway));
    return verification;
  }

  #verify(bundle: Bundle): Promise<Verification> {
    const { trust, now } = this.#rules;
    const content = { opening: parseOpening(this.#kept.opening), request: null, response: null };
    return verify({ bundle: formatBundle(bundle), trust, content, asOf: now() });
  }

  #findFailed(checks: Verification['checks']): boolean {
    let failed = false;
    for (const check of checks) {
      if (check.status !== 'fail') continue;
      failed = true;
      this.#find('unresolved', check.code, check.says);
    }
    return failed;
  }

  /** What the log says to it; null when it says nothing. */
  async #resubmit(receipt: Envelope): Promise<Submitted | null> {
    const { ask, mirrors, stampers } = this.#rules;
    const stamps = await Promise.all(
      mirrors.map(mirror => unlessFailed(submitToMirror(ask, mirror, receipt, stampers))),
    );
    const texts = stamps.flatMap(stamp => (stamp === null ? [] : [fromUtf8(stamp) as string]));
    // The first stamps are the best ones: they are the earliest.
    if (this.#kept.stamps.length === 0) this.#kept = { ...this.#kept, stamps: texts };
    return unlessFailed(submitToLog(ask, logAddress(this.#kept.gateway), receipt));
  }

  /** Before the deadline nothing is missing, and of a log that is silent nobody knows what it has. */
  async #missEntry(receipt: Envelope, hasAnswered: boolean): Promise<void> {
    const { deadline } = readStatement(RECEIPT, receipt).predicate.log;
    if (this.#rules.now() <= deadline + CLOCK_TOLERANCE) return;
    if (!hasAnswered) {
      this.#find('unresolved', 'peer/unreachable');
      return;
    }
    const { stamps, gateway } = this.#kept;
    const logs = [logAddress(gateway), ...this.#rules.mirrors];
    const evidence = await proveBrokenPromise({ receipt, stamps, logs }, this.#rules);
    this.#find('omission', 'proof/overdue', says('proof/overdue'), evidence);
    const withheld = await this.#withheld(receipt);
    if (withheld !== null) this.#findWithheld(withheld);
  }

  async #missReceipt(hasAnswered: boolean): Promise<void> {
    if (this.#rules.now() <= this.#kept.sentAt + LONGEST_ANSWER) return;
    if (!hasAnswered) {
      this.#find('unresolved', 'peer/unreachable');
      return;
    }
    const { acceptance } = this.#kept;
    const evidence = acceptance === null ? null : await this.#withheld(parseEnvelope(utf8(acceptance)));
    if (evidence === null) this.#find('omission', 'client/receipt-withheld');
    else this.#findWithheld(evidence);
  }

  /** What the closing of the epoch proves against its issuer, if anything. */
  #withheld(held: Envelope): Promise<Uint8Array | null> {
    return proveWithheldReceipt(held, this.#kept.gateway, this.#rules);
  }

  #findWithheld(evidence: Uint8Array): void {
    const code = 'misbehaviour/receipt-withheld';
    this.#find('omission', code, says(code), evidence);
  }

  #find(
    kind: FindingKind,
    code: ReasonCode,
    what: string = says(code),
    evidence: Uint8Array | null = null,
  ): void {
    const { exchange, receipt, acceptance } = this.#kept;
    const text = receipt ?? acceptance;
    const held = text === null ? null : utf8(text);
    this.#findings.push({ kind, code, says: what, exchange, evidence, held });
  }

  #result(settled: boolean): RecordCheck {
    return { kept: this.#kept, settled, findings: this.#findings };
  }
}

function isIncluded(verification: Verification | null): boolean {
  const passed = verification?.checks.some(({ name, status }) => name === 'inclusion' && status === 'pass');
  return passed === true && verification?.outcome !== 'fail';
}

function checkpointIn(proof: string | null): string | null {
  try {
    return proof === null ? null : parseTlogProof(proof).checkpoint;
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

async function unlessFailed<Value>(value: Promise<Value>): Promise<Value | null> {
  try {
    return await value;
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}
