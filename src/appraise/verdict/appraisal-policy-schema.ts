/**
 * The language of appraisal policies: which grade of each fact is enough and by when, which evidence counts, how old it and a receipt may be, which software and
 * which models, what must be claimed, and how few parties must not be able to fake it. `spec/verdict.md` says what each member means.
 */
import * as v from 'valibot';
import { fromHex } from '../../bytes/hex.js';
import { FACTS, GRADES, STAGES } from '../../receipt/policy-words.js';
import {
  Hash as AnyHash,
  KeyLabel as AnyKeyLabel,
  PublicName as AnyPublicName,
} from '../../receipt/shapes.js';
import { DcapPolicyForm, NitroPolicyForm, NvidiaPolicyForm, SnpPolicyForm } from '../evidence/policy-form.js';
import { CLAIM_SOURCES, REVOKERS } from './claim.js';
import { EVIDENCE_KINDS, VENDORS } from './vendors.js';

// What is wrong is read by whoever writes a policy.
const Hash = v.message(AnyHash, 'it takes a SHA-256 in small hexadecimal, in quotes where it has no letter');
const KeyLabel = v.message(
  AnyKeyLabel,
  'it takes the label of a key, <name>+<key id>, such as a receipt has as its issuer',
);
const PublicName = v.message(
  AnyPublicName,
  'it takes up to 128 letters, digits, blanks and ._:/@()[]-, and a letter, a digit or [ at the beginning, none of them beyond ASCII',
);

const oneOf = <const Words extends readonly string[]>(words: Words) =>
  v.picklist(words, `it takes one of: ${words.join(', ')}`);
const someOf = <const Words extends readonly string[]>(words: Words) =>
  v.pipe(v.array(oneOf(words)), v.minLength(1), v.maxLength(words.length));
const whole = (least: number, most: number) => {
  const message = `it takes a whole number from ${least} to ${most}`;
  return v.pipe(
    v.number(message),
    v.safeInteger(message),
    v.minValue(least, message),
    v.maxValue(most, message),
  );
};
const PARTIES = whole(1, 1000);
const DAYS_100_YEARS = 36_525;
const SECONDS_100_YEARS = DAYS_100_YEARS * 86_400;

const Measurement = v.pipe(
  v.string(),
  v.check(
    text => fromHex(text) !== null && text === text.toLowerCase() && text.length >= 64 && text.length <= 128,
    'it takes 32 to 64 bytes in small hexadecimal',
  ),
);

/** Of one who signs releases, and of where they come from: printable ASCII. It is published with the release. */
const Origin = v.pipe(v.string(), v.regex(/^[!-~](?:[ -~]{0,510}[!-~])?$/, 'it takes up to 512 characters'));

/** On whose signature an entry rests; software can rest on several, of which each says a part of what is measured. Whoever has the bundle and the root can check it again, and comes to the same (`countersign releases check`). */
const SignedOff = v.strictObject({
  /** SHA-256 of the signed bundle's bytes. */
  bundle: Hash,
  /** SHA-256 of the bytes that it was verified with: a trusted root of Sigstore's, a public key, or certificates of an authority. */
  root: Hash,
  /** Who has vouched for the identity; null for a key, which is its own. */
  issuer: v.nullable(Origin),
  /** Who has signed: what the certificate names, or `sha256:` and the digest of the public key. */
  identity: Origin,
  /** What kind of statement it is. */
  predicateType: Origin,
  /** What it was built from, where the statement says so. */
  source: v.nullable(Origin),
  /** Subjects of the statement whose digest was taken for a measurement. */
  measured: v.exactOptional(v.pipe(v.array(Origin), v.minLength(1), v.maxLength(16))),
});
export type SignedOff = v.InferOutput<typeof SignedOff>;
const Signatures = v.pipe(v.array(SignedOff), v.minLength(1), v.maxLength(8));

/** A claim as it has to be: `unknown` and `not-applicable` cannot be asked for, for nothing passes by them. */
const RequiredClaim = v.strictObject({
  about: oneOf(FACTS),
  /** `asserted`: or `verified`, which is more. */
  status: v.optional(oneOf(['asserted', 'verified']), 'verified'),
  /** Any of these; all where it is left out. */
  sources: v.exactOptional(someOf(CLAIM_SOURCES)),
  coverage: v.exactOptional(oneOf(['exchange', 'run'])),
  /** Nobody else may be able to take it back. */
  revocableBy: v.exactOptional(someOf(REVOKERS)),
});
export type RequiredClaim = v.InferOutput<typeof RequiredClaim>;

