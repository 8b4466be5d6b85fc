/** `countersign demo`: asks, verifies, tampers and fails, with everything real and nothing left behind. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { parseTrust } from '../../appraise/trust.js';
import { type Verification, verify } from '../../appraise/verify.js';
import { parseOpening } from '../../receipt/opening.js';
import { DEFAULT_LIMITS } from '../gateway/context.js';
import { EXIT } from './exit-code.js';
import { type House, openHouse } from './house.js';
import { hang, paint, print, printError, printJson } from './print.js';
import { report } from './report.js';

const QUESTION = 'What is a receipt?';

export function demoCommand(): Command {
  return new Command('demo')
    .description('show it all on a gateway of its own: ask, verify, tamper, fail')
    .option('--json', 'print one line of JSON instead of words')
    .addHelpText(
      'after',
      `
Examples:
  countersign demo
  countersign demo --json

Exit codes: 0 when the true answer passed and each altered copy failed, 1 otherwise.`,
    )
    .action(run);
}

async function run({ json }: { json?: true }): Promise<void> {
  const data = await mkdtemp(join(tmpdir(), 'countersign-demo-'));
  try {
    const house = await openHouse({
      data,
      host: '127.0.0.1',
      port: 0,
      operator: null,
      inline: true,
      requestBytes: DEFAULT_LIMITS.requestBytes,
      onProblem: message => printError(`countersign: ${message}`),
    });
    const steps = await play(house).finally(() => house.close());
    if (json) printJson(steps);
    else tell(steps);
    const asExpected =
      steps.genuine.outcome === 'pass' &&
      steps.answerAltered.outcome === 'fail' &&
      steps.bundleAltered.outcome === 'fail';
    process.exitCode = asExpected ? EXIT.pass : EXIT.internal;
  } finally {
    await rm(data, { recursive: true, force: true });
  }
}

interface Steps {
  readonly answer: string;
  readonly genuine: Verification;
  readonly answerAltered: Verification;
  readonly bundleAltered: Verification;
}

async function play(house: House): Promise<Steps> {
  const request = Buffer.from(
    JSON.stringify({ model: house.models[0], messages: [{ role: 'user', content: QUESTION }] }),
  );
  const reply = await fetch(`${house.address}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: request,
  });
  const response = new Uint8Array(await reply.arrayBuffer());
  const exchange = reply.headers.get('countersign-exchange') ?? '';
  const opening = parseOpening(reply.headers.get('countersign-opening') ?? '');
  const receipt = await fetch(`${house.address}/v1/receipts/${exchange}?wait=witnessed`);
  const bundle = new Uint8Array(await receipt.arrayBuffer());
  const trust = parseTrust(await readFile(house.folder.trust));
  const judge = (bytes: Uint8Array, answer: Uint8Array) =>
    verify({ bundle: bytes, trust, content: { opening, request, response: answer }, asOf: Date.now() });
  const { choices } = JSON.parse(Buffer.from(response).toString('utf8')) as {
    choices: { message: { content: string } }[];
  };
  return {
    answer: choices[0]?.message.content ?? '',
    genuine: await judge(bundle, response),
    answerAltered: await judge(
      bundle,
      withOneByteChanged(response, Buffer.from(response).indexOf('"content":"') + 12),
    ),
    bundleAltered: await judge(
      withOneByteChanged(bundle, Buffer.from(bundle).indexOf('"payload":"') + 400),
      response,
    ),
  };
}

/** A copy in which one character is another one. */
function withOneByteChanged(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = copy[at] === 0x78 ? 0x79 : 0x78;
  return copy;
}

function tell({ answer, genuine, answerAltered, bundleAltered }: Steps): void {
  const heading = (text: string) => print(`\n${paint('bold', text)}`);
  print(`${paint('cyan', 'you')}   ${QUESTION}`);
  print(`${paint('cyan', 'model')} ${hang(answer, 6)}`);
  heading('The answer left with a receipt. Checked offline:');
  for (const line of report(genuine)) print(line);
  heading('The same, with one letter of the answer changed:');
  for (const line of failures(answerAltered)) print(line);
  heading('The same, with one character of the receipt changed:');
  for (const line of failures(bundleAltered)) print(line);
}

/** The headline and the checks that failed. */
function failures(verification: Verification): string[] {
  const failed = verification.checks.filter(({ status }) => status === 'fail');
  return report({ ...verification, checks: failed });
}
