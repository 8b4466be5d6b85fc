/** Witness policies: which cosignatures make a checkpoint witnessed. Source: C2SP tlog-policy. */
import { equal, fromUtf8, parseDecimal } from '../bytes/octets.js';
import { Failure } from '../reason-core.js';
import { isCosignerType, parseVerifierKey, sameKey, type VerifierKey } from './key.js';

export interface PolicyMember {
  readonly key: VerifierKey;
  /** Where it can be asked, when the policy says so. */
  readonly url: string | null;
}

/** A witness, or a group of which `threshold` members must be satisfied. */
export type Quorum =
  | { readonly kind: 'none' }
  | { readonly kind: 'witness'; readonly name: string; readonly key: VerifierKey }
  | {
      readonly kind: 'group';
      readonly name: string;
      readonly threshold: number;
      readonly members: readonly Quorum[];
    };

export interface WitnessPolicy {
  readonly logs: readonly PolicyMember[];
  /** By the names that the policy gives them. */
  readonly witnesses: ReadonlyMap<string, PolicyMember>;
  readonly quorum: Quorum;
}

const MAX_LENGTH = 1 << 18;
/** Groups within groups: a chain of all the groups that tlog-policy asks an implementation to take, twice over. */
const MAX_DEPTH = 64;

/**
 * Reads a policy file, which is octets: "all octets with the high bit set are opaque". Throws as {@link parsePolicy} does. A word that is
 * no UTF-8 keeps each such octet as the lone surrogate U+DC00 + octet, so that different names stay different, and no key or name that
 * is UTF-8 can be written that way.
 */
export function parsePolicyBytes(bytes: Uint8Array): WitnessPolicy {
  if (bytes.length > MAX_LENGTH) throw new Failure('policy/malformed', { detail: 'over 256 KiB' });
  const isSpace = (octet: number | undefined) => octet === 0x09 || octet === 0x0a || octet === 0x20;
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    let end = at + 1;
    while (end < bytes.length && isSpace(bytes[end]) === isSpace(bytes[at])) end++;
    const part = bytes.subarray(at, end);
    parts.push(fromUtf8(part) ?? Array.from(part, escaped).join(''));
    at = end;
  }
  return parsePolicy(parts.join(''));
}

function escaped(octet: number): string {
  return String.fromCharCode(octet < 0x80 ? octet : 0xdc00 + octet);
}

/**
 * Reads a policy from text. Throws `policy/malformed`, `policy/name-duplicate`, `policy/key-duplicate`, `policy/name-unknown` or
 * `policy/member-reused`, naming the line.
 */
export function parsePolicy(text: string): WitnessPolicy {
  if (text.length > MAX_LENGTH) throw new Failure('policy/malformed', { detail: 'over 256 KiB' });
  const reader = new PolicyReader();
  if (/[^\t\n\x20-\x7e\x80-\u{10ffff}]/u.test(text))
    throw new Failure('policy/malformed', { detail: 'a control character' });
  for (const [index, line] of text.split('\n').entries()) {
    const words = line.split(/[ \t]/).filter(word => word !== '');
    if (words.length > 0) reader.read(words, `line ${index + 1}`);
  }
  return reader.finish();
}

/** Whether the keys in `cosigners` satisfy the quorum. `none` asks for nothing and so is always satisfied. */
export function satisfies(quorum: Quorum, cosigners: readonly VerifierKey[]): boolean {
  switch (quorum.kind) {
    case 'none':
      return true;
    case 'witness':
      return cosigners.some(key => sameKey(key, quorum.key));
    case 'group':
      return quorum.members.filter(member => satisfies(member, cosigners)).length >= quorum.threshold;
  }
}

class PolicyReader {
  readonly #logs: PolicyMember[] = [];
  readonly #witnesses = new Map<string, PolicyMember>();
  readonly #components = new Map<string, Quorum>();
  readonly #grouped = new Set<string>();
  /** How many groups deep each group is; whoever walks a quorum may do so by recursion. */
  readonly #depths = new Map<string, number>();
  readonly #keys: VerifierKey[] = [];
  #quorum: Quorum | null = null;

