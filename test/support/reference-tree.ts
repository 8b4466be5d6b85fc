/** RFC 6962 §2.1 written down once more, recursively, as the RFC has it, and with other primitives than the code under test. */
import { createHash } from 'node:crypto';
import type { SubtreeReader } from '../../src/tree/prove.js';

const sha256 = (...parts: Uint8Array[]): Uint8Array => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};
const node = (left: Uint8Array, right: Uint8Array) => sha256(Uint8Array.of(1), left, right);

/** The RFC's k: the largest power of two smaller than n. */
function split(n: number): number {
  return 2 ** (Math.ceil(Math.log2(n)) - 1);
}

/** A few bytes that no two indexes share. */
export function entryAt(index: number): Uint8Array {
  return new TextEncoder().encode(`entry ${index}`);
}

export class ReferenceTree {
  readonly entries: readonly Uint8Array[];
  readonly #hashes = new Map<string, Uint8Array>();

  constructor(entries: readonly Uint8Array[]) {
    this.entries = entries;
  }

  /** MTH(D[start:end]). */
  hash(start: number, end: number): Uint8Array {
    const name = `${start}:${end}`;
    const known = this.#hashes.get(name);
    if (known !== undefined) return known;
    const hash = this.#compute(start, end);
    this.#hashes.set(name, hash);
    return hash;
  }

  /** PATH(m, D[n]). */
  path(m: number, n: number, start = 0): Uint8Array[] {
    if (n === 1) return [];
    const k = split(n);
    return m < k
      ? [...this.path(m, k, start), this.hash(start + k, start + n)]
      : [...this.path(m - k, n - k, start + k), this.hash(start, start + k)];
  }

  /** PROOF(m, D[n]) for 0 < m <= n. */
  proof(m: number, n: number): Uint8Array[] {
    return this.#subproof(m, 0, n, true);
  }

  /** What a prover may ask of this tree. */
  readonly read: SubtreeReader = async ({ level, index }) =>
    this.hash(index * 2 ** level, (index + 1) * 2 ** level);

  #compute(start: number, end: number): Uint8Array {
    if (end === start) return sha256();
    if (end - start === 1) return sha256(Uint8Array.of(0), this.entries[start] as Uint8Array);
    const k = split(end - start);
    return node(this.hash(start, start + k), this.hash(start + k, end));
  }

  #subproof(m: number, start: number, end: number, complete: boolean): Uint8Array[] {
    const n = end - start;
    if (m === n) return complete ? [] : [this.hash(start, end)];
    const k = split(n);
    return m <= k
      ? [...this.#subproof(m, start, start + k, complete), this.hash(start + k, end)]
      : [...this.#subproof(m - k, start + k, end, false), this.hash(start, start + k)];
  }
}

/** The root to which an inclusion proof leads, or null when it has another length than this index and size ask for. */
export function rootFromPath(
  m: number,
  n: number,
  leaf: Uint8Array,
  path: readonly Uint8Array[],
): Uint8Array | null {
  if (m < 0 || m >= n) return null;
  if (n === 1) return path.length === 0 ? leaf : null;
  const k = split(n);
  const sibling = path.at(-1);
  if (sibling === undefined) return null;
  const child =
    m < k ? rootFromPath(m, k, leaf, path.slice(0, -1)) : rootFromPath(m - k, n - k, leaf, path.slice(0, -1));
  if (child === null) return null;
  return m < k ? node(child, sibling) : node(sibling, child);
}

/** The two roots to which a consistency proof leads, or null when it has another length than these sizes ask for. */
export function rootsFromProof(
  m: number,
  n: number,
  oldRoot: Uint8Array,
  proof: readonly Uint8Array[],
  complete = true,
): [old: Uint8Array, new_: Uint8Array] | null {
  if (m < 1 || m > n) return null;
  if (m === n) {
    const [hash, ...surplus] = complete ? [oldRoot, ...proof] : proof;
    return hash === undefined || surplus.length > 0 ? null : [hash, hash];
  }
  const k = split(n);
  const last = proof.at(-1);
  if (last === undefined) return null;
  const rest = proof.slice(0, -1);
  const roots =
    m <= k
      ? rootsFromProof(m, k, oldRoot, rest, complete)
      : rootsFromProof(m - k, n - k, oldRoot, rest, false);
  if (roots === null) return null;
  return m <= k ? [roots[0], node(roots[1], last)] : [node(last, roots[0]), node(last, roots[1])];
}
