/**
 * Evidence of the machine that this gateway runs in, for the receipts of each epoch: made when the epoch begins and again on a clock, kept with all that it is judged
 * with, and named by the receipts from then on. Normative: spec/binding.md.
 *
 * Hardware is slow and may fail: no exchange waits for it, and what is not there is not named. Clients are not trusted: they bring no evidence about, and keep none
 * from being made.
 */
import type { Material } from '../../appraise/kept/material.js';
import { formatPolicy, USUAL_POLICY } from '../../appraise/kept/policy-text.js';
import type { FreshPiece } from '../../appraise/kept/standing.js';
import { attestationEvidence, type MachineEvidence } from '../../appraise/verdict/attestation-evidence.js';
import {
  formatGatewayAttestation,
  GATEWAY_ATTESTATION,
  GATEWAY_ATTESTATION_MEDIA_TYPE,
} from '../../appraise/verdict/gateway-attestation.js';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { parseAttested } from '../../evidence/countersign/statement.js';
import type { NamedEvidence } from '../../exchange/upstream.js';
import type { EvidenceKeeping } from './attestation/keeping.js';
import type { OwnAttestation } from './own-attestation.js';

export interface AttestedEpochsOptions {
  readonly attestation: Pick<OwnAttestation, 'unasked'>;
  readonly keeping: EvidenceKeeping;
  /** The run that receipts name now. */
  readonly epoch: () => string;
  /** Milliseconds since 1970, never earlier than before. */
  readonly now: () => number;
  /** Milliseconds between two looks at whether evidence is due. */
  readonly spacing?: number;
}

/**
 * How often evidence is made, in milliseconds. A Nitro document counts for three hours: with a new one each hour, one may fail to come before receipts name none. A day
 * takes 24 documents of some kilobytes.
 */
const EVERY = 3_600_000;
/** How long one is named, in milliseconds: what is named by an exchange that has just ended still counts when it is judged as of then. */
const NAMED_FOR = 2 * EVERY;
/** Until a machine that gave none is asked again, in milliseconds. */
const REST = 60_000;
const SPACING = 1000;
/** That are named at a time: those of an epoch before, whose last exchanges still run, among them. */
const MAX_NAMED = 4;

interface Named {
  readonly epoch: string | null;
  /** When it was there, in milliseconds since 1970. */
  readonly made: number;
  readonly item: NamedEvidence;
}

export class AttestedEpochs {
  readonly #options: AttestedEpochsOptions;
  readonly #timer: NodeJS.Timeout;
  /** The newest last. */
  #named: readonly Named[] = [];
  #running: Promise<void> | null = null;
  #keeping: Promise<unknown> = Promise.resolve();
  #closed = false;
  /** Before then the machine is not asked again, in milliseconds since 1970. */
  #restsUntil = 0;
  /** Told once, until it works again. */
  #problem: string | null = null;

  constructor(options: AttestedEpochsOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.look(), options.spacing ?? SPACING).unref();
    void this.look();
  }

  /**
   * What a receipt of that epoch names that is signed now: the newest that was there when the request came, so that it can be seen to be from before it; or the first
   * that came after. Null where there is none that counts.
   *
   * @param received when the request came, in milliseconds since 1970
   */
  namedBy(epoch: string, received: number): NamedEvidence | null {
    const oldest = this.#options.now() - NAMED_FOR;
    let found: NamedEvidence | null = null;
    for (let at = this.#named.length - 1; at >= 0; at--) {
      const each = this.#named[at] as Named;
      if (each.epoch !== epoch || each.made <= oldest) continue;
      found = each.item;
      if (each.made <= received) break;
    }
    return found;
  }

  /** Makes evidence where it is due; resolves when it is named, or when it is said why not. One at a time. */
  look(): Promise<void> {
    this.#running ??= this.#look().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** Makes no more, and resolves when nothing is written any more. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#closed = true;
    await this.#keeping.catch(() => undefined);
  }

  async #look(): Promise<void> {
    if (this.#closed || !this.#isDue) return;
    const { now, keeping } = this.#options;
    try {
      await this.#make();
      this.#problem = null;
    } catch (error) {
      this.#restsUntil = now() + REST;
      const message = error instanceof Error ? error.message : 'unknown';
      if (message !== this.#problem)
        keeping.onProblem(`receipts name no new evidence of this machine: ${message}`);
      this.#problem = message;
    }
  }

  get #isDue(): boolean {
    const now = this.#options.now();
    if (now < this.#restsUntil) return false;
    const newest = this.#named.at(-1);
    return newest === undefined || newest.epoch !== this.#options.epoch() || now - newest.made >= EVERY;
  }

  async #make(): Promise<void> {
    const { attestation, keeping, now } = this.#options;
    const evidence = attestationEvidence(await attestation.unasked());
    const made = now();
    const material = materialOf(evidence);
    const asOf = Math.floor(made / 1000);
    const published = await keeping.fresh.renew(material, asOf, ({ message }) => keeping.onProblem(message));
    if (this.#closed) return;
    const kept = this.#keep(evidence, asOf, published);
    this.#keeping = kept;
    const item = await kept;
    const { epoch } = parseAttested(evidence.statement);
    const counting = this.#named.filter(each => made - each.made < NAMED_FOR);
    this.#named = [...counting, { epoch, made, item }].slice(-MAX_NAMED);
  }

  /** How receipts name it, once it is kept: nothing is named that nobody could get. */
  async #keep(
    evidence: MachineEvidence,
    asOf: number,
    published: readonly FreshPiece[],
  ): Promise<NamedEvidence> {
    const { archive, keep } = this.#options.keeping;
    const pieces = published.map(({ role, bytes }) => ({ role, bytes }));
    const document = formatGatewayAttestation({ ...evidence, pieces: [...evidence.pieces, ...pieces] });
    const digest = toHex(sha256(document));
    const { appraised } = await keep(materialOf(evidence), asOf, { renew: async () => published });
    archive.put(digest, document);
    return {
      digest,
      mediaType: GATEWAY_ATTESTATION_MEDIA_TYPE,
      signedDigest: toHex(appraised.report.signedRegion),
      type: GATEWAY_ATTESTATION,
    };
  }
}

/** Judged under the usual policy: it is found by what it is of, whatever a policy says of that. */
function materialOf({ kind, pieces }: MachineEvidence): Material {
  return { kind, pieces: [...pieces, { role: 'policy', bytes: formatPolicy(kind, USUAL_POLICY[kind]) }] };
}
