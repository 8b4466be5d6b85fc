/** `countersign key propose` and `key admit`: letting a validator into the log, and rotating or revoking its key. */
import { Command } from 'commander';
import { formatVerifierKey, KEY_TYPE, keyLabel, parseVerifierKey, type VerifierKey } from '../../note/key.js';
import { Failure } from '../../reason.js';
import {
  formatProposal,
  type KeyProposal,
  MAX_PROPOSAL_BYTES,
  readProposal,
} from '../../receipt/key-proposal.js';
import { readSigningKey, type SigningKey } from '../files/keys.js';
import { admitChange, proposeChange, type ValidatorChange } from './admit-key.js';
import { defaultDataFolder } from './data-folder.js';
import { UsageError } from './exit-code.js';
import { readInput, writeOutputDurably } from './files.js';
import { print, printJson } from './print.js';
import { withHouse } from './with-house.js';

interface AdmitOptions {
  readonly data: string;
  readonly recoveryKey?: string;
  readonly json?: true;
}

interface ProposeOptions extends AdmitOptions {
  readonly inPlaceOf?: string;
  readonly revoke?: true;
  readonly out: string;
}

export function proposeCommand(): Command {
  return common(new Command('propose'))
    .description('write down a change to a validator’s key, for its owner to agree to')
    .argument('<key>', 'the verifier key to admit; with --revoke, the label of one that was')
    .option('--in-place-of <label>', 'the validator’s key that this one follows')
    .option('--revoke', 'end the key')
    .requiredOption('--out <file>', 'where the proposal is written')
    .addHelpText(
      'after',
      `
Examples:
  countersign key propose "$(cat validator.vkey)" --out proposal.json
  countersign key propose "$(cat new.vkey)" --in-place-of validator.example+0a1b2c3d --out proposal.json
  countersign key propose validator.example+0a1b2c3d --revoke --out proposal.json

Its owner agrees with "countersign validator agree", and you log it with "countersign key admit". It holds until another key change is logged.
With --recovery-key an old key need not agree.
${EXIT_CODES}`,
    )
    .action(propose);
}

export function admitCommand(): Command {
  return common(new Command('admit'))
    .description('log a change to a validator’s key to which its owner has agreed')
    .argument('<proposal>', 'the file that came back')
    .addHelpText('after', `\nExamples:\n  countersign key admit agreed.json\n${EXIT_CODES}`)
    .action(admit);
}

const EXIT_CODES = '\nExit codes: 0 done, 64 wrong usage, 1 anything else; then the message says why.';

function common(command: Command): Command {
  return command
    .option('--data <folder>', 'where data and keys are kept', defaultDataFolder())
    .option('--recovery-key <file>', 'sign the change with the recovery key instead of the issuer’s')
    .option('--json', 'print one line of JSON instead of words');
}

async function propose(text: string, options: ProposeOptions): Promise<void> {
  const wanted = wantedChange(text, options);
  const recovery = await readRecovery(options);
  await withHouse(options.data, async house => {
    const proposal = await proposeChange(house, wanted, recovery, Date.now());
    await writeOutputDurably(options.out, formatProposal(proposal));
    const { action, key, sequence } = proposal.change;
    if (options.json) printJson({ action, key: keyLabel(key), sequence, proposal: options.out });
    else
      print(
        `The proposal is in ${options.out}. Its owner agrees with:  npx countersign validator agree ${options.out} --key <file>${action === 'rotate' ? ' --new-key <file>' : ''} --out agreed.json`,
      );
  });
}

function wantedChange(text: string, { inPlaceOf, revoke }: ProposeOptions): ValidatorChange {
  if (revoke && inPlaceOf !== undefined)
    throw new UsageError('--revoke and --in-place-of exclude each other.');
  if (revoke) return { action: 'revoke', label: text };
  const key = readKey(text);
  return inPlaceOf === undefined
    ? { action: 'add', key }
    : { action: 'rotate', label: inPlaceOf, successor: key };
}

function readKey(text: string): VerifierKey {
  try {
    const key = parseVerifierKey(text);
    if (key.type === KEY_TYPE.ed25519) return key;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
  // Whatever stands in a message stands in somebody's log.
  if (text.startsWith('PRIVATE+KEY+'))
    throw new UsageError(
      'this is a private key, which nobody but its owner may have. Ask him for the verifier key, which countersign validator prints first.',
    );
  throw new UsageError(
    `a validator has an Ed25519 verifier key, <name>+<key id>+<base64>, and this is none: ${text}`,
  );
}

async function admit(path: string, options: AdmitOptions): Promise<void> {
  const proposal = readProposal(await readInput(path, MAX_PROPOSAL_BYTES));
  const recovery = await readRecovery(options);
  requireAgreement(path, proposal);
  await withHouse(options.data, async house => {
    const { change, index } = await admitChange(house, proposal, recovery);
    const { action, key, successor } = change;
    if (options.json)
      printJson({ action, index, key: keyLabel(key), vkey: formatVerifierKey(successor ?? key) });
    else {
      const what = { add: 'is admitted', rotate: 'is rotated', revoke: 'is revoked' }[action];
      print(`${keyLabel(key)} ${what} by entry ${index} of the log.`);
      print(`Give everybody who checks your receipts the new trust file: ${house.folder.trust}`);
    }
  });
}

/** Nobody is admitted, or takes another's place, without his own word, whoever signs. */
function requireAgreement(path: string, { change, proofs }: KeyProposal): void {
  const { action, successor } = change;
  if ((action !== 'add' || proofs.key !== null) && (successor === null || proofs.successor !== null)) return;
  throw new UsageError(
    `nobody has agreed to what is in ${path} yet. The key's owner does it with countersign validator agree, and gives back the file that this writes.`,
  );
}

async function readRecovery({ recoveryKey }: AdmitOptions): Promise<SigningKey | null> {
  if (recoveryKey === undefined) return null;
  const key = await readSigningKey(recoveryKey, KEY_TYPE.ed25519);
  if (key === null) throw new UsageError(`${recoveryKey} cannot be read (there is no such file).`);
  return key;
}
