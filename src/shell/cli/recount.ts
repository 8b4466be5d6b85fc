/** `countersign recount`: counts the tokens of an exchange again. The difference is a claim, and never a fault. */
import { Command } from 'commander';
import { verify } from '../../appraise/verify.js';
import { type Encoding, type Recounted, recountUsage, type UsageClaim } from '../../economy/usage-recount.js';
import { parseOpening } from '../../receipt/opening.js';
import { EXIT, UsageError } from './exit-code.js';
import { readInput } from './files.js';
import { print, printJson } from './print.js';
import { ownTrustFile, readTrust } from './trust-file.js';

interface RecountOptions {
  readonly opening: string;
  readonly request: string;
  readonly response: string;
  readonly trust?: string;
  readonly json?: true;
}

const MAX_CONTENT_BYTES = 1 << 26;

export function recountCommand(): Command {
  return new Command('recount')
    .description("count an exchange's tokens again, with the tokenizer that the model's maker has published")
    .argument('<bundle>', 'the file that GET /v1/receipts/<id> returned')
    .requiredOption('--opening <file>', "a file with the exchange's countersign-opening header")
    .requiredOption('--request <file>', 'the exact bytes that were sent')
    .requiredOption('--response <file>', 'the exact bytes that came; for a stream, all of its events')
    .option('--trust <file>', `whom to believe (default: ${ownTrustFile()}, when it is there)`)
    .option('--json', 'print one line of JSON instead of words')
    .addHelpText('after', EXAMPLES)
    .action(run);
}

const EXAMPLES = `
It needs the package gpt-tokenizer, which is not installed with this one: npm install gpt-tokenizer. Chat completions of OpenAI's models can be counted. What a
model has thought without showing it, tools and formats cannot, so that a difference is a question to the provider and no proof.

Examples:
  countersign recount bundle.json --opening opening --request request.json --response response.json

Exit codes: 0 counted, whatever came out, 10 content or receipt that does not verify, 20 nothing could be counted, 64 wrong usage, 1 anything else.`;

async function run(path: string, options: RecountOptions): Promise<void> {
  const [bundle, request, response] = (await Promise.all(
    [path, options.request, options.response].map(file => readInput(file, MAX_CONTENT_BYTES)),
  )) as [Uint8Array, Uint8Array, Uint8Array];
  const trusted = await readTrust(options.trust);
  const content = { opening: await readOpening(options.opening), request, response };
  const { checks, receipt } = await verify({
    bundle,
    trust: trusted?.trust ?? null,
    content,
    asOf: Date.now(),
  });
  const broken = checks.find(({ status }) => status === 'fail');
  const isCompared = ['request', 'response'].every(name =>
    checks.some(check => check.name === name && check.status === 'pass'),
  );
  if (receipt === null || broken !== undefined || !isCompared) {
    const code = broken !== undefined && broken.status !== 'pass' ? broken.code : 'content/not-given';
    if (options.json) printJson({ claim: null, code, exitCode: EXIT.fail });
    else print(`Nothing is counted: ${broken?.says ?? 'the content cannot be compared with the receipt.'}`);
    process.exitCode = EXIT.fail;
    return;
  }
  const claim = recountUsage(receipt, request, response, await loadTokenizer());
  const exitCode = claim.status === 'unknown' ? EXIT.inconclusive : EXIT.pass;
  if (options.json) printJson({ claim, exitCode });
  else tell(claim);
  process.exitCode = exitCode;
}

async function readOpening(path: string): Promise<Uint8Array> {
  try {
    return parseOpening(
      Buffer.from(await readInput(path, 1024))
        .toString('utf8')
        .trim(),
    );
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${path} does not hold the 43 characters of a countersign-opening header.`);
  }
}

/** What the names of special tokens stand in is text here, whoever wrote it. */
const AS_TEXT = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() };

/** Both tables of a few megabytes. Throws a usage error where the package is not there. */
async function loadTokenizer(): Promise<(encoding: Encoding, text: string) => number> {
  try {
    const [o200k, cl100k] = await Promise.all([
      import('gpt-tokenizer/encoding/o200k_base'),
      import('gpt-tokenizer/encoding/cl100k_base'),
    ]);
    return (encoding, text) => (encoding === 'o200k_base' ? o200k : cl100k).countTokens(text, AS_TEXT);
  } catch {
    throw new UsageError('this needs the package gpt-tokenizer: npm install gpt-tokenizer');
  }
}

function tell({ prompt, completion, encoding }: UsageClaim): void {
  print(encoding === null ? 'Not counted' : `Counted with ${encoding}`);
  print(`  prompt      ${line(prompt)}`);
  print(`  completion  ${line(completion)}`);
  print('A difference is a question to the provider, and no proof of anything.');
}

function line(part: Recounted): string {
  const stated = part.stated === null ? 'not stated' : `${part.stated} stated`;
  if (part.tokens === null) return `${stated}; not counted: ${part.why}`;
  return `${stated}, ${part.tokens} counted${part.difference === null ? '' : `, difference ${part.difference}`}`;
}
