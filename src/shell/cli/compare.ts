/** `countersign compare`: two verdicts beside each other; with what they were made from, which of them is wrong. */
import { Command } from 'commander';
import { type Comparison, compareVerdicts } from '../../appraise/verdict/compare.js';
import { evidenceName, formatEvidence } from '../../court/misbehaviour/evidence.js';
import { keysWithLabel, knownKeys } from '../../court/misbehaviour/known-keys.js';
import { readVerdict } from '../../court/misbehaviour/stated-verdict.js';
import { makeWrongVerdict, type VerdictArtefacts } from '../../court/misbehaviour/wrong-verdict.js';
import { parseVerifierKey } from '../../note/key.js';
import { Failure } from '../../reason.js';
import { type Envelope, envelopeIsSignedBy, parseEnvelope } from '../../receipt/envelope.js';
import type { Clause, Verdict } from '../../receipt/verdict.js';
import { nodeDisk } from '../files/disk.js';
import { makeFoldersDurably } from '../files/durable.js';
import { collect } from './collect.js';
import { EXIT, UsageError } from './exit-code.js';
import { readInput, writeOutputDurably } from './files.js';
import { paint, print, printJson } from './print.js';
import { ownTrustFile, readTrust } from './trust-file.js';
import { readAppraisalPolicy, readEvidenceFiles } from './verdict-artefacts.js';

interface CompareOptions {
  readonly bundle?: string;
  readonly policy?: string;
  readonly evidence: readonly string[];
  readonly trust?: string;
  readonly key: readonly string[];
  readonly out?: string;
  readonly json?: true;
}

const MAX_BYTES = 1 << 20;

export function compareCommand(): Command {
  return new Command('compare')
    .description('line two verdicts up clause by clause, and say which of them is wrong')
    .argument('<verdict>', 'a signed verdict')
    .argument('<other>', 'another one')
    .option('--bundle <file>', 'what they were made from: then it is judged again')
    .option('--policy <file>', 'the policy that they were made under')
    .option('--evidence <file>', 'evidence that they were made from; repeat it for several', collect, [])
    .option('--trust <file>', `the trust file that they name (default: ${ownTrustFile()}, when it is there)`)
    .option('--key <verifier key>', 'whose verdicts count; repeat it for several', collect, [])
    .option('--out <folder>', 'write the proof that one is wrong here')
    .option('--json', 'print one line of JSON instead of words')
    .addHelpText('after', EXAMPLES)
    .action(run);
}

const EXAMPLES = `
Examples:
  countersign compare ours.json theirs.json
  countersign compare ours.json theirs.json --bundle bundle.json --policy policy.yaml --trust trust.json --out .

Two verdicts that were asked the same (bundle, trust file, policy, evidence, time, rules) and differ contradict each other: one is
wrong. Where they were asked something else, a difference is nobody's fault.

Exit codes: 0 nothing contradicts, 10 they contradict each other, or one is wrong when judged again, 30 malformed, or not signed by the key that it names, 64 wrong usage, 1 anything else.`;

interface Side {
  readonly envelope: Envelope;
  readonly verdict: Verdict;
  /** That it is signed by a key that is known; null where none with its name is. */
  readonly isSigned: true | null;
  /** What judging again gives; null where it was not. */
  readonly again: 'right' | 'wrong' | null;
  /** Why it was not; null where it was. */
  readonly unjudged: string | null;
  /** The file with the proof. */
  readonly proof: string | null;
}

async function run(first: string, second: string, options: CompareOptions): Promise<void> {
  const sides = await sidesOf([first, second], options);
  const [a, b] = sides as [Side, Side];
  const comparison = compareVerdicts(a.verdict, b.verdict);
  const isWrong = comparison.kind === 'contradiction' || sides.some(({ again }) => again === 'wrong');
  const exitCode = isWrong ? EXIT.fail : EXIT.pass;
  if (options.json) {
    const told = sides.map(({ envelope, isSigned, again, unjudged, proof }) => ({
      by: envelope.keyId,
      isSigned,
      again,
      unjudged,
      proof,
    }));
    printJson({ ...comparison, verdicts: told, exitCode });
  } else for (const line of words(comparison, a, b)) print(line);
  process.exitCode = exitCode;
}

