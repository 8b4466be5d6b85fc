/** `countersign fees`: sums what receipts say that was paid, and to whom. What does not verify is not summed. */
import { Command } from 'commander';
import type { Check } from '../../appraise/check.js';
import { beginningOf } from '../../appraise/standing.js';
import type { Trust } from '../../appraise/trust.js';
import { verify } from '../../appraise/verify.js';
import { toHex } from '../../bytes/hex.js';
import { type FeeRow, Fees, GROUPINGS } from '../../economy/fees.js';
import { parseCheckpoint } from '../../note/checkpoint.js';
import { parseNote, verifyNote } from '../../note/signed-note.js';
import { Failure, type ReasonCode } from '../../reason.js';
import { MAX_BUNDLE_BYTES } from '../../receipt/bundle.js';
import { readEntry } from '../../receipt/entry.js';
import { checkLoggedEntry } from '../../receipt/entry-rules.js';
import { payloadDigest } from '../../receipt/envelope.js';
import { PriceBook } from '../../receipt/price/price-book.js';
import { compareWithList, lineFault } from '../../receipt/price/price-check.js';
import { priceListDigest } from '../../receipt/price/price-list.js';
import { RECEIPT, type Receipt } from '../../receipt/receipt.js';
import { REFUND } from '../../receipt/refund.js';
import { predicateTypeOf, readStatement } from '../../receipt/statement.js';
import { Frontier } from '../../tree/frontier.js';
import { LogReader } from '../tiles/log-reader.js';
import { RemoteLog } from '../tiles/remote-log.js';
import { EXIT, UsageError } from './exit-code.js';
import { readInput } from './files.js';
import { readPriceList } from './price-list-file.js';
import { hang, paint, print, printable, printJson } from './print.js';
import { ownTrustFile, readTrust } from './trust-file.js';

interface FeesOptions {
  readonly log?: string;
  readonly trust?: string;
  readonly prices?: string;
  readonly json?: true;
}

export function feesCommand(): Command {
  return new Command('fees')
    .description('sum what receipts say that was paid: by payee, model, client and day')
    .argument('[bundles...]', 'files that GET /v1/receipts/<id> returned')
    .option('--log <url>', 'sum all receipts of this log instead, such as http://127.0.0.1:8787/log')
    .option('--trust <file>', `whom to believe (default: ${ownTrustFile()}, when it is there)`)
    .option('--prices <file>', 'also compare each receipt that refers to this price list with it')
    .option('--json', 'print one line of JSON instead of words')
    .addHelpText('after', EXAMPLES)
    .action(run);
}

const EXAMPLES = `
What does not verify is named and not summed. Of a log, every entry is checked, and that all of them make the tree that the log has signed.

Examples:
  countersign fees *.bundle.json --trust trust.json
  countersign fees --log http://127.0.0.1:8787/log
  countersign fees --log http://127.0.0.1:8787/log --prices prices.json --json

Exit codes: 0 all of it summed, 10 something refused that is wrong, 20 something refused that cannot be told yet (no proof, no quorum), 30 something
refused that is malformed, 64 wrong usage, 1 anything else.`;

interface Refused {
  /** A file, or the index of an entry. */
  readonly what: string;
  readonly code: ReasonCode;
}

interface Prices {
  readonly book: PriceBook;
  readonly digest: string;
}

/** What has been looked at. */
class Account {
  readonly fees = new Fees();
  readonly refused: Refused[] = [];
  exitCode: number = EXIT.pass;
  /** How receipts compare with the price list; null where none was given. */
  readonly compared: { matching: number; notCheckable: number } | null;
  readonly #prices: Prices | null;

  constructor(prices: Prices | null) {
    this.#prices = prices;
    this.compared = prices === null ? null : { matching: 0, notCheckable: 0 };
  }

  /** A receipt whose signature and standing are checked. */
  take(what: string, receipt: Receipt, digest: string): void {
    const fault = lineFault(receipt.price) ?? this.#listFault(receipt);
    if (fault === null) this.fees.add(receipt, digest);
    else this.refuse(what, fault, EXIT.fail);
  }

  refuse(what: string, code: ReasonCode, exitCode: number): void {
    this.refused.push({ what, code });
    // What is wrong weighs more than what cannot be told; the codes stand in the other order.
    const weight = [EXIT.pass, EXIT.inconclusive, EXIT.malformed, EXIT.fail] as readonly number[];
    if (weight.indexOf(exitCode) > weight.indexOf(this.exitCode)) this.exitCode = exitCode;
  }

