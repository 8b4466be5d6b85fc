/**
 * Byte-level byte-pair encoding and the chat template; the same rules as `models/tokenizer.py`.
 *
 * Message texts are hostile. Encoding starts from bytes and merges bytes only, so no text can produce a
 * special token and forge a turn of the conversation.
 */

/** What `tokenizer.json` says, checked. */
export interface TokenizerDescription {
  /** Names of the special tokens, which take the first token numbers. */
  readonly special: readonly string[];
  /** Pairs of tokens that become one, best first; their token numbers follow those of the bytes. */
  readonly merges: readonly (readonly [number, number])[];
}

export type Role = 'system' | 'user' | 'assistant';

export interface ChatMessage {
  readonly role: Role;
  readonly text: string;
}

/** Words of ASCII letters with at most one space before them, cut at 24 letters; else single bytes. */
const PIECE = / ?[A-Za-z]{1,24}|[\s\S]/g;

export class Tokenizer {
  /** The token that closes every message. */
  readonly end: number;
  readonly #special: readonly string[];
  readonly #ranks = new Map<number, number>();
  readonly #bytes: Uint8Array[] = [];
  readonly #longest: number;

  constructor(description: TokenizerDescription) {
    this.#special = description.special;
    this.end = this.#number('end');
    for (const _ of description.special) this.#bytes.push(new Uint8Array(0));
    for (let value = 0; value < 256; value += 1) this.#bytes.push(Uint8Array.of(value));
    for (const [rank, [left, right]] of description.merges.entries()) {
      this.#ranks.set(pairKey(left, right), rank);
      this.#bytes.push(Buffer.concat([this.bytesOf(left), this.bytesOf(right)]));
    }
    this.#longest = Math.max(...this.#bytes.map(bytes => bytes.length));
  }

  get vocabulary(): number {
    return this.#bytes.length;
  }

  /** How many tokens stand for structure rather than for text; they come first. */
  get specialTokens(): number {
    return this.#special.length;
  }

  /** The bytes that a token stands for; none for a special token. Throws RangeError for no token. */
  bytesOf(token: number): Uint8Array {
    const bytes = this.#bytes[token];
    if (bytes === undefined) throw new RangeError(`no token ${token}`);
    return bytes;
  }

  encode(text: string): number[] {
    // Latin-1 gives one character for each byte, which lets the pattern work on bytes.
    const pieces = Buffer.from(text).toString('latin1').match(PIECE) ?? [];
    return pieces.flatMap(piece => this.#encodePiece(piece));
  }

  decode(tokens: readonly number[]): string {
    return Buffer.concat(tokens.map(token => this.bytesOf(token))).toString();
  }

  /**
   * The conversation as tokens, up to where the assistant begins to answer: for each message its role's
   * token, its text and the end token. Null where that takes more than `most` tokens; a text that is too
   * long by its bytes alone is never encoded, so that a huge prompt costs nothing.
   */
  prompt(messages: readonly ChatMessage[], most: number): number[] | null {
    const tokens: number[] = [];
    for (const { role, text } of messages) {
      if (Buffer.byteLength(text) > (most - tokens.length) * this.#longest) return null;
      tokens.push(this.#number(role), ...this.encode(text), this.end);
    }
    tokens.push(this.#number('assistant'));
    return tokens.length > most ? null : tokens;
  }

  #number(special: string): number {
    const number = this.#special.indexOf(special);
    if (number < 0) throw new RangeError(`the tokenizer has no token for ${special}`);
    return number;
  }

  #encodePiece(piece: string): number[] {
    const tokens = Array.from(piece, byte => this.#special.length + byte.charCodeAt(0));
    for (;;) {
      let best = { rank: Number.POSITIVE_INFINITY, at: -1 };
      for (let at = 0; at + 1 < tokens.length; at += 1) {
        const rank = this.#ranks.get(pairKey(tokens[at] ?? 0, tokens[at + 1] ?? 0));
        if (rank !== undefined && rank < best.rank) best = { rank, at };
      }
      if (best.at < 0) return tokens;
      tokens.splice(best.at, 2, this.#special.length + 256 + best.rank);
    }
  }
}

function pairKey(left: number, right: number): number {
  return left * 0x1_0000 + right;
}
