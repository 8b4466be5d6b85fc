/**
 * JSON Schemas of what leaves this project, made from the schemas that the code itself reads with. What JSON Schema cannot say (canonical
 * JSON, base64, signatures) is said in the descriptions; a file that fits a schema is well-formed, and nothing more.
 */
import { toJsonSchema } from '@valibot/to-json-schema';
import { receiptCodes } from './core-reasons.mjs';

const BASE = 'urn:countersign:schema:';

/** What each member means, by its path; elements of lists stand under `*`. */
const BUNDLE = {
  '': 'A receipt with the proof that it is in the log, as canonical JSON (RFC 8785). See spec/receipt.md §7.',
  envelope: 'The DSSE envelope that the issuer signed. Its canonical JSON is the log entry.',
  'envelope.payload':
    'The signed statement, in base64 (RFC 4648 §4, padded): canonical JSON that fits receipt.json.',
  'envelope.payloadType': 'Always application/vnd.in-toto+json.',
  'envelope.signatures':
    'Exactly one signature, over the DSSE pre-authentication encoding of type and payload.',
  'envelope.signatures.*.keyid':
    "The issuer's key as <name>+<key id>. It must be the issuer that the receipt names.",
  'envelope.signatures.*.sig': 'The 64 bytes of the Ed25519 signature, in base64.',
  proof:
    'A C2SP tlog-proof without extra data, under a checkpoint that the log signed; null while there is none.',
  revocations:
    'What has been revoked that concerns the receipt, the first of the log for each field. See spec/revocation.md §2.',
  'revocations.*.envelope': 'The DSSE envelope of the revocation, as the log has it.',
  'revocations.*.envelope.payload': 'The signed statement, in base64.',
  'revocations.*.envelope.payloadType': 'Always application/vnd.in-toto+json.',
  'revocations.*.envelope.signatures': 'Exactly one signature, that of an issuer of the log.',
  'revocations.*.envelope.signatures.*.keyid': "The issuer's key as <name>+<key id>.",
  'revocations.*.envelope.signatures.*.sig': 'The 64 bytes of the Ed25519 signature, in base64.',
  'revocations.*.proof': 'A C2SP tlog-proof that the envelope is in the log.',
};

const TRUST = {
  '': 'Whom a relying party believes: one log, the issuers whose receipts count, the witnesses and their quorum.',
  log: "The log's verifier key (C2SP signed-note, Ed25519); its name is the log's origin.",
  logCosigner:
    'The key (C2SP tlog-cosignature, ML-DSA-44) under the same name with which the log states when it signed.',
  issuers: 'The verifier keys (Ed25519) whose receipts count.',
  policy: 'A C2SP tlog-policy: the witnesses and the quorum. A log line in it must be that of this log.',
  controllers:
    'Who can make which keys act. All keys that stand here under nobody count as one unknown controller.',
  'controllers.*.name': 'The legal or natural person.',
  'controllers.*.keys': 'Keys as <name>+<key id>.',
  'controllers.*.cloud': 'The cloud provider on whose machines the keys can be used.',
  'controllers.*.jurisdiction': 'The law under which the controller can be compelled.',
  'controllers.*.hardware': 'The vendor of the hardware that the keys are in.',
  retired: 'Keys that no longer sign, and up to where in the log what they signed counts.',
  'retired.*.key': 'A verifier key (C2SP signed-note).',
  'retired.*.role': 'What the key signed: checkpoints, receipts, verdicts or cosignatures.',
  'retired.*.why': 'Whether it was replaced in good order, or revoked because it can no longer be trusted.',
  'retired.*.until':
    'What it signed counts for entries below this index, and for checkpoints up to this size.',
  'retired.*.announced':
    'The index from which on everybody could know that the key had ended, where that is not until.',
  'retired.*.successor': 'The key in its place, as <name>+<key id>.',
  statements:
    "What witnesses' keys say beyond having seen a consistent tree, as their operators have published.",
  'statements.*.key': 'A key as <name>+<key id>.',
  'statements.*.says':
    'That every entry was read and checked (entries-checked), or that the log is mirrored (mirrored).',
  revocations:
    "What the file's owner takes for revoked, by this log or by anybody else. See spec/revocation.md §2.",
  'revocations.*.field': 'What kind of thing is bad.',
  'revocations.*.value': 'Which one, as the index of facts writes it.',
  'revocations.*.reason': 'Why, by a word of a closed list.',
  'revocations.*.since': 'Milliseconds since 1970 from which on it was bad; left out where it always was.',
  'revocations.*.decided': 'Milliseconds since 1970: from then on it is known, and counts.',
  'revocations.*.entry': 'The entry of this log that says so; left out where somebody else does.',
  validators: 'The verifier keys (Ed25519) whose verdicts count.',
};

