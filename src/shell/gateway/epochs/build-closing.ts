/**
 * From the journal of an epoch to its closing, and the leaves that it stands for. Memory stays flat, however many exchanges there were. The same
 * journal always gives the same closing, so that a crash in the middle of it changes nothing.
 *
 * Synchronous: it runs in a thread of its own.
 */
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { toHex } from '../../../bytes/hex.js';
import { u64be } from '../../../bytes/octets.js';
import { Failure } from '../../../reason.js';
import type { Closing } from '../../../receipt/closing.js';
import {
  CLIENT_LEAF_BYTES,
  CLOSING_STATUSES,
  compareKeys,
  LEAF_BYTES,
  LEAF_KEY_BYTES,
} from '../../../receipt/closing-leaf.js';
import { readEntry } from '../../../receipt/entry.js';
import { EPOCH } from '../../../receipt/epoch.js';
import { readStatement } from '../../../receipt/statement.js';
import { Frontier } from '../../../tree/frontier.js';
import { leafHash } from '../../../tree/hash.js';
import { RecordSorter } from '../../files/record-sorter.js';
import { indexOf, type JournalEnd, RECORD_BYTES } from './journal-format.js';
import { framesOf } from './read-journal.js';

/** Files beside each other: `<base>.leaves` and so on. */
export const CLOSING_FILES = { leaves: '.leaves', clients: '.clients', hashes: '.hashes' } as const;

/** Leaves below each of the hashes that are kept. */
export const BLOCK = 256;

export interface BuiltClosing {
  readonly closing: Closing;
  readonly made: number;
}

const CLIENT_BYTES = 26;
const NUMBER_BYTES = 8;
const DIGEST_AT = LEAF_KEY_BYTES + 1;
/** The status of a number that was given. */
const GIVEN = 0;
const OPEN = CLOSING_STATUSES.indexOf('open') + 1;
const LOST = CLOSING_STATUSES.indexOf('lost') + 1;
const LAST_WITH_RECEIPT = 4;

/**
 * Writes the leaves of a journal that has its end to `<base>.leaves`, `<base>.clients` and `<base>.hashes`, durably. Throws `epoch/journal-damaged` for a journal without
 * an end.
 *
 * @param partBytes how many bytes of records are held in memory, at most
 */
export function buildClosing(journal: string, base: string, partBytes?: number): BuiltClosing {
  const parts = `${base}.parts`;
  rmSync(parts, { recursive: true, force: true });
  const sorter = new RecordSorter(parts, { length: RECORD_BYTES, keyLength: LEAF_KEY_BYTES }, partBytes);
  let entry: Uint8Array | null = null;
  let end: JournalEnd | null = null;
  for (const frame of framesOf(journal)) {
    if (frame.kind === 'entry') entry ??= frame.entry.slice();
    else if (frame.kind === 'records') for (const record of frame.records) sorter.add(record);
    else if (frame.kind === 'end') end = frame.end;
  }
  if (entry === null || end === null) throw new Failure('epoch/journal-damaged', { field: journal });
  const { epoch, issuer } = readStatement(EPOCH, readEntry(entry)).predicate;
  const written = writeLeaves(sorter.sorted(), base, end.ending === 'complete' ? OPEN : LOST);
  rmSync(parts, { recursive: true, force: true });
  return { closing: { ...written, ending: end.ending, epoch, issuer, through: end.through }, made: end.made };
}

/** @param unended the status of a number of which only is known that it was given */
function writeLeaves(
  records: Iterable<Uint8Array>,
  base: string,
  unended: number,
): Pick<Closing, 'leaves' | 'clients' | 'statuses'> {
  const leaves = new LeafFile(base + CLOSING_FILES.leaves, base + CLOSING_FILES.hashes);
  const clients = new LeafFile(base + CLOSING_FILES.clients, null);
  const counts = new Array<number>(CLOSING_STATUSES.length).fill(0);
  const client = new ClientSum();
  try {
    for (const record of settled(records)) {
      if (record[LEAF_KEY_BYTES] === GIVEN) record[LEAF_KEY_BYTES] = unended;
      const code = record[LEAF_KEY_BYTES] as number;
      counts[code - 1] = (counts[code - 1] as number) + 1;
      leaves.add(record.subarray(0, LEAF_BYTES));
      if (!client.isOf(record)) {
        if (client.count > 0) clients.add(client.leaf());
        client.begin(record);
      }
      client.add(record);
    }
    if (client.count > 0) clients.add(client.leaf());
    leaves.makeDurable();
    clients.makeDurable();
  } finally {
    leaves.close();
    clients.close();
  }
  const statuses = Object.fromEntries(CLOSING_STATUSES.map((status, at) => [status, counts[at] as number]));
  return { leaves: leaves.tree, clients: clients.tree, statuses: statuses as Closing['statuses'] };
}

