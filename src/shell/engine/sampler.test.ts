import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseToken } from './sampler.js';

const logits = Float32Array.of(0, 2, 1, 2, -3);
const draw = (temperature: number, topP: number, seed: number, at = 0) =>
  chooseToken(logits, { temperature, topP, seed }, at);

describe('chooseToken', () => {
  it('is greedy at temperature 0, and takes the smaller of equal tokens', () => {
    expect(draw(0, 1, 1)).toBe(1);
    expect(draw(0, 0.01, 99)).toBe(1);
  });

  it('repeats itself for the same seed and position', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.nat(500), (seed, at) => {
        expect(draw(1, 1, seed, at)).toBe(draw(1, 1, seed, at));
      }),
    );
  });

  it('draws differently at other positions and seeds', () => {
    const draws = (seed: number) => Array.from({ length: 40 }, (_, at) => draw(1, 1, seed, at)).join('');
    expect(draws(1)).not.toBe(draws(2));
    expect(new Set(draws(1)).size).toBeGreaterThan(1);
  });

  it('draws each token about as often as its probability says', () => {
    const counts = [0, 0, 0, 0, 0];
    const rounds = 4000;
    for (let seed = 0; seed < rounds; seed += 1) {
      const token = draw(1, 1, seed);
      counts[token] = (counts[token] ?? 0) + 1;
    }
    const weights = Array.from(logits, Math.exp);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (const [token, weight] of weights.entries()) {
      expect(Math.abs((counts[token] ?? 0) / rounds - weight / total)).toBeLessThan(0.03);
    }
  });

  it.each([
    { topP: 0.0001, possible: [1] },
    { topP: 0.5, possible: [1, 3] },
    { topP: 0.9, possible: [1, 2, 3] },
  ])('draws only from the nucleus of $topP', ({ topP, possible }) => {
    const seen = new Set(Array.from({ length: 300 }, (_, seed) => draw(1, topP, seed)));
    expect([...seen].sort()).toEqual(possible);
  });

  it('flattens with the temperature', () => {
    const share = (temperature: number) =>
      Array.from({ length: 1000 }, (_, seed) => draw(temperature, 1, seed)).filter(token => token === 4)
        .length;
    expect(share(2)).toBeGreaterThan(share(0.5));
    expect(share(0.01)).toBe(0);
  });
});
