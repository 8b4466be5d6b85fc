/**
 * The files of a model: hashed and checked at the beginning. The network, which is large, is read again when it is first to run, by whoever runs it: what runs
 * is exactly the bytes that were hashed, or nothing.
 */

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
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

/** A network as it was hashed. */
export interface NetworkFile {
  readonly path: string;
  /** SHA-256, hexadecimal. */
  readonly digest: string;
}

export interface Model {
  /** `model.onnx`; see {@link readNetwork}. */
  readonly network: NetworkFile;
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
  const path = join(folder, NETWORK_FILE);
  for (const name of await readdir(folder)) {
    if (name !== NETWORK_FILE && name !== TOKENIZER_FILE && !IGNORED.has(name)) {
      throw new TypeError(`${folder}: ${name} does not belong to a model`);
    }
  }
  const [network, description] = await Promise.all([readFile(path), readFile(join(folder, TOKENIZER_FILE))]);
  const { shape, tokenizer } = parseDescription(description.toString());
  const digest = subjectDigest([
    { path: NETWORK_FILE, bytes: network },
    { path: TOKENIZER_FILE, bytes: description },
  ]);
  return { network: { path, digest: sha256(network) }, shape, tokenizer, digest };
}

/**
 * The bytes of a network. Rejects where the file has other ones by now than those that the model's digest is of. What it says may reach clients, whom it is no
 * business where the file is.
 */
export async function readNetwork({ path, digest }: NetworkFile): Promise<Uint8Array> {
  const bytes = await readFile(path).catch(() => null);
  if (bytes === null || sha256(bytes) !== digest)
    throw new Error(`${basename(path)} has changed since the engine was opened: start it again`);
  return bytes;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
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
