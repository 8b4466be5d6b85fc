/** `countersign mirror`: keeps and serves copies of logs, and cosigns what it has stored. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { formatVerifierKey, isKeyName } from '../../note/key.js';
import { isLoopback } from '../http/guard.js';
import { defaultDataFolder } from './data-folder.js';
import { listenAddress } from './listen.js';
import { mirrorPushCommand } from './mirror-push.js';
import { closeOnSignal } from './on-signal.js';
import { type MirrorSettings, openMirror, type RunningMirror } from './open-mirror.js';
import { paint, print, printError, printJson } from './print.js';
import { progressOf } from './progress.js';

type MirrorOptions = Omit<MirrorSettings, 'onProblem' | 'onProgress'> & { readonly json?: true };

export function mirrorCommand(): Command {
  return (
    new Command('mirror')
      .description('keep a copy of a log, serve it, cosign what is stored, and stamp submissions')
      .argument('[url]', 'where the log is read; the same as --log-url')
      .addOption(
        new Option('--listen <host:port>', 'where to listen; port 0 for any free one')
          .argParser(listenAddress)
          .default(DEFAULT_ADDRESS, '127.0.0.1:8900'),
      )
      .option('--data <folder>', 'where it keeps its copies', `${defaultDataFolder()}-mirror`)
      .option('--key <file>', 'the Ed25519 key, made when it is missing (default: <data>/mirror.key)')
      .option('--ml-dsa-key <file>', 'cosign with ML-DSA-44 too, with this key, made when it is missing')
      .option('--name <name>', 'the name of keys that are made, such as mirror.example/m1', keyName)
      .option('--log <vkey>', 'a log to mirror; may be repeated', gather, [])
      .option(
        '--log-url <url>',
        'where it is read and followed; repeated, in the order of the logs',
        gather,
        [],
      )
      .option(
        '--trust <file>',
        'a trust file: mirror its log, and stamp what its issuers signed when the log has a URL; may be repeated',
        gather,
        [],
      )
      .option('--json', 'print one line of JSON when ready, instead of words')
      .addHelpText('after', EXAMPLES)
      .action(run)
      // What stands after `push` is its own, the options of the same names included.
      .enablePositionalOptions()
      .addCommand(mirrorPushCommand())
  );
}

const DEFAULT_ADDRESS = { host: '127.0.0.1', port: 8900 };

const EXAMPLES = `
Examples:
  countersign mirror --trust trust.json http://127.0.0.1:8787/log
  countersign mirror --name mirror.example/m1 --log "$(cat log.vkey)" https://log.example
  countersign mirror --listen 0.0.0.0:8900 --data ./mirror --ml-dsa-key ./mirror/ml-dsa.key --log "$(cat log.vkey)"

log.vkey holds the log's key, which countersign up prints: the member "log" of its trust file.
Without a URL it waits for somebody to push: see countersign mirror push --help.

Exit codes: 0 after a regular end, 64 wrong usage, 1 anything else.`;

async function run(url: string | undefined, { json, ...settings }: MirrorOptions): Promise<void> {
  const progress = progressOf('mirrored', json === true);
  const running = await openMirror({
    ...settings,
    logUrl: url === undefined ? settings.logUrl : [url, ...settings.logUrl],
    onProblem: message => {
      progress.end();
      printError(`countersign: ${message}`);
    },
    onProgress: (here, size) => {
      progress.show(here, size);
      if (here >= size) progress.end();
    },
  });
  // Before anybody is told that it runs: whoever is told may end it at once.
  closeOnSignal(async () => {
    await running.close();
    progress.end();
  });
  if (json) printJson(summary(running));
  else welcome(running, settings.listen.host);
}

function summary({ address, data, keys, stampKey, logs }: RunningMirror) {
  return {
    address,
    data,
    keys: keys.map(formatVerifierKey),
    stampKey: stampKey === null ? null : formatVerifierKey(stampKey),
    logs: logs.map(({ origin, hash, size }) => ({ origin, url: `${address}/${hash}`, size })),
  };
}

function welcome({ address, data, keys, stampKey, logs }: RunningMirror, host: string): void {
  print(`${paint(['bold', 'green'], 'The mirror is listening')} on ${paint('bold', address)}`);
  print();
  print(`  data    ${data}  (never put an older copy back: the mirror could cosign two histories)`);
  for (const { origin, hash, size } of logs) {
    print(`  log     ${origin}: ${size} entries so far`);
    print(`          ${address}/${hash}`);
  }
  for (const key of keys) print(`  key     ${formatVerifierKey(key)}`);
  if (stampKey !== null) print(`  stamps  ${formatVerifierKey(stampKey)}`);
  if (!isLoopback(host)) print(paint('yellow', '  Anybody who reaches this address can ask it.'));
}

function gather(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function keyName(text: string): string {
  // Room for `/stamps`, which the key for stamps has at its end.
  if (isKeyName(text) && Buffer.byteLength(text) <= 240) return text;
  throw new InvalidArgumentError('It takes up to 240 bytes without white space and without "+".');
}