/** One record for each number: the one with its receipt, or else what is known last. */
function* settled(records: Iterable<Uint8Array>): Generator<Uint8Array> {
  const best = new Uint8Array(RECORD_BYTES);
  let any = false;
  for (const record of records) {
    if (any && compareKeys(best, record) === 0) {
      if (!hasReceipt(best)) best.set(record);
      continue;
    }
    if (any) yield best;
    best.set(record);
    any = true;
  }
  if (any) yield best;
}

function hasReceipt(record: Uint8Array): boolean {
  const code = record[LEAF_KEY_BYTES] as number;
  return code !== GIVEN && code <= LAST_WITH_RECEIPT;
}

/** What the records of one client come to. */
class ClientSum {
  count = 0;
  readonly #name = new Uint8Array(CLIENT_BYTES);
  readonly #head = new Uint8Array(32);
  #headIndex = -1;

  isOf(record: Uint8Array): boolean {
    return this.count > 0 && compareKeys(this.#name, record, CLIENT_BYTES) === 0;
  }

  begin(record: Uint8Array): void {
    this.count = 0;
    this.#name.set(record.subarray(0, CLIENT_BYTES));
    this.#head.fill(0);
    this.#headIndex = -1;
  }

  add(record: Uint8Array): void {
    this.count++;
    if (!hasReceipt(record) || indexOf(record) <= this.#headIndex) return;
    this.#headIndex = indexOf(record);
    this.#head.set(record.subarray(DIGEST_AT, LEAF_BYTES));
  }

  leaf(): Uint8Array {
    const leaf = new Uint8Array(CLIENT_LEAF_BYTES);
    leaf.set(this.#name);
    leaf.set(u64be(this.count), CLIENT_BYTES);
    leaf.set(this.#head, CLIENT_BYTES + NUMBER_BYTES);
    return leaf;
  }
}

/** Leaves in their order: written to a file or not, with the root over them, and the roots of the full blocks in another file. */
export class LeafFile {
  readonly #leaves: BufferedFile | null;
  readonly #hashes: BufferedFile | null;
  readonly #tree = new Frontier();
  #block = new Frontier();

  constructor(leaves: string | null, hashes: string | null) {
    this.#leaves = leaves === null ? null : new BufferedFile(leaves);
    this.#hashes = hashes === null ? null : new BufferedFile(hashes);
  }

  add(leaf: Uint8Array): void {
    this.#leaves?.write(leaf);
    const hash = leafHash(leaf);
    this.#tree.push(hash);
    if (this.#hashes === null) return;
    this.#block.push(hash);
    if (this.#block.size < BLOCK) return;
    this.#hashes.write(this.#block.root());
    this.#block = new Frontier();
  }

  get tree(): Closing['leaves'] {
    return { count: this.#tree.size, root: toHex(this.#tree.root()) };
  }

  makeDurable(): void {
    this.#leaves?.makeDurable();
    this.#hashes?.makeDurable();
  }

  close(): void {
    this.#leaves?.close();
    this.#hashes?.close();
  }
}

/** What is written at a time, in bytes. */
const WRITING = 1 << 16;

class BufferedFile {
  readonly #file: number;
  readonly #room = new Uint8Array(WRITING);
  #filled = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'w', 0o644);
  }

  write(bytes: Uint8Array): void {
    if (this.#filled + bytes.length > WRITING) this.#flush();
    this.#room.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  makeDurable(): void {
    this.#flush();
    fsyncSync(this.#file);
  }

  close(): void {
    closeSync(this.#file);
  }

  #flush(): void {
    const bytes = this.#room.subarray(0, this.#filled);
    for (let written = 0; written < bytes.length; ) written += writeSync(this.#file, bytes, written);
    this.#filled = 0;
  }
}
