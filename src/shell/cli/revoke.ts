/** `countersign revoke`: takes back in the log what receipts rest on, and lists those that lose a grade; whether the gateway runs or not. */

import { closeSync, openSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, Option } from 'commander';
import type { Trust } from '../../appraise/trust.js';
import { keyLabel, parseVerifierKey } from '../../note/key.js';
import { Failure } from '../../reason.js';
import { type Revocation, revocationOf } from '../../receipt/revocation.js';
import {
  REVOCATION_FIELDS,
  REVOCATION_REASONS,
  type RevocationField,
  type RevocationReason,
} from '../../receipt/revocation-words.js';
import type { RevokedAnswer } from './admin/answers.js';
import { askToRevoke } from './control.js';
import { type DataFolder, dataFolder, defaultDataFolder } from './data-folder.js';
import { upToDate } from './evidence/fact-search.js';
import { EXIT, UsageError } from './exit-code.js';
import { openHouseLog } from './house-log.js';

import { paint, print, printable, printJson } from './print.js';
import { openLogAt } from './reconcile/log-reading.js';
import { standingIn } from './revocation/book.js';
import { openRevocations, revoke as revokeIn } from './revocation/house-revocations.js';
import { findLosses, type LosingReceipt, type Losses } from './revocation/losses.js';
import { timeArgument } from './time-argument.js';
import { readTrust } from './trust-file.js';
import { withHouse } from './with-house.js';

type Values = Readonly<Partial<Record<Exclude<RevocationField, 'signer'> | 'key', string>>>;
interface RevokeOptions extends Values {
  readonly reason: RevocationReason;
  readonly since?: number;
  readonly data: string;
  readonly dryRun?: true;
  readonly out?: string;
  readonly json?: true;
}

/** Receipts that are shown; a file takes all of them. */
const SHOWN = 10_000;

export function revokeCommand(): Command {
  return new Command('revoke')
    .description('take back in the log what receipts rest on, and list the receipts that lose a grade by it')
    .option('--chip <value>', 'a SEV-SNP chip id, an Intel PPID, an NVIDIA UEID')
    .option('--tcb <value>', 'such as milan:04000000000018db, OutOfDate, driver:550.90.07')
    .option('--measurement <value>', 'a Nitro PCR, an SNP measurement, MRTD, an RTMR, MRSEAM or MRENCLAVE')
    .option('--key <value>', 'the digest of a key that has signed an enclave: PCR 8, an id key, MRSIGNER')
    .option('--model <value>', 'the digest of the weights')
    .addOption(
      new Option('--reason <word>', 'why; it is published, and nothing else is')
        .choices(REVOCATION_REASONS)
        .makeOptionMandatory(),
    )
    .option(
      '--since <time>',
      'it was good before, such as 2026-11-21T12:00:00Z (default: never)',
      timeArgument,
    )
    .option('--dry-run', 'list who would lose a grade, and log nothing')
    .option('--out <file>', 'write all that lose a grade here, as lines of JSON')
    .option('--data <folder>', "the gateway's data folder", defaultDataFolder())
    .option('--json', 'print one line of JSON instead of words')
    .addHelpText('after', EXAMPLES)
    .action(run);
}

const EXAMPLES = `
Values are as countersign evidence index find has them. The gateway may run or not; subscribers of its webhooks are told when it runs. A revocation is
for ever. A key of the log itself is revoked with countersign key revoke. docs/revocation.md says more.

Examples:
  countersign revoke --chip 5a6f… --reason compromised --dry-run
  countersign revoke --chip 5a6f… --reason compromised
  countersign revoke --tcb driver:550.90.07 --reason vulnerable --since 2026-11-21T12:00:00Z
  countersign revoke --model 9f2c… --reason withdrawn --out losing.jsonl

Exit codes: 0 revoked and witnessed, 20 revoked, and the witnesses have yet to sign, 64 wrong usage, 1 anything else.`;

async function run(options: RevokeOptions): Promise<void> {
  const folder = dataFolder(options.data);
  const trusted = await readTrust(folder.trust).catch(() => null);
  if (trusted === null) throw new UsageError(`${folder.path} is no gateway's data folder; pass --data.`);
  const revocation = revocationIn(options, trusted.trust);
  // Also where nothing is logged: what would be listed would not come about.
  if ((revocation.since ?? 0) > Date.now()) throw new Failure('revocation/since-future');
  const revoked = options.dryRun ? null : await revokeSomewhere(folder, revocation);
  const { losses, behind } = await losing(folder, trusted.trust, revocation, options.out);
  const more = losses.count > losses.receipts.length;
  if (options.json) printJson({ ...revocation, ...(revoked ?? {}), ...losses, more, behind });
  else tell(revocation, revoked, losses, behind);
  if (revoked?.witnessed === false) process.exitCode = EXIT.inconclusive;
}

