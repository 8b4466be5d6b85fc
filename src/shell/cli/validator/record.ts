/** `countersign validator record` and `overturn`: the validator's own wrong verdicts, shown and added to. */
import { join } from 'node:path';
import { Command } from 'commander';
import { MAX_LARGE_EVIDENCE_BYTES } from '../../../court/misbehaviour/evidence.js';
import { KEY_TYPE } from '../../../note/key.js';
import { nodeDisk } from '../../files/disk.js';
import { readSigningKey } from '../../files/keys.js';
import { acquireLock } from '../../files/lock.js';
import { OverturnedRecord } from '../../validator/overturned.js';
import { defaultDataFolder } from '../data-folder.js';
import { EXIT, UsageError } from '../exit-code.js';
import { readInput } from '../files.js';
import { print, printJson } from '../print.js';
import { requireValidatorFolder } from './folder.js';

interface RecordOptions {
  readonly data: string;
  readonly json?: true;
}

interface OverturnOptions extends RecordOptions {
  readonly key: string;
}

const folderOption = [
  '--data <folder>',
  'the validator’s folder',
  `${defaultDataFolder()}-validator`,
] as const;

export function recordCommand(): Command {
  return new Command('record')
    .description('show which of the validator’s verdicts were proven wrong')
    .option(...folderOption)
    .option('--json', 'print one line of JSON instead of words')
    .addHelpText(
      'after',
      `
Examples:
  countersign validator record --data ./validator

Exit codes: 0 none was proven wrong, 10 some were, 64 wrong usage, 1 anything else.`,
    )
    .action(show);
}

export function overturnCommand(): Command {
  return new Command('overturn')
    .description('take a proof that a verdict of this validator was wrong into its record')
    .argument('<proof>', 'a file p11-….json')
    .requiredOption('--key <file>', 'the validator’s key')
    .option(...folderOption)
    .option('--json', 'print one line of JSON instead of words')
    .addHelpText(
      'after',
      `
Examples:
  countersign validator overturn p11-0c6e….json --key validator.key --data ./validator

The validator has to be stopped; a running one takes proofs at POST /misbehaviour. The next batch owns up to it, and nothing is ever taken out.

Exit codes: 0 taken, or it was there, 10 it proves nothing against this validator, 64 wrong usage, 1 anything else.`,
    )
    .action(overturn);
}

async function show({ data, json }: RecordOptions): Promise<void> {
  requireValidatorFolder(data);
  const { names } = await OverturnedRecord.open(join(data, 'record'), nodeDisk);
  process.exitCode = names.length === 0 ? EXIT.pass : EXIT.fail;
  if (json) printJson({ overturned: [...names], exitCode: process.exitCode });
  else if (names.length === 0) print('None of its verdicts was proven wrong.');
  else {
    print(`${names.length} of its verdicts ${names.length === 1 ? 'was' : 'were'} proven wrong:`);
    for (const name of names) print(`  ${join(data, 'record', name)}`);
  }
}

async function overturn(path: string, { data, key: keyPath, json }: OverturnOptions): Promise<void> {
  const key = await readSigningKey(keyPath, KEY_TYPE.ed25519);
  if (key === null) throw new UsageError(`${keyPath} cannot be read (there is no such file).`);
  const bytes = await readInput(path, MAX_LARGE_EVIDENCE_BYTES);
  requireValidatorFolder(data);
  const lock = acquireLock(data);
  try {
    // Not before: what a validator that runs takes meanwhile would get the same number.
    const record = await OverturnedRecord.open(join(data, 'record'), nodeDisk);
    const { judgement, name, isNew } = await record.bring(bytes, [key.key]);
    process.exitCode = name === null ? EXIT.fail : EXIT.pass;
    if (json) printJson({ name, isNew, outcome: judgement.outcome, code: judgement.code });
    else if (name === null) print(`It proves nothing against this validator: ${judgement.says}`);
    else print(`${isNew ? 'Taken' : 'It was there'}: ${join(data, 'record', name)}`);
  } finally {
    lock.release();
  }
}
