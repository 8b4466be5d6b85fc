/** `countersign receipt`: fetches a bundle from a gateway and, on the gateway's own machine, the content from its vault. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { utf8 } from '../../bytes/octets.js';
import { MAX_BUNDLE_BYTES } from '../../receipt/bundle.js';
import { formatOpening } from '../../receipt/opening.js';
import { readSecret } from '../files/secret.js';
import { Vault } from '../vault/vault.js';
import { dataFolder, defaultDataFolder } from './data-folder.js';
import { exchangeArgument } from './exchange-argument.js';
import { UsageError } from './exit-code.js';
import { writeOutput } from './files.js';
import { print, printJson } from './print.js';
import { stageArgument } from './stage-argument.js';
import { THEIR_TRUST_FILE } from './trust-file.js';

interface ReceiptOptions {
  readonly gateway: string;
  readonly wait: string;
  readonly out?: string;
  readonly content?: string;
  readonly data: string;
  readonly cose?: true;
  readonly json?: true;
}

export function receiptCommand(): Command {
  return new Command('receipt')
    .description('fetch the bundle of an exchange')
    .argument('<exchange>', 'the id in the countersign-exchange header', exchangeArgument)
    .option('--gateway <url>', 'where the gateway listens', DEFAULT_GATEWAY)
    .option(
      '--wait <stage>',
      'wait for it to be included or witnessed, 10 s at most',
      stageArgument,
      'witnessed',
    )
    .option(
      '--cose',
      'fetch the COSE receipt (RFC 9942) instead: a proof alone, to be checked with verify-cose',
    )
    .option('--out <file>', 'where to write it (default: <exchange>.bundle.json, or <exchange>.cose)')
    .option('--content <folder>', "also write request, response and opening there, from this machine's vault")
    .option(
      '--data <folder>',
      "the gateway's data folder, for its vault and its trust file",
      defaultDataFolder(),
    )
    .option('--json', 'print one line of JSON instead of words')
    .addHelpText('after', EXAMPLES)
    .action(run);
}

const DEFAULT_GATEWAY = 'http://127.0.0.1:8787';

const EXAMPLES = `
Examples:
  countersign receipt 4bqxq3zkq7xj5c2yq6w5n3d7ay
  countersign receipt 4bqxq3zkq7xj5c2yq6w5n3d7ay --out bundle.json --content ./exchange
  countersign receipt 4bqxq3zkq7xj5c2yq6w5n3d7ay --cose --out receipt.cose

Exit codes: 0 written, 64 wrong usage, 1 anything else.`;

async function run(exchange: string, options: ReceiptOptions): Promise<void> {
  if (options.cose) return fetchCose(exchange, options);
  const bundle = options.out ?? `${exchange}.bundle.json`;
  await writeOutput(bundle, await fetchReceipt(options.gateway, exchange, { wait: options.wait }));
  const content =
    options.content === undefined ? null : await writeContent(exchange, options.content, options.data);
  if (options.json) {
    printJson({ exchange, bundle, content });
    return;
  }
  print(`The bundle is in ${bundle}.`);
  const trust = trustArgument(options);
  if (content === null) print(`Check it:  npx countersign verify ${bundle}${trust}`);
  else {
    const { request, response } = content;
    const answer = response === null ? '' : ` --response ${response}`;
    print(
      `The content is in ${options.content}; its opening is in ${content.opening}: whoever has it can check the content.`,
    );
    print(
      `Check both:  npx countersign verify ${bundle}${trust} --opening @${content.opening} --request ${request}${answer}`,
    );
  }
  explainTrust(trust);
}

/** The option with which the receipts of this gateway are checked; nothing where that is what is taken without it. */
function trustArgument({ gateway, data }: ReceiptOptions): string {
  if (data !== defaultDataFolder()) return ` --trust ${dataFolder(data).trust}`;
  return gateway === DEFAULT_GATEWAY ? '' : THEIRS;
}

const THEIRS = ' --trust trust.json';

function explainTrust(argument: string): void {
  if (argument === THEIRS) print(THEIR_TRUST_FILE);
}

async function fetchCose(exchange: string, options: ReceiptOptions): Promise<void> {
  const { gateway, wait, out, content, json } = options;
  if (content !== undefined) throw new UsageError('--content goes with a bundle, not with --cose.');
  const cose = out ?? `${exchange}.cose`;
  await writeOutput(cose, await fetchReceipt(gateway, exchange, { wait, format: 'cose' }));
  if (json) printJson({ exchange, cose });
  else {
    print(`The COSE receipt is in ${cose}.`);
    const trust = trustArgument(options);
    const bundle = `${exchange}.bundle.json`;
    print(`Check it:  npx countersign verify-cose ${cose} --entry ${bundle}${trust}`);
    print(`  (${bundle}: the bundle of the same exchange, as this command writes it without --cose)`);
    explainTrust(trust);
  }
}

async function fetchReceipt(
  gateway: string,
  exchange: string,
  query: Readonly<Record<string, string>>,
): Promise<Uint8Array> {
  if (!URL.canParse(gateway)) throw new UsageError(`--gateway takes a URL; "${gateway}" is none.`);
  const url = new URL(`/v1/receipts/${exchange}?${new URLSearchParams(query)}`, gateway);
  let response: Response;
  try {
    response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(20_000) });
  } catch {
    throw new Error(`No gateway answers at ${gateway}. Start one with "countersign up", or pass --gateway.`);
  }
  const body = new Uint8Array(await response.arrayBuffer());
  if (response.ok && body.length <= MAX_BUNDLE_BYTES) return body;
  const reason = response.headers.get('countersign-reason') ?? `HTTP ${response.status}`;
  throw new Error(`The gateway has no receipt for ${exchange} (${reason}).`);
}

async function writeContent(exchange: string, folder: string, data: string) {
  const { path, vault, keys } = dataFolder(data);
  if (!existsSync(keys)) throw new UsageError(`${path} is no gateway's data folder; pass --data.`);
  const content = new Vault(vault, await readSecret(join(keys, 'vault.key'))).get(exchange);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const files = {
    request: join(folder, 'request'),
    response: content.response === null ? null : join(folder, 'response'),
    opening: join(folder, 'opening'),
  };
  await writeOutput(files.request, content.request, 0o600);
  if (files.response !== null && content.response !== null)
    await writeOutput(files.response, content.response, 0o600);
  await writeOutput(files.opening, utf8(formatOpening(content.opening)), 0o600);
  return files;
}
