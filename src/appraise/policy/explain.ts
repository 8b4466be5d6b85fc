/** A policy in plain words, rule by rule. */
import type { Consequence, Stage } from '../../receipt/policy-words.js';
import { FACTS } from '../../receipt/policy-words.js';
import { CHECKS } from './checks.js';
import type { Policy, Rule } from './language.js';

/** A rule, explained. */
export interface ExplainedRule {
  readonly name: string;
  /** Whom it is for. */
  readonly whom: string;
  /** What it says, a sentence each. */
  readonly says: readonly string[];
}

const WHEN: Readonly<Record<Stage, string>> = {
  before: 'Before anything is sent',
  'first-byte': 'Before anything of the answer is passed on',
  final: 'When the answer is there',
};

const THEN: Readonly<Record<Consequence, string>> = {
  block: 'it is refused, and the signed receipt says so',
  reroute: 'another upstream is asked, or it is refused where there is none',
  refund: 'the answer passes, and its price is ordered to be given back',
  flag: 'the answer passes, and the receipt says so',
};

export function explainPolicy({ rules }: Policy): ExplainedRule[] {
  return rules.map((rule, at) => ({
    name: rule.name,
    whom: whomOf(rule, at > 0),
    says: [...sentences(rule)],
  }));
}

function whomOf({ for: { keys, teams, models } = {} }: Rule, isLater: boolean): string {
  const parts = [
    ...(keys === undefined ? [] : [`keys named ${listed(keys)}`]),
    ...(teams === undefined ? [] : [`keys of the team ${listed(teams)}`]),
    ...(models === undefined ? [] : [`requests for ${listed(models)}`]),
  ];
  const rest = isLater ? ' that no rule above is for' : '';
  return parts.length === 0 ? `All requests${rest}.` : `For ${parts.join(', and only ')}${rest}.`;
}

function* sentences(rule: Rule): Generator<string> {
  yield whoMayBeAsked(rule);
  yield* required(rule);
  for (const clause of rule.checks) {
    const digests = 'digests' in clause ? ` (${clause.digests.map(short).join(', ')})` : '';
    yield `${WHEN[clause.stage]}, it is checked that ${CHECKS[clause.check].asks}${digests}; if not, ${THEN[clause.onFailure]}.`;
  }
  for (const { of, atMost, ofLast, onFailure } of rule.diversity)
    yield `At most ${atMost} % of the last ${ofLast} exchanges go to one ${of}; beyond that, ${THEN[onFailure]}.`;
  if (rule.buffer) yield 'Nothing of an answer is passed on before all of it is there and has been checked.';
  if (rule.redact !== undefined) yield redaction(rule.redact);
  for (const clause of rule.responsibility)
    yield `As ${clause.role.replaceAll('-', ' ')}, ${'party' in clause ? clause.party : 'a person whom only a commitment names'} answers for it.`;
}

function whoMayBeAsked({ upstreams: { names, controllers, clouds } = {} }: Rule): string {
  const parts = [
    ...(names === undefined ? [] : [`named ${listed(names)}`]),
    ...(controllers === undefined ? [] : [`controlled by ${listed(controllers)}`]),
    ...(clouds === undefined ? [] : [`in the cloud of ${listed(clouds)}`]),
  ];
  return parts.length === 0
    ? 'Every upstream may be asked.'
    : `Only upstreams ${parts.join(', and ')} may be asked.`;
}

function* required({ require }: Rule): Generator<string> {
  if (require === undefined) return;
  const grades = FACTS.flatMap(fact => (require[fact] === undefined ? [] : [`${fact} "${require[fact]}"`]));
  if (grades.length === 0) return;
  yield `Only upstreams that can give ${grades.join(' and ')}, or more, are asked; when an answer is there and has less, ${THEN[require.onFailure]}.`;
}

function redaction({ kinds, names, restore }: NonNullable<Rule['redact']>): string {
  const what = [...kinds, ...(names === undefined ? [] : ['the names that are listed in a file'])];
  const back = restore ? ', and put back into the answer' : '';
  return `Before a prompt leaves, what looks like ${listed(what)} is taken out of it${back}.`;
}

function listed(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} or ${items.at(-1)}`;
}

function short(digest: string): string {
  return `${digest.slice(0, 16)}…`;
}
