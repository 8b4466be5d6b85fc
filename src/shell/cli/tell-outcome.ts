/** What `countersign submit` says of an entry that was handed in. */
import { Failure } from '../../reason.js';
import { RECEIPT } from '../../receipt/receipt.js';
import { predicateTypeOf } from '../../receipt/statement.js';
import { EXIT } from './exit-code.js';
import type { Counter, Held, LogReceipt, MirrorReceipt, Outcome } from './hand-in.js';
import { print, printable, printError, printJson } from './print.js';
import { THEIR_TRUST_FILE } from './trust-file.js';

/** The log that is asked when none is named. */
export const DEFAULT_LOG = 'http://127.0.0.1:8787/log';

/** What came of one of the files. */
export interface Told {
  readonly held: Held;
  readonly outcome: Outcome;
  /** The file that was written, or null. */
  readonly out: string | null;
  readonly counter: Counter;
  /** Whether there are other files, so that each has to be named. */
  readonly isOneOfMany: boolean;
}

/** One line of JSON. */
export function tellJson({ held, outcome, out, counter }: Told): void {
  const file = held.path;
  if (outcome.kind !== 'taken') {
    printJson({ file, code: codeOf(outcome), status: outcome.status, message: whyNot(outcome, counter) });
    return;
  }
  const { receipt, isNew } = outcome;
  const said =
    receipt.by === 'log' ? receipt : { by: receipt.by, stamp: receipt.stamp, isVerified: receipt.isVerified };
  printJson({ file, ...said, isNew, out });
}

/** In words. */
export function tell({ held, outcome, out, counter, isOneOfMany }: Told): void {
  const name = isOneOfMany ? `${printable(held.path)}: ` : '';
  if (outcome.kind !== 'taken') printError(`countersign: ${name}${whyNot(outcome, counter)}`);
  else if (outcome.receipt.by === 'log') tellLogged(name, held, outcome.receipt, outcome.isNew, out, counter);
  else tellStamped(name, outcome.receipt, outcome.isNew, out);
}

function tellLogged(
  name: string,
  { envelope }: Held,
  { index }: LogReceipt,
  isNew: boolean,
  out: string | null,
  { to }: Counter,
): void {
  print(`${name}${isNew ? 'The log has taken it' : 'The log had it already'}: entry ${index}.`);
  if (out === null) return;
  // What is no receipt, such as a verdict, is no matter of `verify`.
  if (predicateTypeOf(envelope) !== RECEIPT.predicateType) {
    print(`Its bundle is in ${out}.`);
    return;
  }
  const trust = to === DEFAULT_LOG ? '' : ' --trust trust.json';
  print(`The bundle is in ${out}. Check it:  npx countersign verify ${out}${trust}`);
  // Once is enough.
  if (trust !== '' && name === '') print(THEIR_TRUST_FILE);
}

function tellStamped(
  name: string,
  { stamp, isVerified }: MirrorReceipt,
  isNew: boolean,
  out: string | null,
): void {
  const when = new Date(stamp.received).toISOString();
  const which = isNew ? 'Stamped' : 'It was stamped before';
  print(`${name}${which}, for ${printable(stamp.origin)}: received ${when}`);
  print(
    isVerified
      ? `  by ${printable(stamp.stamper)}`
      : `  by ${printable(stamp.stamper)}, as it says: pass the key of its stamps with --stamper to check`,
  );
  if (out !== null) print(`The stamp is in ${out}: keep it with the receipt.`);
}

type NotTaken = Exclude<Outcome, { kind: 'taken' }>;

function codeOf(outcome: NotTaken) {
  return outcome.kind === 'unverified' ? outcome.failure.code : outcome.code;
}

function whyNot(outcome: NotTaken, { to }: Counter): string {
  if (outcome.kind === 'unverified')
    return `the stamp from ${to} does not verify: ${outcome.failure.message}`;
  const { code, status } = outcome;
  return `${to} does not take it: ${code === null ? `HTTP ${status}` : new Failure(code).message}`;
}

/** What is wrong on their side, or with the address, may be right in a while; what is wrong with the entry will not. */
export function exitCodeOf(outcome: Outcome): number {
  if (outcome.kind === 'taken') return EXIT.pass;
  if (outcome.kind === 'unverified') return EXIT.fail;
  const { code, status } = outcome;
  const isElsewhere = code === 'request/route-unknown' || status >= 500 || status === 429;
  return isElsewhere ? EXIT.internal : EXIT.fail;
}
