/** `countersign validator`: appraises every receipt of a log, publishes the verdicts, and owns up to those that were wrong. */
import { Command } from 'commander';
import type { Trust } from '../../appraise/trust.js';
import { appraisalPolicyOf } from '../../appraise/verdict/appraisal-policy.js';
import { formatVerifierKey, keyLabel, type VerifierKey } from '../../note/key.js';
import { HttpServer } from '../http/server.js';
import type { ValidatorEvent } from '../validator/events.js';
import { gatewayEvidence } from '../validator/gateway-evidence.js';
import { validatorRoutes, validatorStatus } from '../validator/serve.js';
import { Validator } from '../validator/validator.js';
import { defaultDataFolder } from './data-folder.js';
import { EXIT, UsageError } from './exit-code.js';
import { type ListenAddress, listenAddress } from './listen.js';
import { closeOnSignal } from './on-signal.js';
import { print, printable, printError, printJson } from './print.js';
import { type Progress, progressOf } from './progress.js';
import { secondsArgument } from './seconds-argument.js';
import { submitProven } from './submit-proven.js';
import { readTrust } from './trust-file.js';
import { agreeCommand } from './validator/agree.js';
import { auditCommand } from './validator/audit.js';
import { overturnCommand, recordCommand } from './validator/record.js';
import { openValidatorKey, readAppraisalPolicy } from './verdict-artefacts.js';

interface ValidatorCommandOptions {
  readonly log?: string;
  readonly trust?: string;
  readonly policy?: string;
  readonly key?: string;
  readonly name?: string;
  readonly data: string;
  readonly submit?: true;
  readonly evidence?: string;
  readonly listen?: ListenAddress;
  readonly once?: true;
  readonly interval: number;
  readonly skipMissing?: true;
  readonly json?: true;
}

const DEFAULT_INTERVAL = 10;
/** Each may bring a proof of 4 MiB. */
const MAX_CONNECTIONS = 64;

export function validatorCommand(): Command {
  return (
    new Command('validator')
      .description('appraise every receipt of a log under a policy, and publish the verdicts')
      .option(
        '--log <url>',
        'where the log is read: <url>/checkpoint is its checkpoint; a gateway has it at <gateway>/log',
      )
      .option('--trust <file>', 'whom to believe: the trust file of the log')
      .option('--policy <file>', 'your appraisal policy, in YAML or JSON')
      .option('--key <file>', 'sign with this key, which is made when there is none')
      .option('--name <name>', 'the name of a key that is made: a domain or path of yours')
      .option('--data <folder>', 'where it keeps what it knows', `${defaultDataFolder()}-validator`)
      .option('--submit', 'hand policy and verdicts in at the log, which has to have admitted the key')
      .option('--evidence <url>', 'the gateway that serves the evidence which receipts name')
      .option('--listen <host:port>', 'show batches and record there, and take proofs', listenAddress)
      .option('--once', 'appraise everything that there is, then end')
      .option('--interval <seconds>', 'how long to wait between two looks', secondsArgument, DEFAULT_INTERVAL)
      .option('--skip-missing', 'go on where the log no longer serves entries')
      .option('--json', 'print one line of JSON for each event instead of words')
      // Its commands have options of the same names.
      .enablePositionalOptions()
      .addCommand(agreeCommand())
      .addCommand(auditCommand())
      .addCommand(overturnCommand())
      .addCommand(recordCommand())
      .addHelpText('after', EXAMPLES)
      .action(run)
  );
}

const EXAMPLES = `
Examples:
  countersign validator --log https://log.example/log --trust trust.json --policy policy.yaml --key validator.key --name validator.example --once
  countersign validator --log https://log.example/log --trust trust.json --policy policy.yaml --key validator.key \\
    --data ./validator --submit --listen 127.0.0.1:8898
  countersign validator agree proposal.json --key validator.key --out agreed.json
  countersign validator audit https://other.example --trust trust.json --data ./validator --out proofs
  countersign validator record --data ./validator

Its first line is its verifier key, for the operator of the log who is to admit it, and for those who rely on its verdicts.
It goes on where it stopped. Batches come into <data>/batches with all that they were made from, so that anybody can judge again.
A proof that one of its verdicts was wrong is kept for ever, and every later batch says so.

Exit codes: 0 with --once, every receipt that it judged passed, without it a regular end; 10 one failed, or a verdict of its own was proven wrong,
20 something could not be looked at, it was interrupted, or one is inconclusive, 30 a file on the command line is malformed, 64 wrong usage, 1 anything else.`;

async function run(options: ValidatorCommandOptions): Promise<void> {
  const { log: url, policy: policyPath, key: keyPath, trust: trustPath } = options;
  if (url === undefined || policyPath === undefined || keyPath === undefined || trustPath === undefined)
    throw new UsageError(`it takes ${missingOf(options)} as well; see countersign validator --help.`);
  if (!isWebAddress(url))
    throw new UsageError('the log is named by its URL, such as https://log.example/log.');
  // What cannot be had there counts as not there, so that a slip would go unseen.
  if (options.evidence !== undefined && !isWebAddress(options.evidence))
    throw new UsageError('--evidence takes the URL of a gateway, such as https://gateway.example.');
  const trust = await readTrust(trustPath);
  if (trust === null) throw new UsageError('it takes a trust file: pass --trust.');
  const policyText = await readAppraisalPolicy(policyPath);
  const policy = appraisalPolicyOf(policyText);
  const key = await openValidatorKey(keyPath, options.name);
  const progress = progressOf('entries appraised', options.json === true);
  const tally = new Tally(teller(progress, options));
  const closing = new AbortController();
  const validator = await Validator.open({
    url,
    trust,
    policy,
    policyText,
    key,
    formerKeys: formerKeys(trust.trust, key.key),
    folder: options.data,
    submit: options.submit ? envelope => submitProven(url, envelope, trust.trust) : null,
    evidence: options.evidence === undefined ? null : gatewayEvidence(options.evidence, closing.signal),
    ...(options.skipMissing && { skipMissing: true }),
    now: Date.now,
    onEvent: tally.take,
    onProgress: progress.show,
  });
  if (!options.json) print(formatVerifierKey(key.key));
  const server = await listen(validator, options, tally);
  const close = async () => {
    closing.abort();
    await server?.close();
    await validator.close();
  };
  await (options.once ? lookOnce(validator, tally, close) : lookOn(validator, options.interval, close));
  progress.end();
}

