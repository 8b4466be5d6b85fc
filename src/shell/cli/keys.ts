/** `countersign key`: which keys a house has and had, and how they are rotated and revoked. */
import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { formatVerifierKey, KEY_TYPE, keyLabel } from '../../note/key.js';
import type { Tenure } from '../../receipt/key-history.js';
import { readSigningKey, type SigningKey } from '../files/keys.js';
import { admitCommand, proposeCommand } from './admit-key-commands.js';
import { type ChangedKey, changeKey, prepareKey } from './change-key.js';
import { type DataFolder, defaultDataFolder } from './data-folder.js';
import { UsageError } from './exit-code.js';
import { slotsOf } from './house-keys.js';
import { type HouseLog, openHouseLog } from './house-log.js';
import { indexArgument } from './index-argument.js';
import { paint, print, printJson } from './print.js';
import { withHouse } from './with-house.js';

interface KeyOptions {
  readonly data: string;
  readonly json?: true;
}

interface ChangeOptions extends KeyOptions {
  readonly prepare?: true;
  readonly recoveryKey?: string;
  readonly from?: number;
}

export function keyCommand(): Command {
  return new Command('key')
    .description('list, rotate and revoke the keys of log, issuer and witnesses, and admit validators')
    .addCommand(listCommand())
    .addCommand(rotateCommand())
    .addCommand(revokeCommand())
    .addCommand(proposeCommand())
    .addCommand(admitCommand())
    .addHelpText(
      'after',
      `
Examples:
  countersign key list
  countersign key rotate issuer
  countersign key revoke issuer --from 4711 --recovery-key /media/usb/recovery.key
  countersign key propose "$(cat validator.vkey)" --out proposal.json

The gateway of the data folder has to be stopped. docs/keys.md explains what each does.
${EXIT_CODES}`,
    );
}

const EXIT_CODES = `
Exit codes: 0 done, 64 wrong usage, 1 anything else; then the message says what has been done.`;

function listCommand(): Command {
  return withCommonOptions(new Command('list'))
    .description('all keys that there are and were, and how far each counts')
    .addHelpText('after', `\nExamples:\n  countersign key list\n  countersign key list --json\n${EXIT_CODES}`)
    .action(list);
}

function rotateCommand(): Command {
  return withCommonOptions(new Command('rotate'))
    .description('put a new key in the place of one; what the old one signed stays valid')
    .argument('<place>', 'log, log-ml-dsa, issuer, witness-1, witness-2 or witness-3')
    .option(
      '--prepare',
      'only make the new key and show it, so that witnesses elsewhere can be told of it first',
    )
    .option('--recovery-key <file>', 'sign the change with the recovery key, when the issuer cannot')
    .addHelpText(
      'after',
      `
Examples:
  countersign key rotate issuer
  countersign key rotate log --prepare
  countersign key rotate log --data ./data
${EXIT_CODES}`,
    )
    .action((place: string, options: ChangeOptions) =>
      options.prepare ? prepare(place, options) : change('rotate', place, options),
    );
}

function revokeCommand(): Command {
  return withCommonOptions(new Command('revoke'))
    .description('take a stolen key out of service')
    .argument('<key>', 'the place of the key (issuer), or its label as "key list" shows it')
    .option('--from <index>', 'the first entry of the log that cannot be trusted any more', indexArgument)
    .option('--recovery-key <file>', 'the recovery key, when it is not in the data folder')
    .addHelpText(
      'after',
      `
With the recovery key a new key takes the place of the revoked one. Without it the key is revoked by itself, from now on, and
nothing takes its place: the gateway does not start again before the recovery key has named a successor.

Examples:
  countersign key revoke issuer --recovery-key /media/usb/recovery.key
  countersign key revoke issuer --from 4711 --recovery-key /media/usb/recovery.key
${EXIT_CODES}`,
    )
    .action((key: string, options: ChangeOptions) => change('revoke', key, options));
}

function withCommonOptions(command: Command): Command {
  return command
    .option('--data <folder>', 'where data and keys are kept', defaultDataFolder())
    .option('--json', 'print one line of JSON instead of words');
}

async function list(options: KeyOptions): Promise<void> {
  await withHouse(options.data, async houseOptions => {
    const house = await openHouseLog({ ...houseOptions, allowEnded: true });
    await house.close();
    if (options.json) printJson(summary(house, houseOptions.folder));
    else describe(house, houseOptions.folder);
  });
}

