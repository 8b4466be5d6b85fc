/**
 * The fewest parties that a tree of thresholds has to fear: an exact search with a bound on its work.
 *
 * A key of the tree can serve no view, one view, or two views that contradict each other; so can a group, by its members. The question
 * is always how few parties, acting badly with all the keys that they hold, make the whole tree serve both. With k a group's threshold
 * and b and o the numbers of its members that serve both views and just one, the group serves both when `b + o/2 >= k`: those that serve
 * both stand in each view, and the others divide themselves between the two. It serves one when `b + o >= k`.
 *
 * In general this is as hard as set cover, because one party may hold keys in many groups. But parties whose keys are all in one group
 * are dealt with exactly by a knapsack for each group, from the leaves up. Only parties with keys in several groups have to be tried
 * one by one; there the same knapsack, in which each of a party's n groups bears 1/n of it, bounds what is left from below.
 */

/** A key, by who holds it: a party, by its number from 0, or {@link ACTING}. */
export interface Leaf {
  readonly kind: 'leaf';
  readonly holder: number;
}

export interface Group {
  readonly kind: 'group';
  readonly threshold: number;
  readonly members: readonly Tree[];
}

export type Tree = Leaf | Group;

/** Who acts badly in any case, and costs nothing. */
export const ACTING = -1;

/** What a key serves whose holder is honest: nothing that is false, or one of two views. */
export type HonestLevel = 0 | 1;

export interface Least {
  /** No fewer parties suffice; proven. */
  readonly atLeast: number;
  /** So many do. Equal to `atLeast` unless the search ran out of work. */
  readonly atMost: number;
  /** Parties that suffice, `atMost` of them, in ascending order. */
  readonly parties: readonly number[];
}

/** Steps of the innermost loop: some ten milliseconds. */
const DEFAULT_WORK = 4_000_000;

/** The fewest parties with whom the tree serves both views; null when not even all of them suffice. */
export function leastParties(tree: Tree, honest: HonestLevel, work = DEFAULT_WORK): Least | null {
  return new Search(tree, honest, work).run();
}

/** The keys of one party in one group, which act together. */
interface Block {
  readonly party: number;
  readonly keys: number;
}

interface CompiledGroup {
  readonly threshold: number;
  /** Members that are groups. */
  readonly inner: readonly CompiledGroup[];
  readonly blocks: readonly Block[];
  readonly acting: number;
  /** What each level costs at least under the decisions of the last evaluation. */
  readonly cost: { one: number; both: number };
}

type Decision = 'open' | 'in' | 'out';

/** One way to get on in a knapsack. */
interface Option {
  readonly gain: number;
  readonly cost: number;
}

const EPSILON = 1e-9;

class Search {
  readonly #honest: HonestLevel;
  readonly #root: CompiledGroup;
  /** The groups in which each party has keys, with their numbers. */
  readonly #places = new Map<number, Map<CompiledGroup, number>>();
  readonly #decisions = new Map<number, Decision>();
  #work: number;
  /** The fewest known so far; at first, everybody. */
  #best: readonly number[];

  constructor(tree: Tree, honest: HonestLevel, work: number) {
    this.#honest = honest;
    this.#work = work;
    this.#root = this.#compile(
      tree.kind === 'group' ? tree : { kind: 'group', threshold: 1, members: [tree] },
    );
    for (const party of this.#places.keys()) this.#decisions.set(party, 'open');
    this.#best = [...this.#places.keys()];
  }

