/**
 * How few parties have to act badly together before a receipt means nothing: the honest measure of decentralisation, computed from the
 * witness policy and from who controls which key.
 *
 * - **Fabricate**: make a receipt pass that states a falsehood. What an issuer signs about an exchange nobody else has seen, so that one
 *   controller of an issuer's key is enough for as long as no evidence by others is required.
 * - **Split**: show two histories of the log, each signed by the log and witnessed under the quorum. The log's controller is always one
 *   of them; honest witnesses cosign one history each, bad ones both.
 * - **Block**: keep receipts from being witnessed. The log's controller can do that alone, so a second number is about the witnesses:
 *   how few of their controllers make the quorum unreachable by keeping silent.
 *
 * The numbers are about keys in force: those that are retired stand neither among the issuers nor in the policy. Source: the design's "Counting decentralisation".
 */

import type { VerifierKey } from '../../note/key.js';
import type { Quorum } from '../../note/policy.js';
import type { Trust } from '../trust.js';
import { type Dimension, type Holder, holderOf } from './holders.js';
import { ACTING, type HonestLevel, leastParties, type Tree } from './least-parties.js';

/** The fewest parties that can do something. */
export interface Fewest {
  /** No fewer can; proven. */
  readonly atLeast: number;
  /** So many can. Equal to `atLeast`, unless the policy was too intricate to finish. */
  readonly atMost: number;
  /** Parties that can, by name; `atMost` of them. */
  readonly names: readonly string[];
  /** Whether they need keys of which nobody knows who holds them. */
  readonly withUnattributed: boolean;
}

/** The headline, and how much better it would be if every key that nobody is named for had a party of its own. */
export interface Count {
  /** All keys that are not attributed count as one adversary, who may be any of the others; null when nobody can. */
  readonly worst: Fewest | null;
  /** Each of them counts as a party of its own. */
  readonly best: Fewest | null;
}

export const ATTACKS = ['fabricate', 'split', 'block', 'blockByWitnesses'] as const;
export type Attack = (typeof ATTACKS)[number];

/** What the fewest parties can do, for each way to tell parties apart. */
export type Concentration = Readonly<Record<Dimension, Readonly<Record<Attack, Count>>>>;

/** The numbers of one trust file never change, and somebody who verifies many receipts asks for them with each. */
const known = new WeakMap<Trust, Concentration>();

/** Computes the numbers. Never throws, and its work is bounded whatever the policy. */
export function concentrationOf(trust: Trust): Concentration {
  const found = known.get(trust);
  if (found !== undefined) return found;
  const along = (dimension: Dimension): Record<Attack, Count> => ({
    fabricate: count(trust, dimension, 'fabricate'),
    split: count(trust, dimension, 'split'),
    block: count(trust, dimension, 'block'),
    blockByWitnesses: count(trust, dimension, 'blockByWitnesses'),
  });
  const concentration = {
    controller: along('controller'),
    cloud: along('cloud'),
    jurisdiction: along('jurisdiction'),
    hardware: along('hardware'),
  };
  known.set(trust, concentration);
  return concentration;
}

/** What needs nobody. */
const DONE: Tree = { kind: 'leaf', holder: ACTING };

type Question = (trust: Trust, parties: Parties) => Fewest | null;

const QUESTIONS: Readonly<Record<Attack, Question>> = {
  fabricate: (trust, parties) => {
    const issuers = trust.issuers.map((key): Tree => ({ kind: 'leaf', holder: parties.numberOf(key) }));
    // Evidence that a policy requires will stand here, as members that have to be false as well.
    return fewest(parties, null, { kind: 'group', threshold: 1, members: issuers }, 0);
  },
  split: (trust, parties) => {
    return fewest(parties, parties.numberOf(trust.log), servingTree(trust.policy.quorum, parties), 1);
  },
  block: (trust, parties) => fewest(parties, parties.numberOf(trust.log), DONE, 0),
  blockByWitnesses: (trust, parties) => {
    const { quorum } = trust.policy;
    return quorum.kind === 'none'
      ? null
      : fewest(parties, null, silencingTree(servingTree(quorum, parties)), 0);
  },
};

function count(trust: Trust, dimension: Dimension, attack: Attack): Count {
  const question = QUESTIONS[attack];
  return {
    worst: question(trust, new Parties(trust, dimension, 'one-adversary')),
    best: question(trust, new Parties(trust, dimension, 'each-its-own')),
  };
}

/** The number of whoever holds the keys that are attributed to nobody, where these count as one adversary. */
const ANYBODY = 0;

/** Numbers for the parties of a trust file along one dimension: the same number for all keys of a party. */
class Parties {
  readonly #holderOf: (key: VerifierKey) => Holder;
  readonly #oneAdversary: boolean;
  readonly #numbers = new Map<string, number>();
  readonly #names = [''];

  constructor(trust: Trust, dimension: Dimension, unattributed: 'one-adversary' | 'each-its-own') {
    this.#holderOf = key => holderOf(trust, dimension, key);
    this.#oneAdversary = unattributed === 'one-adversary';
  }

  numberOf(key: VerifierKey): number {
    const { name, attributed } = this.#holderOf(key);
    if (this.#oneAdversary && !attributed) return ANYBODY;
    const identity = `${attributed} ${name}`;
    const known = this.#numbers.get(identity);
    if (known !== undefined) return known;
    const number = this.#names.push(name) - 1;
    this.#numbers.set(identity, number);
    return number;
  }

  nameOf(party: number): string {
    return this.#names[party] ?? '';
  }
}

/**
 * The fewest parties with whom the tree serves what is asked of it. Whoever holds the unattributed keys comes along for nothing, but does
 * not stand for nobody: where no others are needed, that is one. `leader`: a party that has to be one of them.
 */
function fewest(parties: Parties, leader: number | null, tree: Tree, honest: HonestLevel): Fewest | null {
  const named = leader === null || leader === ANYBODY ? [] : [leader];
  const least = leastParties(withActing(tree, [...named, ANYBODY]), honest);
  if (least === null) return null;
  const members = [...named, ...least.parties];
  const withoutThem = leastParties(withActing(tree, members), honest);
  const withUnattributed = leader === ANYBODY || withoutThem?.atMost !== 0;
  const alone = members.length === 0 && withUnattributed ? 1 : 0;
  return {
    atLeast: named.length + least.atLeast + alone,
    atMost: members.length + alone,
    names: members.map(party => parties.nameOf(party)).sort(),
    withUnattributed,
  };
}

/** The tree in which these parties act. */
function withActing(tree: Tree, parties: readonly number[]): Tree {
  if (tree.kind === 'leaf') return parties.includes(tree.holder) ? { ...tree, holder: ACTING } : tree;
  return { ...tree, members: tree.members.map(member => withActing(member, parties)) };
}

/** Who has to serve a history so that it is witnessed. */
function servingTree(quorum: Quorum, parties: Parties): Tree {
  if (quorum.kind === 'none') return DONE;
  if (quorum.kind === 'witness') return { kind: 'leaf', holder: parties.numberOf(quorum.key) };
  const members = quorum.members.map(member => servingTree(member, parties));
  return { kind: 'group', threshold: quorum.threshold, members };
}

/** Who has to be silent so that nothing is witnessed: of n members, of whom k are needed, n - k + 1. */
function silencingTree(serving: Tree): Tree {
  if (serving.kind === 'leaf') return serving;
  const { threshold, members } = serving;
  return { kind: 'group', threshold: members.length - threshold + 1, members: members.map(silencingTree) };
}