function isWebAddress(text: string): boolean {
  return /^https?:\/\/./.test(text) && URL.canParse(text);
}

function missingOf({ log, trust, policy, key }: ValidatorCommandOptions): string {
  const needed = Object.entries({ log, trust, policy, key });
  return needed.flatMap(([name, value]) => (value === undefined ? [`--${name}`] : [])).join(', ');
}

/** What the looks of this run have come to. */
class Tally {
  readonly #tell: (event: ValidatorEvent) => void;
  readonly counts = { fail: 0, inconclusive: 0, pass: 0 };
  isWell = true;

  constructor(tell: (event: ValidatorEvent) => void) {
    this.#tell = tell;
  }

  readonly take = (event: ValidatorEvent): void => {
    if (event.kind === 'unchecked') this.isWell = false;
    if (event.kind === 'batch')
      for (const outcome of ['fail', 'inconclusive', 'pass'] as const)
        this.counts[outcome] += event.counts[outcome];
    this.#tell(event);
  };
}

async function listen(
  validator: Validator,
  { listen: address, data, json }: ValidatorCommandOptions,
  tally: Tally,
): Promise<HttpServer | null> {
  if (address === undefined) return null;
  const server = new HttpServer({
    ...address,
    routes: validatorRoutes(validator, data, () => tally.isWell),
    statusOf: validatorStatus,
    onProblem: message => printError(`countersign: ${message}`),
    connections: MAX_CONNECTIONS,
  });
  const at = await server.listen();
  if (json) printJson({ address: at, validator: validator.standing.validator });
  else print(`The validator is listening on ${at}`);
  return server;
}

async function lookOnce(validator: Validator, tally: Tally, close: () => Promise<void>): Promise<void> {
  closeOnSignal(close);
  try {
    const isComplete = await validator.round();
    const { fail, inconclusive } = tally.counts;
    const isWrong = fail > 0 || validator.record.names.length > 0;
    process.exitCode = isWrong ? EXIT.fail : isComplete && inconclusive === 0 ? EXIT.pass : EXIT.inconclusive;
  } finally {
    await close();
  }
}

async function lookOn(validator: Validator, interval: number, close: () => Promise<void>): Promise<void> {
  let isEnding = false;
  let wake: () => void = () => undefined;
  closeOnSignal(async () => {
    isEnding = true;
    wake();
    await close();
  });
  while (!isEnding) {
    await validator.round();
    if (isEnding) return;
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, interval * 1000);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Tells each event once it happens; what keeps it from its work, and how it stands, only when that has changed since the look before. */
function teller(progress: Progress, { json }: ValidatorCommandOptions): (event: ValidatorEvent) => void {
  let before = '';
  let problem: Extract<ValidatorEvent, { kind: 'unchecked' }> | null = null;
  const tell = (event: ValidatorEvent) => {
    progress.end();
    if (json) printJson(event);
    else for (const line of words(event)) print(printable(line));
  };
  return event => {
    if (event.kind === 'unchecked') problem = event;
    else if (event.kind !== 'appraised') tell(event);
    else {
      // A look ends with how it stands.
      const look = JSON.stringify([problem, event]);
      if (look !== before) for (const each of problem === null ? [event] : [problem, event]) tell(each);
      before = look;
      problem = null;
    }
  };
}

function words(event: ValidatorEvent): string[] {
  switch (event.kind) {
    case 'policy':
      return [`policy        ${event.digest} is entry ${event.index} of the log`];
    case 'batch': {
      const { sequence, start, end, counts } = event;
      const { pass, fail, inconclusive } = counts;
      return [
        `batch ${String(sequence).padEnd(8)}${entriesOf(start, end)}: ${pass} pass, ${fail} fail, ${inconclusive} inconclusive`,
      ];
    }
    case 'unchecked':
      return [`UNCHECKED     ${event.message}`];
    case 'appraised': {
      const { size, origin, batches, overturned } = event;
      const record =
        overturned === 0 ? 'none of its verdicts was proven wrong' : `${overturned} proven WRONG`;
      const signed = batches === 1 ? '1 batch' : `${batches} batches`;
      return [`appraised     ${size} entries of ${origin} in ${signed}; ${record}`];
    }
  }
}

/** `end` is the entry after the last one. */
function entriesOf(start: number, end: number): string {
  if (end === start) return 'no entries';
  return end === start + 1 ? `entry ${start}` : `entries ${start} to ${end - 1}`;
}

/** The keys that this one follows, by the trust file: the validator answers for what they signed as well. */
function formerKeys({ retired }: Trust, key: VerifierKey): readonly VerifierKey[] {
  const before: VerifierKey[] = [];
  let label = keyLabel(key);
  // A circle ends where the list does.
  for (let step = 0; step < retired.length; step++) {
    const found = retired.find(({ role, successor }) => role === 'validator' && successor === label);
    if (found === undefined) break;
    before.push(found.key);
    label = keyLabel(found.key);
  }
  return before;
}
