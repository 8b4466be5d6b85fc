/**
 * Measures the demonstration model on the prompts that training never saw, through the real engine.
 *
 * `npm run model:accuracy` prints a table; after `--`, `--json` prints JSON with every wrong answer, and
 * `--write` writes the scores to `models/accuracy.json`, from which the model card takes its numbers.
 */

import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { answerText, collectChat } from './collect.js';
import { DEMONSTRATION_MODEL, openEngine } from './engine.js';
import { ACCURACY_FILE, HELD_OUT_FILE } from './place.js';
import { type Outcome, parseHeldOut, scoresOf, scoreTable, totalOf } from './scores.js';

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
});

const engine = await openEngine();
const prompts = parseHeldOut(await readFile(HELD_OUT_FILE, 'utf8'));
const outcomes: Outcome[] = [];
for (const prompt of prompts) {
  const request = { model: DEMONSTRATION_MODEL, messages: prompt.messages };
  outcomes.push({ prompt, answer: answerText(await collectChat(engine, request)) });
  if (process.stderr.isTTY) process.stderr.write(`\r${outcomes.length} of ${prompts.length} prompts`);
}
if (process.stderr.isTTY) process.stderr.write('\n');
await engine.close();

const scores = scoresOf(outcomes);
const summary = { model: engine.modelDigest(DEMONSTRATION_MODEL), total: totalOf(scores), scores };
if (values.write) await writeFile(ACCURACY_FILE, `${JSON.stringify(summary, null, 2)}\n`);
if (values.json) {
  const wrong = outcomes.filter(({ prompt, answer }) => !prompt.accepted.includes(answer));
  console.log(JSON.stringify({ ...summary, wrong }, null, 2));
} else {
  console.log(scoreTable(scores));
}
