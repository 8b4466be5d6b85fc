/** The conformance verb about whether the parts of a run belong together. */
import * as v from 'valibot';
import { type CarryingField, CONVENTION_NAMES } from '../../../appraise/binding/conventions.js';
import type { Run, RunKey } from '../../../appraise/binding/run.js';
import { judgeRun, type PieceOfRun } from '../../../appraise/binding/whole-run.js';
import { appraiseEvidence, type EvidencePart } from '../../../appraise/evidence/appraised.js';
import { sha256 } from '../../../bytes/cryptography.js';
import { toHex } from '../../../bytes/hex.js';
import { concatAll } from '../../../bytes/octets.js';
import { parseVerifierKey } from '../../../note/key.js';
import { Failure } from '../../../reason.js';
import { parseBundle } from '../../../receipt/bundle.js';
import { OPENING_BYTES } from '../../../receipt/opening.js';
import { Identifier } from '../../../receipt/shapes.js';
import { accepted, answerWith, type ConformanceAnswer } from './answer.js';
import { claimsOf, unread } from './evidence.js';
import {
  DCAP_INPUT,
  dcapPart,
  type EvidenceRoots,
  MAKERS,
  NITRO_INPUT,
  NRAS_INPUT,
  NVIDIA_INPUT,
  nitroPart,
  nrasPart,
  nvidiaPart,
  SNP_INPUT,
  snpPart,
} from './evidence-input.js';
import { Base64, Time } from './input.js';
import { type Verb, verb } from './verb.js';

const carriesIn = <const Fields extends readonly CarryingField[]>(fields: Fields) =>
  v.exactOptional(
    v.pipe(
      v.array(v.strictObject({ field: v.picklist(fields), convention: v.picklist(CONVENTION_NAMES) })),
      v.maxLength(8),
    ),
  );
const inReportData = carriesIn(['reportData']);

const Part = v.variant('kind', [
  v.strictObject({
    kind: v.literal('nitro'),
    ...NITRO_INPUT,
    asOf: Time,
    carries: carriesIn(['nonce', 'userData', 'publicKey']),
  }),
  v.strictObject({ kind: v.literal('snp'), ...SNP_INPUT, asOf: Time, carries: inReportData }),
  v.strictObject({ kind: v.literal('tdx'), ...DCAP_INPUT, asOf: Time, carries: inReportData }),
  v.strictObject({ kind: v.literal('nvidia'), ...NVIDIA_INPUT, asOf: Time, carries: carriesIn(['nonce']) }),
  v.strictObject({ kind: v.literal('nras'), ...NRAS_INPUT, asOf: Time, carries: carriesIn(['nonce']) }),
  v.strictObject({ kind: v.literal('issuer'), vkey: v.string() }),
  v.strictObject({ kind: v.literal('key'), octets: Base64 }),
  v.strictObject({ kind: v.literal('tls'), spkiSha256: Base64 }),
  v.strictObject({ kind: v.literal('epoch'), epoch: Identifier }),
  v.strictObject({ kind: v.literal('statement'), statement: Base64 }),
  v.strictObject({ kind: v.literal('receipt'), bundle: Base64 }),
  v.strictObject({
    kind: v.literal('body'),
    opening: Base64,
    request: v.exactOptional(Base64),
    response: v.exactOptional(Base64),
  }),
]);
type Part = v.InferOutput<typeof Part>;

const Input = v.strictObject({
  parts: v.pipe(v.array(Part), v.minLength(1), v.maxLength(64)),
  nonce: v.exactOptional(Base64),
});

/** `roots`: by default those of the makers. */
export function bindingVerb(roots: EvidenceRoots = MAKERS): Verb {
  return verb(
    'verify-binding',
    'that quotes, keys, nonces, receipts and content are of one run',
    Input,
    async ({ parts, nonce = null }) => {
      try {
        return await answerAbout(parts, nonce, roots);
      } catch (error) {
        return unread(error);
      }
    },
  );
}

async function answerAbout(
  parts: readonly Part[],
  nonce: Uint8Array | null,
  roots: EvidenceRoots,
): Promise<ConformanceAnswer> {
  const pieces: PieceOfRun[] = [];
  for (const part of parts) {
    const evidence = evidenceIn(part, roots);
    if (evidence !== null)
      pieces.push({
        appraised: await appraiseEvidence(evidence),
        carries: ('carries' in part ? part.carries : undefined) ?? null,
      });
  }
  const { edges, status, code } = await judgeRun(pieces, { ...othersIn(parts), nonce });
  const regions = pieces.map(({ appraised }) => appraised.report.signedRegion);
  const digest = regions.length === 0 ? null : toHex(sha256(concatAll(regions)));
  const claims = { edges, evidence: pieces.map(({ appraised }) => evidenceClaims(appraised)) };
  return code === null || status === 'accepted'
    ? accepted(digest, claims)
    : answerWith(status, code, digest, claims);
}

function evidenceClaims(appraised: PieceOfRun['appraised']): ConformanceAnswer['claims'] {
  const { status, code, report } = appraised;
  return { status, code, evidenceDigest: toHex(report.signedRegion), claims: claimsOf(appraised) };
}

/** Null for a part that is no evidence. */
function evidenceIn(part: Part, roots: EvidenceRoots): EvidencePart | null {
  switch (part.kind) {
    case 'nitro':
      return nitroPart(part, { asOf: part.asOf / 1000, roots });
    case 'snp':
      return snpPart(part, { asOf: part.asOf / 1000, roots });
    case 'tdx':
      return dcapPart(part, { asOf: part.asOf / 1000, roots });
    case 'nvidia':
      return nvidiaPart(part, { asOf: part.asOf / 1000, roots });
    case 'nras':
      return nrasPart(part, { asOf: part.asOf / 1000 });
    default:
      return null;
  }
}

/** Throws `conformance/input-malformed` for a part that is there twice, and what reading a key or a bundle throws. */
function othersIn(parts: readonly Part[]): Omit<Run, 'quote' | 'gpus' | 'nonce'> {
  const only = <Kind extends Part['kind']>(kind: Kind) => {
    const [first = null, ...more] = parts.filter(
      (part): part is Extract<Part, { kind: Kind }> => part.kind === kind,
    );
    if (more.length > 0) throw malformed(`${kind} twice`);
    return first;
  };
  const [tls, body, receipt] = [only('tls'), only('body'), only('receipt')];
  if (tls !== null && tls.spkiSha256.length !== 32) throw malformed('spkiSha256 is not of 32 bytes');
  if (body !== null && body.opening.length !== OPENING_BYTES) throw malformed('no opening');
  return {
    key: keyIn(only('issuer'), only('key')),
    tls: tls?.spkiSha256 ?? null,
    epoch: only('epoch')?.epoch ?? null,
    statement: only('statement')?.statement ?? null,
    receipt: receipt === null ? null : parseBundle(receipt.bundle).envelope,
    body:
      body === null
        ? null
        : { opening: body.opening, request: body.request ?? null, response: body.response ?? null },
  };
}

function keyIn(
  issuer: { readonly vkey: string } | null,
  key: { readonly octets: Uint8Array } | null,
): RunKey | null {
  if (issuer !== null && key !== null) throw malformed('issuer and key');
  if (issuer !== null) return { kind: 'issuer', key: parseVerifierKey(issuer.vkey) };
  return key === null ? null : { kind: 'octets', octets: key.octets };
}

function malformed(detail: string): Failure {
  return new Failure('conformance/input-malformed', { field: 'parts', detail });
}
