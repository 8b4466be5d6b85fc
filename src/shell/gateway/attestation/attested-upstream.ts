/**
 * An upstream that has to show by evidence what it is before anything is sent to it: it is asked with a fresh nonce, the TLS keys that good evidence binds
 * are pinned, and asked again on a clock, and when a connection ends at another key.
 *
 * The upstream is not trusted: it may show other keys at every turn and fail as often as it likes, and is asked one question at a time, and less often
 * the more often it fails.
 */
import type { Fact } from '../../../appraise/kept/facts.js';
import { toHex } from '../../../bytes/hex.js';
import type { AttestedProvider } from '../../../evidence/providers/provider.js';
import type { AttestationFinding, Attesting, NamedEvidence } from '../../../exchange/upstream.js';
import { Failure } from '../../../reason.js';
import type { ReportedAttestation } from '../../../receipt/exchange-report.js';
import { randomBytes } from '../../random.js';
import { type AskedUpstream, askUpstream } from './ask-upstream.js';
import {
  type AnsweredAttestation,
  type JudgedAttestation,
  type Judging,
  judgeUpstream,
} from './judge-upstream.js';
import type { TlsPeer } from './peer.js';

export interface AttestedUpstreamOptions {
  /** As receipts name it. */
  readonly name: string;
  /** Such as `https://inference.example`. */
  readonly origin: string;
  readonly provider: AttestedProvider;
  readonly policies: AnsweredAttestation['policies'];
  /** What the provider calls the deployment; empty where it has none. */
  readonly deployment: string;
  /** How long evidence counts, in milliseconds; it is asked for anew before that. */
  readonly every: number;
  /** How long asking may take, and how long whoever wants to send something waits for it, in milliseconds. */
  readonly patience: number;
  /** Sent with the question, where the provider wants a key. */
  readonly headers: Readonly<Record<string, string>>;
  readonly judging: Judging;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly onAttested: (report: ReportedAttestation) => void;
  /** For tests: authorities in PEM in the place of those that everybody trusts. */
  readonly ca?: string;
}

/** By which evidence a key counts, what that is of, and until when. */
interface Pinned {
  readonly evidence: readonly NamedEvidence[];
  readonly facts: readonly Fact[];
  readonly until: number;
}

/** Asked anew when so much of the time is over for which evidence counts. */
const RENEWED_AT = 0.75;
/** How long a failure stands before the upstream is asked again, in milliseconds: at first, and after many in a row. What is wrong is kept each time. */
const FIRST_REST = 1000;
const LONGEST_REST = { failed: 30_000, refuted: 300_000 };
/** How long after a good answer a connection with another key is no reason to ask again, in milliseconds. */
const SETTLED = 1000;
/** More keys than one upstream has; the oldest give way. */
const MAX_PINNED = 64;

