import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { subjectDigest } from './digest.js';
import { parseDescription, readModel, readNetwork } from './model.js';
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

  it('gives the digest of the very bytes that the runtime gets; other ones it does not get', async () => {
    const { digest, network } = await readModel(folder);
    const changed = Buffer.from(await readNetwork(network));
    changed[changed.length - 1] = 1 + (changed.at(-1) ?? 0);
    await writeFile(network.path, changed);
    await expect(readNetwork(network)).rejects.toThrow('model.onnx has changed');
    const other = await readModel(folder);
    expect(changed.equals(await readNetwork(other.network))).toBe(true);
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
    const bytes = await readNetwork(network);
    expect(digest).not.toBe(subjectDigest([{ path: 'model.onnx', bytes }]));
  });
});
