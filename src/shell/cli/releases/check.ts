/** Whether the entries of an appraisal policy are what the statements say that they rest on. */
import * as v from 'valibot';
import { AppraisalPolicySchema } from '../../../appraise/verdict/appraisal-policy-schema.js';
import { advice, Failure, type ReasonCode, says } from '../../../reason.js';
import { keptRelease } from '../../releases/kept-releases.js';
import { checkEntry, type SignedEntry } from '../../releases/signed-off.js';
import { EXIT } from '../exit-code.js';
import { readInput } from '../files.js';
import { paint, print, printJson } from '../print.js';
import { readAppraisalPolicy } from '../verdict-artefacts.js';

interface Checked {
  readonly list: SignedEntry['list'];
  readonly name: string;
  readonly status: 'signed' | 'unsigned' | 'refused';
  readonly code: ReasonCode | null;
  readonly detail: string | null;
}

/** The exit code. */
export async function checkReleases(
  path: string,
  { kept, asOf = Date.now(), json }: { readonly kept: string; readonly asOf?: number; readonly json?: true },
): Promise<number> {
  const policy = v.parse(AppraisalPolicySchema, await readAppraisalPolicy(path));
  const checked: Checked[] = [];
  for (const list of ['releases', 'models'] as const)
    for (const { signed, ...entry } of policy[list])
      checked.push(
        signed === undefined
          ? { list, name: entry.name, status: 'unsigned', code: null, detail: null }
          : await checkOne({ list, entry: { ...entry, signed } } as SignedEntry, kept, asOf),
      );
  const exitCode = checked.some(({ status }) => status === 'refused') ? EXIT.fail : EXIT.pass;
  if (json) printJson({ entries: checked, exitCode });
  else if (checked.length === 0)
    print('The policy lists no releases and no models, so nothing in it rests on a signature.');
  else for (const line of checked.flatMap(words)) print(line);
  return exitCode;
}

async function checkOne(written: SignedEntry, kept: string, asOf: number): Promise<Checked> {
  const { list, entry } = written;
  const { name } = entry;
  try {
    const releases = [];
    for (const signed of entry.signed) releases.push(await keptRelease(kept, signed, asOf, readInput));
    checkEntry(written, releases);
    return { list, name, status: 'signed', code: null, detail: null };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { list, name, status: 'refused', code: error.code, detail: error.detail ?? null };
  }
}

function words({ list, name, status, code, detail }: Checked): string[] {
  const style = status === 'signed' ? 'green' : status === 'refused' ? 'red' : 'yellow';
  const line = `${paint(style, status.toUpperCase().padEnd(9))} ${list}: ${name}`;
  if (code === null) return [line];
  return [
    `${line}: ${code}`,
    `          ${says(code)}${detail === null ? '' : ` Found: ${detail}.`} ${advice(code)}`,
  ];
}
