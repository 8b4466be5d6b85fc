/** `countersign access`: the virtual keys of a gateway, whether it runs or not. */
import { existsSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import * as v from 'valibot';
import { findKey, withKeyLimits, withSharedLimits } from '../../economy/key-changes.js';
import { formatLimit, type Limit, parseLimit } from '../../economy/limit.js';
import { HolderName, type KeyFile, ModelPattern, type VirtualKey } from '../../economy/virtual-key.js';
import { Failure } from '../../reason.js';
import { changeKeyFile, readKeyFile } from '../access/key-file.js';
import { tellOfKeys } from './control.js';
import { type DataFolder, dataFolder, defaultDataFolder } from './data-folder.js';
import { UsageError } from './exit-code.js';
import { paint, print, printError, printJson } from './print.js';
import { createKey, fileSummary, keySummary, revokeKey, rotateKey } from './virtual-keys.js';

interface Options {
  readonly data: string;
  readonly json?: true;
}

interface LimitOptions extends Options {
  readonly limit: readonly Limit[];
}

interface CreateOptions extends LimitOptions {
  readonly team?: string;
  readonly model: readonly string[];
  readonly expires?: number;
}

const HOUR = 3_600_000;

export function accessCommand(): Command {
  return new Command('access')
    .description(
      'list, create, rotate, revoke and limit the virtual keys with which clients may ask a gateway',
    )
    .addCommand(listCommand())
    .addCommand(createCommand())
    .addCommand(rotateCommand())
    .addCommand(revokeCommand())
    .addCommand(limitCommand())
    .addHelpText(
      'after',
      `
Examples:
  countersign access create alice --limit money=50/month --limit requests=60/minute
  countersign access list
  countersign access limit team research --limit tokens=1000000/day
  countersign access rotate alice --overlap 24
  countersign access revoke alice

A gateway without virtual keys takes everybody's requests; from the first key on, each request needs one. The gateway may run or not.
docs/keys-and-money.md says more.
${EXIT_CODES}`,
    );
}

const EXIT_CODES = `
Exit codes: 0 done, 64 wrong usage, 1 anything else. Each takes --json.`;

function listCommand(): Command {
  return withCommonOptions(new Command('list'))
    .description('all keys, teams and models with limits; never the keys themselves')
    .addHelpText(
      'after',
      `\nExamples:\n  countersign access list\n  countersign access list --json\n${EXIT_CODES}`,
    )
    .action(list);
}

function createCommand(): Command {
  return withLimits(withCommonOptions(new Command('create')))
    .description('make a key, and show it once')
    .argument('<name>', 'whose it is', nameArgument)
    .option('--team <name>', 'whose limits it shares with the other keys of the team', nameArgument)
    .option(
      '--model <pattern>',
      'a model that it may ask for, such as gpt-4o* or anthropic/*; repeat it for several (default: all)',
      patternArgument,
      [],
    )
    .option(
      '--expires <time>',
      'until when it is taken, such as 2027-01-01T00:00:00Z (default: for ever)',
      timeArgument,
    )
    .addHelpText(
      'after',
      `
Examples:
  countersign access create alice
  countersign access create ci --team research --model 'gpt-4o*' --limit requests=60/minute
  countersign access create guest --limit money=5/total --expires 2027-01-01T00:00:00Z
${EXIT_CODES}`,
    )
    .action(create);
}

function rotateCommand(): Command {
  return withCommonOptions(new Command('rotate'))
    .description('give a key another secret, and show it once; the one before is taken a while longer')
    .argument('<key>', 'its name or its id')
    .option('--overlap <hours>', 'for how long both are taken', hoursArgument, 24 * HOUR)
    .addHelpText(
      'after',
      `\nExamples:\n  countersign access rotate alice\n  countersign access rotate alice --overlap 0\n${EXIT_CODES}`,
    )
    .action(rotate);
}

function revokeCommand(): Command {
  return withCommonOptions(new Command('revoke'))
    .description('take a key out of service, for good')
    .argument('<key>', 'its name or its id')
    .addHelpText('after', `\nExamples:\n  countersign access revoke alice\n${EXIT_CODES}`)
    .action(revoke);
}

function limitCommand(): Command {
  return withLimits(withCommonOptions(new Command('limit')))
    .description('put limits in the place of those that a key, a team or a model has; none takes them away')
    .argument('<kind>', 'key, team or model', kindArgument)
    .argument('<which>', "a key's name or id, a team's name, or a pattern of models")
    .addHelpText(
      'after',
      `
Examples:
  countersign access limit key alice --limit money=50/month
  countersign access limit team research --limit tokens=1000000/day --limit requests=100/minute
  countersign access limit model 'gpt-5*' --limit money=500/month
  countersign access limit team research
${EXIT_CODES}`,
    )
    .action(limit);
}

function withCommonOptions(command: Command): Command {
  return command
    .option('--data <folder>', "the gateway's data folder", defaultDataFolder())
    .option('--json', 'print one line of JSON instead of words');
}

function withLimits(command: Command): Command {
  return command.option(
    '--limit <measure=most/period>',
    'requests, tokens or money a minute, day, month or in total, such as money=50/month; repeat it for several',
    limitArgument,
    [],
  );
}

async function list(options: Options): Promise<void> {
  const file = await readKeyFile(openFolder(options).access);
  if (options.json) printJson(fileSummary(file));
  else describe(file);
}

async function create(name: string, options: CreateOptions): Promise<void> {
  const { team = null, expires = null, limit: limits, model: models } = options;
  const wish = { name, team, models, limits, expires };
  const { file, secret } = await asUsage(name, createKey(openFolder(options).access, wish));
  await tellSecret(options, file, name, secret);
}

async function rotate(which: string, options: Options & { readonly overlap: number }): Promise<void> {
  const { file, secret } = await asUsage(
    which,
    rotateKey(openFolder(options).access, which, options.overlap),
  );
  await tellSecret(options, file, which, secret);
}

async function revoke(which: string, options: Options): Promise<void> {
  const file = await asUsage(which, revokeKey(openFolder(options).access, which));
  await tell(options, file, which, `The key ${which} is revoked.`);
}

async function limit(kind: 'key' | 'team' | 'model', which: string, options: LimitOptions): Promise<void> {
  const { limit: limits } = options;
  if (kind === 'key') {
    const file = known(await change(options, file => withKeyLimits(file, which, limits)), which);
    await tell(options, file, which, `The key ${which} has ${described(limits)}.`);
    return;
  }
  const name = kind === 'team' ? nameArgument(which) : patternArgument(which, [])[0];
  const list = kind === 'team' ? 'teams' : 'models';
  const file = await change(options, file => withSharedLimits(file, list, name as string, limits));
  await tell(options, file as KeyFile, null, `The ${kind} ${which} has ${described(limits)}.`);
}

function described(limits: readonly Limit[]): string {
  return limits.length === 0 ? 'no limits' : limits.map(formatLimit).join(', ');
}

function change(options: Options, make: (file: KeyFile) => KeyFile | null): Promise<KeyFile | null> {
  return changeKeyFile(openFolder(options).access, make);
}

function known<Value>(file: Value | null, which: string): Value {
  if (file === null) throw new UsageError(`there is no key "${which}"; "countersign access list" shows all.`);
  return file;
}

/** A name that is there already, or is not, is a mistake of whoever wrote the command. */
function asUsage<Value>(which: string, doing: Promise<Value>): Promise<Value> {
  return doing.catch((error: unknown) => {
    if (!(error instanceof Failure)) throw error;
    if (error.code === 'access/name-unknown') return known<Value>(null, which);
    if (error.code === 'access/name-taken')
      throw new UsageError(`there is a key named "${which}" already. Rotate it, or take another name.`);
    throw error;
  });
}

function openFolder({ data }: Options): DataFolder {
  const folder = dataFolder(data);
  if (existsSync(folder.keys)) return folder;
  throw new UsageError(`${folder.path} is no gateway's data folder; pass --data.`);
}

async function tellSecret(options: Options, file: KeyFile, which: string, secret: string): Promise<void> {
  const running = await apply(options);
  const key = findKey(file, which) as VirtualKey;
  if (options.json) {
    printJson({ ...keySummary(key), key: secret, running });
    return;
  }
  print(secret);
  printError(`The key of ${key.name}, shown this once. ${inForce(running)}`);
}

async function tell(options: Options, file: KeyFile, which: string | null, words: string): Promise<void> {
  const running = await apply(options);
  const key = which === null ? null : findKey(file, which);
  if (options.json) printJson({ ...(key === null ? fileSummary(file) : keySummary(key)), running });
  else print(`${words} ${inForce(running)}`);
}

/** Whether a gateway runs, which then knows of the change. One that is just starting reads the file once more when it can be told. */
async function apply(options: Options): Promise<boolean> {
  return (await tellOfKeys(openFolder(options).control)) !== null;
}

function inForce(running: boolean): string {
  return running ? 'The gateway knows of it.' : 'No gateway runs; its next start knows of it.';
}

function describe(file: KeyFile): void {
  if (file.keys.length === 0)
    print('There are no virtual keys: everybody who reaches the gateway can use it.');
  for (const key of file.keys) {
    print(`${paint('bold', key.name)}  ${paint('dim', key.id)}  ${state(key)}`);
    print(
      `  models ${key.models.join(', ')}; ${described(key.limits)}${key.team === null ? '' : `; team ${key.team}`}`,
    );
  }
  for (const { name, limits } of file.teams) print(`team ${paint('bold', name)}  ${described(limits)}`);
  for (const { name, limits } of file.models) print(`model ${paint('bold', name)}  ${described(limits)}`);
}

function state({ expires, revoked, secrets }: VirtualKey): string {
  const now = Date.now();
  const day = (time: number) => new Date(time).toISOString();
  if (revoked !== null) return paint('red', `revoked ${day(revoked)}`);
  if (expires !== null && expires <= now) return paint('red', `expired ${day(expires)}`);
  const until = secrets[1]?.until ?? null;
  const former = until !== null && until > now ? `, the former one too until ${day(until)}` : '';
  return `${paint('green', 'taken')}${expires === null ? '' : ` until ${day(expires)}`}${former}`;
}

function nameArgument(text: string): string {
  if (v.is(HolderName, text)) return text;
  throw new InvalidArgumentError('It takes up to 64 letters, digits, spaces and ._@- of ASCII.');
}

function patternArgument(text: string, before: readonly string[]): readonly string[] {
  if (v.is(ModelPattern, text)) return [...before, text];
  throw new InvalidArgumentError("It takes a model's name, in which * stands for anything.");
}

function kindArgument(text: string): string {
  if (text === 'key' || text === 'team' || text === 'model') return text;
  throw new InvalidArgumentError('It takes key, team or model.');
}

function limitArgument(text: string, before: readonly Limit[]): readonly Limit[] {
  const limit = parseLimit(text);
  if (limit === null)
    throw new InvalidArgumentError(
      'It takes requests, tokens or money, such as money=50/month or requests=60/minute.',
    );
  const isDouble = before.some(({ measure, per }) => measure === limit.measure && per === limit.per);
  if (isDouble) throw new InvalidArgumentError(`There can be one limit of ${limit.measure} a ${limit.per}.`);
  return [...before, limit];
}

function hoursArgument(text: string): number {
  const hours = /^[0-9]{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (hours <= 8760) return hours * HOUR;
  throw new InvalidArgumentError('It takes whole hours, at most 8760.');
}

function timeArgument(text: string): number {
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (Number.isFinite(time)) return time;
  throw new InvalidArgumentError('It takes a time with its zone, such as 2027-01-01T00:00:00Z.');
}
