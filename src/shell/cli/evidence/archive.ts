/** `countersign evidence archive`: keeps evidence with everything it is judged with, and judges what was kept: good then, and still good now. */
import { mkdir } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { type EvidenceTrust, materialOf } from '../../../appraise/kept/material.js';
import type { FreshCollateral } from '../../../appraise/kept/standing.js';
import { decidingCode, type EvidenceStatus, statusOf } from '../../../evidence/report.js';
import { Failure } from '../../../reason.js';
import { type Answers, answersFor } from '../../archive/answers.js';
import { EvidenceRecords, type StoredRecord } from '../../archive/evidence-records.js';
import { keepJudged } from '../../archive/keep-judged.js';
import { acquireLock } from '../../files/lock.js';
import { EXIT_CODES } from '../conformance/answer.js';
import { MAKERS, nrasTrust } from '../conformance/evidence-input.js';
import { type DataFolder, dataFolder, defaultDataFolder } from '../data-folder.js';
import { EXIT } from '../exit-code.js';
import { hang, paint, print, printable, printJson, type Style } from '../print.js';
import { timeArgument } from '../time-argument.js';
import {
  FILES,
  givenFiles,
  type MaterialOptions,
  readEvidence,
  type VouchedOptions,
  withMaterialOptions,
  withVouchedOptions,
} from './given.js';
import { type MakersOptions, openMakers, withMakersOptions } from './makers.js';
import { partsOf } from './parts.js';

interface FolderOptions {
  readonly data: string;
  readonly json?: true;
}

interface RenewOptions extends FolderOptions, MakersOptions {
  readonly fetch?: true;
}

interface JudgeOptions extends RenewOptions, VouchedOptions {
  /** Milliseconds. */
  readonly asOf?: number;
}

export function archiveCommand(): Command {
  const add = withMakersOptions(withMaterialOptions(new Command('add')))
    .description('judge evidence, and keep it with everything that it was judged with')
    .argument('<file...>', FILES)
    .option('--fetch', 'ask the makers for collateral that is not given');
  const list = new Command('list').description(
    'what is kept: each piece of evidence by the digest of what its hardware signed',
  );
  const judge = withMakersOptions(withVouchedOptions(new Command('judge')))
    .description('judge what was kept again: was it good then, and is it still good now?')
    .argument('<digest>', 'SHA-256 of the signed region, as add and list print it', digestArgument)
    .option('--as-of <time>', 'what now is (default: now)', timeArgument)
    .option('--fetch', 'ask the makers for what they have published since; else what the data folder keeps');
  return new Command('archive')
    .description(
      'keep evidence with everything it is judged with, because that expires before disputes start',
    )
    .addCommand(withFolderOptions(add).addHelpText('after', EXAMPLES).action(runAdd))
    .addCommand(withFolderOptions(list).addHelpText('after', LISTING).action(runList))
    .addCommand(withFolderOptions(judge).addHelpText('after', CODES).action(runJudge))
    .addHelpText('after', EXAMPLES);
}

const LISTING = `
Examples:
  countersign evidence archive list --data /srv/countersign

Exit codes: 0 listed (also where there is none), 64 wrong usage, 1 anything else.`;

const EXAMPLES = `
Examples:
  countersign evidence archive add quote.bin --collateral collateral.json
  countersign evidence archive list
  countersign evidence archive judge 3f0c… --fetch

A gateway serves every kept piece under its SHA-256 at /v1/evidence/<digest>.
Exit codes: 0 kept, whatever was found, 30 malformed, 64 wrong usage, 1 anything else, such as an archive that is in use or cannot be written.`;

const CODES = `
Examples:
  countersign evidence archive judge 3f0c…
  countersign evidence archive judge 3f0c… --fetch --as-of 2026-11-21T12:00:00Z

Exit codes: 0 accepted, 10 refused, 20 inconclusive, of the answer about now by the latest record; 30 where a record does not agree with what is
found, 64 wrong usage, 1 anything else.`;

function withFolderOptions(command: Command): Command {
  return command
    .option('--data <folder>', 'the data folder', defaultDataFolder())
    .option('--json', 'print one line of JSON instead of words');
}

function digestArgument(text: string): string {
  if (!/^[0-9a-fA-F]{64}$/.test(text)) throw new InvalidArgumentError('It takes the 64 digits of a SHA-256.');
  return text.toLowerCase();
}

async function runAdd(files: readonly string[], options: MaterialOptions & RenewOptions): Promise<void> {
  const asOf = Math.floor((options.asOf ?? Date.now()) / 1000);
  const given = await givenFiles(files, options);
  const trust = await trustOf(options);
  const { archive } = dataFolder(options.data);
  await mkdir(archive, { recursive: true, mode: 0o700 });
  const lock = acquireLock(archive);
  try {
    const records = new EvidenceRecords(archive);
    const fresh = options.fetch ? { fresh: await freshFor(dataFolder(options.data), options) } : {};
    const kept: Listed[] = [];
    const problems: string[] = [];
    for (const { name, part } of partsOf(given, { asOf, roots: MAKERS })) {
      const { stored, problems: told } = await keepJudged(records, materialOf(part()), {
        asOf,
        trust,
        ...fresh,
      });
      kept.push({ file: name, ...listed(stored) });
      problems.push(...told.map(({ message }) => message));
    }
    if (options.json) return printJson({ kept, problems });
    for (const each of kept) print(`${printable(each.file ?? '')}  ${lineOf(each)}`);
    for (const problem of problems) print(`not renewed: ${hang(problem, 13)}`);
  } finally {
    lock.release();
  }
}

