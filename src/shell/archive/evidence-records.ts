/**
 * Evidence with everything that was used to judge it: records of judgements, by the digest of what the hardware signed, and the pieces that they name
 * in the archive beside them, where pieces of several records are kept once.
 *
 * Not trusted: the folder. Records are named by the digest of their bytes and pieces by theirs, and both are hashed again when they are read, so that
 * whoever can write there can lose evidence but not change it. A record whose checks somebody has made up is found out by judging again. Trusted:
 * that no other process writes there at the same time.
 */
import { opendir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Appraised } from '../../appraise/evidence/appraised.js';
import type { Material } from '../../appraise/kept/material.js';
import {
  type EvidenceRecord,
  formatEvidenceRecord,
  keptCheck,
  MAX_RECORD_BYTES,
  type PieceEntry,
  parseEvidenceRecord,
  sortedEntries,
} from '../../appraise/kept/record.js';
import { checkPieces, MAX_PIECE_BYTES, type Piece } from '../../appraise/kept/roles.js';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { Failure } from '../../reason.js';
import { type Disk, errorCode, nodeDisk } from '../files/disk.js';
import { makeFoldersDurably, syncFile, syncFolder, writeDurably } from '../files/durable.js';
import { Archive, readBounded } from './archive.js';

export interface KeptPiece extends Piece {
  /** Unix seconds: when it came from whoever publishes it, if it did. */
  readonly fetched?: number;
}

/** A judgement, with what it was made from. */
export interface KeptMaterial extends Material {
  readonly pieces: readonly KeptPiece[];
}

export interface StoredRecord {
  /** SHA-256 of the record, hexadecimal. */
  readonly digest: string;
  readonly record: EvidenceRecord;
}

export interface FoundRecords {
  /** The earliest judgement first. */
  readonly records: readonly StoredRecord[];
  /** Files that are no records, or not those that they are named for. */
  readonly damaged: readonly string[];
}

/** The same evidence is judged a few times; whoever can hand in evidence must not be able to fill the disk with judgements of it. */
export const MAX_RECORDS_OF_ONE = 64;
/** Pieces that this process has made durable, which it need not look at again. */
const REMEMBERED = 4096;

export class EvidenceRecords {
  readonly #records: string;
  readonly #pieces: string;
  readonly #archive: Archive;
  readonly #disk: Disk;
  readonly #durable = new Set<string>();
  /** One write after another: files are replaced by names that only one may write at a time. */
  #last: Promise<unknown> = Promise.resolve();

  /** @param folder of the archive, whose pieces `Archive` gives as well */
  constructor(folder: string, disk: Disk = nodeDisk) {
    this.#pieces = folder;
    this.#records = join(folder, 'records');
    this.#archive = new Archive(folder);
    this.#disk = disk;
  }

  /**
   * Keeps a judgement made at `asOf` (Unix seconds) and its material; when it resolves, both survive a loss of power. Pieces are written before the record
   * that names them, so that a record never names what was lost on the way. Keeping the same again changes nothing.
   *
   * Rejects with `archive/pieces-unfit`, `archive/record-malformed`, `archive/full` or `archive/unavailable`; after the last one the record may be there or
   * not, and keeping it again sees to it.
   */
  keep(material: KeptMaterial, judgement: Appraised, asOf: number): Promise<StoredRecord> {
    const kept = this.#last.then(() => this.#keep(material, judgement, asOf));
    this.#last = kept.catch(() => undefined);
    return kept;
  }

  /** The judgements of evidence that has this digest of its signed region (hexadecimal). Rejects with `archive/unavailable`. */
  async find(signedRegion: string): Promise<FoundRecords> {
    if (!isDigest(signedRegion)) return { records: [], damaged: [] };
    const folder = this.#folderOf(signedRegion);
    const records: StoredRecord[] = [];
    const damaged: string[] = [];
    for (const name of await namesIn(folder)) {
      const digest = /^([0-9a-f]{64})\.json$/.exec(name)?.[1];
      // What a crash has left half written.
      if (digest === undefined) continue;
      // More than were ever kept here are somebody else's.
      const isOneTooMany = records.length >= MAX_RECORDS_OF_ONE;
      const record = isOneTooMany ? null : recordIn(join(folder, name), digest, signedRegion);
      if (record === null) damaged.push(name);
      else records.push({ digest, record });
    }
    return { records: records.sort((a, b) => a.record.asOf - b.record.asOf), damaged };
  }

