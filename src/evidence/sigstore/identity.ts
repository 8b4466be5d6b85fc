/**
 * Who may have signed: the issuer that has vouched for somebody, and whom. Compared exactly, and never as a pattern that could match more than whoever wrote it
 * meant: a workflow's name may only be left open behind `@refs/tags/` or `@refs/heads/`, so that repository and workflow are always fixed.
 */
import { Failure } from '../../reason.js';

export interface SignerPolicy {
  readonly issuer: string;
  /** As the certificate has it, or with `*` for the name of a tag or a branch. */
  readonly identity: string;
}

export interface SignerIdentity {
  readonly issuer: string | null;
  readonly identity: string | null;
}

const OPEN_END = /^[^*]+@refs\/(?:tags|heads)\/\*$/;

/** Whether a policy can be meant: exact, or open behind a tag or a branch alone. */
export function isIdentityPattern(identity: string): boolean {
  return identity !== '' && (!identity.includes('*') || OPEN_END.test(identity));
}

export function isIdentity(pattern: string, found: string): boolean {
  if (!pattern.endsWith('*')) return pattern === found;
  const before = pattern.slice(0, -1);
  return OPEN_END.test(pattern) && found.length > before.length && found.startsWith(before);
}

/** Throws `sigstore/issuer-refused` or `sigstore/identity-refused`, with what the certificate says. */
export function checkIdentity({ issuer, identity }: SignerIdentity, policy: SignerPolicy): void {
  if (issuer !== policy.issuer)
    throw new Failure('sigstore/issuer-refused', { field: 'issuer', detail: issuer ?? 'none' });
  if (identity === null || !isIdentity(policy.identity, identity))
    throw new Failure('sigstore/identity-refused', { field: 'identity', detail: identity ?? 'none' });
}
