/**
 * What has been taken back of a receipt by the time that is asked about. The trust file says what its owner takes for revoked; a bundle that was made later
 * carries what concerns it, each with the proof that the log holds it, so that whoever has an old trust file hears of it as well. A revocation takes a grade
 * from one fact, and nothing from any other. Source: spec/revocation.md §3.
 */
import { type Json, sameJson } from '../bytes/json.js';
import { keyLabel } from '../note/key.js';
import { Failure } from '../reason-core.js';
import type { Bundle, CarriedRevocation } from '../receipt/bundle.js';
import { envelopeBytes, envelopeIsSignedBy } from '../receipt/envelope.js';
import type { Receipt } from '../receipt/receipt.js';
import { checkRevocation, REVOCATION } from '../receipt/revocation.js';
import { readStatement } from '../receipt/statement.js';
import { type Check, fail } from './check.js';
import type { Facts } from './facts.js';
import type { readProof } from './record.js';
import type { checkStanding } from './standing.js';
import type { KnownRevocation, Trust } from './trust.js';

/** What `verify` has loaded already: whoever loads this when it is needed loads it once. */
export interface LoadedChecks {
  readonly readProof: typeof readProof;
  readonly checkStanding: typeof checkStanding;
}

export interface RevocationFinding {
  /**
   * Those in force that concern the receipt: of the weights that it names, and of what stands behind its evidence, where the bundle carries one. What else the
   * trust file lists takes the evidence itself to be compared with.
   */
  readonly concerning: readonly KnownRevocation[];
  /** What is wrong with one that the bundle carries: the bundle is not what a gateway gives out. */
  readonly fault: Check | null;
}

export async function findRevocations(
  { revocations: carried = [] }: Bundle,
  receipt: Receipt,
  trust: Trust,
  asOf: number,
  checks: LoadedChecks,
): Promise<RevocationFinding> {
  const found: KnownRevocation[] = [];
  for (const [at, each] of carried.entries()) {
    try {
      found.push(await readCarried(each, receipt, trust, checks));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return { concerning: [], fault: fail('bundle', error.code, `revocations.${at}`) };
    }
  }
  const listed = trust.revocations.filter(
    known =>
      isOfModel(receipt, known.revocation) &&
      // Told once where both say it. What the bundle has at an entry is no reason to leave out what the trust file has there: without witnesses nobody
      // knows which log it is from.
      !found.some(carried => sameJson(asJson(carried), asJson(known))),
  );
  return { concerning: inForce([...found, ...listed], receipt, asOf), fault: null };
}

/** Those that count for a receipt: known by the time that is asked about, of what was bad when the exchange was completed. */
export function inForce(
  known: readonly KnownRevocation[],
  { time }: Receipt,
  asOf: number,
): readonly KnownRevocation[] {
  return known.filter(
    ({ decided, revocation: { since } }) => decided <= asOf && (since === null || since <= time.completed),
  );
}

/** The first of some revocations that is of one of these facts, in whatever order they are. */
export function revokedOf(
  facts: readonly { readonly field: string; readonly value: string }[],
  known: readonly KnownRevocation[],
): KnownRevocation | null {
  const isOf = ({ revocation }: KnownRevocation) =>
    facts.some(({ field, value }) => field === revocation.field && value === revocation.value);
  return [...known].filter(isOf).sort((a, b) => a.decided - b.decided)[0] ?? null;
}

/** The facts with what revocations have left of them: of a model that was revoked nothing, of a place the operator's own word. */
export function lowerFacts(facts: Facts, concerning: readonly KnownRevocation[]): Facts {
  const [model] = concerning.filter(({ revocation }) => revocation.field === 'model');
  const { grade, because } = facts.model;
  if (model === undefined || grade === 'none') return facts;
  return {
    ...facts,
    model: {
      grade: 'none',
      because: `${because}; these weights were revoked`,
      revoked: { code: 'revocation/model', was: grade, until: model.decided },
    },
  };
}

/** Throws what is wrong with it: `envelope/…`, `entry/malformed`, `key/…`, `proof/…`, `note/…`, `checkpoint/…` or `revocation/unrelated`. */
async function readCarried(
  { envelope, proof }: CarriedRevocation,
  receipt: Receipt,
  trust: Trust,
  { readProof, checkStanding }: LoadedChecks,
): Promise<KnownRevocation> {
  const retired = trust.retired.find(
    ({ role, key }) => role === 'issuer' && keyLabel(key) === envelope.keyId,
  );
  const issuer = trust.issuers.find(key => keyLabel(key) === envelope.keyId) ?? retired?.key;
  if (issuer === undefined) throw new Failure('envelope/issuer-unknown');
  if (!(await envelopeIsSignedBy(envelope, issuer.publicKey)))
    throw new Failure('envelope/signature-invalid');
  const statement = readStatement(REVOCATION, envelope);
  checkRevocation(statement, envelope.keyId);
  const { index } = await readProof(proof, envelopeBytes(envelope), null, trust);
  const signature: Check = { name: 'signature', status: 'pass', says: '' };
  const standing = checkStanding(signature, retired ?? null, index);
  if (standing.status !== 'pass') throw new Failure(standing.code);
  const { revocation, decided } = statement.predicate;
  const canConcern =
    revocation.field === 'model' ? isOfModel(receipt, revocation) : receipt.evidence.length > 0;
  if (!canConcern || (revocation.since ?? 0) > receipt.time.completed)
    throw new Failure('revocation/unrelated');
  return { revocation, decided, entry: index };
}

function asJson({ revocation, decided, entry }: KnownRevocation): Json {
  return { decided, entry, revocation };
}

function isOfModel({ model }: Receipt, { field, value }: KnownRevocation['revocation']): boolean {
  return field === 'model' && value === model.digest;
}
