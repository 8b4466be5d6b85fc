/** `countersign verify-misbehaviour`: checks evidence against a log, a witness or an issuer, without asking anybody. */
import { Command } from 'commander';
import { parseTrust } from '../../appraise/trust.js';
import { MAX_LARGE_EVIDENCE_BYTES } from '../../court/misbehaviour/evidence.js';
import { type Judgement, judgeEvidence, type Outcome } from '../../court/misbehaviour/judge.js';
import { knownKeys } from '../../court/misbehaviour/known-keys.js';
import { parseVerifierKey, type VerifierKey } from '../../note/key.js';
import { openCopy } from '../monitor/log-copies.js';
import { EXIT, UsageError } from './exit-code.js';
import { readInput } from './files.js';
import { hang, paint, print, printJson, type Style } from './print.js';

interface MisbehaviourOptions {
  readonly trust?: string;
  readonly key: readonly string[];
  readonly stamper: readonly string[];
  readonly log?: string;
  readonly json?: true;
}

const MAX_TRUST_BYTES = 1 << 20;

export function verifyMisbehaviourCommand(): Command {
  return new Command('verify-misbehaviour')
    .description('check evidence that a log, a witness or an issuer has broken its word')
    .argument('<evidence>', 'a file that the monitor, or anybody else, has written')
    .option('--trust <file>', 'the trust file that names the accused')
    .option('--key <verifier key>', 'a key that may be accused, beside those of the trust file', collect, [])
    .option('--stamper <verifier key>', 'a mirror whose stamps count (broken promises only)', collect, [])
    .option('--log <url or folder>', "the log's entries, or a mirror's copy of them (broken promises only)")
    .option('--json', 'print one line of JSON instead of words')
    .addHelpText('after', EXAMPLES)
    .action(run);
}

const EXAMPLES = `
Examples:
  countersign verify-misbehaviour p1-2f0c….json --trust trust.json
  countersign verify-misbehaviour p3-81aa….json --trust trust.json --log https://mirror.example/8f43…e1 --stamper mirror.example+…

Nothing is believed but signatures by keys that you name, and nobody is asked, except for the entries behind --log.

Exit codes: 0 the evidence holds: the accused has misbehaved; 10 it proves nothing; 20 inconclusive (the key is not known to you, or the
log's entries are missing); 30 malformed, 64 wrong usage, 1 anything else.`;

/** To check evidence is to ask whether it holds: a proof is a pass. */
const EXIT_CODES: Record<Outcome, number> = {
  proven: EXIT.pass,
  'not-proven': EXIT.fail,
  inconclusive: EXIT.inconclusive,
  malformed: EXIT.malformed,
};

async function run(path: string, options: MisbehaviourOptions): Promise<void> {
  if (options.trust === undefined && options.key.length === 0)
    throw new UsageError(
      'whom may the evidence accuse? Pass --trust with a trust file, or --key with a verifier key.',
    );
  const trust =
    options.trust === undefined ? null : parseTrust(await readInput(options.trust, MAX_TRUST_BYTES));
  const known = knownKeys(trust, options.key.map(key('--key')), options.stamper.map(key('--stamper')));
  // Whoever reads it says that it is too large; what is much too large is not read.
  const evidence = await readInput(path, 2 * MAX_LARGE_EVIDENCE_BYTES);
  const judgement = await judgeEvidence(
    evidence,
    known,
    options.log === undefined ? null : openCopy(options.log),
  );
  const exitCode = EXIT_CODES[judgement.outcome];
  if (options.json) printJson({ ...judgement, exitCode });
  else for (const line of words(judgement)) print(line);
  process.exitCode = exitCode;
}

const HEADLINES: Record<Outcome, { readonly style: Style; readonly text: string }> = {
  proven: { style: 'red', text: 'PROVEN        the accused has misbehaved, and anyone can check it' },
  'not-proven': { style: 'green', text: 'NOT PROVEN    this is no proof of misbehaviour' },
  inconclusive: { style: 'yellow', text: 'INCONCLUSIVE  something that is needed to judge it is missing' },
  malformed: { style: 'red', text: 'MALFORMED     this is not evidence' },
};

function words({ outcome, code, accused, says, advice, field, detail }: Judgement): string[] {
  const { style, text } = HEADLINES[outcome];
  const where = [field, detail].filter(part => part !== null).join(': ');
  return [
    paint(['bold', style], text),
    '',
    `  ${paint(style, code)}`,
    `  ${hang(where === '' ? says : `${says} (${where})`, 2)}`,
    ...(accused === null ? [] : [`  The key: ${hang(accused, 11)}`]),
    '',
    `  ${hang(`What to do: ${advice}`, 2)}`,
  ];
}

function key(option: string): (text: string) => VerifierKey {
  return text => {
    try {
      return parseVerifierKey(text);
    } catch {
      throw new UsageError(
        `${option} takes a verifier key, <name>+<key id>+<base64>, as its owner publishes it.`,
      );
    }
  };
}

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}
