/**
 * What every entry of a log has to be, by itself: one canonical envelope by a registered issuer or validator, whose statement is of a known
 * type, one that keys of that role sign, and valid. What entries have to be together (epochs, counters, `previous`) is for monitors.
 *
 * The same rule admits submissions, is what a witness vouches for that checks entries, and is where a monitor begins. A log whose
 * entries are refused here will never be cosigned by such a witness, so that a rule may be added but never be made stricter.
 */
import type * as v from 'valibot';
import { sha256 } from '../bytes/cryptography.js';
import { toHex } from '../bytes/hex.js';
import { formatVerifierKey, keyLabel, type VerifierKey } from '../note/key.js';
import { Failure } from '../reason.js';
import { APPRAISAL_POLICY, loggedAppraisalPolicyDigest } from './appraisal-policy-entry.js';
import { CLOSING, checkClosing, closingDigest } from './closing.js';
import { readEntry } from './entry.js';
import { type Envelope, envelopeIsSignedBy } from './envelope.js';
import { EPOCH } from './epoch.js';
import { ERASURE, erasureDigest } from './erasure.js';
import { KEY_CHANGE } from './key-change.js';
import type { KeyHistory } from './key-history.js';
import { loggedPolicyDigest, POLICY_V2 } from './logged-policy.js';
import { POLICY, policyDigest } from './policy.js';
import { PRICE_LIST } from './price-list.js';
import { RECEIPT, type Receipt, timesAreOrdered } from './receipt.js';
import { REFUND, refundDigest } from './refund.js';
import { ACCESS, RETENTION, retentionDigest } from './retention.js';
import { checkRevocation, REVOCATION } from './revocation.js';
import { predicateTypeOf, readStatement, type Statement, type StatementType } from './statement.js';
import { VERDICT, verdictDigest } from './verdict.js';
import { batchDigest, checkBatch, VERDICT_BATCH } from './verdict-batch.js';

/** Where an entry stands. Without it, what depends on it is not checked. */
export interface EntryPlace {
  /** The log's origin. */
  readonly origin: string;
  readonly index: number;
}

export interface CheckedEntry {
  readonly envelope: Envelope;
  /** Who has signed it: an issuer or a validator. */
  readonly issuer: VerifierKey;
  readonly predicateType: string;
}

/** What holds for statements of one type beyond their form. */
type Rule = (envelope: Envelope, issuer: VerifierKey, place: EntryPlace | null) => void;

/**
 * The types that a log holds, but for key changes, which only a {@link KeyHistory} can judge. A type that is not here is unknown.
 */
const ISSUER_RULES: ReadonlyMap<string, Rule> = new Map([
  rule(RECEIPT, ({ predicate }, issuer, place) => {
    isBy(issuer, predicate.issuer);
    if (!timesAreOrdered(predicate)) throw new Failure('receipt/time-order', { field: 'predicate.time' });
    if (place === null) return;
    if (predicate.log.origin !== place.origin)
      throw new Failure('receipt/log-mismatch', { field: 'predicate.log.origin' });
    const named = [predicate.policy.index, ...priceListIndex(predicate)];
    if (predicate.seen.size > place.index || named.some(index => index >= place.index))
      throw new Failure('receipt/order-impossible');
  }),
  rule(EPOCH, ({ subject, predicate }, issuer) => {
    isBy(issuer, predicate.issuer);
    if (predicate.key !== formatVerifierKey(issuer))
      throw new Failure('entry/malformed', { field: 'predicate.key' });
    isAbout(subject, toHex(sha256(issuer.publicKey)));
  }),
  rule(POLICY, ({ subject, predicate }, issuer) => {
    isBy(issuer, predicate.issuer);
    isAbout(subject, policyDigest(predicate.policy));
  }),
  rule(POLICY_V2, ({ subject, predicate }, issuer) => {
    isBy(issuer, predicate.issuer);
    isAbout(subject, loggedPolicyDigest(predicate.policy));
  }),
  rule(RETENTION, ({ subject, predicate }, issuer) => {
    isBy(issuer, predicate.issuer);
    isAbout(subject, retentionDigest(predicate.retention));
  }),
  rule(ACCESS, ({ subject, predicate }, issuer) => {
    isBy(issuer, predicate.issuer);
    isAbout(subject, retentionDigest(predicate.access));
  }),
  rule(ERASURE, ({ subject, predicate }, issuer) => {
    isBy(issuer, predicate.issuer);
    isAbout(subject, erasureDigest(predicate.erasure));
  }),
  rule(CLOSING, ({ subject, predicate }, issuer) => {
    isBy(issuer, predicate.issuer);
    isAbout(subject, closingDigest(predicate.closing));
    checkClosing(predicate.closing);
  }),
  // What its subject is the digest of is not in the log.
  rule(PRICE_LIST, ({ predicate }, issuer) => isBy(issuer, predicate.issuer)),
  rule(REFUND, ({ subject, predicate }, issuer) => {
    isBy(issuer, predicate.issuer);
    isAbout(subject, refundDigest(predicate.refund));
  }),
  rule(REVOCATION, (statement, issuer) => checkRevocation(statement, keyLabel(issuer))),
]);