const RECEIPT = {
  '': 'The payload that an issuer signs about one exchange: an in-toto statement. See spec/receipt.md §5.',
  subject:
    'Commitments to the request and, unless none was sent, to the response; or the last link of its stream.',
  predicate: "The issuer's statement. Times are milliseconds since 1970 by the issuer's clock.",
  'predicate.attempts': 'Each upstream tried, with its outcome.',
  'predicate.attempts.*.model':
    'The model that this upstream was asked for; left out where it is the one that the client asked for.',
  'predicate.attempts.*.origin': 'Left out where it is upstream.origin.',
  'predicate.attempts.*.sent':
    'The commitment to what this upstream was sent, null when nothing reached it; left out where it is request.sent.',
  'predicate.claims': 'What the issuer says of model, place and answer. To verify is for others.',
  'predicate.client': 'The client, by a name that nobody can follow from one epoch to the next.',
  'predicate.counter': "The number that the issuer gave this client's exchange when it accepted it.",
  'predicate.epoch': 'One run of one issuer.',
  'predicate.evidence': 'Bytes from elsewhere that support a claim, by their digests.',
  'predicate.exchange': '128 random bits.',
  'predicate.issuer': "The key that signs, as in the envelope's keyid.",
  'predicate.log': 'The promise that this receipt will be in that log by the deadline.',
  'predicate.model':
    'The model that was requested, the one that the upstream says has answered, and the digest of its files.',
  'predicate.model.digest': 'The OpenSSF model-signing subject digest; null where it is not known.',
  'predicate.policy':
    'The policy in force: digest and index in the log; and, where it has rules, the one that was for this exchange and what of it failed.',
  'predicate.previous': 'The digest of the receipt signed before this one for the same client and epoch.',
  'predicate.price': 'What the exchange cost and who gets which part, or why no price is stated.',
  'predicate.price.list':
    'The price list that the lines are from: its digest, and the index of the entry that names it.',
  'predicate.request': 'How the request was read and sent on.',
  'predicate.request.attachments':
    'Commitments to the content parts that are not text; beyond 32 their Merkle root.',
  'predicate.request.complete':
    'Whether the gateway had the whole request; if not, nothing can be compared with it.',
  'predicate.request.parameters':
    'The effective parameters that are numbers, booleans or words of a closed list.',
  'predicate.request.sent': 'The commitment to the request as it went upstream; null when nothing was sent.',
  'predicate.request.surface':
    'The endpoint that was asked, by its path below the base of the API, or its method; chat/completions where it is left out.',
  'predicate.request.transforms': 'The changes between what came and what was sent on.',
  'predicate.request.unstated':
    'Parameters that the client set to what may not stand here; only the commitment to the request covers them. In order, none of them among parameters.',
  'predicate.response': 'How the exchange ended.',
  'predicate.response.finish': "Each choice's finish reason.",
  'predicate.response.http': 'The HTTP status of the answer.',
  'predicate.response.reason': 'The reason code when the status is not completed.',
  'predicate.response.status': 'Whether the exchange was completed, refused, failed or aborted.',
  'predicate.response.tools': 'Commitments to the tool calls; beyond 32 their Merkle root.',
  'predicate.response.usage': 'Token counts as the upstream returned them.',
  'predicate.responsibility': 'Who answers for the exchange, in order.',
  'predicate.seen':
    'The latest witnessed checkpoint when the receipt was made: it cannot be older than that.',
  'predicate.time': 'When the request came, when the answer began and when it ended.',
  'predicate.upstream': 'Who was asked; null when nobody was.',
};

