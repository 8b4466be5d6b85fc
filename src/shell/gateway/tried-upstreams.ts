/** The upstreams that one exchange has tried, in order, and what its receipt says of each. */
import type { NamedEvidence, Upstream, UpstreamHead } from '../../exchange/upstream.js';
import type { ReasonCode } from '../../reason.js';
import type { ReportedAttempt } from '../../receipt/exchange-report.js';
import type { Label } from '../../receipt/opening.js';
import type { Attempt, Receipt } from '../../receipt/receipt.js';
import type { Target } from './routing/route.js';
import type { UpstreamReceipt } from './upstream-receipt.js';

/** One upstream that was tried. */
export interface TriedUpstream {
  readonly target: Target;
  readonly started: number;
  /** What it was sent; null when nothing reached it. */
  sent: Uint8Array | null;
  head: UpstreamHead | null;
  /** The receipt of its own that it gives; null for an upstream that gives none. */
  receipt: UpstreamReceipt | null;
  /** What it has shown of itself, for or against it. */
  shown: readonly NamedEvidence[];
  /** When it was given up for another attempt, and why; null for the one that is in the end. */
  given: { readonly ended: number; readonly reason: ReasonCode } | null;
}

/** How the exchange has ended, as far as its last attempt did. `completed`: when, in milliseconds since 1970. */
export interface LastEnding {
  readonly status: Receipt['response']['status'];
  readonly reason: ReasonCode | null;
  readonly completed: number;
}

/** What an attempt's names and bytes are in a receipt: shown, or committed to. */
export interface Committing {
  name(label: Label, name: string): NonNullable<Attempt['model']>;
  sent(bytes: Uint8Array): string;
}

const OUTCOMES = {
  completed: 'answered',
  refused: 'answered',
  failed: 'failed',
  aborted: 'aborted',
} as const;

export class TriedUpstreams {
  readonly #all: TriedUpstream[] = [];

  add(target: Target, sent: Uint8Array, started: number, shown: readonly NamedEvidence[] = []): void {
    this.#all.push({ target, started, sent, head: null, receipt: null, shown, given: null });
  }

  /** Whether anything of the request has been on its way to any of them. */
  get hasAsked(): boolean {
    return this.#all.some(({ sent }) => sent !== null);
  }

  get count(): number {
    return this.#all.length;
  }

  get last(): TriedUpstream | null {
    return this.#all.at(-1) ?? null;
  }

  /** What all of them have shown of themselves, each once. */
  get shown(): readonly NamedEvidence[] {
    const all = this.#all.flatMap(({ shown }) => shown);
    return [...new Map(all.map(item => [`${item.digest} ${item.signedDigest}`, item])).values()];
  }

  /** The upstream that was tried last. */
  get upstream(): Upstream | null {
    return this.last?.target.upstream ?? null;
  }

  /** `requested`: the model that the client asked for. */
  attempts(
    { status, reason, completed }: LastEnding,
    requested: string | null,
    committing: Committing,
  ): Attempt[] {
    return this.#all.map(({ target, started, sent, head, given }, at) => ({
      ended: given?.ended ?? completed,
      outcome: given === null ? OUTCOMES[status] : 'failed',
      reason: given === null ? reason : given.reason,
      started,
      status: head?.status ?? null,
      upstream: target.upstream.name,
      ...modelOf(target, requested, model => committing.name(`attempt/${at}/model`, model)),
      ...this.#originOf(target),
      ...this.#sentOf(sent, committing),
    }));
  }

  /** What an operator is told of them. */
  reported({ reason, completed }: Pick<LastEnding, 'reason' | 'completed'>): ReportedAttempt[] {
    return this.#all.map(({ target, started, head, given }) => ({
      upstream: target.upstream.name,
      started,
      ended: given?.ended ?? completed,
      status: head?.status ?? null,
      reason: given === null ? reason : given.reason,
    }));
  }

  /** Only where it is not the one that the receipt names as the upstream's. */
  #originOf({ upstream }: Target): Pick<Attempt, 'origin'> {
    const isNamed = this.last?.sent != null && upstream.origin === this.upstream?.origin;
    return isNamed ? {} : { origin: upstream.origin };
  }

  /** Only where it is not what the receipt says was sent. */
  #sentOf(sent: Uint8Array | null, committing: Committing): Pick<Attempt, 'sent'> {
    if (sent === (this.last?.sent ?? null)) return {};
    return { sent: sent === null ? null : committing.sent(sent) };
  }
}

/** Only where it is not the model that the client asked for. */
function modelOf(
  { model }: Target,
  requested: string | null,
  name: (model: string) => NonNullable<Attempt['model']>,
): Pick<Attempt, 'model'> {
  return model === null || model === requested ? {} : { model: name(model) };
}
