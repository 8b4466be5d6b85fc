/** Parameters that stand in an object of their own, in every API that has such. */
import { describe, expect, it } from 'vitest';
import { failureOf } from '../../test/support/failure.js';
import { utf8 } from '../bytes/octets.js';
import { MESSAGES } from './anthropic/messages.js';
import { GENERATE_CONTENT } from './gemini/content.js';
import { RESPONSES } from './openai/responses.js';
import type { ParameterName } from './parameters.js';
import type { Surface } from './surface.js';

interface Row {
  readonly surface: Surface;
  /** The JSON of a request with this member, and what stands around it. */
  readonly wrap: (member: string) => string;
  readonly object: string;
  readonly member: string;
  readonly name: ParameterName;
  /** Values that a receipt states, and as it has each where that is another. */
  readonly stated: readonly (readonly [value: unknown, read?: unknown])[];
  /** Values that hosts may take, and that no receipt states. */
  readonly others: readonly unknown[];
}

const inResponse = (member: string) => `{"model":"m","input":"a",${member}}`;
const inMessages = (member: string) => `{"model":"m","messages":[{}],${member}}`;
const inConfig = (member: string) => `{"contents":[{}],"generationConfig":{"topK":1,${member}}}`;
const words = (...all: readonly string[]) => all.map(word => [word] as const);

const ROWS: readonly Row[] = [
  {
    surface: RESPONSES,
    wrap: inResponse,
    object: 'reasoning',
    member: 'effort',
    name: 'reasoning_effort',
    stated: words('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'),
    others: ['much', 1, {}, ['low']],
  },
  {
    surface: RESPONSES,
    wrap: inResponse,
    object: 'reasoning',
    member: 'summary',
    name: 'reasoning_summary',
    stated: words('auto', 'concise', 'detailed'),
    others: ['Otto Normal', true],
  },
  {
    surface: RESPONSES,
    wrap: inResponse,
    object: 'text',
    member: 'verbosity',
    name: 'verbosity',
    stated: words('low', 'medium', 'high'),
    others: ['none', 0],
  },
  {
    surface: MESSAGES,
    wrap: inMessages,
    object: 'output_config',
    member: 'effort',
    name: 'reasoning_effort',
    stated: words('minimal', 'low', 'medium', 'high', 'xhigh', 'max'),
    others: ['much', 1, true],
  },
  {
    surface: MESSAGES,
    wrap: inMessages,
    object: 'thinking',
    member: 'type',
    name: 'thinking',
    stated: words('adaptive', 'between_tools', 'disabled', 'enabled'),
    others: ['on', true],
  },
  {
    surface: MESSAGES,
    wrap: inMessages,
    object: 'thinking',
    member: 'budget_tokens',
    name: 'thinking_budget',
    stated: [[0], [1024], [2 ** 31]],
    others: [-2, 0.5, 2 ** 31 + 1, '1024'],
  },
  {
    surface: GENERATE_CONTENT,
    wrap: inConfig,
    object: 'thinkingConfig',
    member: 'thinkingBudget',
    name: 'thinking_budget',
    stated: [[-1], [0], [1024], ['1024', 1024]],
    others: [-2, 0.5, 'much'],
  },
  {
    surface: GENERATE_CONTENT,
    wrap: inConfig,
    object: 'thinkingConfig',
    member: 'thinkingLevel',
    name: 'reasoning_effort',
    stated: [
      ['MINIMAL', 'minimal'],
      ['LOW', 'low'],
      ['MEDIUM', 'medium'],
      ['HIGH', 'high'],
      ['low', 'low'],
      ['Medium', 'medium'],
    ],
    others: ['MAX', 'M\u0131NIMAL', 'LOW ', 1, ['LOW']],
  },
];

function read({ surface }: Row, body: string) {
  const target = { model: surface === GENERATE_CONTENT ? 'm' : null, query: new URLSearchParams() };
  const { parameters, unstated } = surface.readRequest(utf8(body), 'application/json', target);
  return { parameters, unstated };
}

function refusal(row: Row, body: string) {
  const { code, field } = failureOf(() => read(row, body));
  return { code, field };
}

describe.each(ROWS)('$surface.name: $object.$member', row => {
  const { wrap, object, member, name, stated, others } = row;
  const withValue = (value: unknown) => wrap(`"${object}":{"other":[],"${member}":${JSON.stringify(value)}}`);
  const nothing = read(row, wrap(`"${object}":{}`));

  it('is stated where it has one of its values', () => {
    for (const [value, known = value] of stated)
      expect(read(row, withValue(value))).toEqual({
        parameters: { ...nothing.parameters, [name]: known },
        unstated: [],
      });
  });

  it('is named where it has another', () => {
    for (const value of others)
      expect(read(row, withValue(value)), JSON.stringify(value)).toEqual({
        parameters: nothing.parameters,
        unstated: [name],
      });
  });

  it('is not set by null, and neither is the object', () => {
    expect(read(row, withValue(null))).toEqual(nothing);
    expect(read(row, wrap(`"${object}":null`))).toEqual(nothing);
  });

  it('is named where there is no object', () => {
    for (const value of ['"low"', '1', '[]', 'true', `[{"${member}":"low"}]`]) {
      const { parameters, unstated } = read(row, wrap(`"${object}":${value}`));
      expect(parameters).toEqual(nothing.parameters);
      expect(unstated).toContain(name);
    }
  });

  it('stands there once, in its own letters', () => {
    const [[value] = []] = stated;
    const own = `"${member}":${JSON.stringify(value)}`;
    const escaped = own.replace(member, `\\u00${member.charCodeAt(0).toString(16)}${member.slice(1)}`);
    for (const other of [own, escaped, own.toUpperCase(), `"x":1,"x":2`])
      expect(refusal(row, wrap(`"${object}":{${own},${other}}`)).code).toBe('request/malformed');
    expect(refusal(row, wrap(`"${object}":{${own.toUpperCase()}}`)).code).toBe('request/malformed');
    expect(read(row, wrap(`"${object}":{${escaped}}`)).parameters).toHaveProperty(name);
  });

  it('what its values nest is nobody’s business', () => {
    const inner = `"format":{"${member}":"x","${member}":"y"}`;
    expect(read(row, wrap(`"${object}":{${inner}}`))).toEqual(nothing);
  });

  it('not among more members than are looked at', () => {
    const many = Array.from({ length: 1001 }, (_, at) => `"a${at}":1`).join();
    expect(refusal(row, wrap(`"${object}":{${many}}`)).code).toBe('request/malformed');
  });

  it('the object stands there once, in its own letters', () => {
    for (const other of [object, object.toUpperCase()])
      expect(refusal(row, wrap(`"${object}":{},"${other}":{}`)).code).toBe('request/malformed');
    expect(refusal(row, wrap(`"${object.toUpperCase()}":{}`)).code).toBe('request/malformed');
  });
});

it('Google’s word that says nothing sets nothing', () => {
  const row = ROWS.at(-1) as Row;
  const body = inConfig(
    '"thinking_config":{"thinking_level":"thinking_level_unspecified","thinking_budget":5}',
  );
  expect(read(row, body)).toEqual({ parameters: { top_k: 1, thinking_budget: 5 }, unstated: [] });
});
