/** The check of a receipt against the policy that it names, for whoever has the policy's entry of the log as well. */
import type { VerifierKey } from '../../note/key.js';
import { keyLabel } from '../../note/key.js';
import { Failure } from '../../reason-core.js';
import { readEntry } from '../../receipt/entry.js';
import { envelopeIsSignedBy } from '../../receipt/envelope.js';
import { loggedPolicyDigest, POLICY_V2 } from '../../receipt/logged-policy.js';
import { POLICY, policyDigest } from '../../receipt/policy.js';
import type { Receipt } from '../../receipt/receipt.js';
import { predicateTypeOf, readStatement } from '../../receipt/statement.js';
import { type Check, failed, notChecked, pass } from '../check.js';
import { checkAgainstPolicy } from './against.js';

/** `entry`: the exact bytes of the log's entry; `issuer`: the receipt's, or null where nobody is believed. */
export async function checkPolicy(
  entry: Uint8Array,
  receipt: Receipt,
  issuer: VerifierKey | null,
): Promise<Check> {
  if (issuer === null) return notChecked('policy', 'trust/missing');
  try {
    const envelope = readEntry(entry);
    if (envelope.keyId !== keyLabel(issuer)) throw new Failure('envelope/issuer-unknown');
    if (!(await envelopeIsSignedBy(envelope, issuer.publicKey)))
      throw new Failure('envelope/signature-invalid');
    if (predicateTypeOf(envelope) === POLICY.predicateType) {
      const { policy } = readStatement(POLICY, envelope).predicate;
      checkPlain(receipt, policy.upstreams, policyDigest(policy));
      return pass('policy', `nobody else was asked than the policy "${policy.name}" says`);
    }
    const { policy } = readStatement(POLICY_V2, envelope).predicate;
    const rule = checkAgainstPolicy(receipt, policy, loggedPolicyDigest(policy));
    return pass(
      'policy',
      rule === null
        ? `no rule of the policy "${policy.name}" was for it, and nothing was sent`
        : `in keeping with rule "${rule.name}" of the policy "${policy.name}", as far as a receipt shows it`,
    );
  } catch (error) {
    return failed('policy', error);
  }
}

/** A policy without rules: it says whom the gateway may ask. */
function checkPlain(
  { attempts, policy, request }: Receipt,
  upstreams: readonly string[],
  digest: string,
): void {
  if (policy.digest !== digest) throw new Failure('clause/policy-mismatch', { field: 'policy.digest' });
  for (const [at, { upstream, sent = request.sent }] of attempts.entries())
    if (sent !== null && !upstreams.includes(upstream))
      throw new Failure('clause/upstream-refused', { field: `attempts.${at}.upstream` });
}
