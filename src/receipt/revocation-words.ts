/** The closed lists of words that revocations are made of, and the forms of what can be revoked. Source: spec/revocation.md §1. */

/** What can be revoked, by the names that the index of facts has for it (docs/evidence/archive.md). */
export const REVOCATION_FIELDS = ['chip', 'tcb', 'measurement', 'signer', 'model'] as const;
export type RevocationField = (typeof REVOCATION_FIELDS)[number];

/** Why. Never more than this word: the log keeps it for ever. */
export const REVOCATION_REASONS = [
  'compromised',
  'vulnerable',
  'defective',
  'withdrawn',
  'unspecified',
] as const;
export type RevocationReason = (typeof REVOCATION_REASONS)[number];

/** A log has at most so many: whoever follows it, and every trust file, holds all of them. */
export const MAX_REVOCATIONS = 1000;

/** What Intel says of a level; `tcb` may be such a word. */
export const REVOCABLE_STATUSES = [
  'UpToDate',
  'SWHardeningNeeded',
  'ConfigurationNeeded',
  'ConfigurationAndSWHardeningNeeded',
  'OutOfDate',
  'OutOfDateConfigurationNeeded',
  'Revoked',
  'TDRelaunchAdvised',
  'TDRelaunchAdvisedConfigurationNeeded',
] as const;

/** The bytes of a measurement or of a key's digest. */
const DIGEST = /^(?:[0-9a-f]{2}){32,64}$/;
const AMD_LEVEL = '(?:milan|genoa|turin):[0-9a-f]{16}';
const INTEL_LEVEL = '[0-9a-f]{12}:[0-9a-f]{32}:[0-9]{1,5}(?::[0-9a-f]{32})?';
const VERSION = '(?:driver|bios):[0-9A-Za-z._-]{1,32}';

/** What a value of each field looks like, as the index of facts writes it. */
export const REVOCABLE = {
  chip: /^[0-9a-f]{4,128}$/,
  tcb: new RegExp(`^(?:${AMD_LEVEL}|${INTEL_LEVEL}|${VERSION}|${REVOCABLE_STATUSES.join('|')})$`),
  measurement: DIGEST,
  signer: DIGEST,
  model: /^[0-9a-f]{64}$/,
} as const satisfies Record<RevocationField, RegExp>;