const MISBEHAVIOUR = {
  '': 'Evidence against a log, a witness, an issuer or a validator, as canonical JSON (RFC 8785). See spec/misbehaviour.md.',
  type: 'Which proof this is.',
  closing: "The issuer's closing of an epoch, as a DSSE envelope.",
  checkpoint:
    'A signed note with exactly one signature line: the one in which the log states when it signed.',
  checkpoints: 'Two signed notes, each with exactly one signature line: that of the accused key.',
  envelopes: "The two statements as DSSE envelopes, in the order of their payloads' digests.",
  fault: 'What the witness did: cosigned two roots of one size, or two histories, or went back in time.',
  frontier:
    'The hashes of the complete subtrees, left to right, of the tree that the receipt has seen, in base64.',
  held: 'What somebody outside the issuer holds: its acceptance or its receipt, as a DSSE envelope.',
  leaf: 'What the closing says of the number: the leaf that has it, or those between which it would stand.',
  'leaf.*.hashes': 'The inclusion proof of the leaf (RFC 6962 §2.1.1), in base64.',
  'leaf.*.leaf': 'The 67 bytes of the leaf, in base64: client, number, status, digest of the receipt.',
  prefix: 'How the larger tree really begins.',
  'prefix.root': 'Its root at the size of the smaller tree, in base64.',
  'prefix.proof': 'The consistency proof from there to the larger tree (RFC 6962 §2.1.2), in base64.',
  artefacts: 'Everything that the verdict was made from.',
  'artefacts.bundle': 'The bundle, in base64.',
  'artefacts.evidence': 'Evidence as spec/verdict.md has it.',
  'artefacts.policy': 'The appraisal policy, as its author wrote it.',
  'artefacts.trust': 'The trust file, in base64; null where there was none.',
  clause: 'The first clause that is wrong.',
  verdict: 'The verdict, as the DSSE envelope that its signer signed.',
  list: 'The price list that the receipt names, as prices.json has it; null where the lines contradict themselves.',
  receipt:
    'The receipt whose promise was broken, or whose price is wrong, as the DSSE envelope that its issuer signed.',
  stamp: 'The stamp of the submission, as a DSSE envelope.',
};

const CONFIG = {
  '': 'A gateway, for `countersign up --config`: the file may be in JSON or in YAML 1.2. See docs/configuration.md.',
};

const POLICY = {
  '': 'A policy, for `countersign up --policy`: the file may be in JSON or in YAML 1.2. See docs/policy.md.',
  name: 'A published name.',
  rules:
    'In their order: the first that is for a request decides about it. A request that none is for is refused.',
  'rules.*.name': 'By which receipts refer to the rule; published.',
  'rules.*.for': 'Whom the rule is for; everybody where it is left out. All that stands here has to fit.',
  'rules.*.for.keys': 'Virtual keys by their names; * stands for anything.',
  'rules.*.for.models':
    'Models as clients name them, or as upstreams are asked for them; * stands for anything.',
  'rules.*.for.teams': 'Teams of virtual keys by their names; * stands for anything.',
  'rules.*.upstreams': 'Who may be asked; everybody where it is left out. All that stands here has to fit.',
  'rules.*.upstreams.clouds': 'By the clouds that are stated of them.',
  'rules.*.upstreams.controllers': 'By the controllers that are stated of them.',
  'rules.*.upstreams.names': 'By their names; * stands for anything.',
  'rules.*.require': 'The grade that each fact has to reach: the one that stands here, or one behind it.',
  'rules.*.require.onFailure':
    'What happens when the answer is there and the grade is not; block where it is left out.',
  'rules.*.checks': 'What is checked, and when.',
  'rules.*.checks.*.check': 'What is asked.',
  'rules.*.checks.*.digests': "OpenSSF model-signing digests of models' files.",
  'rules.*.checks.*.onFailure': 'What happens when it is not so.',
  'rules.*.checks.*.stage':
    'When it is asked: before sending, at the first byte, or when the answer is there.',
  'rules.*.buffer': 'Whether the answer is held back until its final checks have been made.',
  'rules.*.redact': 'What is taken out of a prompt before it leaves.',
  'rules.*.redact.kinds': 'By their form.',
  'rules.*.redact.names': 'The file with the names, one a line.',
  'rules.*.redact.restore': 'Whether it is put back into the answer; true where it is left out.',
  'rules.*.responsibility': 'Who answers for the exchange beside operator and host.',
  'rules.*.responsibility.*.party': 'A published name.',
  'rules.*.responsibility.*.person': 'A natural person, of whom only a commitment is published.',
  'rules.*.responsibility.*.role': 'As what.',
  'rules.*.diversity': 'How much of the traffic one party may get.',
  'rules.*.diversity.*.atMost': 'In percent.',
  'rules.*.diversity.*.of': 'What counts as one party.',
  'rules.*.diversity.*.ofLast': 'Exchanges that are looked back on.',
  'rules.*.diversity.*.onFailure': 'What happens when there would be more.',
  upstreams: 'By the names of upstreams: what the operator states of each.',
};

