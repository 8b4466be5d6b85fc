/** `countersign up`: the whole system on one machine. */
import { mkdir, readFile } from 'node:fs/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { parseTrust, type Trust } from '../../appraise/trust.js';
import { PROVIDERS } from '../../exchange/providers.js';
import { formatVerifierKey } from '../../note/key.js';
import type { EvidenceKeeping } from '../gateway/attestation/keeping.js';
import { DEFAULT_LIMITS } from '../gateway/context.js';
import { DEFAULT_RETRIES } from '../gateway/routing/route-plan.js';
import { DEFAULT_TIMEOUTS } from '../gateway/timeouts.js';
import { parseOrigin } from '../http/cross-origin.js';
import { isLoopback } from '../http/guard.js';
import { LOG_FORMATS, LOG_LEVELS } from '../telemetry/operator-log.js';
import { withoutMakers } from './attesting.js';
import { tuneCollector } from './collector.js';
import { dataFolder, defaultDataFolder } from './data-folder.js';
import { UsageError } from './exit-code.js';
import { type House, type HouseOptions, openHouse } from './house.js';
import { listenAddress } from './listen.js';
import { closeOnSignal } from './on-signal.js';
import { openOperations } from './operations.js';
import { openEvidenceSource, readListenerTls } from './own-attester.js';
import { paint, print, printJson } from './print.js';
import { reloadOnChange } from './reload-on-change.js';
import { SettingsInForce } from './reload-settings.js';
import { ATTESTERS, OPERATOR_NAME } from './settings/config-schema.js';
import { settingsOf, type UpOptions, type UpSettings } from './settings/up-settings.js';
import { whoseWitnesses } from './whose-witnesses.js';

const LOOPBACK = { host: '127.0.0.1', port: 0 };

export function upCommand(): Command {
  return new Command('up')
    .description('start the gateway with its log, witnesses, vault and built-in model')
    .option('--config <file>', 'a configuration in YAML or JSON; what stands here on the command line wins')
    .option('--data <folder>', 'where data and keys are kept', defaultDataFolder())
    .option('--host <address>', 'the interface to listen on', '127.0.0.1')
    .option('--port <number>', 'the port to listen on; 0 for any free one', wholeNumber(0, 65_535), 8787)
    .option(
      '--upstream <name|url|name=url>',
      'who answers for models but the built-in one; repeat it for several, a model that none is known for goes to the first that can be asked',
      (text: string, before: readonly string[]) => [...before, text],
      [],
    )
    .option('--routes <file>', 'your own names for models: what they stand for, balanced and with fallbacks')
    .option('--prices <file>', 'your own price list, in place of the one that comes with this program')
    .option(
      '--policy <file>',
      'your policy: who may ask whom, what is checked, and what happens when a check fails',
    )
    .option('--operator <name>', 'your published name, which every receipt carries', operatorName)
    .option('--tls-certificate <file>', 'end TLS here, with this certificate in PEM', nonEmptyPath)
    .option('--tls-key <file>', "the certificate's key in PEM", nonEmptyPath)
    .addOption(
      new Option(
        '--attester <machine>',
        'show evidence of the machine that this runs in, at /v1/attestation and in receipts; simulated is accepted by nobody',
      ).choices(ATTESTERS),
    )
    .option('--attester-command <program>', 'for nitro: the program that asks the machine', nonEmptyPath)
    .option('--no-inline', 'leave acceptance and receipt out of streams')
    .option(
      '--max-request <bytes>',
      'the largest request to take',
      wholeNumber(1, 2 ** 31),
      DEFAULT_LIMITS.requestBytes,
    )
    .option(
      '--max-connections <number>',
      'the most clients at a time; fewer where the process may not open twice as many files',
      wholeNumber(1, 1_000_000),
      DEFAULT_LIMITS.connections,
    )
    .option(
      '--allow-origin <origin>',
      'let web pages of this origin ask, such as https://app.example; repeat it for several',
      webOrigin,
      [],
    )
    .addOption(secondsOption('--connect-timeout', 'for reaching an upstream', DEFAULT_TIMEOUTS.connect))
    .addOption(
      secondsOption(
        '--first-token-timeout',
        "for the first content of an upstream's answer",
        DEFAULT_TIMEOUTS.firstToken,
      ),
    )
    .addOption(secondsOption('--idle-timeout', 'for silence after that', DEFAULT_TIMEOUTS.idle))
    .addOption(
      secondsOption('--keep-alive', "between signs of life to a stream's client", DEFAULT_TIMEOUTS.keepAlive),
    )
    .option(
      '--retries <number>',
      'attempts after one that failed, before the next fallback',
      wholeNumber(0, 10),
      DEFAULT_RETRIES.retries,
    )
    .option(
      '--admin <host:port>',
      'where the admin API and the metrics are (default: any free port of the loopback interface)',
      listenAddress,
      LOOPBACK,
    )
    .addOption(
      new Option('--log-format <format>', 'lines for people, or JSON for machines')
        .choices(LOG_FORMATS)
        .default('text'),
    )
    .addOption(
      new Option(
        '--log-level <level>',
        'the least that is written to standard error (default: info with --log-format json, warn otherwise)',
      ).choices(LOG_LEVELS),
    )
    .option('--json', 'print one line of JSON when ready, instead of words')
    .addHelpText('after', EXAMPLES)
    .action(up);
}

