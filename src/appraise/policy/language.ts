/**
 * A policy as its author writes it: rules in their order, of which the first that is for a request decides about it.
 *
 * This is the form of the file, in YAML or JSON; what the log gets of it is another (`receipt/logged-policy.ts`), because the file has names of people.
 * The same language grows clauses about evidence; a member that is not here is refused.
 */
import * as v from 'valibot';
import {
  CHECK_NAMES,
  CONSEQUENCES,
  GRADES,
  REDACTION_KINDS,
  SHARED_BY,
  STAGES,
  STATED_ROLES,
} from '../../receipt/policy-words.js';
import { Hash, PublicName } from '../../receipt/shapes.js';

/** Rules that a policy may have. */
export const MAX_RULES = 200;
/** Names in one list of a rule. */
const MAX_NAMES = 200;
/** Exchanges that a clause about diversity looks back on. */
export const MAX_WINDOW = 10_000;

const oneOf = <const Words extends readonly string[]>(words: Words) =>
  v.picklist(words, `it takes one of: ${words.join(', ')}`);

const someOf = <Item extends v.GenericSchema>(item: Item, most = MAX_NAMES) =>
  v.pipe(
    v.array(item, 'it takes a list'),
    v.minLength(1, 'the list is empty; leave it out for all'),
    v.maxLength(most, `the list has more than ${most} items`),
  );

const matching = (pattern: RegExp, message: string) => v.pipe(v.string(message), v.regex(pattern, message));

