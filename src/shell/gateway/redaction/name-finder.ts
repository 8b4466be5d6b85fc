/**
 * Finds names of a list, as whole words, however they are written in capitals, accents, blanks and hyphens. All of them at once, in one walk: an
 * automaton after Aho and Corasick (1975).
 */
import { isWord } from './characters.js';
import { fold } from './folded-text.js';
import type { Found } from './rules.js';

/** Scripts that are written without blanks between words, so that a name in them has no visible ends. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;

/** What a node leads to, by the next character. */
interface Node {
  readonly next: Map<number, Node>;
  /** The longest other beginning of a name that ends here. */
  fallback: Node | null;
  /** The lengths of the names that end here, the longest first. */
  lengths: readonly number[];
}

const newNode = (): Node => ({ next: new Map(), fallback: null, lengths: [] });

export class NameFinder {
  readonly #root = newNode();

  /** Names without a single letter or digit are passed over. */
  constructor(names: readonly string[]) {
    for (const name of names) {
      const text = collapse(fold(name).text).text.trim();
      if ([...text].some(character => isWord(character.charCodeAt(0)))) this.#add(text);
    }
    this.#link();
  }

  /** `text`: folded. */
  *find(text: string): Generator<Found> {
    if (this.#root.next.size === 0) return;
    const { text: words, at: places } = collapse(text);
    let node: Node = this.#root;
    for (let at = 0; at < words.length; at++) {
      node = this.#step(node, words.charCodeAt(at));
      for (const length of node.lengths) {
        const start = at + 1 - length;
        if (!endsBetween(words, start) || !endsBetween(words, at + 1)) continue;
        yield { kind: 'name', start: places(start), end: places(at) + 1 };
      }
    }
  }

  #add(name: string): void {
    let node = this.#root;
    for (let at = 0; at < name.length; at++) {
      const code = name.charCodeAt(at);
      let next = node.next.get(code);
      if (next === undefined) {
        next = newNode();
        node.next.set(code, next);
      }
      node = next;
    }
    node.lengths = [name.length];
  }

  /** Nearest first, so that what a node falls back to is known. */
  #link(): void {
    const nodes = [...this.#root.next.values()];
    for (const node of nodes) node.fallback = this.#root;
    for (let at = 0; at < nodes.length; at++) {
      const node = nodes[at] as Node;
      for (const [code, next] of node.next) {
        next.fallback = this.#step(node.fallback as Node, code);
        // A list may have names whose ends are names, in any number; one inside of another that is found needs no finding.
        if (next.lengths.length < MAX_ENDS)
          next.lengths = [...next.lengths, ...next.fallback.lengths].slice(0, MAX_ENDS);
        nodes.push(next);
      }
    }
  }

  #step(from: Node, code: number): Node {
    for (let node: Node | null = from; node !== null; node = node.fallback) {
      const next = node.next.get(code);
      if (next !== undefined) return next;
    }
    return this.#root;
  }
}

/** As many names as may end at one character. */
const MAX_ENDS = 16;

/** The text with one blank for each row of blanks, hyphens and line ends, and where its characters were. */
function collapse(text: string): { text: string; at: (place: number) => number } {
  if (!/[-\s]{2}|[-\t-\r]/.test(text)) return { text, at: place => place };
  const pieces: string[] = [];
  const places = new Uint32Array(text.length);
  let length = 0;
  for (const { index, 0: run } of text.matchAll(/[-\s]+|[^-\s]+/g)) {
    const isBlank = /^[-\s]/.test(run);
    pieces.push(isBlank ? ' ' : run);
    for (let at = 0; at < (isBlank ? 1 : run.length); at++) places[length++] = index + at;
  }
  return { text: pieces.join(''), at: place => places[place] as number };
}

/** Whether no word goes on over this place. */
function endsBetween(text: string, place: number): boolean {
  const [before, after] = [text.charCodeAt(place - 1), text.charCodeAt(place)];
  if (!isWord(before) || !isWord(after)) return true;
  return UNSPACED.test(String.fromCharCode(before)) || UNSPACED.test(String.fromCharCode(after));
}
