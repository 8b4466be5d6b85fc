import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { subjectDigest } from './digest.js';
import { parseDescription, readModel } from './model.js';
import { DEMONSTRATION_FOLDER } from './place.js';

const merges = [[5, 6]];
const model = { context: 8, vocabulary: 261, layers: 1, heads: 1, head: 2 };
const document = {
  format: 'countersign-demo-tokenizer/1',
  special: ['system', 'user', 'assistant', 'end'],
  model,
  merges,
};

describe('parseDescription', () => {
  it('takes what training writes', () => {
    const { shape, tokenizer } = parseDescription(JSON.stringify(document));
    expect(shape).toEqual(model);
    expect(tokenizer.vocabulary).toBe(261);
  });

  it.each([
    ['no JSON', '{'],
    ['null', 'null'],
    ['another format', JSON.stringify({ ...document, format: 'other/1' })],
    ['no model', JSON.stringify({ ...document, model: undefined })],
    ['a context of zero', JSON.stringify({ ...document, model: { ...model, context: 0 } })],
    ['a width in text', JSON.stringify({ ...document, model: { ...model, head: '2' } })],
    ['another vocabulary', JSON.stringify({ ...document, model: { ...model, vocabulary: 262 } })],
    ['no special tokens', JSON.stringify({ ...document, special: undefined })],
    ['no end token', JSON.stringify({ ...document, special: ['a', 'b', 'c', 'd'] })],
    ['a merge of three', JSON.stringify({ ...document, merges: [[5, 6, 7]] })],
    ['a merge of no tokens', JSON.stringify({ ...document, merges: [['a', 'b']] })],
    ['a merge of a later token', JSON.stringify({ ...document, merges: [[5, 300]] })],
  ])('refuses %s', (_, text) => {
    expect(() => parseDescription(text)).toThrow();
  });
});

describe('readModel', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'countersign-model-'));
    for (const name of ['model.onnx', 'tokenizer.json']) {
      await copyFile(join(DEMONSTRATION_FOLDER, name), join(folder, name));
    }
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('gives the digest of the very bytes that it hands to the runtime', async () => {
    const { digest, network } = await readModel(folder);
    const changed = Buffer.from(network);
    changed[changed.length - 1] = 1 + (changed.at(-1) ?? 0);
    await writeFile(join(folder, 'model.onnx'), changed);
    const other = await readModel(folder);
    expect(changed.equals(other.network)).toBe(true);
    expect(other.digest).not.toBe(digest);
  });

  it('refuses a folder with another file, which the digest would have to cover', async () => {
    await writeFile(join(folder, 'extra'), '');
    await expect(readModel(folder)).rejects.toThrow('extra');
  });

  it('leaves out what model signing leaves out', async () => {
    const { digest } = await readModel(folder);
    await writeFile(join(folder, '.gitignore'), '');
    expect((await readModel(folder)).digest).toBe(digest);
  });

  it('rejects where a file is missing', async () => {
    await rm(join(folder, 'model.onnx'));
    await expect(readModel(folder)).rejects.toThrow('ENOENT');
  });

  it('hashes both files', async () => {
    const { digest, network } = await readModel(DEMONSTRATION_FOLDER);
    expect(digest).not.toBe(subjectDigest([{ path: 'model.onnx', bytes: network }]));
  });
});
