/**
 * A validator's record of its own verdicts that were proven wrong: a proof against each, in the order in which they came. Every batch that it signs says how
 * many there are and has the root over them, so that it can hide none later. Nothing is ever taken out.
 *
 * Whoever brings proofs is not trusted: of one wrong verdict anybody can make any number of them, which differ in a clause or in bytes that nobody looks at. The
 * first is kept.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { toHex } from '../../bytes/hex.js';
import { evidenceName } from '../../court/misbehaviour/evidence.js';
import { type Judgement, judgeEvidence } from '../../court/misbehaviour/judge.js';
import type { KnownKeys } from '../../court/misbehaviour/known-keys.js';
import { accusedVerdict, WRONG_VERDICT } from '../../court/misbehaviour/wrong-verdict.js';
import { keyLabel, type VerifierKey } from '../../note/key.js';
import { Failure } from '../../reason.js';
import { Frontier } from '../../tree/frontier.js';
import { leafHash } from '../../tree/hash.js';
import type { Disk } from '../files/disk.js';
import { makeFoldersDurably, readIfPresent, writeDurably } from '../files/durable.js';

const FILE = /^(\d{6})-(p11-[0-9a-f]{32})\.json$/;

/** What came of a proof that somebody brought. */
export interface Brought {
  readonly judgement: Judgement;
  /** The file that it is kept in; null when it proves nothing against this validator. */
  readonly name: string | null;
  readonly isNew: boolean;
}

export class OverturnedRecord {
  readonly #folder: string;
  readonly #disk: Disk;
  readonly #names: string[];
  /** The file of the proof against a verdict. */
  readonly #ofVerdict: Map<string, string>;
  readonly #roots: string[];
  readonly #tree: Frontier;
  #turn: Promise<unknown> = Promise.resolve();

  /** Throws `verdict/state-corrupt` when a proof between two others is gone. */
  static async open(folder: string, disk: Disk): Promise<OverturnedRecord> {
    await makeFoldersDurably(folder, disk);
    const names = (await readdir(folder)).filter(name => FILE.test(name)).sort();
    const tree = new Frontier();
    const roots = [toHex(tree.root())];
    const ofVerdict = new Map<string, string>();
    for (const [at, name] of names.entries()) {
      const bytes = await readIfPresent(join(folder, name));
      if (bytes === null || Number(FILE.exec(name)?.[1]) !== at)
        throw new Failure('verdict/state-corrupt', { field: join(folder, name) });
      tree.push(leafHash(bytes));
      roots.push(toHex(tree.root()));
      ofVerdict.set(accusedVerdict(bytes) ?? name, name);
    }
    return new OverturnedRecord(folder, disk, { names, ofVerdict, roots, tree });
  }

  private constructor(
    folder: string,
    disk: Disk,
    kept: {
      readonly names: string[];
      readonly ofVerdict: Map<string, string>;
      readonly roots: string[];
      readonly tree: Frontier;
    },
  ) {
    this.#folder = folder;
    this.#disk = disk;
    this.#names = kept.names;
    this.#ofVerdict = kept.ofVerdict;
    this.#roots = kept.roots;
    this.#tree = kept.tree;
  }

  /** The names of the files, oldest first. */
  get names(): readonly string[] {
    return this.#names;
  }

  /** The first so many proofs, at most all, and the root over them. */
  upTo(count: number): { readonly count: number; readonly root: string } {
    const least = Math.min(count, this.#names.length);
    return { count: least, root: this.#roots[least] as string };
  }

  /** A proof by the name of its file; null for none. */
  async read(name: string): Promise<Uint8Array | null> {
    return this.#names.includes(name) ? readIfPresent(join(this.#folder, name)) : null;
  }

  /** Judges what somebody has brought as a stranger would, and keeps it, durably, when it is a proof against one of these keys. */
  bring(bytes: Uint8Array, own: readonly VerifierKey[]): Promise<Brought> {
    const turn = this.#turn.then(() => this.#bring(bytes, own));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #bring(bytes: Uint8Array, own: readonly VerifierKey[]): Promise<Brought> {
    const judgement = await judgeEvidence(bytes, ownKeys(own));
    const isOurs = judgement.outcome === 'proven' && own.some(key => keyLabel(key) === judgement.accused);
    if (!isOurs || judgement.type !== WRONG_VERDICT.type) return { judgement, name: null, isNew: false };
    const accused = accusedVerdict(bytes) as string;
    const before = this.#ofVerdict.get(accused);
    if (before !== undefined) return { judgement, name: before, isNew: false };
    const name = `${String(this.#names.length).padStart(6, '0')}-${evidenceName(bytes, WRONG_VERDICT.type)}.json`;
    await writeDurably(join(this.#folder, name), bytes, 0o644, this.#disk);
    this.#names.push(name);
    this.#ofVerdict.set(accused, name);
    this.#tree.push(leafHash(bytes));
    this.#roots.push(toHex(this.#tree.root()));
    return { judgement, name, isNew: true };
  }
}

/** Against whom a validator takes proofs: itself. */
function ownKeys(own: readonly VerifierKey[]): KnownKeys {
  const validators = own.map(key => ({ key, retired: null }));
  return { logs: [], witnesses: [], issuers: [], validators, stampers: [] };
}
