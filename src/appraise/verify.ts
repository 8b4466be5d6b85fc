/**
 * Verifying a bundle offline: the outsider's front door.
 *
 * Nothing here reads a clock, a network or a disk, and nobody's server is trusted. Everything but the trust file may come from an
 * attacker. The five steps: read the bundle, check who signed it, check the content, check the log, grade the four facts.
 */

import { toHex } from '../bytes/hex.js';
import { keyLabel, type VerifierKey } from '../note/key.js';
import type { ReasonCode } from '../reason.js';
import { type Bundle, parseBundle } from '../receipt/bundle.js';
import { type Envelope, envelopeBytes, envelopeIsSignedBy, payloadDigest } from '../receipt/envelope.js';
import {
  RECEIPT,
  type Receipt,
  type ReceiptStatement,
  type Responsible,
  timesAreOrdered,
} from '../receipt/receipt.js';
import { readStatement } from '../receipt/statement.js';
import { type Check, fail, failed, notChecked, pass } from './check.js';
import type { Concentration } from './concentration/concentration.js';
import { type Content, checkImage, checkRequest, checkResponse } from './content.js';
import { type Facts, gradeFacts, type RecordFinding } from './facts.js';
import { CLOCK_TOLERANCE, checkRecord, readProof } from './record.js';
import { checkStanding } from './standing.js';
import type { KnownRevocation, RetiredKey, Trust } from './trust.js';

export interface VerifyInput {
  /** The bundle's exact bytes. */
  readonly bundle: Uint8Array;
  /** What `parseBundle` reads in those bytes, from whoever has it already: they are not read again then. */
  readonly parsed?: Bundle;
  /** Whom to believe; null when the relying party has not decided, and then nobody's signature counts. */
  readonly trust: Trust | null;
  /** What to compare with the receipt; each part may be absent. */
  readonly content: Content;
  /** The log's entry with the policy that the receipt names; left out by those who have none. */
  readonly policy?: Uint8Array;
  /** The time asked about, in milliseconds since 1970. */
  readonly asOf: number;
}

/**
 * `pass`: every check that could be made was made and passed. `fail`: at least one failed. `inconclusive`: nothing failed, but the
 * trust file, the proof or the quorum is missing, or the opening of content that was given, or content was given that cannot be compared. `malformed`: this is not a bundle, or what was signed is not a receipt.
 */
export type Outcome = 'pass' | 'fail' | 'inconclusive' | 'malformed';

export interface Verification {
  readonly outcome: Outcome;
  readonly checks: readonly Check[];
  readonly facts: Facts;
  /** Who answers for the exchange, as the receipt says; empty when no receipt could be read. */
  readonly responsibility: readonly Responsible[];
  /** The receipt as its issuer wrote it, to be read together with the checks; null when it could not be read. */
  readonly receipt: Receipt | null;
  /** SHA-256 of the signed payload, hexadecimal; null when it could not be read. */
  readonly digest: string | null;
  /** What has been taken back by the time that is asked about, of what the receipt names or its evidence shows. */
  readonly revocations: readonly KnownRevocation[];
  /** How few parties could make such a receipt mean nothing; null when there is no trust file. */
  readonly concentration: Concentration | null;
}

/**
 * Checks a bundle. Never throws for anything that a bundle or content can hold: whatever is wrong becomes a check that says so. Throws a
 * `RangeError` when `asOf` is no time.
 */
export async function verify(input: VerifyInput): Promise<Verification> {
  if (!Number.isFinite(input.asOf)) throw new RangeError('asOf is a time in milliseconds');
  let bundle: Bundle;
  try {
    bundle = input.parsed ?? parseBundle(input.bundle);
  } catch (error) {
    return conclude('malformed', [failed('bundle', error)], null, null, input.trust);
  }
  const checks: Check[] = [pass('bundle', 'the bytes are a bundle and nothing else')];

  const { signature, issuer, retired } = await checkSignature(bundle.envelope, input.trust);
  if (signature.status === 'fail') return conclude('fail', [...checks, signature], bundle, null, input.trust);

  let statement: ReceiptStatement;
  try {
    statement = readStatement(RECEIPT, bundle.envelope);
  } catch (error) {
    return conclude('malformed', [...checks, signature, failed('receipt', error)], bundle, null, input.trust);
  }
  const entry = envelopeBytes(bundle.envelope);
  const record = await checkRecord(bundle.proof, entry, statement.predicate, input.trust, input.asOf);
  checks.push(checkStanding(signature, retired, record.index));
  checks.push(checkReceipt(bundle.envelope, statement.predicate), checkTime(statement.predicate, input.asOf));

  checks.push(checkRequest(input.content, statement));
  checks.push(await checkResponse(input.content, statement, bundle.envelope, issuer));
  const { image } = input.content;
  if (image !== undefined) checks.push(checkImage(input.content, image, statement));

  if (input.policy !== undefined) {
    // Loaded where it is needed: most have no policy to compare with.
    const { checkPolicy } = await import('./policy/policy-check.js');
    checks.push(await checkPolicy(input.policy, statement.predicate, issuer));
  }

  checks.push(record.inclusion, record.witnesses, notChecked('epoch', 'epoch/not-checked'));

  const concluded = await conclude(outcomeOf(checks), checks, bundle, statement.predicate, input.trust);
  const { trust } = input;
  if (trust === null || (bundle.revocations === undefined && trust.revocations.length === 0))
    return concluded;
  // Loaded where there is any: of most receipts nothing is ever taken back.
  const { findRevocations, lowerFacts } = await import('./revocations.js');
  const found = await findRevocations(bundle, statement.predicate, trust, input.asOf, {
    readProof,
    checkStanding,
  });
  if (found.fault !== null) {
    const faulty = [found.fault, ...checks.slice(1)];
    return conclude('fail', faulty, bundle, statement.predicate, trust);
  }
  const facts = lowerFacts(concluded.facts, found.concerning);
  return { ...concluded, facts, revocations: found.concerning };
}