const EXAMPLES = `
Examples:
  countersign up
  countersign up --port 9000 --data ./data
  countersign up --upstream openai              (the key in OPENAI_API_KEY, or each client's own)
  countersign up --upstream http://127.0.0.1:11434/v1
  countersign up --upstream openai --upstream anthropic --upstream mine=https://models.example/v1
  countersign up --upstream openai --upstream groq --routes routes.json
  countersign up --log-format json --admin 127.0.0.1:8788
  countersign up --tls-certificate cert.pem --tls-key key.pem --attester sev-snp   (docs/attested-upstreams.md)
  countersign up --config countersign.yaml      (docs/configuration.md; everything also by environment: COUNTERSIGN_LISTEN_PORT=9000)

Models are named by clients as \`openai/gpt-4o\`, or without the upstream: then whoever has it is asked. Known upstreams: ${[...PROVIDERS.keys()].join(', ')}.

Exit codes: 0 after a regular end, 64 wrong usage, 1 anything else.`;

async function up(options: UpOptions, command: Command): Promise<void> {
  const isGiven = (option: keyof UpOptions) => command.getOptionValueSource(option) === 'cli';
  const read = () => settingsOf(options, isGiven, process.env);
  const settings = await read();
  const { data, host, port, operator = null, admin, logFormat, logLevel } = settings;
  const { telemetry, propagate } = settings;
  const operations = await openOperations({ format: logFormat, level: logLevel }, telemetry);
  const { log, reloads, onProblem } = operations;
  const inForce = new SettingsInForce(read, settings, operations);
  const tls = await readListenerTls(settings.tlsCertificate, settings.tlsKey);
  const evidence = await evidenceOf(settings, () => inForce.keeping(), onProblem);
  tuneCollector();
  const house = await openHouse({
    ...{ data, host, port, operator, admin, operations, onProblem },
    ...(tls === null ? {} : { tls }),
    ...(evidence === null ? {} : { evidence }),
    ...(settings.policy === undefined ? {} : { policy: settings.policy }),
    ...(settings.cache === undefined ? {} : { cache: settings.cache }),
    ...(await inForce.beginning()),
    settings: () => inForce.shown,
    webhooks: settings.webhooks,
    revoked: inForce.revoked,
    propagates: propagate,
  }).finally(() => log.flush());
  inForce.of(house);
  reloads.join(inForce);
  // Before anybody is told that it runs: whoever is told may end it at once.
  const stopWatching = reloadOnChange(reloads, watchedFiles(options, settings));
  closeOnSignal(async () => {
    stopWatching();
    log.say('info', 'closing');
    await house.close();
    await operations.exporter?.close();
    log.say('info', 'closed');
    log.flush();
  });
  if (options.json) printJson(summary(house));
  else welcome(house, parseTrust(await readFile(house.folder.trust)), settings);
  log.say('info', 'listening', { address: house.address, admin: house.admin, version: operations.version });
}

/** Who gives evidence of this machine, and where it is kept; null where nobody is to. */
async function evidenceOf(
  { attester, attesterCommand: command, data, collateral }: UpSettings,
  openKeeping: () => Promise<EvidenceKeeping>,
  onProblem: (message: string) => void,
): Promise<NonNullable<HouseOptions['evidence']> | null> {
  if (attester === undefined) {
    if (command === undefined) return null;
    throw new UsageError('--attester-command is for --attester nitro.');
  }
  const folder = dataFolder(data);
  await mkdir(folder.path, { recursive: true, mode: 0o700 });
  const source = await openEvidenceSource({ attester, command, folder, collateral, onProblem });
  const keeping = await openKeeping();
  return { source, keeping: attester === 'simulated' ? withoutMakers(keeping) : keeping };
}

