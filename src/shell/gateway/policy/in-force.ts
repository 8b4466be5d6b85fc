/** The policy that is in force, and how it is exchanged for another while exchanges run: each ends under the one that it began with. */
import type { CompiledPolicy } from '../../../appraise/policy/compile.js';
import type { StatedParty } from '../../../appraise/policy/publish.js';
import type { Trust } from '../../../appraise/trust.js';
import type { RedactionRules } from '../redaction/rules.js';

/** How receipts name a policy. */
export interface PolicyReference {
  /** SHA-256 of its canonical JSON, hexadecimal. */
  readonly digest: string;
  /** Where the log has it. */
  readonly index: number;
}

/** What of a rule is read from files, or committed to, once. */
export interface RuleTerms {
  readonly parties: readonly StatedParty[];
  /** Null where nothing is taken out. */
  readonly redaction: RedactionRules | null;
}

/** The rules of a policy, with what they need. */
export interface Rules {
  readonly compiled: CompiledPolicy;
  /** By the rules' places. */
  readonly terms: readonly RuleTerms[];
  /** By the names of upstreams: whom to believe about their receipts. */
  readonly trust: ReadonlyMap<string, Trust>;
}

export interface PolicyInForce {
  readonly reference: PolicyReference;
  /** Null for the policy of a gateway that was given none: it asks for nothing beyond what is always done. */
  readonly rules: Rules | null;
}

export class PolicyDesk {
  #inForce: PolicyInForce;

  constructor(inForce: PolicyInForce) {
    this.#inForce = inForce;
  }

  get inForce(): PolicyInForce {
    return this.#inForce;
  }

  /** From now on this one is in force. The log has it already. */
  exchange(next: PolicyInForce): void {
    this.#inForce = next;
  }
}
