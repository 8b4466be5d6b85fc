/** Exact-match scores of a model on its held-out prompts, per category. */

/** One held-out prompt, as a line of `models/held-out.jsonl` has it. */
export interface HeldOut {
  readonly category: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  /** Every answer that counts as right. */
  readonly accepted: readonly string[];
}

export interface Score {
  readonly category: string;
  readonly asked: number;
  readonly right: number;
}

export interface Outcome {
  readonly prompt: HeldOut;
  readonly answer: string;
}

export function parseHeldOut(lines: string): HeldOut[] {
  return lines
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line));
}

/** One score for each category, in order of first appearance. An answer is right if it matches exactly. */
export function scoresOf(outcomes: readonly Outcome[]): Score[] {
  const scores = new Map<string, Score>();
  for (const { prompt, answer } of outcomes) {
    const { category } = prompt;
    const { asked, right } = scores.get(category) ?? { asked: 0, right: 0 };
    const point = prompt.accepted.includes(answer) ? 1 : 0;
    scores.set(category, { category, asked: asked + 1, right: right + point });
  }
  return [...scores.values()];
}

/** The scores added up. */
export function totalOf(scores: readonly Score[]): Score {
  const asked = scores.reduce((total, score) => total + score.asked, 0);
  const right = scores.reduce((total, score) => total + score.right, 0);
  return { category: 'all', asked, right };
}

/** A Markdown table, with the total in its last row. */
export function scoreTable(scores: readonly Score[]): string {
  const rows = [...scores, totalOf(scores)].map(({ category, asked, right }) => {
    return `| ${category} | ${right} / ${asked} | ${((100 * right) / asked).toFixed(1)} % |`;
  });
  return ['| category | exact matches | |', '|---|--:|--:|', ...rows].join('\n');
}
