/**
 * Looking at what another validator has published: every verdict is judged again from what it says that it was made from, and one that comes out otherwise is
 * a proof against whoever signed its batch. A verdict that differs from one's own because it was asked something else is no lie, and is counted as that.
 *
 * The other validator is not trusted for anything; what it serves is bounded and has to be what it has signed.
 */

import * as v from 'valibot';
import { parseTrust, type Trust } from '../../appraise/trust.js';
import { appraisalPolicyOf } from '../../appraise/verdict/appraisal-policy.js';
import { type AppraisalInput, appraise, CHECKER } from '../../appraise/verdict/appraise.js';
import { compareVerdicts } from '../../appraise/verdict/compare.js';
import { artefactOf } from '../../appraise/verdict/evidence-json.js';
import { checkPolicyLogged } from '../../appraise/verdict/policy-logged.js';
import {
  MAX_PACKAGE_BYTES,
  type PackedVerdict,
  packedBundle,
  readPackage,
  type VerdictPackage,
} from '../../appraise/verdict/verdict-package.js';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { type Json, parseCanonical } from '../../bytes/json.js';
import { utf8 } from '../../bytes/octets.js';
import { type EvidenceJson, evidenceName, formatEvidence } from '../../court/misbehaviour/evidence.js';
import { type KnownKeys, keysWithLabel } from '../../court/misbehaviour/known-keys.js';
import { makeWrongVerdict, type VerdictArtefacts } from '../../court/misbehaviour/wrong-verdict.js';
import type { VerifierKey } from '../../note/key.js';
import { parseNote } from '../../note/signed-note.js';
import { Failure, type ReasonCode } from '../../reason.js';
import { type Bundle, MAX_BUNDLE_BYTES, parseBundle } from '../../receipt/bundle.js';
import { envelopeIsSignedBy } from '../../receipt/envelope.js';
import { Count, KeyLabel } from '../../receipt/shapes.js';
import type { Verdict } from '../../receipt/verdict.js';
import { verdictLeaf } from '../../receipt/verdict-batch.js';
import { proveInclusion } from '../../tree/prove.js';
import { subtreesOf } from '../../tree/subtrees-of.js';
import { ask } from '../http/client.js';
import { timeOf } from './checkpoint-time.js';
import { lastOf } from './packages.js';
import type { LastBatch } from './state.js';

export interface AuditFinding {
  readonly code: ReasonCode;
  /** Of the batch. */
  readonly sequence: number;
  readonly detail: string;
}

