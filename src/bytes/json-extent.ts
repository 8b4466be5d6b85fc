/**
 * How much a JSON text stands for. Its length says little: twenty megabytes of brackets become a gigabyte of lists, and whoever parses them
 * does nothing else for seconds. So text from outside is counted through first, which takes no memory and a fiftieth of the time.
 */

export interface JsonExtent {
  /** Lists and objects, at whatever depth. */
  readonly containers: number;
  /** Members of objects; at least as many as containers. */
  readonly members: number;
  /** Values of every kind, told by commas and brackets, so that an empty list or object counts twice; at least as many as containers. */
  readonly values: number;
}

/** A prompt of a million tokens as numbers fits, and so do images as text. */
export const REQUEST_EXTENT: JsonExtent = { containers: 250_000, members: 500_000, values: 4_000_000 };
/** The probabilities of a long answer fit, with twenty others for each token, and the vectors of some thousand texts. */
export const ANSWER_EXTENT: JsonExtent = { containers: 1_000_000, members: 2_000_000, values: 8_000_000 };

const QUOTATION_MARK = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const BRACKET = 0x5b;
const BRACE = 0x7b;

/** Whether a text stands for no more than that, as far as it is JSON. */
export function isWithinExtent(text: string, extent: JsonExtent): boolean {
  // Each takes a character at least.
  return text.length <= extent.containers || new JsonAllowance(extent).takes(text);
}

/** How much several texts may stand for together. */
export class JsonAllowance {
  readonly #extent: JsonExtent;
  #opened = 0;
  #colons = 0;
  #commas = 0;

  constructor(extent: JsonExtent) {
    this.#extent = extent;
  }

  /** Whether there is room for one more; none is taken after one for which there was not. */
  takes(text: string): boolean {
    const { containers, members, values } = this.#extent;
    // Kept in the engine's registers while it counts.
    let [opened, colons, commas] = [this.#opened, this.#colons, this.#commas];
    let isWithin = opened <= containers && colons <= members && opened + commas <= values;
    for (let at = 0; isWithin && at < text.length; at++) {
      const character = text.charCodeAt(at);
      if (character === QUOTATION_MARK) at = endOfString(text, at);
      else if (character === COMMA) commas++;
      else if (character === COLON) colons++;
      else if (character === BRACKET || character === BRACE) opened++;
      else continue;
      isWithin = opened <= containers && colons <= members && opened + commas <= values;
    }
    [this.#opened, this.#colons, this.#commas] = [opened, colons, commas];
    return isWithin;
  }
}

/** Where the string ends that begins at `start`, or the text's end when it does not. */
export function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}
