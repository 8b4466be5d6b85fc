/** Conformance verbs about evidence of hardware. */
import * as v from 'valibot';
import { type Appraised, appraiseEvidence, type EvidencePart } from '../../../appraise/evidence/appraised.js';
import { plain } from '../../../appraise/evidence/plain.js';
import { toHex } from '../../../bytes/hex.js';
import { Failure, type ReasonCode } from '../../../reason.js';
import { accepted, answerOf, answerWith, type ConformanceAnswer } from './answer.js';
import {
  type Circumstances,
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
import { Time } from './input.js';
import { type Verb, verb } from './verb.js';

/** What may be evidence, of a kind or version that nobody here knows. */
const UNSUPPORTED: readonly ReasonCode[] = [
  'snp/version-unsupported',
  'quote/version-unsupported',
  'quote/tee-unknown',
  'quote/key-type-unsupported',
];

/** `roots`: by default those of the makers. */
export function evidenceVerbs(roots: EvidenceRoots = MAKERS): readonly Verb[] {
  const at = (asOf: number): Circumstances => ({ asOf: asOf / 1000, roots });
  return [
    verb(
      'verify-nitro',
      'an attestation document of an AWS Nitro enclave',
      v.strictObject({ ...NITRO_INPUT, asOf: Time }),
      ({ asOf, ...input }) => answerAbout(() => nitroPart(input, at(asOf))),
    ),
    verb(
      'verify-snp',
      'an attestation report of AMD SEV-SNP, given the certificate of its signer',
      v.strictObject({ ...SNP_INPUT, asOf: Time }),
      ({ asOf, ...input }) => answerAbout(() => snpPart(input, at(asOf))),
    ),
    verb(
      'verify-tdx',
      'a quote of Intel TDX or SGX, given what Intel has published about the platform',
      v.strictObject({ ...DCAP_INPUT, asOf: Time }),
      ({ asOf, ...input }) => answerAbout(() => dcapPart(input, at(asOf))),
    ),
    verb(
      'verify-nvidia',
      'evidence of an NVIDIA GPU or switch, given the certificates of its key',
      v.strictObject({ ...NVIDIA_INPUT, asOf: Time }),
      ({ asOf, ...input }) => answerAbout(() => nvidiaPart(input, at(asOf))),
    ),
    verb(
      'verify-nras',
      "an answer of NVIDIA's attestation service, given its keys and who vouches for them",
      v.strictObject({ ...NRAS_INPUT, asOf: Time }),
      ({ asOf, ...input }) => answerAbout(() => nrasPart(input, at(asOf))),
    ),
  ];
}

async function answerAbout(part: () => EvidencePart): Promise<ConformanceAnswer> {
  return (await judgeEvidence(part)).answer;
}

/** The answer about one piece of evidence, and what it rests on; null where it could not be read. */
export async function judgeEvidence(
  part: () => EvidencePart,
): Promise<{ readonly answer: ConformanceAnswer; readonly appraised: Appraised | null }> {
  try {
    const appraised = await appraiseEvidence(part());
    return { answer: answerOn(appraised), appraised };
  } catch (error) {
    return { answer: unread(error), appraised: null };
  }
}

function answerOn(appraised: Appraised): ConformanceAnswer {
  const { report, status, code } = appraised;
  const digest = toHex(report.signedRegion);
  const claims = claimsOf(appraised);
  return code === null || status === 'accepted'
    ? accepted(digest, claims)
    : answerWith(status, code, digest, claims);
}

/** All that a verifier throws says that something cannot be read, or not by us. */
export function unread(error: unknown): ConformanceAnswer {
  if (!(error instanceof Failure)) throw error;
  const answer = answerOf(error, [error.code]);
  if (error.code === 'evidence/certificates-missing') return { ...answer, status: 'inconclusive' };
  return UNSUPPORTED.includes(error.code) ? { ...answer, status: 'unsupported' } : answer;
}

export function claimsOf({ report, checks }: Appraised): ConformanceAnswer['claims'] {
  return {
    kind: report.kind,
    root: report.root,
    checks,
    notChecked: checks.filter(({ status }) => status === 'not-checked').map(({ name }) => name),
    fields: plain(report.fields),
    uncovered: report.uncovered,
    document: toHex(report.whole),
  };
}