  #listFault(receipt: Receipt): ReasonCode | null {
    if (this.#prices === null || this.compared === null || receipt.price.lines === null) return null;
    const comparison = compareWithList(receipt, this.#prices.book, this.#prices.digest);
    if (comparison === 'matches') this.compared.matching++;
    else if (comparison === 'not-checkable') this.compared.notCheckable++;
    else return comparison;
    return null;
  }
}

async function run(bundles: readonly string[], options: FeesOptions): Promise<void> {
  const { log } = options;
  if ((log === undefined) === (bundles.length === 0))
    throw new UsageError('countersign fees takes either bundles or --log.');
  const trusted = await readTrust(options.trust);
  if (trusted === null) throw new UsageError(`there is no trust file at ${ownTrustFile()}; pass --trust.`);
  const account = new Account(
    options.prices === undefined ? null : await pricesIn(options.prices, trusted.trust),
  );
  if (log === undefined) await sumBundles(bundles, trusted.trust, account);
  else await sumLog(log, trusted.trust, account);
  if (options.json) printJson(summary(account));
  else tell(account);
  process.exitCode = account.exitCode;
}

/** The first controller of a trust file is the one whose house wrote it; the margin is paid under that name. */
async function pricesIn(path: string, { controllers: [operator] }: Trust): Promise<Prices> {
  const list = await readPriceList(path);
  return { book: new PriceBook(list, operator?.name ?? 'unnamed operator'), digest: priceListDigest(list) };
}

async function sumBundles(paths: readonly string[], trust: Trust, account: Account): Promise<void> {
  for (const path of paths) {
    const bundle = await readInput(path, MAX_BUNDLE_BYTES);
    const content = { opening: null, request: null, response: null };
    const { outcome, checks, receipt, digest } = await verify({ bundle, trust, content, asOf: Date.now() });
    if (outcome === 'pass' && receipt !== null && digest !== null) account.take(path, receipt, digest);
    else {
      const code = outcome === 'inconclusive' ? missing(checks) : wrong(checks);
      account.refuse(path, code, EXIT[outcome === 'pass' ? 'malformed' : outcome]);
    }
  }
}

/** The first of those checks without which a bundle shows nothing that could not be made. */
function missing(checks: readonly Check[]): ReasonCode {
  const needed: readonly Check['name'][] = ['signature', 'inclusion', 'witnesses'];
  for (const check of checks) if (check.status !== 'pass' && needed.includes(check.name)) return check.code;
  return 'proof/absent';
}

function wrong(checks: readonly Check[]): ReasonCode {
  for (const check of checks) if (check.status === 'fail') return check.code;
  return 'bundle/malformed';
}

/** Every entry, from the first on; they count when they make the tree that the log has signed. */
async function sumLog(url: string, trust: Trust, account: Account): Promise<void> {
  const log = new RemoteLog(url);
  const note = await log.checkpoint();
  if (note === null) throw new Failure('peer/answer-missing', { field: `${log.url}/checkpoint` });
  const parsed = parseNote(note);
  const { verified } = await verifyNote(parsed, [trust.log]);
  if (verified.length === 0) throw new Failure('checkpoint/log-signature-missing');
  const checkpoint = parseCheckpoint(parsed.text);
  if (checkpoint.origin !== trust.log.name)
    throw new Failure('checkpoint/origin-mismatch', { field: 'origin', detail: checkpoint.origin });
  const reader = new LogReader(log, false, new AbortController().signal);
  const hashes = reader.hashesOf(checkpoint);
  const tree = new Frontier();
  let history = beginningOf(trust);
  while (tree.size < checkpoint.size) {
    for (const { entry, leaf } of await reader.next(tree, checkpoint, hashes)) {
      const index = tree.size;
      tree.push(leaf);
      if (entry === null) throw new Failure('monitor/entries-withheld', { detail: `entry ${index}` });
      try {
        history = await checkLoggedEntry(history, index, entry);
        takeEntry(index, entry, account);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        account.refuse(`entry ${index}`, error.code, EXIT.fail);
      }
    }
  }
}

function takeEntry(index: number, entry: Uint8Array, account: Account): void {
  const envelope = readEntry(entry);
  switch (predicateTypeOf(envelope)) {
    case RECEIPT.predicateType:
      account.take(
        `entry ${index}`,
        readStatement(RECEIPT, envelope).predicate,
        toHex(payloadDigest(envelope)),
      );
      break;
    case REFUND.predicateType:
      account.fees.addRefund(readStatement(REFUND, envelope).predicate.refund);
      break;
  }
}

function summary({ fees, refused, compared, exitCode }: Account) {
  return {
    priced: fees.priced,
    unpriced: fees.unpriced,
    ...Object.fromEntries(GROUPINGS.map(by => [by, fees.rows(by)])),
    refunds: fees.refunds,
    compared,
    refused,
    exitCode,
  };
}

const TITLES = {
  payee: 'who gets it',
  model: 'for which model',
  client: 'by which client',
  day: 'on which day',
};

/** Of each table people are shown so much; programs get all of it. */
const MOST_ROWS = 20;

function tell({ fees, refused, compared }: Account): void {
  const unpriced = Object.entries(fees.unpriced);
  const without = unpriced.reduce((sum, [, count]) => sum + count, 0);
  print(paint('bold', `${fees.priced} receipts with a price, ${without} without`));
  if (without > 0) print(`  ${unpriced.map(([reason, count]) => `${count} ${reason}`).join(', ')}`);
  for (const by of GROUPINGS) table(TITLES[by], fees.rows(by));
  table('given back', fees.refunds);
  if (compared !== null)
    print(
      `\n${compared.matching} as the price list says, ${compared.notCheckable} that cannot be compared with it.`,
    );
  if (refused.length === 0) return;
  print();
  print(paint('red', `${refused.length} refused, and not in these sums`));
  for (const { what, code } of refused.slice(0, MOST_ROWS)) print(`  ${printable(what)}  ${hang(code, 4)}`);
}

function table(title: string, rows: readonly FeeRow[]): void {
  if (rows.length === 0) return;
  print();
  print(paint('bold', title));
  const shown = rows.slice(0, MOST_ROWS);
  const width = Math.max(...shown.map(({ amount }) => amount.length));
  for (const { name, currency, amount, receipts } of shown)
    print(`  ${amount.padStart(width)} ${currency}  ${printable(name)}  ${paint('dim', `${receipts}`)}`);
  if (rows.length > shown.length) print(`  and ${rows.length - shown.length} more; --json has all`);
}
