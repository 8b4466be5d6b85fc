/** `countersign witness`: cosigns the logs that it is told to, over HTTP. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { formatVerifierKey, isKeyName } from '../../note/key.js';
import { isLoopback } from '../http/guard.js';
import { statementText } from '../witness/statement.js';
import { defaultDataFolder } from './data-folder.js';
import { listenAddress } from './listen.js';
import { closeOnSignal } from './on-signal.js';
import { openWitness, type RunningWitness, type WitnessSettings } from './open-witness.js';
import { paint, print, printError, printJson } from './print.js';

type WitnessOptions = Omit<WitnessSettings, 'onProblem'> & { readonly json?: true };

export function witnessCommand(): Command {
  return new Command('witness')
    .description('cosign the checkpoints of logs that only grow, for whoever asks over HTTP')
    .addOption(
      new Option('--listen <host:port>', 'where to listen; port 0 for any free one')
        .argParser(listenAddress)
        .default(DEFAULT_ADDRESS, '127.0.0.1:8899'),
    )
    .option('--data <folder>', 'where it keeps what it has cosigned', `${defaultDataFolder()}-witness`)
    .option('--key <file>', 'the Ed25519 key, made when it is missing (default: <data>/witness.key)')
    .option('--ml-dsa-key <file>', 'cosign with ML-DSA-44 too, with this key, made when it is missing')
    .option('--name <name>', 'the name of keys that are made, such as witness.example/w1', keyName)
    .option('--log <vkey>', 'a log to cosign; may be repeated', gather)
    .option('--policy <file>', 'cosign the logs of this C2SP tlog-policy')
    .option('--checks-entries', 'read and check every entry before cosigning; with a key of its own')
    .option('--log-url <url>', 'with --checks-entries: where the log is read, as C2SP tlog-tiles has it')
    .option('--trust <file>', 'with --checks-entries: the trust file that names the log and its issuers')
    .option('--json', 'print one line of JSON when ready, instead of words')
    .addHelpText('after', EXAMPLES)
    .action(run);
}

const DEFAULT_ADDRESS = { host: '127.0.0.1', port: 8899 };

const EXAMPLES = `
Examples:
  countersign witness --name witness.example/w1 --log "$(cat log.vkey)"
  countersign witness --listen 0.0.0.0:8899 --data ./witness --ml-dsa-key ./witness/ml-dsa.key --policy logs.policy
  countersign witness --data ./checker --checks-entries --log-url http://127.0.0.1:8787/log --trust trust.json

log.vkey holds the log's key, which countersign up prints: the member "log" of its trust file.

Exit codes: 0 after a regular end, 64 wrong usage, 1 anything else.`;

async function run({ json, ...settings }: WitnessOptions): Promise<void> {
  const onProblem = (message: string) => printError(`countersign: ${message}`);
  const running = await openWitness({ ...settings, onProblem });
  // Before anybody is told that it runs: whoever is told may end it at once.
  closeOnSignal(() => running.close());
  if (json) printJson(summary(running));
  else welcome(running, settings.listen.host);
}

function summary({ address, witness, statement, data }: RunningWitness) {
  return { address, data, keys: witness.keys.map(formatVerifierKey), logs: witness.origins, statement };
}

function welcome({ address, witness, statement, data }: RunningWitness, host: string): void {
  print(`${paint(['bold', 'green'], 'The witness is listening')} on ${paint('bold', address)}`);
  print();
  print(`  data  ${data}  (never put an older copy back: the witness could cosign two histories)`);
  for (const origin of witness.origins) print(`  log   ${origin}`);
  for (const key of witness.keys) print(`  key   ${formatVerifierKey(key)}`);
  if (!isLoopback(host)) print(paint('yellow', '  Anybody who reaches this address can ask it.'));
  print();
  print(statementText(statement).trimEnd());
}

function gather(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function keyName(text: string): string {
  if (isKeyName(text) && Buffer.byteLength(text) <= 255) return text;
  throw new InvalidArgumentError('It takes up to 255 bytes without white space and without "+".');
}
