/** The small shapes that signed statements are made of. What a shape does not allow cannot enter the public log. */
import * as v from 'valibot';

/** 32 bytes in lower-case hexadecimal: a digest, a commitment or a root. */
export const Hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

/** 128 random or keyed bits in lower-case base32. */
export const Identifier = v.pipe(v.string(), v.regex(/^[a-z2-7]{26}$/));

/** A whole number from 0 to 2^53 - 1. */
export const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** Milliseconds since 1970-01-01T00:00:00Z, as the issuer's clock had it; at most what an ECMAScript date can hold. */
export const Time = v.pipe(Count, v.maxValue(8.64e15));

/** A key as people and envelopes refer to it: `<name>+<8 hexadecimal digits>`. */
export const KeyLabel = v.pipe(v.string(), v.maxLength(264), v.regex(/^[!-*,-~]+\+[0-9a-f]{8}$/));

/** A log's origin: the first line of its checkpoints. */
export const Origin = v.pipe(v.string(), v.maxLength(255), v.regex(/^[!-*,-~]+$/));

/** A name that the operator has published: of a model, an upstream, a party. Never text from a client. */
export const PublicName = v.pipe(v.string(), v.regex(/^[A-Za-z0-9[][A-Za-z0-9 ._:/@()[\]-]{0,127}$/));

/**
 * A name that may be shown, or else only committed to: clients and upstreams can write anything into a name, and the log keeps it for
 * ever.
 */
export const NameOrCommitment = v.union([
  v.strictObject({ name: PublicName }),
  v.strictObject({ commitment: Hash }),
]);

/** A short word of the specification. */
export const Word = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,63}$/));

/** An amount of money: a decimal number as text, because binary fractions cannot hold most of them. */
export const Decimal = v.pipe(v.string(), v.regex(/^-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,18})?$/));

/** The code of a currency, in capitals. */
export const Currency = v.pipe(v.string(), v.regex(/^[A-Z]{3,8}$/));

/** A day of the calendar, as `2026-11-21`. */
export const Day = v.pipe(v.string(), v.regex(/^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])$/));

export const MediaType = v.pipe(v.string(), v.regex(/^[a-z]+\/[a-z0-9][a-z0-9.+-]{0,126}$/));
