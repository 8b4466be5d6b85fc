/**
 * Writes the corpus, `spec/corpus/*.json`: `node scripts/corpus.mjs`. A test fails while a file is not what this writes.
 *
 * Inputs and verdicts stand in the tables of `scripts/corpus/`; nothing here asks `src/` what it thinks.
 */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { checkpoints, cosignatures } from './corpus/checkpoints.mjs';
import { coseReceipts } from './corpus/cose/receipts.mjs';
import { coseConsistencies, coseInclusions } from './corpus/cose/verified.mjs';
import { notes, signatureLines, verifiedNotes, vkeys } from './corpus/keys.mjs';
import { policies, quorums } from './corpus/policies.mjs';
import { consistencies, inclusions, subtrees, tlogProofs } from './corpus/proofs.mjs';
import { bundles, tilePaths } from './corpus/tiles.mjs';
import { addCheckpoints, cosignatureAnswers, signSubtrees, treeSizes } from './corpus/witness.mjs';

const FOLDER = new URL('../spec/corpus/', import.meta.url);

/** Every file of the corpus by its name, with what it holds. */
export function corpusFiles() {
  const tables = [
    vkeys(),
    signatureLines(),
    notes(),
    verifiedNotes(),
    checkpoints(),
    cosignatures(),
    policies(),
    quorums(),
    tilePaths(),
    bundles(),
    tlogProofs(),
    inclusions(),
    consistencies(),
    subtrees(),
    addCheckpoints(),
    signSubtrees(),
    cosignatureAnswers(),
    treeSizes(),
    coseReceipts(),
    coseInclusions(),
    coseConsistencies(),
  ];
  return new Map(tables.map(table => [`${table.kind}.json`, serialize(table)]));
}

/** One case a line, so that a change shows as what it is. */
function serialize({ kind, what, cases }) {
  const lines = cases.map(each => `    ${JSON.stringify(each)}`).join(',\n');
  return `{\n  "$schema": "../schemas/corpus.json",\n  "kind": ${JSON.stringify(kind)},\n  "what": ${JSON.stringify(what)},\n  "cases": [\n${lines}\n  ]\n}\n`;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const files = corpusFiles();
  for (const name of readdirSync(FOLDER)) if (name.endsWith('.json')) rmSync(new URL(name, FOLDER));
  for (const [name, content] of files) writeFileSync(new URL(name, FOLDER), content);
}
