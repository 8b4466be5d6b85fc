import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Commission, Generation, PROMPT_STEP } from './generation.js';
import { type Model, readModel, readNetwork } from './model.js';
import { Network } from './network.js';
import { DEMONSTRATION_FOLDER } from './place.js';
import { RUNNING_AT_ONCE, Scheduler } from './scheduler.js';
import type { Report } from './worker-messages.js';

let model: Model;
let network: Network;
let other: Network;

beforeAll(async () => {
  model = await readModel(DEMONSTRATION_FOLDER);
  network = await Network.open(await readNetwork(model.network), model.shape);
  other = await Network.open(await readNetwork(model.network), model.shape);
});
afterAll(() => Promise.all([network.close(), other.close()]));

function commission(text: string, most = 20, seed: number | null = null): Commission {
  const prompt = model.tokenizer.prompt([{ role: 'user', text }], model.shape.context - 1) ?? [];
  const sampling = { temperature: seed === null ? 0 : 2, topP: 1, seed: seed ?? 0 };
  return { prompt, sampling, most, specialTokens: model.tokenizer.specialTokens };
}

async function tokensOf(runner: Network, wanted: Commission): Promise<(number | null)[]> {
  const generation = new Generation(runner, wanted);
  const tokens: (number | null)[] = [];
  for (let ending: string | null = null; ending === null; ) {
    const step = await generation.step();
    tokens.push(step.token);
    ending = step.ending;
  }
  return tokens;
}

const LONG = `${'Count to ten and tell me what a receipt is. '.repeat(8)}?`;

describe('determinism', () => {
  it.each(['2+2', LONG])('gives the same logits, bit for bit, in two networks: %s', async text => {
    const digests = [];
    for (const runner of [network, other]) {
      const hash = createHash('sha256');
      const cache = runner.newCache(model.shape.context);
      let tokens = commission(text).prompt;
      for (let round = 0; round < 12; round += 1) {
        const logits = await runner.extend(cache, tokens.slice(0, PROMPT_STEP));
        hash.update(new Uint8Array(logits.buffer, logits.byteOffset, logits.byteLength));
        tokens =
          tokens.length > PROMPT_STEP ? tokens.slice(PROMPT_STEP) : [logits.indexOf(Math.max(...logits))];
      }
      digests.push(hash.digest('hex'));
    }
    expect(digests[0]).toBe(digests[1]);
  });

  it('gives the same tokens for the same seed, and others for another', async () => {
    const drawn = (runner: Network, seed: number) => tokensOf(runner, commission('Tell me a joke', 40, seed));
    expect(await drawn(network, 1)).toEqual(await drawn(other, 1));
    const answers = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(seed => drawn(network, seed)));
    expect(new Set(answers.map(String)).size).toBeGreaterThan(1);
  });

  it('does not depend on what else is running', async () => {
    const texts = ['2+2', LONG, 'Hello', 'What is a receipt?', 'Count to 30'];
    const alone = [];
    for (const text of texts) alone.push(await tokensOf(other, commission(text)));
    const together = await scheduled(texts.map(text => commission(text)));
    for (const [at, tokens] of alone.entries()) {
      expect(together.get(at)).toEqual(tokens.filter(token => token !== null));
    }
  });
});

/** Runs all commissions together; the tokens of each, by its position. */
function scheduled(commissions: Commission[]): Promise<Map<number, number[]>> {
  return new Promise((resolve, reject) => {
    const tokens = new Map(commissions.map((_, at): [number, number[]] => [at, []]));
    let open = commissions.length;
    const scheduler = new Scheduler(network, report => {
      if (report.kind === 'failed') return reject(new Error(report.detail));
      if (report.token !== null) tokens.get(report.id)?.push(report.token);
      if (report.ending !== null) open -= 1;
      if (open === 0) resolve(tokens);
    });
    for (const [at, wanted] of commissions.entries()) scheduler.add(at, wanted);
  });
}

describe('generation', () => {
  it('ends at its limit, and at the end of the context', async () => {
    expect(await tokensOf(network, commission('Count to 50', 3))).toHaveLength(3);
    const context = model.shape.context;
    const full = { ...commission('x', 1000), prompt: Array(context - 1).fill(80), specialTokens: 0 };
    const tokens = (await tokensOf(network, full)).filter(token => token !== null);
    // The last token needs no position of its own: nothing follows it.
    expect(tokens).toHaveLength(2);
  });

  it('refuses to overflow a cache', async () => {
    const cache = network.newCache(3);
    await network.extend(cache, [80, 80]);
    await expect(network.extend(cache, [80, 80])).rejects.toThrow(RangeError);
    expect(cache.length).toBe(2);
  });
});

describe('scheduling', () => {
  it('takes turns, and lets later ones wait for a place', async () => {
    const order: number[] = [];
    const count = RUNNING_AT_ONCE + 2;
    await new Promise<void>(resolve => {
      let open = count;
      const scheduler = new Scheduler(network, report => {
        order.push(report.id);
        if (report.kind === 'step' && report.ending !== null) open -= 1;
        if (open === 0) resolve();
      });
      for (let id = 0; id < count; id += 1)
        scheduler.add(id, { ...commission('Count to 50', 3), specialTokens: 0 });
    });
    const later = [1, 2, 3, 4, 5, 6, 7];
    // The first begins alone; a place that becomes free is taken in the next round.
    expect(order).toEqual([0, 0, ...later, 0, ...later, ...later, 8, 8, 9, 8, 9, 9]);
  });

  it('stops within one token of an abort, running or waiting', async () => {
    const reports: Report[] = [];
    await new Promise<void>(resolve => {
      const scheduler = new Scheduler(network, report => {
        reports.push(report);
        if (reports.length === 5) {
          scheduler.abort(0);
          scheduler.abort(0);
          scheduler.abort(99);
          scheduler.add(1, { ...commission('Hello', 2), specialTokens: 0 });
          scheduler.add(2, commission('Hello'));
          scheduler.abort(2);
        }
        if (report.id === 1 && report.kind === 'step' && report.ending !== null) resolve();
      });
      scheduler.add(0, { ...commission('Count to 50', 400), specialTokens: 0 });
    });
    expect(reports.map(({ id }) => id)).toEqual([0, 0, 0, 0, 0, 1, 1]);
  });

  it('reports what goes wrong with one answer and goes on with the others', async () => {
    const reports: Report[] = [];
    await new Promise<void>(resolve => {
      const scheduler = new Scheduler(network, report => {
        reports.push(report);
        if (report.id === 1 && report.kind === 'step' && report.ending !== null) resolve();
      });
      scheduler.add(0, { ...commission('x'), prompt: Array(model.shape.context + 1).fill(80) });
      scheduler.add(1, { ...commission('Hello', 20), specialTokens: 0 });
    });
    const failed = reports.filter(({ kind }) => kind === 'failed');
    expect(failed.map(({ id }) => id)).toEqual([0]);
  });
});
