/** `countersign verify-cose`: checks offline, by a COSE receipt, that an entry is in the log. */
import { Command } from 'commander';
import { checkCose } from '../../appraise/cose.js';
import type { Trust } from '../../appraise/trust.js';
import type { Outcome } from '../../appraise/verify.js';
import { Failure } from '../../reason.js';
import { MAX_BUNDLE_BYTES } from '../../receipt/bundle.js';
import { ALLOW_UNPROTECTED } from '../../tree/cose-receipt.js';
import { entryIn } from './entry-input.js';
import { exitCodeOf } from './exit-code.js';
import { readInput } from './files.js';
import { hang, paint, print, printJson } from './print.js';
import { ownTrustFile, readTrust } from './trust-file.js';

interface VerifyCoseOptions {
  readonly entry: string;
  readonly trust?: string;
  readonly allowUnprotected?: true;
  readonly json?: true;
}

export function verifyCoseCommand(): Command {
  return new Command('verify-cose')
    .description(
      'check a COSE receipt (RFC 9942) offline: whether the log has signed a tree with this entry in it',
    )
    .argument('<receipt>', 'the file that GET /v1/receipts/<id>?format=cose returned')
    .requiredOption('--entry <file>', 'the log entry: its exact bytes, or the bundle that holds its envelope')
    .option('--trust <file>', `whom to believe (default: ${ownTrustFile()}, when it is there)`)
    .option(
      '--allow-unprotected',
      "take receipts of others, whose signature does not cover the log's name or the tree's size",
    )
    .option('--json', 'print one line of JSON instead of words')
    .addHelpText('after', EXAMPLES)
    .action(run);
}

const EXAMPLES = `
Examples:
  countersign receipt 4bqxq3zkq7xj5c2yq6w5n3d7ay --out bundle.json
  countersign receipt 4bqxq3zkq7xj5c2yq6w5n3d7ay --cose --out receipt.cose
  countersign verify-cose receipt.cose --entry bundle.json --trust trust.json

Exit codes: 0 pass, 10 fail, 20 inconclusive (no trust file), 30 malformed, 64 wrong usage, 1 anything else.
It is the log's word alone: "countersign verify" also checks the witnesses, the issuer and the receipt.`;

/** What is no COSE receipt at all; every other failure is one of the receipt's claims. */
const MALFORMED: readonly string[] = ['cbor/malformed', 'cose/malformed'];

async function run(path: string, options: VerifyCoseOptions): Promise<void> {
  const trusted = await readTrust(options.trust);
  const receipt = await readInput(path, MAX_BUNDLE_BYTES);
  const entry = entryIn(await readInput(options.entry, MAX_BUNDLE_BYTES));
  const judged = await judge(receipt, entry, trusted?.trust ?? null, options.allowUnprotected === true);
  const exitCode = exitCodeOf(judged.outcome);
  if (options.json) printJson({ ...judged, trust: trusted?.path ?? null, exitCode });
  else {
    const { style, text } = HEADLINE[judged.outcome];
    print(`${paint(['bold', style], text)}  ${hang(judged.says, 14)}`);
  }
  process.exitCode = exitCode;
}

interface Judged {
  readonly outcome: Outcome;
  readonly code: string | null;
  readonly says: string;
  readonly index: number | null;
  readonly size: number | null;
}

const HEADLINE = {
  pass: { style: 'green', text: 'PASS        ' },
  fail: { style: 'red', text: 'FAIL        ' },
  inconclusive: { style: 'yellow', text: 'INCONCLUSIVE' },
  malformed: { style: 'red', text: 'MALFORMED   ' },
} as const;

async function judge(
  receipt: Uint8Array,
  entry: Uint8Array,
  trust: Trust | null,
  allowUnprotected: boolean,
): Promise<Judged> {
  try {
    if (trust === null) throw new Failure('trust/missing');
    const { checkpoint, proof } = await checkCose(receipt, entry, trust, {
      ...(allowUnprotected && { [ALLOW_UNPROTECTED]: true }),
    });
    const { origin, size } = checkpoint;
    const index = proof.kind === 'inclusion' ? proof.index : null;
    const says = `entry ${index} of ${size} in ${origin}, signed by the log; a COSE receipt carries no witnesses`;
    return { outcome: 'pass', code: null, says, index, size };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { code, message } = error;
    const outcome =
      code === 'trust/missing' ? 'inconclusive' : MALFORMED.includes(code) ? 'malformed' : 'fail';
    return { outcome, code, says: message, index: null, size: null };
  }
}