/** The types that validators sign, and nobody else. */
const VALIDATOR_RULES: ReadonlyMap<string, Rule> = new Map([
  rule(APPRAISAL_POLICY, ({ subject, predicate }, validator) => {
    isBy(validator, predicate.issuer);
    isAbout(subject, loggedAppraisalPolicyDigest(predicate.policy));
  }),
  rule(VERDICT, ({ subject, predicate }, validator, place) => {
    isBy(validator, predicate.issuer);
    isAbout(subject, verdictDigest(predicate.verdict));
    isUnderLoggedPolicy(predicate.policyIndex, place);
    isForLog(predicate.log, place);
  }),
  rule(VERDICT_BATCH, ({ subject, predicate }, validator, place) => {
    isBy(validator, predicate.issuer);
    const { batch } = predicate;
    isAbout(subject, batchDigest(batch));
    checkBatch(batch);
    isUnderLoggedPolicy(batch.policy.index, place);
    isForLog(batch.log, place);
    if (place !== null && batch.checkpoint.size > place.index)
      throw new Failure('receipt/order-impossible', { field: 'predicate.batch.checkpoint.size' });
  }),
]);

/** A policy that was chosen after its verdict was known is no policy. Which policy stands there is for those who have the log. */
function isUnderLoggedPolicy(index: number | null | undefined, place: EntryPlace | null): void {
  if (typeof index !== 'number' || (place !== null && index >= place.index))
    throw new Failure('verdict/policy-unlogged', {
      detail: typeof index === 'number' ? `entry ${index}` : 'none',
    });
}

/** What a validator has signed for one log anybody could bring to another that has let him in, where it would be false. */
function isForLog(origin: string | undefined, place: EntryPlace | null): void {
  if (origin === undefined || (place !== null && origin !== place.origin))
    throw new Failure('verdict/log-mismatch', { detail: origin ?? 'none' });
}

/** Where the log has the price list that a receipt refers to, if it refers to one. */
function priceListIndex({ price }: Receipt): readonly number[] {
  return price.lines === null || price.list === undefined ? [] : [price.list.index];
}

/**
 * Checks the entry at an index of the log with this history of keys, and returns the history after it: another one when the entry is a
 * key change. Throws as {@link checkEntry} and `KeyHistory.after` do.
 */
export async function checkLoggedEntry(
  history: KeyHistory,
  index: number,
  entry: Uint8Array,
): Promise<KeyHistory> {
  const envelope = readEntry(entry);
  if (predicateTypeOf(envelope) === KEY_CHANGE.predicateType) return history.after(index, entry);
  const [issuers, validators] = [history.at('issuer', index), history.at('validator', index)];
  await checkEnvelope(envelope, issuers, { origin: history.origin, index }, validators);
  return history;
}

/**
 * Checks one entry that is no key change. `issuers` and `validators` are those that are registered where it stands.
 *
 * Throws `json/…`, `envelope/…` (`issuer-unknown`, `signature-invalid` and `issuer-mismatch` among them), `entry/type-unknown`,
 * `entry/role-mismatch` for a type that keys of another role sign, `entry/malformed`, or the code of the statement's own type.
 */
export async function checkEntry(
  bytes: Uint8Array,
  issuers: readonly VerifierKey[],
  place: EntryPlace | null = null,
  validators: readonly VerifierKey[] = [],
): Promise<CheckedEntry> {
  return checkEnvelope(readEntry(bytes), issuers, place, validators);
}

async function checkEnvelope(
  envelope: Envelope,
  issuers: readonly VerifierKey[],
  place: EntryPlace | null,
  validators: readonly VerifierKey[],
): Promise<CheckedEntry> {
  const isSigner = (key: VerifierKey) => keyLabel(key) === envelope.keyId;
  const byIssuer = issuers.find(isSigner);
  const issuer = byIssuer ?? validators.find(isSigner);
  if (issuer === undefined) throw new Failure('envelope/issuer-unknown', { field: 'signatures.0.keyid' });
  const predicateType = predicateTypeOf(envelope);
  const [own, others] =
    byIssuer === undefined ? [VALIDATOR_RULES, ISSUER_RULES] : [ISSUER_RULES, VALIDATOR_RULES];
  const check = own.get(predicateType ?? '');
  if (predicateType === null || check === undefined)
    throw new Failure(others.has(predicateType ?? '') ? 'entry/role-mismatch' : 'entry/type-unknown', {
      field: 'predicateType',
    });
  if (!(await envelopeIsSignedBy(envelope, issuer.publicKey)))
    throw new Failure('envelope/signature-invalid');
  check(envelope, issuer, place);
  return { envelope, issuer, predicateType };
}

function rule<S extends v.GenericSchema, P extends v.GenericSchema>(
  type: StatementType<S, P>,
  check: (
    statement: Statement<v.InferOutput<S>, v.InferOutput<P>>,
    issuer: VerifierKey,
    place: EntryPlace | null,
  ) => void,
): [string, Rule] {
  return [
    type.predicateType,
    (envelope, issuer, place) => check(readStatement(type, envelope), issuer, place),
  ];
}

/** The envelope's key is a hint; what the statement says is signed. */
function isBy(issuer: VerifierKey, stated: string): void {
  if (stated !== keyLabel(issuer))
    throw new Failure('envelope/issuer-mismatch', { field: 'predicate.issuer' });
}

/** The subject says once more, as a digest, what the statement is about. */
function isAbout(subject: readonly [{ readonly digest: { readonly sha256: string } }], digest: string): void {
  if (subject[0].digest.sha256 !== digest)
    throw new Failure('entry/malformed', { field: 'subject.0.digest.sha256' });
}