interface SignatureFinding {
  readonly signature: Check;
  readonly issuer: VerifierKey | null;
  /** When the issuer's key no longer signs: what is known of its end. */
  readonly retired: RetiredKey | null;
}

async function checkSignature(envelope: Envelope, trust: Trust | null): Promise<SignatureFinding> {
  if (trust === null)
    return { signature: notChecked('signature', 'trust/missing'), issuer: null, retired: null };
  const isSigner = (key: VerifierKey) => keyLabel(key) === envelope.keyId;
  const retired = trust.retired.find(({ role, key }) => role === 'issuer' && isSigner(key)) ?? null;
  const issuer = trust.issuers.find(isSigner) ?? retired?.key ?? null;
  if (issuer === null)
    return { signature: fail('signature', 'envelope/issuer-unknown'), issuer: null, retired: null };
  const valid = await envelopeIsSignedBy(envelope, issuer.publicKey);
  const signature = valid
    ? pass('signature', `signed by ${keyLabel(issuer)}`)
    : fail('signature', 'envelope/signature-invalid');
  return { signature, issuer, retired };
}

function checkReceipt(envelope: Envelope, receipt: Receipt): Check {
  return receipt.issuer === envelope.keyId
    ? pass(
        'receipt',
        `exchange ${receipt.exchange}: ${receipt.response.status}, HTTP ${receipt.response.http}`,
      )
    : fail('receipt', 'envelope/issuer-mismatch', 'predicate.issuer');
}

function checkTime(receipt: Receipt, asOf: number): Check {
  const { time } = receipt;
  if (!timesAreOrdered(receipt)) return fail('time', 'receipt/time-order', 'predicate.time');
  if (time.completed > asOf + CLOCK_TOLERANCE)
    return fail('time', 'receipt/time-future', 'predicate.time.completed');
  return pass('time', `completed ${new Date(time.completed).toISOString()}, by the issuer's clock`);
}

/** Without these a bundle shows nothing to somebody who trusts only the trust file. */
const NEEDED: readonly Check['name'][] = ['signature', 'inclusion', 'witnesses'];

const INCOMPARABLE: ReadonlySet<ReasonCode> = new Set(['content/opening-needed', 'content/image-unlisted']);

function outcomeOf(checks: readonly Check[]): Outcome {
  if (checks.some(({ status }) => status === 'fail')) return 'fail';
  // Content that was given was meant to be compared.
  if (checks.some(check => check.status !== 'pass' && INCOMPARABLE.has(check.code))) return 'inconclusive';
  const needed = checks.filter(({ name }) => NEEDED.includes(name));
  return needed.every(check => check.status === 'pass' || check.code === 'witness/not-asked')
    ? 'pass'
    : 'inconclusive';
}

async function conclude(
  outcome: Outcome,
  checks: readonly Check[],
  bundle: Bundle | null,
  receipt: Receipt | null,
  trust: Trust | null,
): Promise<Verification> {
  return {
    outcome,
    checks,
    facts: gradeFacts(receipt, findRecord(checks)),
    responsibility: receipt?.responsibility ?? [],
    receipt,
    digest: bundle === null ? null : toHex(payloadDigest(bundle.envelope)),
    revocations: [],
    concentration: trust === null ? null : await concentrationIn(trust),
  };
}

/** Loaded when everything else has been checked: nothing waits for it. */
async function concentrationIn(trust: Trust): Promise<Concentration> {
  const { concentrationOf } = await import('./concentration/concentration.js');
  return concentrationOf(trust);
}

/** The record's grade is the last of its three steps that holds; a failure at any of them, or in the content, leaves none. */
function findRecord(checks: readonly Check[]): RecordFinding {
  const broken = checks.find(({ status }) => status === 'fail');
  if (broken !== undefined) return { grade: null, because: `the check "${broken.name}" failed` };
  const passed = (name: Check['name']) =>
    checks.find(check => check.name === name && check.status === 'pass');
  const witnesses = passed('witnesses');
  if (witnesses !== undefined) return { grade: 'witnessed', because: witnesses.says };
  const inclusion = passed('inclusion');
  if (inclusion !== undefined) return { grade: 'included', because: inclusion.says };
  const signature = passed('signature');
  if (signature !== undefined) return { grade: 'signed', because: signature.says };
  return { grade: null, because: 'nobody trusted has signed it' };
}
