/**
 * The policy of a house: read, linted and named in the log before it is used, and read again when its file changes. One that cannot be used changes
 * nothing: the one before stays in force, and the operator is told.
 */
import { CompiledPolicy } from '../../../appraise/policy/compile.js';
import { statedParties } from '../../../appraise/policy/publish.js';
import type { Surroundings } from '../../../appraise/policy/surroundings.js';
import { Failure } from '../../../reason.js';
import { loggedPolicyDigest, loggedPolicyStatement } from '../../../receipt/logged-policy.js';
import { defaultPolicy, policyDigest, policyStatement } from '../../../receipt/policy.js';
import type { TransparencyLog } from '../../../tree/log.js';
import type { SigningKey } from '../../files/keys.js';
import { announcePolicy } from '../../gateway/policy/announce.js';
import { PolicyDesk, type PolicyInForce, type RuleTerms } from '../../gateway/policy/in-force.js';
import type { Reloadable, Reloaded } from '../reloads.js';
import { type ReadPolicy, readPolicy } from './policy-file.js';

export interface HouseRulesOptions {
  /** The policy's file; null for a gateway that is given none. */
  readonly file: string | null;
  readonly log: TransparencyLog;
  readonly issuer: SigningKey;
  /** The operator's, by which names are committed to. */
  readonly secret: Uint8Array;
  /** As they are at the time. */
  readonly surroundings: () => Promise<Surroundings>;
  readonly now: () => number;
}

/** What is in force, and what became of the last attempt to exchange it. */
export interface PolicyStatus {
  readonly digest: string;
  readonly index: number;
  /** Since when, in milliseconds since 1970. */
  readonly since: number;
  /** Why the file as it is now is not what is in force; null where it is. */
  readonly problem: string | null;
}

/** How long a policy may take to be witnessed before it is used, in milliseconds. */
const WITNESS_TIME = 10_000;

export class HouseRules implements Reloadable {
  readonly name = 'policy';
  readonly desk: PolicyDesk;
  readonly #options: HouseRulesOptions;
  #since: number;
  #problem: string | null = null;
  /** One at a time, in order. */
  #running: Promise<unknown> = Promise.resolve();

  private constructor(options: HouseRulesOptions, inForce: PolicyInForce) {
    this.#options = options;
    this.desk = new PolicyDesk(inForce);
    this.#since = options.now();
  }

  /** Throws a `PolicyRefused` for a policy that cannot be used, and `log/unavailable`. */
  static async open(options: HouseRulesOptions): Promise<HouseRules> {
    return new HouseRules(options, await prepare(options, options.file));
  }

  get status(): PolicyStatus {
    return { ...this.desk.inForce.reference, since: this.#since, problem: this.#problem };
  }

  /** Reads the file again, in turn. Where it cannot be used, the policy before stays in force, and it rejects with why. */
  reload(): Promise<Reloaded> {
    const turn = this.#running.then(() => this.#reload());
    this.#running = turn.catch(() => undefined);
    return turn;
  }

  /** The policy as it is for other surroundings; {@link exchange} puts it in force. Throws as {@link open} does, and `log/unwitnessed`. */
  async prepareFor(surroundings: Surroundings): Promise<PolicyInForce> {
    const { file, log } = this.#options;
    const next = await prepare({ ...this.#options, surroundings: async () => surroundings }, file);
    // A receipt that names what no witness has seen could not be used against a log that breaks its promise.
    if (
      next.reference.digest !== this.desk.inForce.reference.digest &&
      !(await log.reached(next.reference.index, 'witnessed', WITNESS_TIME))
    )
      throw new Failure('log/unwitnessed', { detail: 'the entry of the new policy' });
    return next;
  }

  /** From now on this one is in force. Where it is the one before, that stays, with what it has counted. */
  exchange(next: PolicyInForce): void {
    const { inForce } = this.desk;
    const isOther = next.reference.digest !== inForce.reference.digest;
    if (isOther) this.#since = this.#options.now();
    if (isOther || next.rules?.compiled.madeFor !== inForce.rules?.compiled.madeFor) this.desk.exchange(next);
    this.#problem = null;
  }

  async #reload(): Promise<Reloaded> {
    const { file, surroundings } = this.#options;
    if (file === null) return { outcome: 'unchanged' };
    try {
      const before = this.desk.inForce.reference.digest;
      const next = await this.prepareFor(await surroundings());
      this.exchange(next);
      return { outcome: next.reference.digest === before ? 'unchanged' : 'applied' };
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : 'unknown';
      throw error;
    }
  }
}

/** Nothing of it is used before the log has it. */
async function prepare(options: HouseRulesOptions, file: string | null): Promise<PolicyInForce> {
  const { log, issuer, secret } = options;
  if (file === null) {
    const { upstreams } = await options.surroundings();
    const policy = defaultPolicy(upstreams.map(({ name }) => name));
    const index = await announcePolicy(label => policyStatement(policy, label), log, issuer);
    return { reference: { digest: policyDigest(policy), index }, rules: null };
  }
  const read = await readPolicy(file, await options.surroundings(), secret);
  const index = await announcePolicy(label => loggedPolicyStatement(read.logged, label), log, issuer);
  return inForce(read, index);
}

/** `index`: where the log has it. */
export function inForce(read: ReadPolicy, index: number): PolicyInForce {
  const { policy, surroundings, files, names, trust, logged } = read;
  return {
    reference: { digest: loggedPolicyDigest(logged), index },
    rules: {
      compiled: new CompiledPolicy(policy, surroundings),
      terms: policy.rules.map(
        ({ redact, responsibility }): RuleTerms => ({
          parties: statedParties(responsibility, names),
          redaction:
            redact === undefined
              ? null
              : {
                  kinds: redact.kinds,
                  names: redact.names === undefined ? [] : (files.names.get(redact.names.file) ?? []),
                  restore: redact.restore,
                },
        }),
      ),
      trust,
    },
  };
}