const APPRAISAL_POLICY = {
  '': 'A policy by which receipts are appraised, for `countersign appraise`: the file may be in JSON or in YAML 1.2. See spec/verdict.md.',
  name: 'A published name.',
  requires: 'The grade of each fact that is enough: the one that stands here, or one behind it.',
  stages: 'By when the grade of each fact has to have been shown; at the end where it is left out.',
  evidence: 'Which evidence counts, and by what measure.',
  'evidence.kinds': 'The kinds that count; all of them where it is left out.',
  'evidence.vendors': 'The makers of hardware that count; all of them where it is left out.',
  'evidence.maximumAgeSeconds': 'How old evidence of a machine may be when it was relied on.',
  releases:
    'Software that is known: where there is any, evidence of a machine has to have a measurement of one of them.',
  'releases.*.name': 'A published name.',
  'releases.*.measurements': 'What the hardware measures of it, in lower-case hexadecimal.',
  'releases.*.signed': 'On whose signatures it rests; see docs/releases.md.',
  models: 'Models that may have answered, by the digest of their files; any where it is left out.',
  'models.*.name': 'A published name.',
  'models.*.digest': 'As receipts have it in model.digest.',
  'models.*.signed': 'On whose signatures it rests; see docs/releases.md.',
  providers: 'The verifier keys whose own receipts count as evidence of which model answered.',
  maximumAgeDays: 'How many days after it was completed a receipt passes.',
  quorum: 'How many parties it must take, at least, to cheat.',
  'quorum.along': 'What counts as one party; controller where it is left out.',
  'quorum.fabricate': 'To make a receipt pass that states a falsehood.',
  'quorum.split': 'To show two histories of the log.',
  'quorum.block': 'To keep receipts from being witnessed.',
  claims: 'What the issuer must have claimed, and what it must not.',
  'claims.asserted': 'The facts that it must assert.',
  'claims.notSubstituted': 'Whether a receipt fails in which another model answered than was asked for.',
  'claims.required': 'Claims that must come out: about a fact, with a status, a source and a coverage.',
  issuers:
    'The issuers whose receipts may pass, as <name>+<key id>; all of the trust file where it is left out.',
};

const ROUTES = {
  '': "An operator's own names for models, for `countersign up --routes`. See docs/upstreams.md.",
  models:
    'By the name that clients use: a model, or steps that are tried one after another. A model is named as clients name it, its upstream in front.',
};

const PRICE_KINDS = {
  cached:
    'Tokens of the prompt that were read from a cache; they cost what the rest of it does where this is left out.',
  cacheWrite:
    'Tokens of the prompt that were written to a cache; they cost what the rest of it does where this is left out.',
  completion: 'Tokens of the answer.',
  prompt: 'Tokens of the prompt.',
  reasoning:
    'Tokens that the model thought with; they cost what the rest of the answer does where this is left out.',
};

const PRICES = {
  '': 'A price list, for `countersign up --prices`: what upstreams ask for a million tokens. See docs/keys-and-money.md.',
  audit: 'Whoever checks answers, and the share of what the upstream gets that he gets on top.',
  'audit.basisPoints': 'In hundredths of a percent.',
  'audit.payee': 'A published name.',
  currency: 'The code of the one currency of all prices and limits.',
  dated: 'The day of the list.',
  entries: 'One price for each model of each upstream.',
  'entries.*.asOf': 'The day on which the price was read at its source.',
  'entries.*.longPrompt': 'Prices of all of an exchange whose prompt is long.',
  'entries.*.longPrompt.over': 'The most tokens that a prompt has which is not.',
  'entries.*.models': 'The names by which the upstream is asked for the model.',
  'entries.*.source': 'Where the price is published; left out for a model of the operator.',
  'entries.*.textOnly': 'Set where an image, a sound or a file has a price that its tokens do not tell.',
  'entries.*.upstream': 'The upstream, as `--upstream` and receipts name it.',
  margin: "The operator's own share, on top of what the upstream gets.",
  'margin.basisPoints': 'In hundredths of a percent.',
  ...Object.fromEntries(
    Object.entries(PRICE_KINDS).flatMap(([name, text]) => [
      [`entries.*.${name}`, text],
      [`entries.*.longPrompt.${name}`, text],
    ]),
  ),
};

