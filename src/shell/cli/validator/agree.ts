/** `countersign validator agree`: signs a change to one's own key that an operator has proposed. */
import { Command } from 'commander';
import { keyLabel, sameKey, type VerifierKey } from '../../../note/key.js';
import { agreeTo, formatProposal, MAX_PROPOSAL_BYTES, readProposal } from '../../../receipt/key-proposal.js';
import type { SigningKey } from '../../files/keys.js';
import { UsageError } from '../exit-code.js';
import { readInput, writeOutputDurably } from '../files.js';
import { print, printJson } from '../print.js';
import { openValidatorKey } from '../verdict-artefacts.js';

interface AgreeOptions {
  readonly key: string;
  readonly newKey?: string;
  readonly out: string;
  readonly json?: true;
}

export function agreeCommand(): Command {
  return new Command('agree')
    .description('agree to a change to your key that the operator of a log has proposed')
    .argument('<proposal>', 'the file that the operator wrote')
    .requiredOption('--key <file>', 'the key that is admitted, rotated away or revoked')
    .option('--new-key <file>', 'in a rotation: the key that takes its place')
    .requiredOption('--out <file>', 'where the agreed proposal is written')
    .option('--json', 'print one line of JSON instead of words')
    .addHelpText(
      'after',
      `
Examples:
  countersign validator agree proposal.json --key validator.key --out agreed.json
  countersign validator agree proposal.json --key validator.key --new-key next.key --out agreed.json

Your key stays where it is; what you send back is a signature that is good for this change in this log alone.

Exit codes: 0 done, 30 the proposal is malformed, 64 wrong usage, such as a proposal about another key, 1 anything else.`,
    )
    .action(run);
}

async function run(path: string, { key, newKey, out, json }: AgreeOptions): Promise<void> {
  const proposal = readProposal(await readInput(path, MAX_PROPOSAL_BYTES));
  const { change } = proposal;
  const agreeing = {
    key: signerOf(await openValidatorKey(key, undefined), change.key),
    successor:
      newKey === undefined ? null : signerOf(await openValidatorKey(newKey, undefined), change.successor),
  };
  await writeOutputDurably(out, formatProposal(agreeTo(proposal, agreeing)));
  const { action, origin } = change;
  if (json) printJson({ action, key: keyLabel(change.key), origin, agreed: out });
  else
    print(
      `You agree that ${keyLabel(change.key)} ${WORDS[action]} in ${origin}. Give ${out} back to its operator, who logs it with:  npx countersign key admit ${out}`,
    );
}

const WORDS = { add: 'is admitted', rotate: 'is rotated', revoke: 'is revoked' } as const;

function signerOf({ key, signer }: SigningKey, meant: VerifierKey | null) {
  if (meant !== null && sameKey(key, meant)) return signer;
  throw new UsageError(
    `the proposal is about ${meant === null ? 'no second key' : keyLabel(meant)}, and this is ${keyLabel(key)}.`,
  );
}