/** The files whose change is a reason to read everything again. */
function watchedFiles({ config, routes }: UpOptions, { prices, policy }: UpSettings): string[] {
  const file = config ?? process.env.COUNTERSIGN_CONFIG;
  return [file, routes, prices, policy].filter(path => path !== undefined && path !== '') as string[];
}

function summary({ address, admin, folder, origin, models }: House) {
  return { address, admin, data: folder.path, keys: folder.keys, trust: folder.trust, log: origin, models };
}

function welcome(
  { address, admin, folder, origin, models }: House,
  trust: Trust,
  { host, upstreams, admin: { host: adminHost } }: UpSettings,
): void {
  const request = `{"model":"${models[0]}","messages":[{"role":"user","content":"What is a receipt?"}]}`;
  print(`${paint(['bold', 'green'], 'Countersign is listening')} on ${paint('bold', `${address}/v1`)}`);
  print();
  print(`  data    ${folder.path}`);
  print(`  keys    ${folder.keys}  (keep a copy: who loses the log's key loses the log)`);
  print(`  trust   ${folder.trust}  (for those who verify your receipts)`);
  print(`  log     ${origin}, with ${whoseWitnesses(trust)}`);
  print(`          ${formatVerifierKey(trust.log)}  (its key, for witnesses and mirrors)`);
  print(`  admin   ${admin}  (metrics and more, with the key in ${folder.adminKey})`);
  print(
    `  models  ${models.join(', ')} (built in, tiny)${upstreams.length === 0 ? '' : `, and those of ${upstreams.map(({ text }) => text).join(', ')}`}`,
  );
  if (!isLoopback(host)) print(paint('yellow', '  Anybody who reaches this address can use it.'));
  if (!isLoopback(adminHost))
    print(
      paint('yellow', '  The admin API can be reached from other machines, and its key is sent in clear.'),
    );
  print();
  print('Try it:');
  print();
  print(`  echo '${request}' > request.json`);
  print(`  curl -s -D headers.txt -o response.json ${address}/v1/chat/completions \\`);
  print("    -H 'content-type: application/json' --data-binary @request.json");
  print('  cat headers.txt response.json');
  print();
  print(
    'The headers name the receipt and hold the opening. Fetch the one, and check prompt and answer with the other:',
  );
  print();
  print(
    `  npx countersign receipt "$(sed -n 's/^countersign-exchange: //p' headers.txt | tr -d '\\r')" --gateway ${address} --out bundle.json`,
  );
  print("  sed -n 's/^countersign-opening: //p' headers.txt | tr -d '\\r\\n' > opening");
  print(`  npx countersign verify bundle.json --trust ${folder.trust} \\`);
  print('    --opening @opening --request request.json --response response.json');
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return text => {
    const value = /^[0-9]{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It takes a whole number from ${least} to ${most}.`);
  };
}

/** An option in seconds, whose default is given in milliseconds, as everything is within. */
function secondsOption(flag: string, description: string, milliseconds: number): Option {
  return new Option(`${flag} <seconds>`, description)
    .argParser(seconds)
    .default(milliseconds, String(milliseconds / 1000));
}

/** Seconds on the command line, milliseconds within. */
function seconds(text: string): number {
  const value = /^[0-9]{1,6}(?:\.[0-9]{1,3})?$/.test(text) ? Number(text) * 1000 : 0;
  if (value > 0) return value;
  throw new InvalidArgumentError('It takes a number of seconds over 0.');
}

function webOrigin(text: string, before: readonly string[]): readonly string[] {
  const origin = parseOrigin(text);
  if (origin !== null) return [...before, origin];
  throw new InvalidArgumentError(
    'It takes an origin as browsers write it: https://app.example, without a path.',
  );
}

function nonEmptyPath(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('It takes a path.');
}

function operatorName(text: string): string {
  if (OPERATOR_NAME.test(text)) return text;
  throw new InvalidArgumentError(
    'It takes up to 128 letters, digits, spaces and ._:/@()- of ASCII, and is not protocol.',
  );
}