/** The schemas by the name of their file. `reasons`: all reason codes; `schemas`: what the code reads bundle, trust file, receipt, evidence, configuration, policies, prices and routes with, and the conformance verbs. */
export function jsonSchemas(reasons, schemas) {
  return {
    'appraisal-policy.json': jsonSchema(
      'appraisal-policy',
      'Countersign appraisal policy',
      schemas.appraisalPolicy,
      APPRAISAL_POLICY,
      reasons,
    ),
    'bundle.json': jsonSchema('bundle', 'Countersign bundle', schemas.bundle, BUNDLE, reasons),
    'trust.json': jsonSchema('trust', 'Countersign trust file', schemas.trust, TRUST, reasons),
    'receipt.json': jsonSchema(
      'receipt',
      'Countersign receipt',
      schemas.receipt,
      RECEIPT,
      receiptCodes(reasons),
    ),
    'misbehaviour.json': jsonSchema(
      'misbehaviour',
      'Countersign evidence of misbehaviour',
      schemas.misbehaviour,
      MISBEHAVIOUR,
      reasons,
    ),
    'config.json': jsonSchema('config', 'Countersign configuration', schemas.config, CONFIG, reasons),
    'policy.json': jsonSchema('policy', 'Countersign policy', schemas.policy, POLICY, reasons),
    'prices.json': jsonSchema('prices', 'Countersign price list', schemas.prices, PRICES, reasons),
    'routes.json': jsonSchema('routes', 'Countersign routes', schemas.routes, ROUTES, reasons),
    'conformance.json': conformanceSchema(schemas.verbs, reasons),
  };
}

/** `$defs` has what each verb reads, under the verb's name, and what all of them answer. */
function conformanceSchema(verbs, reasons) {
  const inputs = verbs.map(({ name, about, schema }) => {
    const { $schema, ...converted } = convert(schema, reasons);
    return [name, { description: `What ${name} reads, to check ${about}.`, ...converted }];
  });
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `${BASE}conformance:v1`,
    title: 'Countersign conformance verbs',
    description:
      'What `countersign conformance <verb>` reads, by the name of the verb, and what it answers. See spec/conformance.md.',
    $defs: { ...Object.fromEntries(inputs), answer: answerSchema(reasons) },
  };
}

function answerSchema(reasons) {
  const orNull = schema => ({ anyOf: [schema, { type: 'null' }] });
  const properties = {
    status: { enum: ['accepted', 'refused', 'inconclusive', 'unsupported', 'malformed'] },
    code: orNull({ enum: reasons }),
    reason: orNull({ type: 'string' }),
    evidenceDigest: orNull({ type: 'string', pattern: '^[0-9a-f]{64}$' }),
    claims: { type: 'object' },
  };
  return {
    description: 'What every verb answers.',
    type: 'object',
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  };
}

function jsonSchema(name, title, schema, descriptions, reasons) {
  const { $schema, ...converted } = convert(schema, reasons);
  const { '': description, ...members } = descriptions;
  for (const [path, says] of Object.entries(members)) {
    for (const member of membersAt(converted, path.split('.'))) member.description = says;
  }
  return { $schema, $id: `${BASE}${name}:v1`, title, description, ...converted };
}

function convert(schema, reasons) {
  return toJsonSchema(schema, {
    target: 'draft-2020-12',
    typeMode: 'input',
    // Whether a text is an origin is said in its description.
    ignoreActions: ['check'],
    // The one shape that the code checks with a function: a reason code.
    overrideSchema: ({ valibotSchema }) =>
      valibotSchema.type === 'custom' ? { type: 'string', enum: reasons } : undefined,
    // Patterns of JSON Schema are Unicode ones already, so the flag that says so may go.
    overrideAction: ({ valibotAction, jsonSchema }) =>
      valibotAction.type === 'regex' && valibotAction.requirement.flags === 'u'
        ? { ...jsonSchema, pattern: valibotAction.requirement.source }
        : undefined,
  });
}

/** The places where a member is defined: several when its parent takes one of several forms. */
function membersAt(schema, path) {
  const found = find(schema, path);
  if (found.length === 0) throw new Error(`no member ${path.join('.')} to describe`);
  return found;
}

function find(schema, [name, ...rest]) {
  if (name === undefined) return [schema];
  const next = name === '*' ? [schema.items, ...(schema.prefixItems ?? [])] : [schema.properties?.[name]];
  return [
    ...next.filter(inner => typeof inner === 'object').flatMap(inner => find(inner, rest)),
    ...[...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap(form => find(form, [name, ...rest])),
  ];
}
