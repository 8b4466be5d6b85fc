/**
 * Why something failed or was not checked: a closed list of codes, shared by the code, the documentation and the receipts. The list
 * is `spec/reasons.json`; one cause has one code, and a code never changes its meaning.
 */
import { REASONS } from './reason-table.js';

export type ReasonCode = keyof typeof REASONS;

export function isReasonCode(text: string): text is ReasonCode {
  return Object.hasOwn(REASONS, text);
}

/** The sentence for a person that belongs to a code. */
export function says(code: ReasonCode): string {
  return REASONS[code].says;
}

/** What the reader can do about it. */
export function advice(code: ReasonCode): string {
  return REASONS[code].do;
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