async function sidesOf(paths: readonly string[], options: CompareOptions): Promise<Side[]> {
  const { bundle, policy, evidence } = options;
  if ((bundle === undefined) !== (policy === undefined))
    throw new UsageError('to judge again takes both --bundle and --policy.');
  if (bundle === undefined && (evidence.length > 0 || options.out !== undefined))
    throw new UsageError('--evidence and --out are for judging again, which takes --bundle and --policy.');
  const trusted = await readTrust(options.trust);
  const known = knownKeys(trusted?.trust ?? null, options.key.map(readKey));
  const artefacts: VerdictArtefacts | null =
    bundle === undefined || policy === undefined
      ? null
      : {
          bundle: await readInput(bundle, MAX_BYTES),
          trust: trusted?.bytes ?? null,
          policy: await readAppraisalPolicy(policy),
          evidence: await readEvidenceFiles(evidence),
        };
  const sides: Side[] = [];
  for (const path of paths) {
    const envelope = parseEnvelope(await readInput(path, MAX_BYTES));
    const verdict = readVerdict(envelope);
    let isSigned: boolean | null = null;
    for (const { key } of labelled(envelope.keyId, known.validators))
      isSigned = isSigned === true || (await envelopeIsSignedBy(envelope, key.publicKey));
    // Nobody has said it: it is neither the same as another verdict nor wrong.
    if (isSigned === false) throw new Failure('envelope/signature-invalid', { field: path });
    const judged =
      artefacts === null
        ? { again: null, unjudged: 'pass --bundle and --policy', proof: null }
        : await judgedAgain(envelope, verdict, artefacts, options.out);
    sides.push({ envelope, verdict, isSigned, ...judged });
  }
  return sides;
}

function labelled(label: string, validators: Parameters<typeof keysWithLabel>[1]) {
  try {
    return keysWithLabel(label, validators);
  } catch (error) {
    if (error instanceof Failure && error.code === 'misbehaviour/key-unknown') return [];
    throw error;
  }
}

/** A verdict that was made from something else is not judged by this. */
async function judgedAgain(
  envelope: Envelope,
  verdict: Verdict,
  artefacts: VerdictArtefacts,
  folder: string | undefined,
): Promise<Pick<Side, 'again' | 'unjudged' | 'proof'>> {
  try {
    const evidence = await makeWrongVerdict({ envelope, verdict, inBatch: null }, artefacts);
    if (folder === undefined) return { again: 'wrong', unjudged: null, proof: null };
    const bytes = formatEvidence(evidence);
    const path = `${folder}/${evidenceName(bytes, evidence.type)}.json`;
    await makeFoldersDurably(folder, nodeDisk);
    await writeOutputDurably(path, bytes);
    return { again: 'wrong', unjudged: null, proof: path };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.code === 'misbehaviour/verdict-right') return { again: 'right', unjudged: null, proof: null };
    if (error.code === 'misbehaviour/artefact-mismatch')
      return { again: null, unjudged: ARTEFACTS.get(error.field ?? '') ?? OTHER_ARTEFACT, proof: null };
    if (error.code === 'misbehaviour/checker-unknown')
      return { again: null, unjudged: `it is by other rules, ${error.detail}`, proof: null };
    throw error;
  }
}

const OTHER_ARTEFACT = 'it was made from something else';
const ARTEFACTS: ReadonlyMap<string, string> = new Map([
  ['bundle', 'it was made from another bundle; pass that as --bundle'],
  ['trust', 'it was made by another trust file; pass that as --trust'],
  ['policy', 'it was made under another policy; pass that as --policy'],
  ['evidence', 'it was made from other evidence; pass all of that as --evidence'],
]);

function readKey(text: string) {
  try {
    return parseVerifierKey(text);
  } catch {
    throw new UsageError(`--key takes a verifier key, <name>+<key id>+<base64>, and this is none: ${text}`);
  }
}

const HEADLINES: Record<Comparison['kind'], string> = {
  same: 'THE SAME            they say the same of every clause',
  'other-question':
    'ANOTHER QUESTION    they differ, and were not asked the same: nobody is shown to be wrong',
  contradiction: 'CONTRADICTION       they were asked the same and differ: one of them is wrong',
};

function words({ kind, inputs, clauses }: Comparison, a: Side, b: Side): string[] {
  const style = kind === 'contradiction' ? 'red' : kind === 'same' ? 'green' : 'yellow';
  return [
    paint(['bold', style], HEADLINES[kind]),
    '',
    ...(inputs.length === 0 ? [] : [`  not the same: ${inputs.join(', ')}`, '']),
    ...clauses.map(
      ({ clause, first, second }) => `  ${clause.padEnd(12)} ${said(first)}  |  ${said(second)}`,
    ),
    ...(clauses.length === 0 ? [] : ['']),
    ...[a, b].map(about),
  ];
}

function said(clause: Clause | null): string {
  if (clause === null) return 'nothing';
  return clause.code === null ? clause.status : `${clause.status} (${clause.code})`;
}

function about({ envelope, isSigned, again, unjudged, proof }: Side): string {
  const signature = isSigned === null ? 'signature not checked: pass --key' : 'signed';
  const judged = again === null ? `not judged again: ${unjudged}` : `${again} when judged again`;
  return `  ${envelope.keyId}: ${signature}; ${judged}${proof === null ? '' : `; the proof is in ${proof}`}`;
}