async function prepare(place: string, options: KeyOptions): Promise<void> {
  await withHouse(options.data, async houseOptions => {
    const key = await prepareKey(houseOptions, place);
    if (options.json) {
      printJson({ action: 'prepare', key: keyLabel(key), vkey: formatVerifierKey(key) });
      return;
    }
    print(formatVerifierKey(key));
    print(`This key takes its place with "countersign key rotate ${place}"; nothing has been logged yet.`);
  });
}

async function change(action: 'rotate' | 'revoke', target: string, options: ChangeOptions): Promise<void> {
  await withHouse(options.data, async houseOptions => {
    const { folder } = houseOptions;
    const file = options.recoveryKey ?? (action === 'revoke' ? folder.recoveryKey : null);
    const recovery = file === null ? null : await readRecovery(file, options.recoveryKey !== undefined);
    if (options.from !== undefined && recovery === null)
      throw new UsageError('--from needs the recovery key: nobody else may look back. Pass --recovery-key.');
    const changed = await changeKey({
      ...houseOptions,
      action,
      target,
      from: options.from ?? null,
      recovery,
      now: Date.now,
    });
    if (options.json) printJson(outcome(action, changed, folder));
    else tell(action, changed, folder);
  });
}

async function readRecovery(file: string, isNamed: boolean): Promise<SigningKey | null> {
  const key = await readSigningKey(file, KEY_TYPE.ed25519);
  if (key === null && isNamed) throw new UsageError(`${file} cannot be read (there is no such file).`);
  return key;
}

function summary({ keys, history }: HouseLog, folder: DataFolder) {
  const places = new Map(slotsOf(keys).map(({ name, signingKey }) => [keyLabel(signingKey.key), name]));
  return {
    log: history.origin,
    keys: inOrder(history.tenures).map(({ role, key, since, until, announced, why, successor }) => ({
      role,
      place: places.get(keyLabel(key)) ?? null,
      key: keyLabel(key),
      vkey: formatVerifierKey(key),
      since,
      until,
      announced,
      why,
      successor: successor === null ? null : keyLabel(successor),
    })),
    recoveryKeyInDataFolder: existsSync(folder.recoveryKey),
  };
}

function describe({ keys, history }: HouseLog, folder: DataFolder): void {
  const here = new Set(slotsOf(keys).map(({ signingKey }) => keyLabel(signingKey.key)));
  for (const tenure of inOrder(history.tenures)) {
    const label = keyLabel(tenure.key);
    const isOurs = tenure.role !== 'recovery' && tenure.role !== 'validator';
    const isAbsent = tenure.until === null && isOurs && !here.has(label);
    print(
      `  ${tenure.role.padEnd(9)}  ${label}  ${standing(tenure)}${isAbsent ? ', not in this folder' : ''}`,
    );
  }
  if (existsSync(folder.recoveryKey)) {
    print();
    print(
      `The recovery key is still in ${folder.recoveryKey}: move it to where a thief of this machine does not get.`,
    );
  }
}

const ORDER: readonly Tenure['role'][] = ['log', 'issuer', 'witness', 'validator', 'recovery'];

/** By role, and then as they came. */
function inOrder(tenures: readonly Tenure[]): Tenure[] {
  const place = ({ role, key }: Tenure) => `${ORDER.indexOf(role)} ${key.name} ${key.type}`;
  return tenures.toSorted((a, b) => place(a).localeCompare(place(b), 'en') || a.since - b.since);
}

function standing({ since, until, why, announced }: Tenure): string {
  const begins = since === 0 ? '' : ` from entry ${since} on`;
  if (until === null) return paint('green', `in force${begins}`);
  if (until === 0) return paint('red', 'revoked: it never counted');
  const noticed = announced === until ? '' : `, said at entry ${(announced as number) - 1}`;
  return paint(why === 'rotated' ? 'dim' : 'red', `${why}: counts${begins} below entry ${until}${noticed}`);
}

function outcome(
  action: string,
  { key, successor, index, until, retired }: ChangedKey,
  { trust }: DataFolder,
) {
  return {
    action,
    key: keyLabel(key),
    successor: successor === null ? null : keyLabel(successor),
    index,
    until,
    retired,
    trust,
  };
}

function tell(
  action: string,
  { key, successor, index, until, retired }: ChangedKey,
  { trust }: DataFolder,
): void {
  print(`${keyLabel(key)} is ${action === 'rotate' ? 'rotated' : 'revoked'} by entry ${index} of the log.`);
  print(`What it signed counts below entry ${until}.`);
  if (successor === null) print('Nothing took its place.');
  else print(`${keyLabel(successor)} took its place.`);
  if (retired !== null) print(`The old private key is in ${retired}: delete it when you are sure.`);
  print(`Give everybody who checks your receipts the new trust file: ${trust}`);
}
