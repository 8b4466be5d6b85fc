import { describe, expect, it } from 'vitest';
import { isSubstitution, isVersionOf } from './substitution.js';

describe('a model that was served is another than the one that was asked for', () => {
  const cases: { requested: string; served: string; other: boolean }[] = [
    { requested: 'gpt-4o', served: 'gpt-4o', other: false },
    { requested: 'gpt-4o', served: 'gpt-4o-2024-08-06', other: false },
    { requested: 'claude-sonnet-4', served: 'claude-sonnet-4-20250514', other: false },
    { requested: 'openai/gpt-4o', served: 'gpt-4o', other: false },
    { requested: 'openai/gpt-4o', served: 'gpt-4o-2024-08-06', other: false },
    { requested: 'openrouter/openai/gpt-4o', served: 'openai/gpt-4o', other: false },
    { requested: 'gpt-4o', served: 'gpt-4o-mini', other: true },
    { requested: 'gpt-4o', served: 'gpt-4o-mini-2024-07-18', other: true },
    { requested: 'gpt-4o', served: 'GPT-4O', other: true },
    { requested: 'gpt-4o', served: 'openai/gpt-4o', other: true },
    { requested: 'gpt-4o-2024-08-06', served: 'gpt-4o', other: true },
    { requested: 'fast', served: 'gpt-4o-mini', other: true },
    { requested: 'gpt-4o', served: '', other: true },
    { requested: 'gpt-4o', served: 'gpt-4o-', other: true },
  ];

  it.each(cases)('$requested, $served: $other', ({ requested, served, other }) => {
    expect(isSubstitution(requested, served)).toBe(other);
  });
});

describe('a dated version', () => {
  it.each([
    ['gpt-4o-2024-08-06', 'gpt-4o', true],
    ['gpt-4o', 'gpt-4o', false],
    ['gpt-4o-latest', 'gpt-4o', false],
    ['gpt-4o-1', 'gpt-4o', false],
  ])('%s of %s: %s', (served, asked, expected) => {
    expect(isVersionOf(served, asked)).toBe(expected);
  });
});
