/** How far something long is: one line on standard error that is written over, where a person looks at it. */

export interface Progress {
  show(done: number, all: number): void;
  /** Takes the line away. */
  end(): void;
}

const BETWEEN_LINES_MS = 100;

/** @param silent whether the output is for a program */
export function progressOf(what: string, silent: boolean): Progress {
  const { stderr } = process;
  if (silent || stderr.isTTY !== true) return { show: () => undefined, end: () => undefined };
  let shownAt = Number.NEGATIVE_INFINITY;
  return {
    show: (done, all) => {
      if (performance.now() - shownAt < BETWEEN_LINES_MS && done < all) return;
      shownAt = performance.now();
      stderr.write(
        `\r\x1b[K  ${what}: ${done} of ${all} (${all === 0 ? 100 : Math.floor((done / all) * 100)} %)`,
      );
    },
    end: () => {
      if (shownAt > Number.NEGATIVE_INFINITY) stderr.write('\r\x1b[K');
    },
  };
}
