import { readdirSync, readFileSync } from 'node:fs';
import Ajv2020 from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { isReasonCode } from '../src/reason.js';
import '../src/shell/node.js';
import { CORPUS_FOLDER, judge, readCorpus } from './support/corpus.js';

interface Generator {
  /** The files by name. */
  corpusFiles(): Map<string, string>;
}

const generator: Generator = await import(new URL('../scripts/corpus.mjs', import.meta.url).href);
const corpus = readCorpus();
const cases = corpus.flatMap(file => file.cases);

/** Every fault that a reader meets first, in notes, checkpoints, proofs, policies, tiles and COSE receipts, by the ids of some cases. */
const FAULTS: Readonly<Record<string, readonly string[]>> = {
  'bad base64': [
    'signature-line/base64-padding-bits',
    'checkpoint/root-padding-bits',
    'tlog-proof/hash-padding-bits',
    'policy/witness-bad-base64',
    'cose-receipt/base64',
  ],
  hexadecimal: [
    'vkey/id-prefixed',
    'checkpoint/size-hexadecimal',
    'tlog-proof/index-hexadecimal',
    'policy/threshold-hexadecimal',
    'tile-path/level-hexadecimal',
    'cose-receipt/prefixed-hexadecimal',
    'cose-receipt/proof-index-hexadecimal',
  ],
  'leading zeros': [
    'cosignature/ed25519-leading-zero',
    'checkpoint/size-leading-zero',
    'tlog-proof/index-leading-zero',
    'policy/threshold-leading-zero',
    'tile-path/width-leading-zero',
    'cose-receipt/wide-size-8',
  ],
  nothing: [
    'note/empty',
    'checkpoint/empty',
    'tlog-proof/index-empty',
    'policy/empty',
    'tile-path/empty',
    'entry-bundle/empty',
    'cose-receipt/empty',
  ],
  spaces: [
    'note/blank-with-space',
    'checkpoint/size-trailing-space',
    'tlog-proof/index-two-spaces',
    'policy/keyword-no-break-space',
    'tile-path/level-trailing-space',
    'cose-receipt/space',
  ],
  'something twice': [
    'cosignature/ed25519-twice',
    'checkpoint/size-doubled',
    'tlog-proof/index-doubled',
    'policy/key-twice',
    'tile-path/slash-doubled',
    'cose-receipt/header-doubled-alg',
  ],
  'an end that is cut off': [
    'note/no-final-newline',
    'checkpoint/no-final-newline',
    'inclusion/last-missing',
    'policy/truncated',
    'entry-bundle/cut-off',
    'cose-receipt/truncated-minus-1',
  ],
  'too much': [
    'note/over-1-mib',
    'checkpoint/size-huge',
    'tlog-proof/oversized-proof',
    'policy/over-256-kib',
    'entry-bundle/over-full',
    'cose-receipt/over-16-kib',
  ],
  'wrong blank lines': [
    'note/blank-between',
    'checkpoint/blank-inside',
    'tlog-proof/blank-after-header',
    'add-checkpoint/blank-first',
    'tile-path/newline',
    'cose-receipt/newline-after',
  ],
};

describe('the corpus', () => {
  it('is what scripts/corpus.mjs writes', () => {
    const written = generator.corpusFiles();
    const names = readdirSync(CORPUS_FOLDER).filter(name => name.endsWith('.json'));
    expect(names.toSorted()).toEqual([...written.keys()].toSorted());
    for (const [name, content] of written)
      expect(readFileSync(new URL(name, CORPUS_FOLDER), 'utf8') === content, name).toBe(true);
  });

  it('fits its schema, and its codes are of the list', () => {
    const schema = JSON.parse(readFileSync(new URL('../schemas/corpus.json', CORPUS_FOLDER), 'utf8'));
    const validate = new Ajv2020.default({
      strict: true,
      allowUnionTypes: true,
      strictRequired: false,
    }).compile(schema);
    for (const file of corpus)
      expect(validate(file), `${file.kind}: ${JSON.stringify(validate.errors)}`).toBe(true);
    for (const { id, expect: expected } of cases)
      if (expected.verdict === 'refused' && expected.code !== null)
        expect(isReasonCode(expected.code), id).toBe(true);
  });

  it('has at least 200 refused cases, each with an id of its own', () => {
    expect(cases.filter(each => each.expect.verdict === 'refused').length).toBeGreaterThanOrEqual(200);
    expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length);
  });

  it.each(Object.entries(FAULTS))('has %s in everything that can have it', (_, ids) => {
    const refused = new Set(cases.filter(each => each.expect.verdict === 'refused').map(({ id }) => id));
    for (const id of ids) expect(refused, id).toContain(id);
  });

  it('explains every rule of its profile in its README', () => {
    const page = readFileSync(new URL('README.md', CORPUS_FOLDER), 'utf8');
    for (const { source } of cases) {
      const rule = /^profile: (.*)$/.exec(source)?.[1];
      if (rule !== undefined) expect(page).toContain(`\`${rule}\``);
    }
    for (const { kind } of corpus) expect(page).toContain(`\`${kind}\``);
  });
});

describe.each(corpus)('$kind', ({ kind, cases }) => {
  it.each(cases)('$id: $what', async ({ input, context, expect: expected }) => {
    expect(await judge(kind, input, context)).toEqual(expected);
  });
});