  /** What a record was made from. Throws `archive/unknown`, `archive/corrupt` or `archive/unavailable`, naming the role. */
  materialOf({ kind, pieces }: EvidenceRecord): Material {
    return {
      kind,
      pieces: pieces.map(({ role, digest, length }) => {
        try {
          const bytes = this.#archive.get(digest, MAX_PIECE_BYTES);
          if (bytes.length === length) return { role, bytes };
        } catch (error) {
          if (error instanceof Failure) throw new Failure(error.code, { field: role, detail: digest });
          throw error;
        }
        throw new Failure('archive/record-malformed', { field: role, detail: 'another length' });
      }),
    };
  }

  /** The signed regions of all evidence, one after another, in no order. Rejects with `archive/unavailable`. */
  async *signedRegions(): AsyncGenerator<string> {
    for (const first of await namesIn(this.#records)) {
      if (!/^[0-9a-f]{2}$/.test(first)) continue;
      try {
        for await (const { name } of await opendir(join(this.#records, first)))
          if (isDigest(name) && name.startsWith(first)) yield name;
      } catch (error) {
        throw unavailable(error);
      }
    }
  }

  async #keep(material: KeptMaterial, { report, checks }: Appraised, asOf: number): Promise<StoredRecord> {
    checkPieces(material.kind, material.pieces);
    const entries = material.pieces.map(
      ({ role, bytes, fetched = null }): PieceEntry => ({
        role,
        digest: toHex(sha256(bytes)),
        length: bytes.length,
        fetched,
      }),
    );
    const record: EvidenceRecord = {
      kind: material.kind,
      signedRegion: toHex(report.signedRegion),
      whole: toHex(report.whole),
      pieces: sortedEntries(entries),
      asOf,
      checks: checks.map(keptCheck),
    };
    const bytes = formatEvidenceRecord(record);
    const digest = toHex(sha256(bytes));
    const folder = this.#folderOf(record.signedRegion);
    const name = `${digest}.json`;
    const others = (await namesIn(folder)).filter(each => each.endsWith('.json') && each !== name);
    if (others.length >= MAX_RECORDS_OF_ONE)
      throw new Failure('archive/full', { detail: record.signedRegion });
    try {
      for (const [at, piece] of material.pieces.entries())
        await this.#keepPiece((entries[at] as PieceEntry).digest, piece.bytes);
      await makeFoldersDurably(folder, this.#disk);
      await writeDurably(join(folder, name), bytes, 0o600, this.#disk);
    } catch (error) {
      throw unavailable(error);
    }
    return { digest, record };
  }

  async #keepPiece(digest: string, bytes: Uint8Array): Promise<void> {
    if (this.#durable.has(digest)) return;
    const folder = join(this.#pieces, digest.slice(0, 2));
    const path = join(folder, digest);
    await makeFoldersDurably(folder, this.#disk);
    if (this.#holds(digest)) {
      // Whoever wrote it may not have waited until it was on the disk.
      await syncFile(path, this.#disk);
      await syncFolder(folder, this.#disk);
    } else await writeDurably(path, bytes, 0o600, this.#disk);
    if (this.#durable.size >= REMEMBERED) this.#durable.clear();
    this.#durable.add(digest);
  }

  #holds(digest: string): boolean {
    try {
      this.#archive.get(digest, MAX_PIECE_BYTES);
      return true;
    } catch (error) {
      if (error instanceof Failure) return false;
      throw error;
    }
  }

  #folderOf(signedRegion: string): string {
    return join(this.#records, signedRegion.slice(0, 2), signedRegion);
  }
}

function recordIn(path: string, digest: string, signedRegion: string): EvidenceRecord | null {
  try {
    const bytes = readBounded(path, MAX_RECORD_BYTES);
    if (bytes === null || toHex(sha256(bytes)) !== digest) return null;
    const record = parseEvidenceRecord(bytes);
    return record.signedRegion === signedRegion ? record : null;
  } catch (error) {
    if (error instanceof Failure) return null;
    throw unavailable(error);
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw unavailable(error);
  }
}

function isDigest(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

function unavailable(error: unknown): Failure {
  return error instanceof Failure
    ? error
    : new Failure('archive/unavailable', { detail: errorCode(error) ?? 'unknown' });
}
