/** A policy as the log has it: decided as far as it can be, and with no name of a person in it. */

import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { canonicalize, type Json } from '../../bytes/json.js';
import type { LoggedPolicy, LoggedRule, PolicyNames } from '../../receipt/logged-policy.js';
import type { StatedRole } from '../../receipt/policy-words.js';
import { isAllowed } from './compile.js';
import type { Policy, ResponsibleClause, Rule } from './language.js';
import { type JudgedUpstream, judgedUpstreams, type Surroundings } from './surroundings.js';

/** What a policy refers to, by the path that it names. */
export interface PolicyFiles {
  /** The lists of names that must not leave. */
  readonly names: ReadonlyMap<string, readonly string[]>;
  /** The bytes of trust files. */
  readonly trust: ReadonlyMap<string, Uint8Array>;
}

export const NO_FILES: PolicyFiles = { names: new Map(), trust: new Map() };

/** Who answers for an exchange, as receipts name them: parties by their names, people by a commitment. */
export interface StatedParty {
  readonly role: StatedRole;
  readonly party: string;
}

/** `names`: those of this policy. */
export function publishedPolicy(
  policy: Policy,
  surroundings: Surroundings,
  files: PolicyFiles,
  names: PolicyNames,
): LoggedPolicy {
  const upstreams = judgedUpstreams(policy, surroundings);
  return {
    name: policy.name,
    rules: policy.rules.map(rule => publishedRule(rule, upstreams, files, names)),
    upstreams: upstreams.map(({ name, cloud, controller }) => ({
      cloud,
      controller,
      name,
      trust: trustDigest(policy.upstreams[name]?.trust, files),
    })),
  };
}

function publishedRule(
  rule: Rule,
  upstreams: readonly JudgedUpstream[],
  files: PolicyFiles,
  names: PolicyNames,
): LoggedRule {
  const { keys, models, teams } = rule.for ?? {};
  const committed = (kind: 'key' | 'team', all: readonly string[] | undefined) =>
    all === undefined ? null : all.map(name => ({ commitment: names.commitment(kind, name) }));
  return {
    buffer: rule.buffer,
    checks: rule.checks.map(clause => ({ ...clause })),
    diversity: rule.diversity.map(clause => ({ ...clause })),
    for: {
      keys: committed('key', keys),
      models: models === undefined ? null : [...models],
      teams: committed('team', teams),
    },
    name: rule.name,
    redact: publishedRedaction(rule, files, names),
    requires: rule.require === undefined ? null : { ...rule.require },
    responsibility: statedParties(rule.responsibility, names),
    upstreams: upstreams.filter(upstream => isAllowed(rule, upstream)).map(({ name }) => name),
  };
}

/** The list of names as one, in an order that is always the same: neither its length nor that two policies have it is to be seen. */
function publishedRedaction({ redact }: Rule, files: PolicyFiles, names: PolicyNames): LoggedRule['redact'] {
  if (redact === undefined) return null;
  const list = redact.names === undefined ? null : (files.names.get(redact.names.file) ?? []);
  const text = list === null ? null : new TextDecoder().decode(canonicalize([...list].sort() as Json));
  return {
    kinds: [...redact.kinds],
    names: text === null ? null : { commitment: names.commitment('names', text) },
    restore: redact.restore,
  };
}

export function statedParties(clauses: readonly ResponsibleClause[], names: PolicyNames): StatedParty[] {
  return clauses.map(clause =>
    'party' in clause
      ? { role: clause.role, party: clause.party }
      : { role: clause.role, party: `person:${names.commitment('person', clause.person)}` },
  );
}

function trustDigest(
  trust: { readonly file: string } | undefined,
  { trust: files }: PolicyFiles,
): string | null {
  const bytes = trust === undefined ? undefined : files.get(trust.file);
  return bytes === undefined ? null : toHex(sha256(bytes));
}
