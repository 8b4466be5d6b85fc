/**
 * The closings of an operator, with their leaves, from its gateway or from its folder. What they say of the leaves is checked before any of it
 * counts, and the leaves are copied, so that proofs can be made of them.
 */
import { createWriteStream } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type KnownKey, keysWithLabel } from '../../../court/misbehaviour/known-keys.js';
import { Failure } from '../../../reason.js';
import { CLOSING, type Closing, checkClosing } from '../../../receipt/closing.js';
import {
  CLOSING_STATUSES,
  type ClosingLeaf,
  compareKeys,
  LEAF_BYTES,
  readLeaf,
} from '../../../receipt/closing-leaf.js';
import { readEntry } from '../../../receipt/entry.js';
import { type Envelope, envelopeIsSignedBy } from '../../../receipt/envelope.js';
import { readStatement } from '../../../receipt/statement.js';
import { recordsOf } from '../../files/record-sorter.js';
import { CLOSING_FILES, LeafFile } from '../../gateway/epochs/build-closing.js';
import { CLOSING_FILE } from '../../gateway/epochs/epoch-book.js';
import { KeptClosing } from '../../gateway/epochs/kept-closing.js';

/** What one asks for at a time may take, in milliseconds. */
const PATIENCE = 600_000;
const MAX_CLOSING_BYTES = 1 << 16;

export class ClosingsSource {
  readonly #place: string;
  readonly #folder: string;
  readonly #issuers: readonly KnownKey[];

  /**
   * @param place the address of a gateway, or a folder with closings
   * @param folder for copies
   * @param issuers whose closings count
   */
  constructor(place: string, folder: string, issuers: readonly KnownKey[]) {
    this.#place = place.replace(/\/+$/, '');
    this.#folder = folder;
    this.#issuers = issuers;
  }

  /** The epochs of which there are closings, as far as that can be told without asking for each. */
  async epochs(): Promise<readonly string[]> {
    if (this.#isRemote) return [];
    const names = await readdir(this.#place);
    return names.filter(name => name.endsWith(CLOSING_FILE)).map(name => name.slice(0, -CLOSING_FILE.length));
  }

  /** The closing of an epoch; null where there is none. Throws `closing/…`, `envelope/…`, `misbehaviour/key-…` or `peer/…`. */
  async closing(epoch: string): Promise<Envelope | null> {
    const bytes = await this.#fetch(`${epoch}${CLOSING_FILE}`, epoch, MAX_CLOSING_BYTES);
    if (bytes === null) return null;
    const envelope = readEntry(bytes);
    const { closing, issuer } = readStatement(CLOSING, envelope).predicate;
    if (issuer !== envelope.keyId || closing.epoch !== epoch)
      throw new Failure('closing/malformed', { field: 'closing.epoch' });
    checkClosing(closing);
    for (const { key } of keysWithLabel(issuer, this.#issuers))
      if (await envelopeIsSignedBy(envelope, key.publicKey)) {
        await mkdir(this.#folder, { recursive: true });
        await writeFile(join(this.#folder, `${epoch}${CLOSING_FILE}`), bytes);
        return envelope;
      }
    throw new Failure('envelope/signature-invalid', { field: issuer });
  }

  /**
   * The leaves of a closing, once they are known to be those that it stands for. Throws `closing/leaves-mismatch`, `closing/leaf-malformed` or
   * `peer/…`.
   */
  async leaves(closing: Closing): Promise<Iterable<ClosingLeaf>> {
    const path = join(this.#folder, `${closing.epoch}${CLOSING_FILES.leaves}`);
    await this.#copy(closing, path);
    checkLeaves(closing, path, join(this.#folder, `${closing.epoch}${CLOSING_FILES.hashes}`));
    return leavesIn(path);
  }

  /** The closing with its leaves, of which {@link leaves} has made sure. */
  async kept(epoch: string): Promise<KeptClosing> {
    return (await KeptClosing.open(this.#folder, epoch)) as KeptClosing;
  }

  get #isRemote(): boolean {
    return /^https?:\/\//.test(this.#place);
  }

  async #copy({ epoch, leaves }: Closing, path: string): Promise<void> {
    if (!this.#isRemote) return copyFile(join(this.#place, `${epoch}${CLOSING_FILES.leaves}`), path);
    const response = await this.#ask(`${epoch}/leaves`);
    if (response.status !== 200 || response.body === null)
      throw new Failure('peer/answer-missing', { field: `${epoch}/leaves` });
    let left = leaves.count * LEAF_BYTES;
    const bounded = async function* (body: AsyncIterable<Uint8Array>) {
      for await (const chunk of body) {
        left -= chunk.length;
        if (left < 0) throw new Failure('peer/answer-too-large', { field: `${epoch}/leaves` });
        yield chunk;
      }
    };
    await pipeline(bounded(Readable.fromWeb(response.body as never)), createWriteStream(path));
  }

  async #fetch(file: string, path: string, limit: number): Promise<Uint8Array | null> {
    if (!this.#isRemote) {
      const names = await readdir(this.#place);
      return names.includes(file) ? readFile(join(this.#place, file)) : null;
    }
    const response = await this.#ask(path);
    if (response.status === 404) return null;
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (response.status !== 200 || bytes.length > limit)
      throw new Failure('peer/answer-malformed', { field: path });
    return bytes;
  }

  async #ask(path: string): Promise<Response> {
    const url = `${this.#place}/v1/closings/${path}`;
    try {
      return await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(PATIENCE) });
    } catch {
      throw new Failure('peer/unreachable', { field: url });
    }
  }
}

function checkLeaves({ leaves, statuses }: Closing, path: string, hashes: string): void {
  const counts = new Map<string, number>();
  const file = new LeafFile(null, hashes);
  try {
    let before: Uint8Array | null = null;
    for (const record of recordsOf(path, LEAF_BYTES)) {
      const { status } = readLeaf(record);
      if (before !== null && compareKeys(before, record) >= 0)
        throw new Failure('closing/leaves-mismatch', { detail: 'not in order' });
      before = record.slice();
      counts.set(status, (counts.get(status) ?? 0) + 1);
      file.add(record);
    }
    file.makeDurable();
  } catch (error) {
    if (error instanceof RangeError) throw new Failure('closing/leaves-mismatch', { detail: 'cut off' });
    throw error;
  } finally {
    file.close();
  }
  const { count, root } = file.tree;
  const isCounted = CLOSING_STATUSES.every(status => (counts.get(status) ?? 0) === statuses[status]);
  if (count !== leaves.count || root !== leaves.root || !isCounted)
    throw new Failure('closing/leaves-mismatch');
}

function* leavesIn(path: string): Generator<ClosingLeaf> {
  for (const record of recordsOf(path, LEAF_BYTES)) yield readLeaf(record);
}