/** The source of `spec/schemas/appraisal-policy.json`. */
export const AppraisalPolicySchema = v.strictObject({
  name: PublicName,
  /** The grade of each fact that is enough; those behind it in the list of grades are as well. */
  requires: v.optional(
    v.strictObject({
      answer: v.exactOptional(oneOf(GRADES.answer)),
      model: v.exactOptional(oneOf(GRADES.model)),
      place: v.exactOptional(oneOf(GRADES.place)),
      record: v.exactOptional(oneOf(GRADES.record)),
    }),
    {},
  ),
  /** By when the grade has to have been shown; `final` where it is left out. */
  stages: v.optional(
    v.strictObject({
      answer: v.exactOptional(oneOf(STAGES)),
      model: v.exactOptional(oneOf(STAGES)),
      place: v.exactOptional(oneOf(STAGES)),
      record: v.exactOptional(oneOf(STAGES)),
    }),
    {},
  ),
  /** Which evidence counts, and by what measure; a kind that is not named is judged by the safe policy of that kind. */
  evidence: v.optional(
    v.strictObject({
      kinds: v.exactOptional(someOf(EVIDENCE_KINDS)),
      vendors: v.exactOptional(someOf(VENDORS)),
      /** How old evidence of a machine may be when it was relied on. */
      maximumAgeSeconds: v.exactOptional(whole(1, SECONDS_100_YEARS)),
      nitro: v.exactOptional(NitroPolicyForm),
      'sev-snp': v.exactOptional(SnpPolicyForm),
      tdx: v.exactOptional(DcapPolicyForm),
      sgx: v.exactOptional(DcapPolicyForm),
      nvidia: v.exactOptional(NvidiaPolicyForm),
    }),
    {},
  ),
  /**
   * What measurements stand for. Where there are releases, evidence of a machine has to be of one of them: of a trust domain MRTD, RTMR1 and RTMR2 are
   * all in its list, of others PCR0, the launch measurement, or MRENCLAVE. Without them, and without such measurements in `evidence`, no place is shown.
   */
  releases: v.optional(
    v.pipe(
      v.array(
        v.strictObject({
          name: PublicName,
          measurements: v.pipe(v.array(Measurement), v.minLength(1), v.maxLength(64)),
          signed: v.exactOptional(Signatures),
        }),
      ),
      v.maxLength(256),
    ),
    [],
  ),
  /** Which models may have answered, by the digest of their files. Where there are any, a receipt has to name one of them. */
  models: v.optional(
    v.pipe(
      v.array(v.strictObject({ name: PublicName, digest: Hash, signed: v.exactOptional(Signatures) })),
      v.maxLength(256),
    ),
    [],
  ),
  /** Whose receipts of their own count as evidence of which model answered, where a receipt names them as its evidence: verifier keys. */
  providers: v.optional(v.pipe(v.array(v.string()), v.maxLength(64)), []),
  /** How many days after it was completed a receipt may be appraised. */
  maximumAgeDays: v.exactOptional(whole(1, DAYS_100_YEARS)),
  /** How many parties it must take, all of them told apart by `along`. */
  quorum: v.exactOptional(
    v.strictObject({
      along: v.optional(oneOf(['controller', 'cloud', 'jurisdiction', 'hardware']), 'controller'),
      fabricate: v.exactOptional(PARTIES),
      split: v.exactOptional(PARTIES),
      block: v.exactOptional(PARTIES),
    }),
  ),
  claims: v.exactOptional(
    v.strictObject({
      /** What the issuer itself must have claimed. */
      asserted: v.optional(someOf(['model', 'place', 'answer'])),
      /** Whether a claim of the issuer's that another model answered fails. */
      notSubstituted: v.optional(v.boolean(), false),
      /** What must be so of the claims that come out, one about each fact. */
      required: v.optional(v.pipe(v.array(RequiredClaim), v.minLength(1), v.maxLength(16))),
    }),
  ),
  /** The issuers whose receipts may pass, where not all of the trust file's are to. */
  issuers: v.exactOptional(v.pipe(v.array(KeyLabel), v.minLength(1), v.maxLength(1000))),
});
export type AppraisalPolicyForm = v.InferOutput<typeof AppraisalPolicySchema>;
export type AppraisalPolicyInput = v.InferInput<typeof AppraisalPolicySchema>;
