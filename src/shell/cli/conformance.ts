/** `countersign conformance`: checks what others' test suites hand in, one JSON object at a time. */
import { Command } from 'commander';
import { Failure } from '../../reason.js';
import { answerWith, type ConformanceAnswer, EXIT_CODES } from './conformance/answer.js';
import { MAX_INPUT_BYTES } from './conformance/input.js';
import type { Verb } from './conformance/verb.js';
import { VERBS } from './conformance/verbs.js';
import { printJson } from './print.js';

export function conformanceCommand(): Command {
  const command = new Command('conformance')
    .description(
      'check what a test suite of others hands in: one JSON object on standard input, one on standard output',
    )
    .addHelpText('after', EXAMPLES);
  for (const verb of VERBS) command.addCommand(commandOf(verb));
  return command;
}

const CODES =
  'Exit codes: 0 accepted, 10 refused, 20 inconclusive or unsupported, 30 malformed (the input too), 64 wrong usage, 1 anything else.';

const EXAMPLES = `
Examples:
  countersign conformance verify-note < note.json
  echo '{"note": "…", "vkeys": ["…"]}' | countersign conformance verify-note

Bytes are in base64 and times as RFC 3339 has them. The answer is {"status", "code", "reason", "evidenceDigest", "claims"}; spec/conformance.md
says what each verb reads and finds.
${CODES}`;

function commandOf(verb: Verb): Command {
  return new Command(verb.name)
    .description(`check ${verb.about}`)
    .addHelpText('after', `\nExamples:\n  countersign conformance ${verb.name} < input.json\n\n${CODES}`)
    .action(async () => {
      const answer = await answerTo(verb, await standardInput());
      printJson(answer);
      process.exitCode = EXIT_CODES[answer.status];
    });
}

async function answerTo(verb: Verb, input: Uint8Array): Promise<ConformanceAnswer> {
  try {
    return await verb.answer(input);
  } catch (error) {
    if (!(error instanceof Failure && error.code === 'conformance/input-malformed')) throw error;
    return { ...answerWith('malformed', error.code), reason: error.message };
  }
}

/** All that stands on standard input; what is more than anything may have is cut off there, and then refused for its length. */
async function standardInput(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_INPUT_BYTES) break;
  }
  return Buffer.concat(chunks);
}
