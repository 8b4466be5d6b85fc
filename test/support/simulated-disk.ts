/**
 * A file system that keeps, at a loss of power, no more than it has promised to: what was synced, and of the rest anything.
 *
 * What is asked of it is done at once to files in a real folder, so that the code under test reads them as it always does, and written
 * down. From what was written down, {@link Replay} goes through the same life again and says, at any moment, what a disk may hold after
 * the power went: every sector that was written since its last sync in any of the states that it went through, zeros included where a
 * file grew; every file with any of the lengths that it had; every new, renamed or removed name there or not, in any combination. A
 * sync of a file promises its bytes and its length; its name is promised by a sync of the folder alone. A write may tear at the border
 * of any sector; a rename is one step.
 *
 * A sync that fails promises nothing, and the pages that it should have written count as clean from then on, as Linux has it: a later
 * sync does not write them again. Names and lengths, which file systems keep in a journal, do stay to be written.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Disk, nodeDisk } from '../../src/shell/files/disk.js';

type Inode = number;
const ROOT: Inode = 0;

type Operation =
  | {
      readonly kind: 'create';
      readonly folder: Inode;
      readonly name: string;
      readonly inode: Inode;
      readonly isFolder: boolean;
    }
  | { readonly kind: 'write'; readonly inode: Inode; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly inode: Inode; readonly length: number }
  | { readonly kind: 'rename'; readonly folder: Inode; readonly from: string; readonly to: string }
  | { readonly kind: 'remove'; readonly folder: Inode; readonly name: string }
  | { readonly kind: 'begin-sync'; readonly inode: Inode; readonly sync: number }
  | { readonly kind: 'end-sync'; readonly inode: Inode; readonly sync: number; readonly failed: boolean }
  | { readonly kind: 'evict'; readonly inode: Inode; readonly sector: number; readonly bytes: Uint8Array };

/** Where there is more than one way for a disk to be. */
export interface Chooser {
  /** One of 0 to `count` - 1, a higher one being newer. */
  pick(count: number): number;
}

/** What a disk holds after a crash: paths relative to its root, and for a folder null. Folders come before what is in them. */
export type Image = ReadonlyMap<string, Uint8Array | null>;

export function writeImage(folder: string, image: Image): void {
  for (const [path, bytes] of image) {
    if (bytes === null) mkdirSync(join(folder, path), { recursive: true });
    else writeFileSync(join(folder, path), bytes);
  }
}

/** A sector of which nobody can say what it holds on the platter. */
interface Doubt {
  /** What it may hold whatever is synced later. */
  settled: Uint8Array[];
  /** What it has been made to hold since the last sync, and when. */
  dirty: { readonly at: number; readonly bytes: Uint8Array }[];
}

class FileState {
  readonly #sectorBytes: number;
  /** What a reader sees. */
  live: Uint8Array;
  #settled: Uint8Array;
  #settledLength: number;
  readonly #doubts = new Map<number, Doubt>();
  #lengths: { readonly at: number; readonly length: number }[] = [];

  constructor(sectorBytes: number, bytes: Uint8Array = new Uint8Array()) {
    this.#sectorBytes = sectorBytes;
    this.live = bytes.slice();
    this.#settled = bytes;
    this.#settledLength = bytes.length;
  }

  write(at: number, position: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const before = this.live.length;
    this.#resize(at, Math.max(before, position + bytes.length));
    this.live.set(bytes, position);
    this.#soil(at, Math.min(position, before), position + bytes.length);
  }

  truncate(at: number, length: number): void {
    const before = this.live.length;
    this.#resize(at, length);
    this.#soil(at, Math.min(length, before), Math.max(length, before));
  }

  endSync(begun: number, failed: boolean): void {
    for (const [sector, doubt] of this.#doubts) {
      const written = doubt.dirty.filter(({ at }) => at < begun).map(({ bytes }) => bytes);
      doubt.dirty = doubt.dirty.filter(({ at }) => at >= begun);
      if (failed) doubt.settled.push(...written);
      else doubt.settled = written.length > 0 ? written.slice(-1) : doubt.settled;
      this.#forgetIfSettled(sector, doubt);
    }
    if (failed) return;
    this.#settledLength = this.#lengths.filter(({ at }) => at < begun).at(-1)?.length ?? this.#settledLength;
    this.#lengths = this.#lengths.filter(({ at }) => at >= begun);
  }

