/** Which reasons verifying a bundle can give: whoever verifies in a browser loads the texts of these, and only the names of all others. */
import { readFileSync } from 'node:fs';

const source = new URL('../src/', import.meta.url);

/** What a file imports when it runs, lazily or at once: not types. */
const IMPORT = /^(?:import|export) (?!type\b)(?:[^;']*? from )?'(\.[^']+)';|\bimport\('(\.[^']+)'\)/gm;

/** The files that run when `entry` does, as paths below `src/`; `reason.ts` and what it imports left out. */
export function filesBehind(entry) {
  const found = new Map();
  const visit = path => {
    if (found.has(path) || path.startsWith('reason')) return;
    const text = readFileSync(new URL(path, source), 'utf8');
    found.set(path, text);
    for (const [, now, later] of text.matchAll(IMPORT)) {
      const url = new URL((now ?? later).replace(/\.js$/, '.ts'), new URL(path, source));
      visit(url.href.slice(source.href.length));
    }
  };
  visit(entry);
  return found;
}

/** Those of `reasons` whose codes the files mention. */
export function reasonsIn(files, reasons) {
  const all = [...files.values()].join('\n');
  return Object.fromEntries(Object.entries(reasons).filter(([code]) => all.includes(`'${code}'`)));
}

/** What no exchange ends with, by what stands before the slash: of those who look at receipts, and no gateway's. */
const NEVER_IN_RECEIPTS = [
  'appraisal',
  'conformance',
  'import',
  'mirror',
  'misbehaviour',
  'monitor',
  'reconcile',
  'release',
  'sigstore',
  'stamp',
  'verdict',
  'views',
];

/** Those of all codes that may stand in a receipt: everybody who reads one has to know them, in a browser as well. */
export function receiptCodes(codes) {
  const verifying = [...filesBehind('appraise/verify.ts').values()].join('\n');
  return codes.filter(
    code => !NEVER_IN_RECEIPTS.includes(code.split('/')[0]) || verifying.includes(`'${code}'`),
  );
}

/** The text of `src/reason-core-table.ts`. */
export function coreReasonTable(reasons) {
  const core = reasonsIn(filesBehind('appraise/verify.ts'), reasons);
  const others = {};
  for (const code of receiptCodes(Object.keys(reasons))) {
    if (Object.hasOwn(core, code)) continue;
    const [noun, what] = code.split('/');
    others[noun] = others[noun] === undefined ? what : `${others[noun]} ${what}`;
  }
  // In order they take the least room.
  for (const [noun, whats] of Object.entries(others)) others[noun] = whats.split(' ').sort().join(' ');
  return `/** Generated from spec/reasons.json by scripts/generate.mjs; do not edit. */

/** The reasons that verifying a bundle can give. */
export const CORE_REASONS = ${JSON.stringify(core, null, 2)} as const;

/** What follows the slash in all other codes that a receipt may have, by what stands before it. */
export const OTHER_CODES = ${JSON.stringify(others, null, 2)} as const;
`;
}