  run(): Least | null {
    const { both } = this.#evaluate();
    if (both === Number.POSITIVE_INFINITY) return null;
    let atLeast = roundUp(both);
    // First whether so few suffice, then whether one more does: so that what is known when the work runs out is proven.
    while (this.#best.length > atLeast && this.#attempt(atLeast, 0) === 'none') atLeast++;
    return { atLeast, atMost: this.#best.length, parties: this.#best.toSorted((a, b) => a - b) };
  }

  #compile({ threshold, members }: Group): CompiledGroup {
    const counts = new Map<number, number>();
    for (const member of members)
      if (member.kind === 'leaf') counts.set(member.holder, (counts.get(member.holder) ?? 0) + 1);
    const group: CompiledGroup = {
      threshold,
      inner: members.flatMap(member => (member.kind === 'group' ? [this.#compile(member)] : [])),
      blocks: [...counts].flatMap(([party, keys]) => (party === ACTING ? [] : [{ party, keys }])),
      acting: counts.get(ACTING) ?? 0,
      cost: { one: 0, both: 0 },
    };
    for (const { party, keys } of group.blocks) {
      const places = this.#places.get(party) ?? new Map<CompiledGroup, number>();
      this.#places.set(party, places.set(group, keys));
    }
    return group;
  }

  /** Looks for `target` parties that suffice, `paid` of whom are decided. */
  #attempt(target: number, paid: number): 'found' | 'none' | 'unknown' {
    const { both } = this.#evaluate();
    if (paid + roundUp(both) > target) return 'none';
    const chosen = new Set<number>();
    this.#trace(this.#root, 'both', chosen);
    const size = paid + chosen.size;
    if (size < this.#best.length) this.#best = [...this.#decided('in'), ...chosen];
    if (size <= target) return 'found';
    if (this.#work <= 0) return 'unknown';
    const party = this.#mostSpread(chosen);
    this.#decisions.set(party, 'in');
    const within = this.#attempt(target, paid + 1);
    this.#decisions.set(party, 'open');
    if (within !== 'none') return within;
    // Whoever can do no more than this party need not be tried without it: it could take the place.
    const left = [...this.#decided('open')].filter(other => this.#canDoNoMore(other, party));
    for (const other of left) this.#decisions.set(other, 'out');
    const without = this.#attempt(target, paid);
    for (const other of left) this.#decisions.set(other, 'open');
    return without;
  }

  #decided(decision: Decision): number[] {
    return [...this.#decisions].flatMap(([party, decided]) => (decided === decision ? [party] : []));
  }

  /** Of the chosen the one in most groups: if all were in one, they would have cost what they count. */
  #mostSpread(chosen: ReadonlySet<number>): number {
    return [...chosen].reduce((most, party) => (this.#spread(party) > this.#spread(most) ? party : most));
  }

  #canDoNoMore(party: number, than: number): boolean {
    const places = this.#places.get(than);
    return [...(this.#places.get(party) ?? [])].every(([group, keys]) => (places?.get(group) ?? 0) >= keys);
  }

  #evaluate(): CompiledGroup['cost'] {
    this.#costOf(this.#root);
    return this.#root.cost;
  }

  #costOf(group: CompiledGroup): void {
    for (const inner of group.inner) this.#costOf(inner);
    for (const level of LEVELS) group.cost[level] = this.#knapsack(group, level).cost;
  }

  /** Adds the open parties that the cheapest way to a level takes. */
  #trace(group: CompiledGroup, level: Level, chosen: Set<number>): void {
    const { choices } = this.#knapsack(group, level);
    for (const { item, option } of choices) {
      if ('party' in item) {
        if (option === 1) chosen.add(item.party);
      } else if (option > 0) this.#trace(item, option === 2 ? 'both' : 'one', chosen);
    }
  }

  /**
   * The cheapest choice for each member with which the group reaches a level. For `both` a member that serves one view counts 1, one
   * that serves both counts 2, and 2k are needed; for `one` each counts 1, and k are needed.
   */
  #knapsack(group: CompiledGroup, level: Level): Knapsack {
    const full = level === 'both' ? 2 : 1;
    const items: { item: Block | CompiledGroup; options: Option[] }[] = [];
    let need = full * (group.threshold - group.acting);
    for (const block of group.blocks) {
      const decision = this.#decisions.get(block.party);
      need -= block.keys * (decision === 'in' ? full : this.#honest);
      const gain = block.keys * (full - this.#honest);
      const cost = 1 / this.#spread(block.party);
      if (decision === 'open' && gain > 0) items.push({ item: block, options: [NOTHING, { gain, cost }] });
    }
    for (const inner of group.inner) {
      const one = { gain: 1, cost: inner.cost.one };
      const both = { gain: 2, cost: inner.cost.both };
      items.push({ item: inner, options: level === 'both' ? [NOTHING, one, both] : [NOTHING, one] });
    }
    if (need <= 0) return { cost: 0, choices: [] };
    return this.#fill(need, items);
  }

  #fill(need: number, items: { item: Block | CompiledGroup; options: Option[] }[]): Knapsack {
    const width = need + 1;
    let costs = new Float64Array(width).fill(Number.POSITIVE_INFINITY);
    costs[0] = 0;
    const taken = items.map(({ options }) => {
      const next = new Float64Array(width).fill(Number.POSITIVE_INFINITY);
      const picks = new Uint8Array(width);
      for (const [pick, { gain, cost }] of options.entries()) {
        for (let wanted = 0; wanted < width; wanted++) {
          const total = (costs[Math.max(0, wanted - gain)] as number) + cost;
          if (total < (next[wanted] as number) - EPSILON) {
            next[wanted] = total;
            picks[wanted] = pick;
          }
        }
      }
      this.#work -= width * options.length;
      costs = next;
      return picks;
    });
    const cost = costs[need] as number;
    const choices: Knapsack['choices'][number][] = [];
    let wanted = need;
    for (let at = items.length - 1; at >= 0 && cost < Number.POSITIVE_INFINITY; at--) {
      const { item, options } = items[at] as (typeof items)[number];
      const option = taken[at]?.[wanted] ?? 0;
      choices.push({ item, option });
      wanted = Math.max(0, wanted - (options[option]?.gain ?? 0));
    }
    return { cost, choices };
  }

  /** In how many groups a party has keys. */
  #spread(party: number): number {
    return this.#places.get(party)?.size ?? 0;
  }
}

type Level = 'one' | 'both';

const LEVELS: readonly Level[] = ['one', 'both'];

const NOTHING: Option = { gain: 0, cost: 0 };

interface Knapsack {
  readonly cost: number;
  /** For each member that had a choice, the number of its option. */
  readonly choices: readonly { readonly item: Block | CompiledGroup; readonly option: number }[];
}

/** The least whole number of parties that a fractional cost stands for. */
function roundUp(cost: number): number {
  return Math.max(0, Math.ceil(cost - EPSILON));
}
