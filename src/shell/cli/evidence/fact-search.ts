/** `countersign evidence index find`: which receipts rest on a chip, a TCB level, a measurement, a signer, a model, or a piece of evidence. */
import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { FACT_FIELDS, type Fact, type FactField, receiptFacts } from '../../../appraise/kept/facts.js';
import { Failure } from '../../../reason.js';
import { RECEIPT, type Receipt } from '../../../receipt/receipt.js';
import { REVOCABLE } from '../../../receipt/revocation-words.js';
import { readStatement } from '../../../receipt/statement.js';
import { EvidenceRecords } from '../../archive/evidence-records.js';
import { FactIndex } from '../../archive/fact-index.js';
import { indexLog } from '../../archive/index-log.js';
import { type DataFolder, dataFolder, defaultDataFolder } from '../data-folder.js';
import { UsageError } from '../exit-code.js';
import { openLocked } from '../house-facts.js';
import { paint, print, printable, printJson } from '../print.js';
import { entryAt, openLogAt, type ReadLog } from '../reconcile/log-reading.js';
import { readTrust } from '../trust-file.js';

type FindOptions = Partial<Readonly<Record<FactField, string>>> & {
  readonly from?: number;
  readonly data: string;
  readonly json?: true;
};

const ABOUT: Readonly<Record<FactField, string>> = {
  evidence: 'SHA-256 of the signed region of a piece of evidence',
  chip: 'a SEV-SNP chip id, an Intel PPID, an NVIDIA UEID',
  tcb: 'such as milan:04000000000018db, OutOfDate, driver:550.90.07 (docs/evidence/archive.md)',
  measurement: 'a Nitro PCR, an SNP measurement, MRTD, an RTMR, MRSEAM or MRENCLAVE',
  signer: 'the key of an issuer, or of who has signed an enclave',
  model: 'the digest of a model',
};

export function indexCommand(): Command {
  const find = new Command('find').description(
    'the receipts in the log of a data folder that have a fact, the first one first',
  );
  for (const field of FACT_FIELDS) find.option(`--${field} <value>`, ABOUT[field]);
  find
    .option('--from <index>', 'only from this entry of the log on', indexArgument)
    .option('--data <folder>', 'the data folder', defaultDataFolder())
    .option('--json', 'print one line of JSON instead of words')
    .addHelpText('after', EXAMPLES)
    .action(run);
  return new Command('index')
    .description('find the receipts that rest on some hardware or software')
    .addCommand(find)
    .addHelpText('after', EXAMPLES);
}

const EXAMPLES = `
Examples:
  countersign evidence index find --chip 5a6f…
  countersign evidence index find --measurement 7d7d… --json

While a gateway runs it keeps the index up to its log, some seconds behind; otherwise this command does. An index that is lost is made again from log and archive.
Exit codes: 0 looked (also where there is none), 30 a log or an index that cannot be read, 64 wrong usage, 1 anything else.`;

function indexArgument(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new UsageError('--from takes the index of a log entry.');
  return Number(text);
}

interface FoundReceipt {
  readonly index: number;
  readonly exchange: string;
  readonly issuer: string;
  readonly evidence: readonly string[];
}

async function run(options: FindOptions): Promise<void> {
  const fact = factIn(options);
  const folder = dataFolder(options.data);
  const trusted = existsSync(folder.trust) ? await readTrust(folder.trust) : null;
  if (trusted === null) throw new UsageError(`${folder.path} is no gateway's data folder; pass --data.`);
  const log = await openLogAt(folder.log, trusted.trust);
  const { entries, more, indexed } = await search(folder, log, fact, options.from ?? 0);
  const receipts: FoundReceipt[] = [];
  for (const index of entries) {
    const receipt = await receiptAt(log, index);
    // Who could write in the folder could name any entry; what the receipt says itself must be so.
    if (receipt === null || !isOf(receipt, fact)) continue;
    const { exchange, issuer, evidence } = receipt;
    receipts.push({ index, exchange, issuer, evidence: evidence.map(({ signedDigest }) => signedDigest) });
  }
  const { size } = log.checkpoint;
  if (options.json) return printJson({ ...fact, receipts, more, indexed, size });
  const count = receipts.length === 1 ? '1 receipt rests' : `${receipts.length} receipts rest`;
  print(`${paint('bold', count)} on ${fact.field} ${printable(fact.value)}.`);
  for (const { index, exchange, issuer } of receipts)
    print(`  entry ${`${index}`.padStart(9)}  ${exchange}  by ${printable(issuer)}`);
  if (more) print(`There are more: go on with --from ${(entries.at(-1) ?? 0) + 1}.`);
  if (indexed < size) print(`Entries from ${indexed} to ${size - 1} are not in the index yet.`);
}

function factIn(options: FindOptions): Fact {
  const given = FACT_FIELDS.flatMap((field): Fact[] => {
    const value = options[field];
    return value === undefined ? [] : [{ field, value: field === 'tcb' ? value : value.toLowerCase() }];
  });
  const [fact, ...others] = given;
  if (fact === undefined || others.length > 0)
    throw new UsageError(`It takes one of ${FACT_FIELDS.map(field => `--${field}`).join(', ')}.`);
  // The name of a key is a name, in which letters differ.
  if (fact.field === 'signer') return { ...fact, value: options.signer as string };
  const form = fact.field === 'evidence' ? /^[0-9a-f]{64}$/ : REVOCABLE[fact.field];
  // That nothing rests on what nothing can rest on would be read as good news.
  if (form.test(fact.value)) return fact;
  throw new UsageError(
    `"${fact.value}" can be no ${fact.field}: bytes are in hexadecimal, and docs/evidence/archive.md has the form of each.`,
  );
}

async function search(folder: DataFolder, log: ReadLog, fact: Fact, from: number) {
  const { index, release } = await upToDate(folder, log);
  try {
    return { ...(await index.find(fact, from)), indexed: index.size };
  } finally {
    release();
  }
}

/** Brought up to the log where nobody else does; as it is where a gateway runs. */
export async function upToDate(
  folder: DataFolder,
  { copy, checkpoint }: ReadLog,
): Promise<{ readonly index: FactIndex; readonly release: () => void }> {
  try {
    const { index, lock } = await openLocked(folder.facts);
    try {
      await indexLog(index, checkpoint.size, { log: copy, archive: new EvidenceRecords(folder.archive) });
    } catch (error) {
      lock.release();
      throw error;
    }
    return { index, release: () => lock.release() };
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'data/locked') throw error;
    return { index: await FactIndex.look(folder.facts), release: () => undefined };
  }
}

/** Null for an entry that is no receipt. */
async function receiptAt(log: ReadLog, index: number): Promise<Receipt | null> {
  try {
    return readStatement(RECEIPT, await entryAt(log, index)).predicate;
  } catch (error) {
    if (error instanceof Failure && !/^(?:peer|log)\//.test(error.code)) return null;
    throw error;
  }
}

/** Facts of the evidence behind it were looked up when it was indexed; those of the receipt are seen here. */
function isOf(receipt: Receipt, { field, value }: Fact): boolean {
  const own = receiptFacts(receipt, () => []);
  const isStated = own.some(each => each.field === field && each.value === value);
  return isStated || (receipt.evidence.length > 0 && field !== 'evidence' && field !== 'model');
}