  /** The sectors that a failed sync has left clean and unwritten, with one of their contents: what a reader sees once memory is short. */
  evictions(chooser: Chooser): { readonly sector: number; readonly bytes: Uint8Array }[] {
    return [...this.#doubts].flatMap(([sector, { settled, dirty }]) => {
      if (dirty.length > 0) return [];
      return { sector, bytes: settled[chooser.pick(settled.length)] as Uint8Array };
    });
  }

  evict(sector: number, bytes: Uint8Array): void {
    const start = sector * this.#sectorBytes;
    if (start < this.live.length) {
      this.live = this.live.slice();
      this.live.set(bytes.subarray(0, this.live.length - start), start);
    }
    const doubt: Doubt = { settled: [bytes], dirty: [] };
    this.#doubts.set(sector, doubt);
    this.#forgetIfSettled(sector, doubt);
  }

  crash(chooser: Chooser): Uint8Array {
    const lengths = [this.#settledLength, ...this.#lengths.map(({ length }) => length)];
    const bytes = new Uint8Array(lengths[chooser.pick(lengths.length)] as number);
    bytes.set(this.#settled.subarray(0, bytes.length));
    for (const [sector, { settled, dirty }] of this.#doubts) {
      const start = sector * this.#sectorBytes;
      if (start >= bytes.length) continue;
      const states = [...settled, ...dirty.map(version => version.bytes)];
      const state = states[chooser.pick(states.length)] as Uint8Array;
      bytes.set(state.subarray(0, bytes.length - start), start);
    }
    return bytes;
  }

  #resize(at: number, length: number): void {
    if (length === this.live.length) return;
    const resized = new Uint8Array(length);
    resized.set(this.live.subarray(0, length));
    this.live = resized;
    this.#lengths.push({ at, length });
  }

  /** Notes what the sectors of a range hold now. */
  #soil(at: number, from: number, to: number): void {
    for (let sector = Math.floor(from / this.#sectorBytes); sector * this.#sectorBytes < to; sector++) {
      const doubt = this.#doubts.get(sector) ?? { settled: [this.#sector(this.#settled, sector)], dirty: [] };
      doubt.dirty.push({ at, bytes: this.#sector(this.live, sector) });
      this.#doubts.set(sector, doubt);
    }
  }

  #sector(bytes: Uint8Array, sector: number): Uint8Array {
    const content = new Uint8Array(this.#sectorBytes);
    content.set(bytes.subarray(sector * this.#sectorBytes, (sector + 1) * this.#sectorBytes));
    return content;
  }

  #forgetIfSettled(sector: number, { settled, dirty }: Doubt): void {
    if (dirty.length > 0 || settled.length > 1) return;
    const end = (sector + 1) * this.#sectorBytes;
    const grown = new Uint8Array(Math.max(end, this.#settled.length));
    grown.set(this.#settled);
    grown.set(settled[0] as Uint8Array, end - this.#sectorBytes);
    this.#settled = grown;
    this.#doubts.delete(sector);
  }
}

type Names = Map<string, Inode>;

class FolderState {
  readonly live: Names;
  readonly #settled: Names;
  #dirty: { readonly at: number; readonly change: (names: Names) => void }[] = [];

  constructor(names: Names = new Map()) {
    this.live = names;
    this.#settled = new Map(names);
  }

  change(at: number, change: (names: Names) => void): void {
    change(this.live);
    this.#dirty.push({ at, change });
  }

  endSync(begun: number, failed: boolean): void {
    if (failed) return;
    for (const { at, change } of this.#dirty) if (at < begun) change(this.#settled);
    this.#dirty = this.#dirty.filter(({ at }) => at >= begun);
  }

  crash(chooser: Chooser): Names {
    const names = new Map(this.#settled);
    for (const { change } of this.#dirty) if (chooser.pick(2) === 1) change(names);
    return names;
  }
}

/** Files and folders, with what is in doubt of each. */
class Model {
  readonly files = new Map<Inode, FileState>();
  readonly folders = new Map<Inode, FolderState>();
  readonly #sectorBytes: number;
  readonly #begun = new Map<number, number>();
  #at = 0;
  #inodes = 1;

  constructor(image: Image, sectorBytes: number) {
    this.#sectorBytes = sectorBytes;
    const names = new Map<Inode, Names>([[ROOT, new Map()]]);
    const inodes = new Map<string, Inode>([['.', ROOT]]);
    for (const [path, bytes] of image) {
      const inode = this.nextInode();
      inodes.set(path, inode);
      names.get(inodes.get(dirname(path)) as Inode)?.set(path.slice(path.lastIndexOf('/') + 1), inode);
      if (bytes === null) names.set(inode, new Map());
      else this.files.set(inode, new FileState(sectorBytes, bytes));
    }
    for (const [inode, folder] of names) this.folders.set(inode, new FolderState(folder));
  }

  nextInode(): Inode {
    return this.#inodes++;
  }

  apply(operation: Operation): void {
    const at = this.#at++;
    switch (operation.kind) {
      case 'create': {
        const { folder, name, inode, isFolder } = operation;
        if (isFolder) this.folders.set(inode, new FolderState());
        else this.files.set(inode, new FileState(this.#sectorBytes));
        this.folders.get(folder)?.change(at, names => names.set(name, inode));
        return;
      }
      case 'write':
        this.files.get(operation.inode)?.write(at, operation.position, operation.bytes);
        return;
      case 'truncate':
        this.files.get(operation.inode)?.truncate(at, operation.length);
        return;
      case 'rename': {
        const { folder, from, to } = operation;
        const inode = this.folders.get(folder)?.live.get(from) as Inode;
        this.folders.get(folder)?.change(at, names => {
          names.delete(from);
          names.set(to, inode);
        });
        return;
      }
      case 'remove':
        this.folders.get(operation.folder)?.change(at, names => names.delete(operation.name));
        return;
      case 'begin-sync':
        this.#begun.set(operation.sync, at);
        return;
      case 'end-sync': {
        const { inode, sync, failed } = operation;
        const begun = this.#begun.get(sync) as number;
        (this.files.get(inode) ?? this.folders.get(inode))?.endSync(begun, failed);
        return;
      }
      case 'evict':
        this.files.get(operation.inode)?.evict(operation.sector, operation.bytes);
    }
  }

  crash(chooser: Chooser): Image {
    const image = new Map<string, Uint8Array | null>();
    const look = (folder: Inode, path: string) => {
      for (const [name, inode] of this.folders.get(folder)?.crash(chooser) ?? []) {
        const file = this.files.get(inode);
        image.set(path + name, file === undefined ? null : file.crash(chooser));
        if (file === undefined) look(inode, `${path}${name}/`);
      }
    };
    look(ROOT, '');
    return image;
  }
}

/** A disk as one process has it; after `kill` it does nothing more for that process. */
export interface Mounted extends Disk {
  kill(): void;
}

export class SimulatedDisk {
  readonly #folder: string;
  readonly #start: Image;
  readonly #sectorBytes: number;
  readonly #model: Model;
  readonly #operations: Operation[] = [];
  readonly #files = new Map<number, Inode>();
  #syncs = 0;
  #failingSync = Number.POSITIVE_INFINITY;

  /** @param folder what is in it counts as durable */
  constructor(folder: string, sectorBytes: number) {
    this.#folder = folder;
    this.#start = readImage(folder);
    this.#sectorBytes = sectorBytes;
    this.#model = new Model(this.#start, sectorBytes);
  }

  /** How much has happened. */
  get position(): number {
    return this.#operations.length;
  }

  /** How many syncs have been asked for. */
  get syncs(): number {
    return this.#syncs;
  }

  failSync(number: number): void {
    this.#failingSync = number;
  }

  replay(): Replay {
    return new Replay(new Model(this.#start, this.#sectorBytes), this.#operations);
  }

  /** Memory grew short: what failed syncs have left as clean is read from the platter again. */
  evict(chooser: Chooser): void {
    const look = (folder: Inode, path: string) => {
      for (const [name, inode] of this.#model.folders.get(folder)?.live ?? []) {
        const file = this.#model.files.get(inode);
        if (file === undefined) look(inode, join(path, name));
        else if (this.#evictFrom(inode, file, chooser)) writeFileSync(join(path, name), file.live);
      }
    };
    look(ROOT, this.#folder);
  }

  /** A disk for one process, which is killed before it does anything at the position `killedAt`. */
  mount(killedAt = Number.POSITIVE_INFINITY): Mounted {
    let isDead = false;
    const alive = <Result>(act: () => Result): Result => {
      isDead ||= this.position >= killedAt;
      if (isDead) throw new Error('this process has been killed');
      return act();
    };
    const sync = async (file: number) => {
      const inode = alive(() => this.#files.get(file));
      if (inode === undefined) return;
      const number = this.#syncs++;
      this.#record({ kind: 'begin-sync', inode, sync: number });
      await nextTurn();
      const failed = number === this.#failingSync;
      alive(() => this.#record({ kind: 'end-sync', inode, sync: number, failed }));
      if (failed) throw Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO' });
    };
    const rename = (from: string, to: string) =>
      alive(() => {
        if (dirname(from) !== dirname(to)) throw new Error('a rename to another folder is not simulated');
        nodeDisk.rename(from, to);
        const [folder, name] = this.#place(from);
        this.#record({ kind: 'rename', folder, from: name, to: this.#place(to)[1] });
      });
    return {
      ...nodeDisk,
      makeFolder: path =>
        alive(() => {
          nodeDisk.makeFolder(path);
          this.#create(path, true);
        }),
      open: (path, flags, mode) => alive(() => this.#open(path, flags, mode)),
      write: (file, bytes, offset, position) =>
        alive(() => {
          const count = writeSync(file, bytes, offset, bytes.length - offset, position);
          const written = bytes.slice(offset, offset + count);
          this.#record({ kind: 'write', inode: this.#files.get(file) as Inode, position, bytes: written });
          return count;
        }),
      truncate: (file, length) =>
        alive(() => {
          nodeDisk.truncate(file, length);
          this.#record({ kind: 'truncate', inode: this.#files.get(file) as Inode, length });
        }),
      rename,
      renameLater: async (from, to) => rename(from, to),
      remove: path =>
        alive(() => {
          const exists = existsSync(path);
          nodeDisk.remove(path);
          const [folder, name] = this.#place(path);
          if (exists) this.#record({ kind: 'remove', folder, name });
        }),
      datasync: sync,
      sync,
      close: file => {
        this.#files.delete(file);
        nodeDisk.close(file);
      },
      kill: () => {
        isDead = true;
      },
    };
  }

  #open(path: string, flags: string, mode?: number): number {
    // Folders above are somebody else's, and are there.
    const isOutside = relative(this.#folder, path).startsWith('..');
    const exists = existsSync(path);
    const file = nodeDisk.open(path, flags, mode);
    if (isOutside) return file;
    const inode = exists ? this.#inodeOf(path) : this.#create(path, false);
    if (exists && flags.startsWith('w')) this.#record({ kind: 'truncate', inode, length: 0 });
    this.#files.set(file, inode);
    return file;
  }

  #create(path: string, isFolder: boolean): Inode {
    const [folder, name] = this.#place(path);
    const inode = this.#model.nextInode();
    this.#record({ kind: 'create', folder, name, inode, isFolder });
    return inode;
  }

  #record(operation: Operation): void {
    this.#model.apply(operation);
    this.#operations.push(operation);
  }

  #evictFrom(inode: Inode, file: FileState, chooser: Chooser): boolean {
    const evictions = file.evictions(chooser);
    for (const { sector, bytes } of evictions) this.#record({ kind: 'evict', inode, sector, bytes });
    return evictions.length > 0;
  }

  #place(path: string): [folder: Inode, name: string] {
    return [this.#inodeOf(dirname(path)), path.slice(path.lastIndexOf('/') + 1)];
  }

  #inodeOf(path: string): Inode {
    let inode = ROOT;
    for (const name of relative(this.#folder, path).split('/').filter(Boolean)) {
      const next = this.#model.folders.get(inode)?.live.get(name);
      if (next === undefined) throw new Error(`${path} was not made through this disk`);
      inode = next;
    }
    return inode;
  }
}

/** A life of a disk once more, step by step. */
export class Replay {
  readonly #model: Model;
  readonly #operations: readonly Operation[];
  #position = 0;

  constructor(model: Model, operations: readonly Operation[]) {
    this.#model = model;
    this.#operations = operations;
  }

  get position(): number {
    return this.#position;
  }

  /** False at the end of that life. */
  step(): boolean {
    const operation = this.#operations[this.#position];
    if (operation === undefined) return false;
    this.#model.apply(operation);
    this.#position++;
    return true;
  }

  /** One of the things that the disk may hold when the power goes now. */
  crash(chooser: Chooser): Image {
    return this.#model.crash(chooser);
  }
}

function readImage(folder: string): Image {
  const image = new Map<string, Uint8Array | null>();
  const look = (path: string) => {
    for (const name of readdirSync(join(folder, path))) {
      const below = join(path, name);
      const isFolder = statSync(join(folder, below)).isDirectory();
      image.set(below, isFolder ? null : new Uint8Array(readFileSync(join(folder, below))));
      if (isFolder) look(below);
    }
  };
  look('');
  return image;
}

/** All combinations one after another: of each the last choice is changed first. */
export class EveryChoice implements Chooser {
  #choices: { readonly count: number; chosen: number }[] = [];
  #next = 0;

  pick(count: number): number {
    const known = this.#choices[this.#next];
    if (known === undefined) this.#choices.push({ count, chosen: 0 });
    return this.#choices[this.#next++]?.chosen ?? 0;
  }

  /** Goes on to the next combination; false when there is none. */
  advance(): boolean {
    this.#next = 0;
    for (let last = this.#choices.at(-1); last !== undefined; last = this.#choices.at(-1)) {
      if (++last.chosen < last.count) return true;
      this.#choices.pop();
    }
    return false;
  }
}
