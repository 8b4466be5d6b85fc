/**
 * What a witness's cosignatures say, in words that its operator publishes. Source: C2SP tlog-cosignature, "Additional statements": a key
 * has one set of statements, so a key that has been used under one statement is never used under another.
 */
import { fromUtf8, utf8 } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { readIfPresent, writeDurably } from '../files/durable.js';

export type StatementName = 'consistent' | 'entries-checked';

const CONSISTENT = `A cosignature by this witness says: as of the time in it, this is the largest tree that the witness has seen of the log
that the checkpoint names, and it extends every tree of that log which the witness has cosigned before.`;

const STATEMENTS: Readonly<Record<StatementName, string>> = {
  consistent: `${CONSISTENT}
It says nothing about the entries: the witness has not seen them.
`,
  'entries-checked': `${CONSISTENT}
It also says (entries-checked): the witness has read every entry of that tree, from the first to the last, and hashed them
itself to the root that it cosigned; and it has found each to be one canonical envelope, with a valid signature by an issuer
that was registered with the witness, over a statement of a known type that is valid by itself. Whether entries agree with each
other (counters, epochs, double receipts), and whether what they say is true, it does not say.
`,
};

/** The text that goes with a name: what a policy may rely on. */
export function statementText(name: StatementName): string {
  return STATEMENTS[name];
}

/**
 * Binds the key in a file to a statement, for ever, by a file beside it. Throws `witness/statement-changed` when it is bound to another
 * one.
 */
export async function bindStatement(keyFile: string, name: StatementName | 'mirrored'): Promise<void> {
  const path = `${keyFile}.statement`;
  const bound = await readIfPresent(path);
  if (bound === null) return writeDurably(path, utf8(`${name}\n`));
  if (fromUtf8(bound) !== `${name}\n`) throw new Failure('witness/statement-changed', { field: path });
}
