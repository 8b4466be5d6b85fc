import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reasonOf } from '../../../test/support/failure.js';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { utf8 } from '../../bytes/octets.js';
import { Archive } from './archive.js';

let folder: string;
let archive: Archive;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-archive-'));
  archive = new Archive(join(folder, 'evidence'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const BYTES = utf8('evidence');
const DIGEST = toHex(sha256(BYTES));
const place = () => join(folder, 'evidence', DIGEST.slice(0, 2), DIGEST);

describe('the archive', () => {
  it('gives what it was given, to another process too', () => {
    archive.put(DIGEST, BYTES);
    archive.put(DIGEST, BYTES);
    expect(Buffer.from(new Archive(join(folder, 'evidence')).get(DIGEST))).toEqual(Buffer.from(BYTES));
    expect(readdirSync(join(folder, 'evidence', DIGEST.slice(0, 2)))).toEqual([DIGEST]);
    expect(statSync(place()).mode & 0o777).toBe(0o600);
  });

  it('archive/unknown: what it does not have, and what is no digest', () => {
    for (const digest of [DIGEST, '', '../keys/log.key', DIGEST.toUpperCase(), `${DIGEST}0`])
      expect(reasonOf(() => archive.get(digest))).toBe('archive/unknown');
  });

  it('archive/corrupt: bytes that are not those that were put', () => {
    archive.put(DIGEST, BYTES);
    writeFileSync(place(), 'other');
    expect(reasonOf(() => archive.get(DIGEST))).toBe('archive/corrupt');
  });

  it('archive/unavailable: a folder that cannot be written, and a file that cannot be read', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(reasonOf(() => new Archive(join(folder, 'file')).put(DIGEST, BYTES))).toBe('archive/unavailable');
    mkdirSync(place(), { recursive: true });
    expect(reasonOf(() => archive.get(DIGEST))).toBe('archive/unavailable');
  });
});
