/**
 * The files of a model: read once, hashed, checked. What runs is exactly the bytes that were hashed.
 */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { subjectDigest } from './digest.js';
import { Tokenizer } from './tokenizer.js';

/** Sizes of a model; see `models/network.py`. */
export interface ModelShape {
  /** Positions that prompt and answer share. */
  readonly context: number;
  readonly vocabulary: number;
  readonly layers: number;
  readonly heads: number;
  /** Width of one head. */
  readonly head: number;
}

export interface Model {
  /** The bytes of `model.onnx`. */
  readonly network: Uint8Array;
  readonly shape: ModelShape;
  readonly tokenizer: Tokenizer;
  /** The OpenSSF model-signing subject digest of the folder, hexadecimal. */
  readonly digest: string;
}

const NETWORK_FILE = 'model.onnx';
const TOKENIZER_FILE = 'tokenizer.json';
const TOKENIZER_FORMAT = 'countersign-demo-tokenizer/1';

/** What model signing leaves out of a folder. */
const IGNORED = new Set(['.git', '.gitattributes', '.github', '.gitignore']);

/**
 * Reads a model's folder. Rejects where a file is missing or does not describe a model, and where there
 * is any other file: it would be part of the folder's signed digest, but not of what runs.
 */
export async function readModel(folder: string): Promise<Model> {
  for (const name of await readdir(folder)) {
    if (name !== NETWORK_FILE && name !== TOKENIZER_FILE && !IGNORED.has(name)) {
      throw new TypeError(`${folder}: ${name} does not belong to a model`);
    }
  }
  const [network, description] = await Promise.all([
    readFile(join(folder, NETWORK_FILE)),
    readFile(join(folder, TOKENIZER_FILE)),
  ]);
  const { shape, tokenizer } = parseDescription(description.toString());
  const digest = subjectDigest([
    { path: NETWORK_FILE, bytes: network },
    { path: TOKENIZER_FILE, bytes: description },
  ]);
  return { network, shape, tokenizer, digest };
}

/** Parses `tokenizer.json`. Throws TypeError where it is not what `models/tokenizer.py` writes. */
export function parseDescription(text: string): { shape: ModelShape; tokenizer: Tokenizer } {
  const document: unknown = JSON.parse(text);
  const { format, special, model, merges } = record(document, 'the document');
  if (format !== TOKENIZER_FORMAT)
    throw new TypeError(`${TOKENIZER_FILE}: format is not ${TOKENIZER_FORMAT}`);
  const sizes = record(model, 'model');
  const shape: ModelShape = {
    context: size(sizes, 'context'),
    vocabulary: size(sizes, 'vocabulary'),
    layers: size(sizes, 'layers'),
    heads: size(sizes, 'heads'),
    head: size(sizes, 'head'),
  };
  const tokenizer = new Tokenizer({ special: list(special, 'special').map(String), merges: pairs(merges) });
  if (tokenizer.vocabulary !== shape.vocabulary) {
    throw new TypeError(
      `${TOKENIZER_FILE}: ${tokenizer.vocabulary} tokens, but a vocabulary of ${shape.vocabulary}`,
    );
  }
  return { shape, tokenizer };
}

function record(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null)
    throw new TypeError(`${TOKENIZER_FILE}: ${name} is no object`);
  return { ...value };
}

function list(value: unknown, name: string): unknown[] {
  if (!Array.isArray(value)) throw new TypeError(`${TOKENIZER_FILE}: ${name} is no array`);
  return value;
}

function size(sizes: Record<string, unknown>, name: string): number {
  const value = sizes[name];
  if (!Number.isSafeInteger(value) || Number(value) < 1) {
    throw new TypeError(`${TOKENIZER_FILE}: model.${name} is no positive integer`);
  }
  return Number(value);
}

function pairs(value: unknown): [number, number][] {
  return list(value, 'merges').map(entry => {
    const [left, right, ...more] = list(entry, 'a merge');
    if (!Number.isSafeInteger(left) || !Number.isSafeInteger(right) || more.length > 0) {
      throw new TypeError(`${TOKENIZER_FILE}: a merge is no pair of tokens`);
    }
    return [Number(left), Number(right)];
  });
}
