/** An answer's bytes as text that may be sent: whole characters only, and nothing that may become a stop. */

export class AnswerText {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #stop: readonly string[];
  #held = '';
  #stopped = false;

  constructor(stop: readonly string[]) {
    this.#stop = stop;
  }

  /** Whether a stop text has come; nothing follows then. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Takes the next bytes and returns the text that they free. */
  push(bytes: Uint8Array): string {
    return this.#free(this.#decoder.decode(bytes, { stream: true }));
  }

  /** The answer has ended: returns what was held back. */
  finish(): string {
    const freed = this.#free(this.#decoder.decode());
    const rest = this.#stopped ? '' : this.#held;
    this.#held = '';
    return freed + rest;
  }

  #free(text: string): string {
    if (this.#stopped) return '';
    const whole = this.#held + text;
    const found = this.#stop.map(stop => whole.indexOf(stop)).filter(at => at >= 0);
    this.#stopped = found.length > 0;
    const end = this.#stopped ? Math.min(...found) : whole.length - this.#beginningOfStop(whole);
    this.#held = this.#stopped ? '' : whole.slice(end);
    return whole.slice(0, end);
  }

  /** Length of the longest end of the text that a stop text begins with. */
  #beginningOfStop(text: string): number {
    const longest = Math.max(0, ...this.#stop.map(stop => stop.length - 1));
    for (let length = Math.min(longest, text.length); length > 0; length -= 1) {
      const ending = text.slice(-length);
      if (this.#stop.some(stop => stop.startsWith(ending))) return length;
    }
    return 0;
  }
}
