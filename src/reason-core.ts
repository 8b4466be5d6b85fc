/**
 * Reasons, for what runs in a browser: all codes that a receipt may have, but only the texts of those that verifying a bundle can give. The texts of all 700 would be
 * half of what a browser loads. Whoever imports `reason.ts`, as all other code does, has all texts.
 */
import { CORE_REASONS, OTHER_CODES } from './reason-core-table.js';
import type { REASONS } from './reason-table.js';

export type ReasonCode = keyof typeof REASONS;

interface Texts {
  readonly says: string;
  readonly do: string;
}

const texts = new Map<string, Texts>(Object.entries(CORE_REASONS));
const codes: ReadonlySet<string> = new Set([
  ...texts.keys(),
  ...Object.entries(OTHER_CODES).flatMap(([noun, whats]) => whats.split(' ').map(what => `${noun}/${what}`)),
]);

/** Makes the texts of more reasons known, from now on. */
export function learn(more: Readonly<Record<ReasonCode, Texts>>): void {
  for (const [code, text] of Object.entries(more)) texts.set(code, text);
}

/** Whether a receipt may have this as the reason of an exchange. The same everywhere: whether a receipt is one must not depend on where it is read. */
export function isExchangeReason(text: string): text is ReasonCode {
  return codes.has(text);
}

/** The sentence for a person that belongs to a code. */
export function says(code: ReasonCode): string {
  return textsOf(code).says;
}

/** What the reader can do about it. */
export function advice(code: ReasonCode): string {
  return textsOf(code).do;
}

/** A code without known texts is given by nothing that runs without `reason.ts` (test/package.test.ts); it would stand for itself. */
function textsOf(code: ReasonCode): Texts {
  return texts.get(code) ?? { says: `${code}.`, do: 'See the page of reason codes.' };
}

export interface FailureContext {
  /** The offending member, line or header, for example `predicate.time.received`. */
  readonly field?: string;
  /** What exactly was found. Never content, a key or an opening: failures are printed and logged. */
  readonly detail?: string;
}

/** Every error that this project throws on purpose. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: ReasonCode;
  readonly field: string | undefined;
  readonly detail: string | undefined;

  constructor(code: ReasonCode, context: FailureContext = {}) {
    const where = context.field === undefined ? '' : ` (${context.field})`;
    // A detail that is a sentence brings its own full stop.
    const what = context.detail === undefined ? '' : ` Found: ${context.detail.replace(/\.$/, '')}.`;
    super(`${code}${where}: ${says(code)}${what} ${advice(code)}`);
    this.code = code;
    this.field = context.field;
    this.detail = context.detail;
  }
}