  /** Takes the words of one line; there is at least one. */
  read([keyword, ...rest]: readonly string[], field: string): void {
    if (keyword?.startsWith('#')) return;
    switch (keyword) {
      case 'log':
        this.#readLog(rest, field);
        break;
      case 'witness':
        this.#readWitness(rest, field);
        break;
      case 'group':
        this.#readGroup(rest, field);
        break;
      case 'quorum':
        this.#readQuorum(rest, field);
        break;
      default:
        throw new Failure('policy/malformed', { field, detail: 'an unknown keyword' });
    }
  }

  finish(): WitnessPolicy {
    if (this.#quorum === null)
      throw new Failure('policy/malformed', { field: 'quorum', detail: 'no quorum line' });
    return { logs: this.#logs, witnesses: this.#witnesses, quorum: this.#quorum };
  }

  #readLog([vkey, url, ...surplus]: string[], field: string): void {
    if (vkey === undefined || surplus.length > 0) throw new Failure('policy/malformed', { field });
    this.#logs.push({ key: this.#newKey(vkey, field), url: url ?? null });
  }

  #readWitness([name, vkey, url, ...surplus]: string[], field: string): void {
    if (name === undefined || vkey === undefined || surplus.length > 0)
      throw new Failure('policy/malformed', { field });
    const key = this.#newKey(vkey, field);
    if (!isCosignerType(key.type))
      throw new Failure('policy/malformed', { field, detail: 'not a cosigner key' });
    this.#define(name, { kind: 'witness', name, key }, field);
    this.#witnesses.set(name, { key, url: url ?? null });
  }

  #readGroup([name, count, ...names]: string[], field: string): void {
    if (name === undefined || count === undefined || names.length === 0)
      throw new Failure('policy/malformed', { field });
    const members = names.map(member => this.#take(member, field));
    const threshold = count === 'all' ? members.length : count === 'any' ? 1 : parseDecimal(count);
    if (threshold === null || threshold < 1 || threshold > members.length) {
      throw new Failure('policy/malformed', { field, detail: 'an impossible threshold' });
    }
    const depth = 1 + Math.max(...names.map(member => this.#depths.get(member) ?? 0));
    if (depth > MAX_DEPTH) throw new Failure('policy/malformed', { field, detail: 'over 64 groups deep' });
    this.#depths.set(name, depth);
    this.#define(name, { kind: 'group', name, threshold, members }, field);
  }

  #readQuorum([name, ...surplus]: string[], field: string): void {
    if (name === undefined || surplus.length > 0 || this.#quorum !== null)
      throw new Failure('policy/malformed', { field });
    this.#quorum = name === 'none' ? { kind: 'none' } : this.#component(name, field);
  }

  #newKey(vkey: string, field: string): VerifierKey {
    const key = readKey(vkey, field);
    if (this.#keys.some(known => equal(known.publicKey, key.publicKey)))
      throw new Failure('policy/key-duplicate', { field });
    this.#keys.push(key);
    return key;
  }

  #define(name: string, component: Quorum, field: string): void {
    if (name === 'none' || this.#components.has(name))
      throw new Failure('policy/name-duplicate', { field, detail: name });
    this.#components.set(name, component);
  }

  #component(name: string, field: string): Quorum {
    const component = this.#components.get(name);
    if (component === undefined) throw new Failure('policy/name-unknown', { field, detail: name });
    return component;
  }

  /** A member belongs to one group, so that no key can be counted twice. */
  #take(name: string, field: string): Quorum {
    const component = this.#component(name, field);
    if (this.#grouped.has(name)) throw new Failure('policy/member-reused', { field, detail: name });
    this.#grouped.add(name);
    return component;
  }
}

function readKey(vkey: string, field: string): VerifierKey {
  try {
    return parseVerifierKey(vkey);
  } catch {
    throw new Failure('policy/malformed', { field, detail: 'a key that cannot be read' });
  }
}
