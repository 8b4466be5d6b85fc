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