export class AttestedUpstream implements Attesting {
  readonly #options: AttestedUpstreamOptions;
  /** By what is compared: `key …` or `certificate …`. */
  readonly #pinned = new Map<string, Pinned>();
  #latest: Pinned | null = null;
  #failed: { readonly finding: AttestationFinding; readonly until: number } | null = null;
  #failures = 0;
  #answered = Number.NEGATIVE_INFINITY;
  #asking: Promise<AttestationFinding> | null = null;
  #clock: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(options: AttestedUpstreamOptions) {
    this.#options = options;
  }

  get finding(): AttestationFinding | null {
    const now = this.#options.now();
    // No other counts for longer.
    if (this.#latest !== null && this.#counts(this.#latest, now))
      return { status: 'attested', evidence: this.#latest.evidence };
    return this.#failed !== null && now < this.#failed.until ? this.#failed.finding : null;
  }

  find(): Promise<AttestationFinding> {
    const known = this.finding;
    return known === null ? this.#inTime(this.#ask()) : Promise.resolve(known);
  }

  /** By which evidence a connection to this peer is one to the upstream; null where it is none. */
  evidenceFor(peer: TlsPeer | null): readonly NamedEvidence[] | null {
    if (peer === null) return null;
    const now = this.#options.now();
    const pinned = [`key ${peer.spki}`, `certificate ${peer.certificateDigest}`]
      .map(name => this.#pinned.get(name))
      .find(one => one !== undefined && this.#counts(one, now));
    return pinned?.evidence ?? null;
  }

  /** A revocation ends it before its time: what it rests on may be bad from the moment at which that is known. */
  #counts({ facts, until }: Pinned, now: number): boolean {
    return now < until && this.#options.judging.revoked.of(facts) === null;
  }

  /** Whether a new connection may be used; null where it may. One that ends at an unknown key has the upstream asked again first. Never rejects. */
  async admit(peer: TlsPeer | null): Promise<Failure | null> {
    if (this.evidenceFor(peer) !== null) return null;
    const field = this.#options.origin;
    if (peer === null) return new Failure('provider/tls-unseen', { field });
    const now = this.#options.now();
    const isResting = this.#failed !== null && now < this.#failed.until;
    const isSettled = now - this.#answered < SETTLED && this.finding?.status === 'attested';
    const finding = isResting || isSettled ? this.finding : await this.#inTime(this.#ask());
    if (this.evidenceFor(peer) !== null) return null;
    if (finding?.status === 'unattested') return finding.failure;
    return new Failure('attestation/key-unattested', { field, detail: peer.spki });
  }

  /** Asks no more. */
  close(): void {
    this.#isClosed = true;
    if (this.#clock !== null) clearTimeout(this.#clock);
  }

  /** Nobody waits longer than for a connection; who asks later may find that it has been answered. */
  #inTime(asking: Promise<AttestationFinding>): Promise<AttestationFinding> {
    const { patience, origin } = this.#options;
    return new Promise(resolve => {
      const failure = new Failure('attestation/late', { field: origin });
      const late = setTimeout(() => {
        const finding = { status: 'unattested', failure, evidence: [] } as const;
        // Others who come meanwhile need not wait as long again.
        if (this.finding === null) this.#failed = { finding, until: this.#options.now() + FIRST_REST };
        resolve(finding);
      }, patience);
      void asking.then(finding => {
        clearTimeout(late);
        resolve(finding);
      });
    });
  }

  /** One question at a time, whose answer is for all who wait. Never rejects. */
  #ask(): Promise<AttestationFinding> {
    this.#asking ??= this.#attest().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  async #attest(): Promise<AttestationFinding> {
    const asked = this.#options.now();
    let judged: JudgedAttestation;
    try {
      judged = await this.#judged(asked);
    } catch (error) {
      const failure = error instanceof Failure ? error : this.#fault(error);
      // An answer that says something else than it must is wrong; one that is not to be had says nothing.
      const isRefuted = !/^(?:attestation|archive|gateway)\//.test(failure.code);
      judged = { failure, isRefuted, keys: [], evidence: [], facts: [] };
    }
    const { failure, isRefuted, evidence } = judged;
    this.#options.onAttested({
      upstream: this.#options.name,
      reason: failure?.code ?? null,
      evidence: evidence[0]?.digest ?? null,
    });
    if (failure === null) return this.#accepted(asked, judged);
    // What was good counts until its time is over, unless the upstream shows now that it is something else.
    if (isRefuted) {
      this.#pinned.clear();
      this.#latest = null;
    }
    const rest = Math.min(LONGEST_REST[isRefuted ? 'refuted' : 'failed'], FIRST_REST * 2 ** this.#failures++);
    const finding = { status: 'unattested', failure, evidence } as const;
    this.#failed = { finding, until: this.#options.now() + rest };
    // Without anything that runs out there is no hurry: whoever wants to send something asks.
    if (this.finding?.status === 'attested') this.#wake(rest);
    return this.finding ?? finding;
  }

  #accepted(asked: number, { keys, evidence, facts }: JudgedAttestation): AttestationFinding {
    const { every, now } = this.#options;
    this.#latest = { evidence, facts, until: asked + every };
    for (const { of, sha256 } of keys) {
      const name = `${of} ${toHex(sha256)}`;
      // Behind the others, of which the first give way.
      this.#pinned.delete(name);
      this.#pinned.set(name, this.#latest);
    }
    for (const name of [...this.#pinned.keys()].slice(0, -MAX_PINNED)) this.#pinned.delete(name);
    this.#failed = null;
    this.#failures = 0;
    this.#answered = now();
    this.#wake(every * RENEWED_AT);
    return { status: 'attested', evidence };
  }

  async #judged(asked: number): Promise<JudgedAttestation> {
    const { origin, provider, policies, deployment, headers, patience, judging, ca } = this.#options;
    const nonce = randomBytes(provider.nonceBytes);
    const answered: AskedUpstream = await askUpstream({
      origin,
      requests: provider.attestationRequests(nonce, deployment),
      headers,
      timeout: patience,
      ...(ca === undefined ? {} : { ca }),
    });
    const host = new URL(origin).hostname;
    return judgeUpstream(
      { ...answered, provider, host, nonce, policies, asked: Math.floor(asked / 1000) },
      judging,
    );
  }

  #fault(error: unknown): Failure {
    this.#options.judging.onProblem(
      `a fault of our own: ${error instanceof Error ? (error.stack ?? error.message) : 'unknown'}`,
    );
    return new Failure('gateway/fault');
  }

  /** The clock keeps no process alive. */
  #wake(milliseconds: number): void {
    if (this.#clock !== null) clearTimeout(this.#clock);
    this.#clock = this.#isClosed ? null : setTimeout(() => void this.#ask(), milliseconds).unref();
  }
}
