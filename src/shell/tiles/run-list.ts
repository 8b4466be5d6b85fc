/** The file that says which runs a key index has, and what each must hold. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { concatAll, fromU64be, u64be } from '../../bytes/octets.js';
import type { RunSummary } from './key-run.js';

/** Its name. */
export const RUNS = 'runs';
const SUMMARY_BYTES = 8 + 8 + 4 + 4;

export interface RunList {
  /** Entries whose keys are all in the runs. */
  readonly through: number;
  /** Oldest first. */
  readonly runs: readonly RunSummary[];
}

export function runName(number: number): string {
  return `${number}.run`;
}

export function runPath(folder: string, number: number): string {
  return join(folder, runName(number));
}

export function runsPath(folder: string): string {
  return join(folder, RUNS);
}

/**
 * `u64be entries ‖ (u64be number ‖ u64be records ‖ u32be CRC-32 of the records ‖ u32be CRC-32 of the blocks) for each run, oldest first ‖
 * u32be CRC-32 of all that`.
 */
export function formatRuns({ through, runs }: RunList): Uint8Array {
  const parts = runs.flatMap(({ number, records, recordsCrc, blocksCrc }) => [
    u64be(number),
    u64be(records),
    u32be(recordsCrc),
    u32be(blocksCrc),
  ]);
  const content = concatAll([u64be(through), ...parts]);
  return concatAll([content, u32be(crc32(content))]);
}

/** What the file in a folder says, or null when it is missing or not as it was written. */
export async function readRuns(folder: string): Promise<RunList | null> {
  const bytes = await readFile(runsPath(folder)).catch(() => null);
  if (bytes === null || bytes.length < 12 || (bytes.length - 12) % SUMMARY_BYTES !== 0) return null;
  if (crc32(bytes.subarray(0, -4)) !== bytes.readUInt32BE(bytes.length - 4)) return null;
  const through = fromU64be(bytes);
  if (through === null) return null;
  const runs: RunSummary[] = [];
  for (let at = 8; at < bytes.length - 4; at += SUMMARY_BYTES) {
    const [number, records] = [fromU64be(bytes.subarray(at)), fromU64be(bytes.subarray(at + 8))];
    if (number === null || records === null) return null;
    const [recordsCrc, blocksCrc] = [bytes.readUInt32BE(at + 16), bytes.readUInt32BE(at + 20)];
    runs.push({ number, records, recordsCrc, blocksCrc });
  }
  return { through, runs };
}

function u32be(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}
