/** `countersign revocations`: what a trust file lists as revoked. */
import { Command } from 'commander';
import type { KnownRevocation } from '../../appraise/trust.js';
import { UsageError } from './exit-code.js';
import { paint, print, printable, printJson } from './print.js';
import { ownTrustFile, readTrust } from './trust-file.js';

interface Options {
  readonly trust?: string;
  readonly json?: true;
}

export function revocationsCommand(): Command {
  return new Command('revocations')
    .description('list what a trust file says to be revoked: that of a gateway lists all of its log')
    .option('--trust <file>', `the trust file (default: ${ownTrustFile()})`)
    .option('--json', 'print one line of JSON instead of words')
    .addHelpText(
      'after',
      `
Examples:
  countersign revocations
  countersign revocations --trust ./data/trust.json --json

Exit codes: 0 listed (also where there is none), 30 a file that cannot be read, 64 there is none, 1 anything else.`,
    )
    .action(run);
}

async function run({ trust: path, json }: Options): Promise<void> {
  const trusted = await readTrust(path);
  if (trusted === null) throw new UsageError(`there is no trust file at ${ownTrustFile()}; pass --trust.`);
  const { revocations } = trusted.trust;
  const listed = revocations.map(({ revocation, decided, entry }) => ({ ...revocation, decided, entry }));
  if (json) return printJson({ revocations: listed });
  print(paint('bold', revocations.length === 0 ? 'Nothing is revoked.' : `${revocations.length} revoked:`));
  for (const revocation of revocations) print(line(revocation));
}

function line({ revocation: { field, value, reason, since }, decided, entry }: KnownRevocation): string {
  const bad = since === null ? 'always bad' : `bad since ${new Date(since).toISOString()}`;
  const by = entry === null ? 'on your word' : `entry ${entry}`;
  return `  ${field.padEnd(11)} ${printable(value)}\n              ${reason}, ${bad}, known since ${new Date(decided).toISOString()}, ${by}`;
}
