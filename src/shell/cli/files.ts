/** Reading and writing the files that people name on the command line. */
import { createReadStream } from 'node:fs';
import { rm, stat, writeFile } from 'node:fs/promises';
import { Failure } from '../../reason.js';
import { writeDurably } from '../files/durable.js';
import { UsageError } from './exit-code.js';

/** A file's bytes. Throws a usage error when it cannot be read or has more than `limit` bytes. */
export async function readInput(path: string, limit: number): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    // A device says that it is empty, and has no end.
    const bytes = size <= limit ? await readUpTo(path, limit + 1) : null;
    if (bytes !== null && bytes.length <= limit) return bytes;
  } catch (error) {
    throw new UsageError(`${path} cannot be read (${reason(error)}).`);
  }
  throw new UsageError(`${path} has more than ${limit} bytes, which nothing of ours has.`);
}

/**
 * The same for a file that a running gateway reads again when it changes. Whoever opens a named pipe waits for its writer, and everything
 * else that is to be read again would wait with him. Throws a usage error as well when it is no regular file.
 */
export async function readStored(path: string, limit: number): Promise<Uint8Array> {
  const found = await stat(path).catch(() => null);
  if (found !== null && !found.isFile() && !found.isDirectory())
    throw new UsageError(`${path} is no regular file, and a gateway reads it again while it runs.`);
  return readInput(path, limit);
}

async function readUpTo(path: string, most: number): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  // Its end is the last byte that is wanted.
  for await (const part of createReadStream(path, { end: most - 1 })) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** `mode` 600 for what only the owner may read. Throws a usage error when the file cannot be written. */
export async function writeOutput(path: string, bytes: Uint8Array, mode = 0o644): Promise<void> {
  try {
    // A file that was there before would have kept its mode.
    await rm(path, { force: true });
    await writeFile(path, bytes, { mode });
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** The same, but so that a loss of power leaves either the file of before or all of the new one. */
export async function writeOutputDurably(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeDurably(path, bytes);
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** What keeps a file from being written, as a usage error; what is no fault of the file system comes back as it is. */
export function unwritable(path: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code !== 'string' || error instanceof Failure) return error;
  const why = code === 'ENOENT' ? 'there is no such folder' : reason(error);
  return new UsageError(`${path} cannot be written (${why}).`);
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['EISDIR', 'it is a folder'],
  ['EACCES', 'it is not allowed'],
]);

function reason(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return REASONS.get(code ?? '') ?? code ?? 'unknown';
}
