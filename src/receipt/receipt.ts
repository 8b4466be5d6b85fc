/**
 * The receipt: the operator's signed statement about one exchange. `spec/receipt.md` says what each member means; this file says what it
 * may hold.
 */
import * as v from 'valibot';
import { ParametersSchema, UnstatedSchema, UsageSchema } from '../exchange/parameters.js';
import { SURFACE_NAMES } from '../exchange/surface-names.js';
import { isExchangeReason, type ReasonCode } from '../reason-core.js';
import { CHECK_NAMES, CLAUSE_NAMES, CONSEQUENCES, STAGES } from './policy-words.js';
import {
  Count,
  Currency,
  Decimal,
  Hash,
  Identifier,
  KeyLabel,
  MediaType,
  NameOrCommitment,
  Origin,
  PublicName,
  Time,
  Word,
} from './shapes.js';
import { type Statement, statementType } from './statement.js';

const Reason = v.custom<ReasonCode>(value => typeof value === 'string' && isExchangeReason(value));

/** As many attempts as one exchange may take. */
export const MAX_ATTEMPTS = 16;

const UpstreamOrigin = v.pipe(v.string(), v.maxLength(255), v.regex(/^[a-z][a-z0-9+.-]*:[!-~]*$/));

/** What is left out of an attempt is as the rest of the receipt says it of the last one. */
const Attempt = v.strictObject({
  ended: Time,
  /** The model that the upstream was asked for; left out where it is the one that the client asked for. */
  model: v.exactOptional(NameOrCommitment),
  /** Left out where it is `upstream.origin`. */
  origin: v.exactOptional(UpstreamOrigin),
  outcome: v.picklist(['answered', 'failed', 'aborted']),
  reason: v.nullable(Reason),
  /** What this upstream was sent, or null when nothing reached it; left out where it is `request.sent`. */
  sent: v.exactOptional(v.nullable(Hash)),
  started: Time,
  status: v.nullable(Count),
  upstream: PublicName,
});
export type Attempt = v.InferOutput<typeof Attempt>;

/** Commitments to each of several items, or beyond 32 of them the RFC 6962 root over the commitments. */
const Items = v.union([
  v.strictObject({ commitments: v.pipe(v.array(Hash), v.maxLength(32)) }),
  v.strictObject({ count: v.pipe(Count, v.minValue(33)), root: Hash }),
]);
export type Items = v.InferOutput<typeof Items>;

/** An issuer can assert; to verify is for others, in verdicts. */
const Claim = v.strictObject({
  about: v.picklist(['model', 'model/substituted', 'place', 'answer']),
  source: v.picklist(['issuer', 'upstream', 'none']),
  status: v.picklist(['asserted', 'unknown', 'not-applicable']),
});

/** Why an exchange has no price. */
const PriceReason = v.picklist([
  'no-price-list',
  'free',
  'nothing-served',
  /** The answer was given before, and paid for then. */
  'cached',
  /** The list has no price for the model at the upstream. */
  'not-listed',
  /** The exchange has parts whose price its count of tokens does not tell. */
  'not-priced',
  'usage-unknown',
  /** The upstream's counts cannot be: more of the prompt came from the cache than there was of it. */
  'usage-contradictory',
]);

const Price = v.union([
  v.strictObject({ lines: v.null(), reason: PriceReason }),
  v.strictObject({
    currency: Currency,
    /** The price list that the lines are from: its digest, and where the log says so; left out in receipts from before there were any. */
    list: v.exactOptional(v.strictObject({ digest: Hash, index: Count })),
    lines: v.array(
      v.strictObject({
        amount: Decimal,
        payee: PublicName,
        quantity: Count,
        unitPrice: Decimal,
        what: Word,
      }),
    ),
  }),
]);

export type Price = v.InferOutput<typeof Price>;
export type PriceLine = Extract<Price, { lines: readonly unknown[] }>['lines'][number];

/** As many failed checks as a receipt tells of. */
export const MAX_FINDINGS = 64;

/** A check of the policy that failed. */
const Finding = v.strictObject({
  check: v.picklist([...CHECK_NAMES, ...CLAUSE_NAMES]),
  stage: v.picklist(STAGES),
  /** What was done about it. */
  done: v.picklist(CONSEQUENCES),
});
export type PolicyFinding = v.InferOutput<typeof Finding>;

const Responsible = v.strictObject({
  key: v.nullable(v.union([KeyLabel, Hash])),
  party: PublicName,
  role: v.picklist(['operator', 'host', 'model-publisher', 'policy-author', 'human-gate']),
});
export type Responsible = v.InferOutput<typeof Responsible>;