export interface FoundProof {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface Audit {
  readonly batches: number;
  readonly verdicts: number;
  /** Verdicts by rules that this software does not have: nobody has judged them again. */
  readonly unjudged: number;
  /** Verdicts that say of a receipt the same as one's own. */
  readonly same: number;
  /** Those that differ from one's own, and were asked something else. */
  readonly otherQuestions: number;
  /** Entries of the receipts on which a verdict is wrong. */
  readonly wrong: readonly number[];
  readonly findings: readonly AuditFinding[];
}

export interface AuditOptions {
  /** Where the other validator serves what it publishes. */
  readonly url: string;
  /** Whose signatures count. */
  readonly known: KnownKeys;
  /** Whose log it is. */
  readonly trust: Trust;
  /** One's own verdict on the receipt at an index of the log; null where there is none. */
  readonly own: (index: number) => Promise<Verdict | null>;
  /** The receipts in a range of the log that one knows of, by their indices. */
  readonly receipts: (start: number, end: number) => Promise<readonly number[]>;
  /** Told of each proof before anything more is read: what comes after it cannot make it be lost. No more than {@link MAX_PROOFS}. */
  readonly onProof?: (proof: FoundProof) => Promise<void>;
  readonly signal?: AbortSignal;
  /** Told how many batches of how many have been judged again. */
  readonly onProgress?: (done: number, all: number) => void;
}

const PATIENCE = 60_000;
const MAX_ARTEFACT_BYTES = 1 << 20;
/** With the names of a record of some fifty thousand wrong verdicts. */
const MAX_STANDING_BYTES = 1 << 22;
/** Each may have some megabytes, and one is enough. */
export const MAX_PROOFS = 64;

/**
 * Looks at all batches, from the first to the last that the other says that it has. A batch that cannot be read, or judged, is a finding, and ends it: what was found
 * before counts. Throws what keeps it from looking at any: `peer/…` when the other cannot be reached or is no validator, or `misbehaviour/key-unknown` for one whose
 * word does not count.
 */
export async function auditValidator(options: AuditOptions): Promise<Audit> {
  const counts = { batches: 0, verdicts: 0, unjudged: 0, same: 0, otherQuestions: 0 };
  const wrong: number[] = [];
  const findings: AuditFinding[] = [];
  const artefacts = new Artefacts(options);
  const stated = await statedBatches(options);
  let before: LastBatch | null = null;
  const auditBatch = async (bytes: Uint8Array, sequence: number): Promise<boolean> => {
    const one = readPackage(bytes);
    const signer = await signerOf(one, options.known);
    const { isMoving, found } = chainFindings(one, before, sequence);
    findings.push(...found, ...(await policyFindings(one, signer, options)));
    before = lastOf(one);
    counts.batches++;
    counts.verdicts += one.verdicts.length;
    findings.push(...(await missing(one, sequence, options)));
    const measure = one.batch.checker === CHECKER ? await artefacts.of(one) : null;
    if (measure === null) counts.unjudged += one.verdicts.length;
    else findings.push(...(await timeFindings(one, measure)));
    for (const [at, packed] of one.verdicts.entries()) {
      if (measure !== null && !(await isRight(packed, one, measure))) {
        wrong.push(packed.index);
        if (wrong.length <= MAX_PROOFS) await options.onProof?.(await proofAgainst(one, at, packed, measure));
      }
      const own = await options.own(packed.index);
      if (own === null) continue;
      const { kind } = compareVerdicts(own, packed.verdict);
      if (kind === 'same') counts.same++;
      if (kind === 'other-question') counts.otherQuestions++;
    }
    return isMoving;
  };
  for (let sequence = 0; ; sequence++) {
    try {
      const bytes = await get(options, `batches/${sequence}`, MAX_PACKAGE_BYTES);
      if (bytes === null && sequence < stated)
        findings.push({ code: 'monitor/batch-missing', sequence, detail: `it says that it has ${stated}` });
      if (bytes === null || !(await auditBatch(bytes, sequence))) break;
    } catch (error) {
      const isFirst = sequence === 0 && counts.batches === 0;
      if (!(error instanceof Failure) || (isFirst && NOBODY.test(error.code))) throw error;
      const { code, field, detail } = error;
      findings.push({
        code,
        sequence,
        detail: [field, detail].filter(each => each !== undefined).join(': '),
      });
      break;
    }
    options.onProgress?.(counts.batches, Math.max(stated, counts.batches));
  }
  return { ...counts, wrong, findings };
}

const Standing = v.looseObject({ validator: KeyLabel, batches: Count });

/** How many batches the other says that it has. Somebody who shows nothing of the kind is no validator, and that none of his verdicts is wrong says nothing. */
async function statedBatches(options: AuditOptions): Promise<number> {
  const bytes = await get(options, '', MAX_STANDING_BYTES);
  const standing = v.safeParse(Standing, bytes === null ? null : parsed(bytes));
  if (standing.success) return standing.output.batches;
  throw new Failure('peer/answer-malformed', { field: options.url, detail: 'no validator answers there' });
}

function parsed(bytes: Uint8Array): Json {
  try {
    return parseCanonical(bytes);
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

/** There is nobody whose batches could be looked at. */
const NOBODY = /^(?:peer\/unreachable|misbehaviour\/key-unknown)$/;

/** Throws `envelope/signature-invalid`, or `misbehaviour/key-unknown` for the batch of somebody whose word does not count. */
async function signerOf({ envelope }: VerdictPackage, { validators }: KnownKeys): Promise<VerifierKey> {
  for (const { key } of keysWithLabel(envelope.keyId, validators))
    if (await envelopeIsSignedBy(envelope, key.publicKey)) return key;
  throw new Failure('envelope/signature-invalid', { field: envelope.keyId });
}

/** `isMoving`: whether it says anything that the one before it has not. Who signs batches of nothing would be listened to without end. */
function chainFindings(
  { batch }: VerdictPackage,
  before: LastBatch | null,
  sequence: number,
): { readonly isMoving: boolean; readonly found: readonly AuditFinding[] } {
  const { previous, start, end, overturned } = batch;
  const find = (code: ReasonCode, detail: string) => ({ code, sequence, detail });
  const isNext =
    batch.sequence === sequence && previous === (before?.digest ?? null) && start === (before?.end ?? 0);
  const isMoving = end > (before?.end ?? 0) || overturned.count > (before?.overturned ?? 0);
  const found = [
    ...(isNext ? [] : [find('monitor/batch-missing', `entries from ${start} on`)]),
    ...(overturned.count < (before?.overturned ?? 0)
      ? [find('monitor/record-contradicted', `${overturned.count} overturned verdicts`)]
      : []),
    ...(isMoving ? [] : [find('verdict/batch-malformed', 'it says nothing new')]),
  ];
  return { isMoving, found };
}

/** A validator cannot choose the moment as of which it judges: it is the latest that is stated in the checkpoint. */
async function timeFindings(
  { batch: { asOf, sequence }, checkpoint }: VerdictPackage,
  { read: { trust } }: Measure,
): Promise<AuditFinding[]> {
  if (trust === null) return [];
  const stated = await timeOf(parseNote(utf8(checkpoint)), trust.trust);
  if (stated === null || stated === asOf) return [];
  const detail = `as of ${new Date(asOf).toISOString()}, and not ${new Date(stated).toISOString()}`;
  return [{ code: 'verdict/time-chosen', sequence, detail }];
}

/** Whether the policy was in the log before the verdicts: by the two entries, with their proofs, as the validator shows them. */
async function policyFindings(
  { envelope, batch }: VerdictPackage,
  signer: VerifierKey,
  options: AuditOptions,
): Promise<AuditFinding[]> {
  const { sequence } = batch;
  try {
    const [batchEntry, policyEntry] = await Promise.all(
      [`batch-${sequence}`, `policy-${batch.policy.digest}`].map(name => loggedEntry(name, options)),
    );
    if (batchEntry == null || policyEntry == null)
      throw new Failure('verdict/policy-unlogged', { detail: 'no proof is shown' });
    await checkPolicyLogged({ batch: envelope, batchEntry, policyEntry }, signer, options.trust);
    return [];
  } catch (error) {
    if (!(error instanceof Failure) || error.code.startsWith('peer/')) throw error;
    const detail = error.code === 'verdict/policy-unlogged' ? (error.detail ?? '') : error.code;
    return [{ code: 'verdict/policy-unlogged', sequence, detail }];
  }
}

async function loggedEntry(name: string, options: AuditOptions): Promise<Bundle | null> {
  const bytes = await get(options, `entries/${name}`, MAX_BUNDLE_BYTES);
  return bytes === null ? null : parseBundle(bytes);
}

async function missing(
  { batch, verdicts }: VerdictPackage,
  sequence: number,
  { receipts }: AuditOptions,
): Promise<AuditFinding[]> {
  const judged = new Set(verdicts.map(({ index }) => index));
  const known = await receipts(batch.start, batch.end);
  return known
    .filter(index => !judged.has(index))
    .map(index => ({ code: 'verdict/missing' as const, sequence, detail: `entry ${index}` }));
}

/** The policy and the trust file of a batch, which its validator serves by their digests. */
interface Measure {
  readonly policy: Json;
  readonly trust: Uint8Array;
  readonly read: Pick<AppraisalInput, 'policy' | 'trust'>;
}

class Artefacts {
  readonly #options: AuditOptions;
  #latest: { readonly name: string; readonly measure: Measure } | null = null;

  constructor(options: AuditOptions) {
    this.#options = options;
  }

  async of({ batch }: VerdictPackage): Promise<Measure> {
    const name = `${batch.policy.digest} ${batch.trust}`;
    if (this.#latest?.name === name) return this.#latest.measure;
    const policy = parseCanonical(await this.#get(batch.policy.digest));
    const trust = await this.#get(batch.trust);
    const read = { policy: appraisalPolicyOf(policy), trust: { trust: parseTrust(trust), bytes: trust } };
    const measure = { policy, trust, read };
    this.#latest = { name, measure };
    return measure;
  }

  async #get(digest: string): Promise<Uint8Array> {
    const path = `artefacts/${digest}`;
    const bytes = await get(this.#options, path, MAX_ARTEFACT_BYTES);
    if (bytes === null) throw new Failure('peer/answer-missing', { field: path });
    if (toHex(sha256(bytes)) !== digest) throw new Failure('peer/answer-malformed', { field: path });
    return bytes;
  }
}

/** Whether it comes out again. Evidence that nobody can read gives no verdict. */
async function isRight(packed: PackedVerdict, one: VerdictPackage, { read }: Measure): Promise<boolean> {
  const bundle = packedBundle(packed, one.checkpoint);
  const evidence = packed.evidence.map(artefactOf);
  try {
    const { verdict } = await appraise({ ...read, bundle, evidence, asOf: packed.verdict.asOf });
    const { clauses, inputs } = compareVerdicts(verdict, packed.verdict);
    const [other] = inputs;
    if (other !== undefined)
      throw new Failure('misbehaviour/artefact-mismatch', { field: `${other} of entry ${packed.index}` });
    return clauses.length === 0;
  } catch (error) {
    if (error instanceof Failure && error.code === 'appraisal/evidence-unreadable') return false;
    throw error;
  }
}

async function proofAgainst(
  one: VerdictPackage,
  at: number,
  packed: PackedVerdict,
  { policy, trust }: Measure,
): Promise<FoundProof> {
  const leaves = one.verdicts.map(each => verdictLeaf(each.verdict));
  const hashes = await proveInclusion(at, leaves.length, subtreesOf(leaves));
  const stated = { envelope: one.envelope, verdict: packed.verdict, inBatch: { index: at, hashes } };
  const bundle = packedBundle(packed, one.checkpoint);
  const artefacts: VerdictArtefacts = { bundle, trust, policy, evidence: packed.evidence.map(artefactOf) };
  const proof = (await makeWrongVerdict(stated, artefacts)) as EvidenceJson;
  const bytes = formatEvidence(proof);
  return { name: `${evidenceName(bytes, proof.type)}.json`, bytes };
}

/** Null for what is not there. Throws `peer/…`. */
async function get({ url, signal }: AuditOptions, path: string, limit: number): Promise<Uint8Array | null> {
  const address = `${url.replace(/\/+$/, '')}/${path}`;
  const { status, body } = await ask(address, { limit, timeout: PATIENCE, ...(signal && { signal }) });
  if (status === 404) return null;
  if (status !== 200)
    throw new Failure('peer/answer-unexpected', { field: address, detail: `HTTP ${status}` });
  return body;
}
