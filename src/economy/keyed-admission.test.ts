import { beforeEach, describe, expect, it } from 'vitest';
import { reasonOf } from '../../test/support/failure.js';
import type { ReasonCode } from '../reason.js';
import { ONE } from '../receipt/price/money.js';
import { type Holder, OPEN, Refusal, type Request } from './admission.js';
import { Budgets } from './budgets.js';
import { withKeyLimits, withNewKey, withNewSecret, withoutKey, withSharedLimits } from './key-changes.js';
import { KeyedAdmission } from './keyed-admission.js';
import { type Limit, parseLimit } from './limit.js';
import { formatWait } from './remaining-headers.js';
import { formatSecret, type KeyFile, NO_KEYS, secretDigest } from './virtual-key.js';

const NOW = Date.UTC(2026, 10, 21, 12, 0, 30);
const secret = (byte: number) => formatSecret(new Uint8Array(32).fill(byte));
const digest = (byte: number) => secretDigest(secret(byte)) as string;
const limits = (...texts: string[]) => texts.map(text => parseLimit(text) as Limit);

function fileWith(own: string[], more: { models?: string[]; expires?: number; team?: string } = {}): KeyFile {
  const { models = ['*'], expires = null, team = null } = more;
  const key = { id: 'aaaaaaaaaaaaaaaaaaaaaaaaaa', name: 'alice', digest: digest(1) };
  return withNewKey(NO_KEYS, { ...key, models, expires, team, limits: limits(...own) }, 0) as KeyFile;
}

let problems: string[];
beforeEach(() => {
  problems = [];
});

function admissionWith(file: KeyFile, record: () => void = () => undefined) {
  return new KeyedAdmission(file, new Budgets({ marks: [], record }), message => problems.push(message));
}

const REQUEST: Request = {
  ...{ model: 'gpt-4o', targets: ['openai/gpt-4o'] },
  ...{ promptTokens: 60, completionTokens: 40, cost: ONE / 2n },
};
const holderOf = (admission: KeyedAdmission, shown = secret(1)) => admission.identify(shown, NOW) as Holder;
const ask = (admission: KeyedAdmission, changes: Partial<Request> = {}, now = NOW) =>
  admission.admit(holderOf(admission), { ...REQUEST, ...changes }, now);

function refusalOf(act: () => unknown): Refusal {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return error;
  }
  throw new Error('it was not refused');
}

describe('who asks', () => {
  it('is nobody in particular where there are no keys', () => {
    expect(admissionWith(NO_KEYS).identify(null, NOW)).toBeNull();
    expect(admissionWith(NO_KEYS).needsKeys).toBe(false);
    expect(OPEN.identify(secret(1), NOW)).toBeNull();
  });

  it('is the holder of the key, by either of its secrets while both are taken', () => {
    const rotated = admissionWith(withNewSecret(fileWith([]), 'alice', digest(2), 1000, NOW) as KeyFile);
    expect(holderOf(rotated, secret(1)).client).toBe(holderOf(rotated, secret(2)).client);
    expect(reasonOf(() => rotated.identify(secret(1), NOW + 1000))).toBe('access/key-expired');
    expect(rotated.identify(secret(2), NOW + 1000)).not.toBeNull();
  });

  it('is told from whoever sends any header at all', () => {
    expect(holderOf(admissionWith(fileWith([]))).client).toMatch(/^\n/);
  });

  it.each<[code: ReasonCode, shown: string | null, file: KeyFile]>([
    ['access/key-missing', null, fileWith([])],
    ['access/key-missing', '', fileWith([])],
    ['access/key-unknown', 'sk-proj-1', fileWith([])],
    ['access/key-unknown', secret(9), fileWith([])],
    ['access/key-unknown', secret(1), withNewSecret(fileWith([]), 'alice', digest(2), 0, NOW) as KeyFile],
    ['access/key-revoked', secret(1), withoutKey(fileWith([]), 'alice', NOW) as KeyFile],
    ['access/key-expired', secret(1), fileWith([], { expires: NOW })],
  ])('%s', (code, shown, file) => {
    const admission = admissionWith(file);
    expect(admission.needsKeys).toBe(true);
    expect(reasonOf(() => admission.identify(shown, NOW))).toBe(code);
  });

  it('is asked for a key still when the only one is revoked', () => {
    const revoked = withoutKey(fileWith([]), 'alice', NOW) as KeyFile;
    expect(reasonOf(() => admissionWith(revoked).identify(null, NOW))).toBe('access/key-missing');
  });
});

describe('what may be asked for', () => {
  it.each<[models: string[], request: Partial<Request>, allowed: boolean]>([
    [['gpt-4o'], {}, true],
    [['openai/*'], {}, true],
    [['gpt-4o-mini'], {}, false],
    [['gpt-4o'], { model: null, targets: ['openai/'] }, false],
    [['*'], { model: null, targets: ['openai/'] }, true],
    [['mine'], { model: 'mine', targets: ['openai/gpt-4o', 'azure/gpt-4o'] }, true],
    [['openai/*'], { model: 'mine', targets: ['openai/gpt-4o', 'azure/gpt-4o'] }, false],
  ])('%j and %j: %s', (models, request, allowed) => {
    const admission = admissionWith(fileWith([], { models }));
    if (allowed) expect(ask(admission, request).headers).toEqual({});
    else expect(reasonOf(() => ask(admission, request))).toBe('access/model-refused');
  });
});

