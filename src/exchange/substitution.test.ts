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
    { requested: 'claude-opus-4', served: 'claude-opus-4-1-20250805', other: true },
    { requested: 'claude-sonnet-4', served: 'claude-sonnet-4-5-20250929', other: true },
    { requested: 'anthropic/claude-opus-4', served: 'claude-opus-4-1', other: true },
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
    ['claude-sonnet-4-20250514', 'claude-sonnet-4', true],
    ['gpt-4-0613', 'gpt-4', true],
    ['mistral-large-2407', 'mistral-large', true],
    ['command-r-08-2024', 'command-r', true],
    ['gemini-2.5-pro-preview-05-06', 'gemini-2.5-pro-preview', true],
    ['claude-opus-4-1-20250805', 'claude-opus-4', false],
    ['claude-opus-4-20251305', 'claude-opus-4', false],
    ['claude-opus-4-19991231', 'claude-opus-4', false],
    ['claude-opus-4-2025-05', 'claude-opus-4', false],
    ['claude-opus-4-20250805-1', 'claude-opus-4', false],
    ['llama-3-4096', 'llama-3', false],
    ['llama-3-1-70', 'llama-3', false],
    ['llama-3----', 'llama-3', false],
  ])('%s of %s: %s', (served, asked, expected) => {
    expect(isVersionOf(served, asked)).toBe(expected);
  });
});