interface Listed {
  readonly file?: string;
  readonly signedRegion: string;
  readonly record: string;
  readonly kind: string;
  readonly asOf: string;
  readonly status: EvidenceStatus;
  readonly code: string | null;
}

function listed({ digest, record }: StoredRecord): Listed {
  const { kind, signedRegion, asOf, checks } = record;
  return {
    signedRegion,
    record: digest,
    kind,
    asOf: timeText(asOf),
    status: statusOf(checks),
    code: decidingCode(checks),
  };
}

function lineOf({ signedRegion, kind, asOf, status, code }: Listed): string {
  return `${signedRegion}  ${kind.padEnd(7)}  ${asOf}  ${paint(STYLES[status], status)}${code === null ? '' : `  ${code}`}`;
}

const STYLES: Readonly<Record<EvidenceStatus, Style>> = {
  accepted: 'green',
  refused: 'red',
  inconclusive: 'yellow',
};

async function runList(options: FolderOptions): Promise<void> {
  const records = new EvidenceRecords(dataFolder(options.data).archive);
  const all: Listed[] = [];
  const damaged: string[] = [];
  for await (const region of records.signedRegions()) {
    const found = await records.find(region);
    all.push(...found.records.map(listed));
    damaged.push(...found.damaged.map(name => `${region}/${name}`));
  }
  all.sort((a, b) => (a.asOf < b.asOf ? -1 : 1));
  // Records say what was found once; only judging again shows that it is so.
  if (options.json) return printJson({ records: all, damaged });
  for (const each of all) print(lineOf(each));
  if (all.length === 0) print('Nothing is kept.');
  for (const name of damaged) print(`damaged: ${printable(name)}`);
}

async function runJudge(digest: string, options: JudgeOptions): Promise<void> {
  const now = Math.floor((options.asOf ?? Date.now()) / 1000);
  const folder = dataFolder(options.data);
  const records = new EvidenceRecords(folder.archive);
  const { records: found, damaged } = await records.find(digest);
  if (found.length === 0) throw new Failure('archive/unknown', { detail: digest });
  const fresh = await freshFor(folder, options);
  const trust = await trustOf(options);
  const all: Answers[] = [];
  for (const stored of found) all.push(await answersFor(records, stored, now, { fresh, trust }));
  const latest = all.at(-1) as Answers;
  process.exitCode = all.some(({ then }) => !then.agrees) ? EXIT.malformed : EXIT_CODES[latest.now.status];
  if (options.json) return printJson({ answers: all.map(answerJson), damaged, exitCode: process.exitCode });
  for (const answers of all) for (const line of answerLines(answers)) print(line);
  for (const name of damaged) print(`damaged: ${printable(name)}`);
}

function answerJson({ digest, record, then, now, problems }: Answers) {
  return {
    record: digest,
    kind: record.kind,
    goodThen: { asOf: timeText(then.asOf), status: then.status, code: then.code, agrees: then.agrees },
    stillGoodNow: { asOf: timeText(now.asOf), status: now.status, code: now.code, renewed: now.renewed },
    problems: problems.map(({ message }) => message),
  };
}

function answerLines({ digest, record, then, now, problems }: Answers): string[] {
  const said = (status: EvidenceStatus, code: string | null) =>
    `${paint(STYLES[status], status)}${code === null ? '' : ` (${code})`}`;
  const agreement = then.agrees
    ? 'as its record says'
    : paint('red', 'otherwise than its record says: record, pieces or roots are not what they were');
  const renewed = now.renewed.length === 0 ? 'with what was kept' : `with newer ${now.renewed.join(', ')}`;
  return [
    paint('bold', `${record.kind}  record ${digest}`),
    `  good then?       ${timeText(then.asOf)}  ${said(then.status, then.code)}, ${agreement}`,
    `  still good now?  ${timeText(now.asOf)}  ${said(now.status, now.code)}, ${renewed}`,
    ...problems.map(({ message }) => `  not renewed      ${hang(message, 19)}`),
  ];
}

/** From the makers, or from what the data folder keeps of their answers alone. */
async function freshFor(folder: DataFolder, options: RenewOptions): Promise<FreshCollateral> {
  const { Renewal } = await import('../../collateral/renewal.js');
  const offline = options.fetch !== true;
  return new Renewal(await openMakers(folder, options, { offline, onProblem: () => undefined }));
}

/** The makers' own roots, and whom whoever asks names: the attestation service has no root, and OCSP responders may be of one's own. */
async function trustOf({ keysPin, keysRoot, responder }: VouchedOptions): Promise<EvidenceTrust> {
  const root = keysRoot === undefined ? {} : { root: await readEvidence(keysRoot) };
  return { nras: nrasTrust({ pins: [...keysPin], ...root }), responders: responder };
}

function timeText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