const Predicate = v.strictObject({
  attempts: v.pipe(v.array(Attempt), v.maxLength(MAX_ATTEMPTS)),
  claims: v.array(Claim),
  client: Identifier,
  counter: v.pipe(Count, v.minValue(1)),
  epoch: Identifier,
  evidence: v.array(v.strictObject({ digest: Hash, mediaType: MediaType, signedDigest: Hash, type: Word })),
  exchange: Identifier,
  issuer: KeyLabel,
  log: v.strictObject({ deadline: Time, origin: Origin }),
  model: v.strictObject({
    digest: v.nullable(Hash),
    requested: v.nullable(NameOrCommitment),
    served: v.nullable(NameOrCommitment),
  }),
  policy: v.strictObject({
    digest: Hash,
    /** Checks of the rule that failed, and what was done about each; left out where none did. */
    findings: v.exactOptional(v.pipe(v.array(Finding), v.minLength(1), v.maxLength(MAX_FINDINGS))),
    index: Count,
    /** The rule of the policy that was for this exchange; left out where none was, and of policies without rules. */
    rule: v.exactOptional(Word),
  }),
  previous: v.nullable(Hash),
  price: Price,
  request: v.pipe(
    v.strictObject({
      attachments: Items,
      complete: v.boolean(),
      /** The commitment to the client's nonce; left out where the request had none. */
      nonce: v.exactOptional(Hash),
      parameters: ParametersSchema,
      sent: v.nullable(Hash),
      /** Left out in receipts from when there was only one: chat completions. */
      surface: v.exactOptional(v.picklist(SURFACE_NAMES)),
      transforms: v.array(Word),
      /** Parameters that the client set, and to what only the request's commitment covers; left out where there are none. */
      unstated: v.exactOptional(UnstatedSchema),
    }),
    v.check(({ parameters, unstated = [] }) => !unstated.some(name => Object.hasOwn(parameters, name))),
  ),
  response: v.strictObject({
    /** The exchange whose answer this is, given again, and the digest of its receipt; left out where somebody was asked. */
    cached: v.exactOptional(v.strictObject({ exchange: Identifier, receipt: Hash })),
    finish: v.array(NameOrCommitment),
    http: v.pipe(Count, v.minValue(100), v.maxValue(599)),
    /** Those of the answer; left out where there are none, and in receipts from before each had a commitment of its own. */
    images: v.exactOptional(Items),
    /** What the upstream sent, where that is not what the client got; left out where it is the same. */
    received: v.exactOptional(Hash),
    reason: v.nullable(Reason),
    status: v.picklist(['completed', 'refused', 'failed', 'aborted']),
    tools: Items,
    /** The changes between what the upstream sent and what the client got, where that is no translation; left out where there are none. */
    transforms: v.exactOptional(v.pipe(v.array(Word), v.minLength(1))),
    usage: v.nullable(UsageSchema),
  }),
  responsibility: v.array(Responsible),
  seen: v.strictObject({ root: Hash, size: Count }),
  time: v.strictObject({
    clock: v.literal('issuer'),
    completed: Time,
    firstByte: v.nullable(Time),
    received: Time,
  }),
  upstream: v.nullable(
    v.strictObject({
      origin: UpstreamOrigin,
      requestId: v.nullable(Hash),
      signature: v.null(),
      tlsSpki: v.nullable(Hash),
    }),
  ),
});

const RequestSubject = v.strictObject({
  digest: v.strictObject({ 'countersign-commitment-v1': Hash }),
  name: v.literal('request'),
});

/** The digest's name says what was committed to: a body's bytes, or the last link of a stream's chain. */
const ResponseSubject = v.strictObject({
  digest: v.union([
    v.strictObject({ 'countersign-commitment-v1': Hash }),
    v.strictObject({ 'countersign-stream-v1': Hash }),
  ]),
  name: v.literal('response'),
});

const Subject = v.union([v.strictTuple([RequestSubject]), v.strictTuple([RequestSubject, ResponseSubject])]);

export const RECEIPT = statementType({
  predicateType: 'urn:countersign:receipt:v1',
  subject: Subject,
  predicate: Predicate,
  malformed: 'receipt/malformed',
});

export type Receipt = v.InferOutput<typeof Predicate>;
export type ReceiptSubject = v.InferOutput<typeof Subject>;
export type ReceiptStatement = Statement<ReceiptSubject, Receipt>;

/** Whether the times that a receipt states can have come after one another as they must. */
export function timesAreOrdered({ attempts, time, log }: Receipt): boolean {
  const lines = [
    [time.received, time.firstByte ?? time.received, time.completed, log.deadline],
    ...attempts.map(({ started, ended }) => [time.received, started, ended, time.completed]),
  ];
  return lines.every(moments =>
    moments.every((moment, at) => at === 0 || moment >= (moments[at - 1] as number)),
  );
}

export type ResponseDigest =
  | { readonly form: 'body'; readonly commitment: string }
  | { readonly form: 'stream'; readonly link: string };

export function receiptSubject(request: string, response: ResponseDigest | null): ReceiptSubject {
  const requestSubject = { digest: { 'countersign-commitment-v1': request }, name: 'request' } as const;
  if (response === null) return [requestSubject];
  const digest =
    response.form === 'body'
      ? { 'countersign-commitment-v1': response.commitment }
      : { 'countersign-stream-v1': response.link };
  return [requestSubject, { digest, name: 'response' }];
}

/** The commitment to the request's bytes as the gateway received them, hexadecimal. */
export function requestCommitment(subject: ReceiptSubject): string {
  return subject[0].digest['countersign-commitment-v1'];
}

/** What the receipt commits to of the response, or null when no response was sent. */
export function responseDigest(subject: ReceiptSubject): ResponseDigest | null {
  const digest = subject[1]?.digest;
  if (digest === undefined) return null;
  return 'countersign-stream-v1' in digest
    ? { form: 'stream', link: digest['countersign-stream-v1'] }
    : { form: 'body', commitment: digest['countersign-commitment-v1'] };
}