const RuleName = matching(
  /^[a-z][a-z0-9-]{0,63}$/,
  'it takes up to 64 small letters, digits and hyphens, a letter first',
);
const HolderPattern = matching(
  /^[A-Za-z0-9*][A-Za-z0-9 ._@*-]{0,63}$/,
  'it takes the name of a key or a team, in which * stands for anything',
);
const ModelPattern = matching(
  /^[A-Za-z0-9*][A-Za-z0-9._:/@*-]{0,127}$/,
  'it takes a model as clients name it, in which * stands for anything',
);
const UpstreamPattern = matching(
  /^[A-Za-z0-9*[][A-Za-z0-9 ._:/@()[\]*-]{0,127}$/,
  'it takes the name of an upstream, in which * stands for anything',
);
const Party = v.pipe(PublicName, v.maxLength(128, 'it takes a published name of up to 128 characters'));
const Path = v.pipe(v.string('it takes a path'), v.minLength(1, 'it takes a path'), v.maxLength(1024));

const PERCENT = 'it takes a whole percentage from 1 to 100';
const WINDOW = `it takes a number of exchanges from 2 to ${MAX_WINDOW}`;

const clause = {
  onFailure: oneOf(CONSEQUENCES),
  stage: oneOf(STAGES),
};
const OTHER_CHECKS = CHECK_NAMES.filter(
  (name): name is Exclude<(typeof CHECK_NAMES)[number], 'model-pinned'> => name !== 'model-pinned',
);

const CheckClause = v.variant(
  'check',
  [
    v.strictObject({ check: v.literal('model-pinned'), digests: someOf(Hash, 100), ...clause }),
    v.strictObject({ check: oneOf(OTHER_CHECKS), ...clause }),
  ],
  `"check" takes one of: ${CHECK_NAMES.join(', ')}`,
);
export type CheckClause = v.InferOutput<typeof CheckClause>;

const DiversityClause = v.strictObject({
  of: oneOf(SHARED_BY),
  atMost: v.pipe(v.number(PERCENT), v.integer(PERCENT), v.minValue(1, PERCENT), v.maxValue(100, PERCENT)),
  ofLast: v.pipe(v.number(WINDOW), v.integer(WINDOW), v.minValue(2, WINDOW), v.maxValue(MAX_WINDOW, WINDOW)),
  onFailure: oneOf(['block', 'reroute']),
});
export type DiversityClause = v.InferOutput<typeof DiversityClause>;

const RequireClause = v.strictObject({
  answer: v.exactOptional(oneOf(GRADES.answer)),
  model: v.exactOptional(oneOf(GRADES.model)),
  place: v.exactOptional(oneOf(GRADES.place)),
  record: v.exactOptional(oneOf(GRADES.record)),
  /** When the answer is there and the grade is not. */
  onFailure: v.optional(oneOf(CONSEQUENCES), 'block'),
});
export type RequireClause = v.InferOutput<typeof RequireClause>;

const RedactClause = v.strictObject({
  kinds: v.optional(v.pipe(v.array(oneOf(REDACTION_KINDS)), v.maxLength(REDACTION_KINDS.length)), []),
  /** The file with the names, one a line. They stand in no policy: those are copied, committed and shown to others. */
  names: v.exactOptional(v.strictObject({ file: Path }, 'names are named, never written down: {file: PATH}')),
  restore: v.optional(v.boolean('it takes true or false'), true),
});
export type RedactClause = v.InferOutput<typeof RedactClause>;

/** A party by its published name, or a natural person, of whom only a commitment is published. */
const ResponsibleClause = v.union(
  [
    v.strictObject({ role: oneOf(STATED_ROLES), party: Party }),
    v.strictObject({
      role: oneOf(STATED_ROLES),
      person: v.pipe(v.string(), v.minLength(1), v.maxLength(256)),
    }),
  ],
  `it takes {role, party} or {role, person}, a role being one of: ${STATED_ROLES.join(', ')}`,
);
export type ResponsibleClause = v.InferOutput<typeof ResponsibleClause>;

const Rule = v.strictObject({
  /** By which receipts refer to it; published. */
  name: RuleName,
  /** Whom it is for; everybody where it is left out. All that stands here has to fit. */
  for: v.exactOptional(
    v.strictObject({
      keys: v.exactOptional(someOf(HolderPattern)),
      teams: v.exactOptional(someOf(HolderPattern)),
      models: v.exactOptional(someOf(ModelPattern)),
    }),
  ),
  /** Who may be asked; every upstream where it is left out. All that stands here has to fit. */
  upstreams: v.exactOptional(
    v.strictObject({
      names: v.exactOptional(someOf(UpstreamPattern)),
      controllers: v.exactOptional(someOf(Party)),
      clouds: v.exactOptional(someOf(Party)),
    }),
  ),
  require: v.exactOptional(RequireClause),
  checks: v.optional(v.pipe(v.array(CheckClause, 'it takes a list'), v.maxLength(32)), []),
  /** Whether the answer is held until its final checks have been made. */
  buffer: v.optional(v.boolean('it takes true or false'), false),
  redact: v.exactOptional(RedactClause),
  responsibility: v.optional(v.pipe(v.array(ResponsibleClause, 'it takes a list'), v.maxLength(8)), []),
  diversity: v.optional(v.pipe(v.array(DiversityClause, 'it takes a list'), v.maxLength(2)), []),
});
export type Rule = v.InferOutput<typeof Rule>;

/** What the operator says of an upstream. */
const StatedUpstream = v.strictObject({
  /** Who can make it act. All for whom nobody is stated count as one. */
  controller: v.exactOptional(Party),
  /** On whose machines it runs. */
  cloud: v.exactOptional(Party),
  /** For another gateway: the trust file by which its receipts are judged. */
  trust: v.exactOptional(v.strictObject({ file: Path })),
});

/** Also the source of `spec/schemas/policy.json`. */
export const PolicySchema = v.strictObject({
  name: PublicName,
  upstreams: v.optional(v.pipe(v.record(v.string(), StatedUpstream), v.maxEntries(100)), {}),
  rules: v.pipe(
    v.array(Rule, 'it takes a list of rules'),
    v.minLength(1, 'a policy without rules lets nobody ask anything'),
    v.maxLength(MAX_RULES, `a policy has at most ${MAX_RULES} rules`),
  ),
});
export type Policy = v.InferOutput<typeof PolicySchema>;
export type PolicyInput = v.InferInput<typeof PolicySchema>;
