/**
 * The policy of a house: read, linted and named in the log before it is used, and read again when its file changes. One that cannot be used changes
 * nothing: the one before stays in force, and the operator is told.
 */
import { unwatchFile, watchFile } from 'node:fs';
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
  readonly onProblem: (message: string) => void;
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

/** How often it is looked whether the file has changed, in milliseconds. */
const LOOK = 2000;
/** How long a policy may take to be witnessed before it is used, in milliseconds. */
const WITNESS_TIME = 10_000;

export class HouseRules {
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
    const { file, log, issuer } = options;
    if (file !== null) return new HouseRules(options, await prepare(options, file));
    const { upstreams } = await options.surroundings();
    const policy = defaultPolicy(upstreams.map(({ name }) => name));
    const index = await announcePolicy(label => policyStatement(policy, label), log, issuer);
    return new HouseRules(options, { reference: { digest: policyDigest(policy), index }, rules: null });
  }

  get status(): PolicyStatus {
    return { ...this.desk.inForce.reference, since: this.#since, problem: this.#problem };
  }

  /** Reads the file again. Where it cannot be used, the policy before stays in force, and `problem` says why. Never throws. */
  reload(): Promise<PolicyStatus> {
    const turn = this.#running.then(() => this.#reload());
    this.#running = turn;
    return turn;
  }

  /** Looks after the file until {@link close}. */
  watch(): void {
    const { file } = this.#options;
    // By its name, and not by what stands there now: editors, and those who mount it, put another file in its place.
    if (file !== null) watchFile(file, { interval: LOOK, persistent: false }, () => void this.reload());
  }

  async close(): Promise<void> {
    const { file } = this.#options;
    if (file !== null) unwatchFile(file);
    await this.#running;
  }

  async #reload(): Promise<PolicyStatus> {
    const { file, log, now, onProblem } = this.#options;
    if (file === null) return this.status;
    try {
      const next = await prepare(this.#options, file);
      if (next.reference.digest !== this.desk.inForce.reference.digest) {
        // A receipt that names what no witness has seen could not be used against a log that breaks its promise.
        if (!(await log.reached(next.reference.index, 'witnessed', WITNESS_TIME)))
          throw new Failure('log/unwitnessed', { detail: 'the entry of the new policy' });
        this.desk.exchange(next);
        this.#since = now();
      }
      this.#problem = null;
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : 'unknown';
      onProblem(`the policy before stays in force, because the new one cannot be used.\n${this.#problem}`);
    }
    return this.status;
  }
}

/** Nothing of it is used before the log has it. */
async function prepare(options: HouseRulesOptions, file: string): Promise<PolicyInForce> {
  const { log, issuer, secret } = options;
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