describe('limits', () => {
  it.each<[code: ReasonCode, limit: string, headers: Record<string, string>]>([
    ['access/requests-exhausted', 'requests=1/minute', { 'retry-after': '30' }],
    ['access/tokens-exhausted', 'tokens=199/minute', { 'retry-after': '30' }],
    ['access/money-exhausted', 'money=0.75/day', { 'retry-after': '43170', 'x-should-retry': 'false' }],
    ['access/money-exhausted', 'money=0.99/total', { 'x-should-retry': 'false' }],
  ])('%s: %s', (code, limit, headers) => {
    const admission = admissionWith(fileWith([limit]));
    ask(admission);
    const refusal = refusalOf(() => ask(admission));
    expect(refusal.code).toBe(code);
    expect(refusal.headers).toMatchObject(headers);
    expect('retry-after' in refusal.headers).toBe('retry-after' in headers);
  });

  it('that no wait would help with are told apart', () => {
    const refusal = refusalOf(() => ask(admissionWith(fileWith(['tokens=99/minute']))));
    expect(refusal.code).toBe('access/request-over-limit');
    expect(refusal.detail).toContain('99 tokens a minute');
    expect(refusal.headers).not.toHaveProperty('retry-after');
  });

  it('of money need a price', () => {
    const limited = admissionWith(fileWith(['money=5/day']));
    expect(reasonOf(() => ask(limited, { cost: null }))).toBe('access/money-unpriced');
    expect(ask(admissionWith(fileWith([])), { cost: null }).headers).toEqual({});
  });

  it('of a team are those of all its keys together, and of a model of everybody', () => {
    const two = withNewKey(
      fileWith([], { team: 'research' }),
      {
        ...{ id: 'bbbbbbbbbbbbbbbbbbbbbbbbbb', name: 'bob', digest: digest(2), team: 'research' },
        models: ['*'],
        limits: [],
        expires: null,
      },
      0,
    ) as KeyFile;
    const team = admissionWith(withSharedLimits(two, 'teams', 'research', limits('requests=1/day')));
    ask(team);
    expect(refusalOf(() => team.admit(holderOf(team, secret(2)), REQUEST, NOW)).detail).toContain(
      'this team',
    );
    const model = admissionWith(withSharedLimits(two, 'models', 'gpt-4o*', limits('requests=1/day')));
    ask(model, { model: 'GPT-4o', targets: ['openai/GPT-4o'] });
    for (const name of ['openai/gpt-4o', 'mine'])
      expect(refusalOf(() => ask(model, { model: name })).detail).toContain('this model');
    expect(ask(model, { model: 'other', targets: ['openai/other'] }).headers).toEqual({});
  });

  it('are shown: the least that is left of all', () => {
    const ticket = ask(admissionWith(fileWith(['requests=5/minute', 'requests=9/day', 'tokens=1000/total'])));
    expect(ticket.headers).toEqual({
      'x-ratelimit-limit-requests': '5',
      'x-ratelimit-remaining-requests': '4',
      'x-ratelimit-reset-requests': '30s',
      'x-ratelimit-limit-tokens': '1000',
      'x-ratelimit-remaining-tokens': '900',
    });
  });

  it('take what was used in place of what was reserved, and all of that where nobody knows', () => {
    const admission = admissionWith(fileWith(['tokens=150/day']));
    ask(admission).settle({ tokens: 10, cost: 0n });
    ask(admission).settle({ tokens: null, cost: null });
    expect(refusalOf(() => ask(admission)).detail).toContain('40 are left');
  });

  it('that are exchanged bind at once, and what was admitted before still ends', () => {
    const admission = admissionWith(fileWith(['tokens=150/day']));
    const before = ask(admission);
    admission.exchangeKeys(withKeyLimits(fileWith([]), 'alice', limits('tokens=120/day')) as KeyFile);
    expect(refusalOf(() => ask(admission)).code).toBe('access/tokens-exhausted');
    before.settle({ tokens: 10, cost: 0n });
    ask(admission);
  });

  it('say of what could not be recorded at the end that it was not, and count it', () => {
    let fails = false;
    const admission = admissionWith(fileWith(['tokens=1000/day']), () => {
      if (fails) throw new Error('the disk is full');
    });
    const ticket = ask(admission);
    fails = true;
    ticket.settle({ tokens: 500, cost: 0n });
    expect(problems).toEqual(['the disk is full']);
    fails = false;
    expect(ask(admission).headers['x-ratelimit-remaining-tokens']).toBe('400');
  });
});

it.each([
  [1, '1s'],
  [60, '1m0s'],
  [3600, '1h0m0s'],
  [86_399, '23h59m59s'],
])('%i seconds are written as OpenAI does: %s', (seconds, text) => {
  expect(formatWait(seconds)).toBe(text);
});