/** Throws a usage error, `revocation/value-malformed`, or `revocation/key-of-log`. */
function revocationIn({ reason, since, ...values }: RevokeOptions, trust: Trust): Revocation {
  const given = REVOCATION_FIELDS.flatMap((field): [RevocationField, string][] => {
    const value = values[field === 'signer' ? 'key' : field];
    return value === undefined ? [] : [[field, value]];
  });
  const [one, ...others] = given;
  if (one === undefined || others.length > 0)
    throw new UsageError('It takes one of --chip, --tcb, --measurement, --key, --model.');
  const [field, text] = one;
  if (field === 'signer' && keysOf(trust).includes(labelIn(text)))
    throw new Failure('revocation/key-of-log', { detail: text });
  const revocation = revocationOf(field, field === 'tcb' ? text : text.toLowerCase(), reason, since ?? null);
  if (revocation === null) throw new Failure('revocation/value-malformed', { field, detail: text });
  return revocation;
}

/** As they are referred to. */
function keysOf({ log, logCosigner, issuers, policy, validators, retired }: Trust): readonly string[] {
  const witnesses = [...policy.witnesses.values()].map(({ key }) => key);
  const all = [log, ...(logCosigner === null ? [] : [logCosigner]), ...issuers, ...validators, ...witnesses];
  return [...all, ...retired.map(({ key }) => key)].map(keyLabel);
}

/** What a verifier key is referred to by; what is none, as it is. */
function labelIn(text: string): string {
  try {
    return keyLabel(parseVerifierKey(text));
  } catch (error) {
    if (error instanceof Failure) return text;
    throw error;
  }
}

/** How long a gateway may take to start or to stop, in milliseconds. */
const TURN_TIME = 20_000;
const PAUSE = 200;

/** Here when no gateway runs, and otherwise by it; one that is starting or stopping is waited for. */
async function revokeSomewhere(folder: DataFolder, revocation: Revocation): Promise<RevokedAnswer> {
  const deadline = performance.now() + TURN_TIME;
  for (;;) {
    try {
      return await revokeHere(folder, revocation);
    } catch (error) {
      if (!(error instanceof Failure && error.code === 'data/locked')) throw error;
      const byGateway = await askToRevoke(folder.control, revocation);
      if (byGateway !== null) return byGateway;
      if (performance.now() > deadline) throw error;
    }
    await sleep(PAUSE);
  }
}

/** Throws `data/locked` while somebody else uses the data folder. */
function revokeHere(folder: DataFolder, revocation: Revocation): Promise<RevokedAnswer> {
  return withHouse(folder.path, async houseOptions => {
    const { log, keys, close } = await openHouseLog(houseOptions);
    try {
      const trusted = await readTrust(folder.trust);
      const standing = standingIn(trusted?.trust as Trust);
      const book = await openRevocations({ folder, log, issuer: keys.issuer, standing, now: Date.now });
      return await revokeIn(book, log, revocation);
    } finally {
      await close();
    }
  });
}

/** The receipts that lose a grade, and how many entries of the log are not looked at yet. */
async function losing(
  folder: DataFolder,
  trust: Trust,
  revocation: Revocation,
  out: string | undefined,
): Promise<{ readonly losses: Losses; readonly behind: number }> {
  const log = await openLogAt(folder.log, trust);
  const { index, release } = await upToDate(folder, log);
  try {
    const file = out === undefined ? null : new LineFile(out);
    const each = (receipt: LosingReceipt) => file?.add(receipt);
    const losses = await findLosses(index, revocation, { most: SHOWN, ...(file === null ? {} : { each }) });
    file?.close();
    return { losses, behind: Math.max(0, log.checkpoint.size - index.size) };
  } finally {
    release();
  }
}

/** Lines of JSON, written a thousand at a time. */
class LineFile {
  readonly #file: number;
  #lines = '';
  #count = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'w', 0o600);
  }

  add(value: object): void {
    this.#lines += `${JSON.stringify(value)}\n`;
    if (++this.#count % 1000 === 0) this.#write();
  }

  close(): void {
    this.#write();
    closeSync(this.#file);
  }

  #write(): void {
    writeFileSync(this.#file, this.#lines);
    this.#lines = '';
  }
}

function tell(
  { field, value, reason, since }: Revocation,
  revoked: RevokedAnswer | null,
  { count, receipts }: Losses,
  behind: number,
): void {
  const what = `${field} ${printable(value)} (${reason}, ${since === null ? 'always bad' : `bad since ${new Date(since).toISOString()}`})`;
  if (revoked === null) print(`${paint('bold', 'Nothing is revoked yet')}: ${what}.`);
  else {
    print(`${paint('bold', 'Revoked')}: ${what}.`);
    print(
      `Entry ${revoked.entry} of the log says so${revoked.witnessed ? ', witnessed' : '; the witnesses have yet to sign it'}.`,
    );
  }
  const verb = revoked === null ? 'would lose' : count === 1 ? 'loses' : 'lose';
  print(paint('bold', `${count === 1 ? '1 receipt' : `${count} receipts`} ${verb} a grade.`));
  for (const { entry, exchange, fact, from, to } of receipts)
    print(`  entry ${`${entry}`.padStart(9)}  ${exchange}  ${fact}: ${from} to ${to}`);
  if (count > receipts.length)
    print(`There are ${count - receipts.length} more: pass --out to have all of them.`);
  if (behind > 0) print(`The last ${behind} entries of the log are not in the index yet.`);
}
