import { describe, expect, it } from 'vitest';
import { OPERATOR, STRANGER, TRUST_FILE, trustWith, WITNESSES } from '../../test/support/parties.js';
import { EVENTS, make, RESPONSE, type Recipe } from '../../test/support/sample-exchange.js';
import { COMPLETED, COSIGNED, DEADLINE, OPENING } from '../../test/support/sample-receipt.js';
import { toHex } from '../bytes/hex.js';
import { formatVerifierKey, keyLabel } from '../note/key.js';
import { commit } from '../receipt/opening.js';
import type { Receipt } from '../receipt/receipt.js';
import { CLOCK_TOLERANCE } from './record.js';
import { type Verification, verify } from './verify.js';

async function check(recipe: Recipe = {}): Promise<Verification> {
  return verify(await make(recipe));
}

const statusOf = ({ checks }: Verification) =>
  Object.fromEntries(checks.map(result => [result.name, result.status === 'pass' ? 'pass' : result.code]));
const gradesOf = ({ facts }: Verification) =>
  Object.fromEntries(Object.entries(facts).map(([fact, { grade }]) => [fact, grade]));
const saysOf = ({ checks }: Verification, name: string) => checks.find(result => result.name === name)?.says;

describe('spec/receipt.md §8: a genuine bundle', () => {
  it.each(['body', 'stream', 'nothing'] as const)('passes, every check that can be made (%s)', async form => {
    const verification = await check({ form });
    expect(verification.outcome).toBe('pass');
    expect(statusOf(verification)).toEqual({
      bundle: 'pass',
      signature: 'pass',
      receipt: 'pass',
      time: 'pass',
      request: 'pass',
      response: form === 'nothing' ? 'content/not-given' : 'pass',
      inclusion: 'pass',
      witnesses: 'pass',
      epoch: 'epoch/not-checked',
    });
    expect(gradesOf(verification)).toEqual({
      model: 'asserted',
      place: 'asserted',
      record: 'witnessed',
      answer: 'not-recomputed',
    });
  });

  it('an image that is given is one of those in the answer, whichever', async () => {
    const [seal, heron] = [Uint8Array.of(1), Uint8Array.of(2)];
    const images = {
      commitments: [seal, heron].map((image, at) => toHex(commit(OPENING, `image/${at}`, image))),
    };
    const receipt = (sample: Receipt) => ({ ...sample, response: { ...sample.response, images } });
    for (const [image, says] of [
      [seal, 'it is image 1 of the 2 in the answer'],
      [heron, 'it is image 2 of the 2 in the answer'],
    ] as const) {
      const verification = await check({ receipt, content: content => ({ ...content, image }) });
      expect(verification.outcome).toBe('pass');
      expect(saysOf(verification, 'image')).toBe(says);
    }
    expect(statusOf(await check({ receipt }))).not.toHaveProperty('image');
  });

  it('says who answers for it and what was signed', async () => {
    const { receipt, responsibility, digest } = await check();
    expect(responsibility).toEqual(receipt?.responsibility);
    expect(responsibility.map(({ role }) => role)).toEqual(['operator', 'host']);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it('content that is not given is not-checked and changes no outcome', async () => {
    const verification = await check({ content: () => ({ opening: null, request: null, response: null }) });
    expect(verification.outcome).toBe('pass');
    expect(statusOf(verification)).toMatchObject({
      request: 'content/not-given',
      response: 'content/not-given',
    });
  });

  it('says how few could have cheated, by the trust file; without one nobody knows', async () => {
    const { concentration } = await check();
    for (const attack of ['fabricate', 'split', 'block'] as const)
      expect(concentration?.controller[attack].worst).toMatchObject({ atMost: 1, names: [OPERATOR] });
    expect((await check({ trust: null })).concentration).toBeNull();
  });

  it('says what the keys of witnesses mean beyond a consistent tree, by the trust file', async () => {
    const [first, second, third] = WITNESSES.map(({ key }) => keyLabel(key)) as [string, string, string];
    expect(saysOf(await check(), 'witnesses')).not.toContain('of them also');
    const statements = [
      { key: first, says: 'entries-checked' },
      { key: third, says: 'entries-checked' },
      { key: second, says: 'mirrored' },
      { key: keyLabel(STRANGER.key), says: 'mirrored' },
    ] as const;
    const says = saysOf(await check({ trust: trustWith({ statements: [...statements] }) }), 'witnesses');
    expect(says).toContain('; 2 of them also say that every entry was read and checked');
    expect(says).toContain('; 1 of them also says that every entry is stored and served');
  });

  it('does not change what it is given', async () => {
    const input = await make({ form: 'stream' });
    const before = structuredClone({ bundle: input.bundle, content: input.content });
    await verify(input);
    expect({ bundle: input.bundle, content: input.content }).toEqual(before);
  });
});

describe('without a trust file', () => {
  it('nobody is believed: inconclusive, and no fact has a grade', async () => {
    const verification = await check({ trust: null });
    expect(verification.outcome).toBe('inconclusive');
    expect(statusOf(verification)).toMatchObject({
      signature: 'trust/missing',
      inclusion: 'trust/missing',
      witnesses: 'trust/missing',
      request: 'pass',
      response: 'pass',
    });
    expect(new Set(Object.values(gradesOf(verification)))).toEqual(new Set(['none']));
  });

  it('altered content still fails', async () => {
    expect((await check({ trust: null, response: () => RESPONSE.slice(1) })).outcome).toBe('fail');
  });
});

describe('the time asked about', () => {
  const lastMoment = COSIGNED * 1000 - CLOCK_TOLERANCE;

  it('what a witness signed later does not count', async () => {
    const before = await check({ asOf: lastMoment - 1 });
    expect(before.outcome).toBe('inconclusive');
    expect(statusOf(before)).toMatchObject({ inclusion: 'pass', witnesses: 'witness/quorum-not-met' });
    expect(gradesOf(before).record).toBe('included');
    expect((await check({ asOf: lastMoment })).outcome).toBe('pass');
  });

  it.each([lastMoment - 1, lastMoment, COMPLETED, DEADLINE, DEADLINE + 1, Number.MAX_SAFE_INTEGER])(
    'the same question about %d has the same answer whenever it is asked',
    async asOf => {
      const input = await make({ asOf });
      expect(await verify(input)).toEqual(await verify(input));
    },
  );

  it('a later time takes nothing back that a proof has shown', async () => {
    for (const asOf of [lastMoment, DEADLINE, DEADLINE + 10 ** 12])
      expect((await check({ asOf })).outcome, String(asOf)).toBe('pass');
  });

  it('a receipt may be a minute ahead of the time asked about, and no more', async () => {
    const time = async (asOf: number) => statusOf(await check({ asOf })).time;
    expect(await time(COMPLETED - CLOCK_TOLERANCE)).toBe('pass');
    expect(await time(COMPLETED - CLOCK_TOLERANCE - 1)).toBe('receipt/time-future');
  });
});

describe('keys are counted as the controllers behind them', () => {
  const labels = WITNESSES.map(({ key }) => keyLabel(key));
  const own = TRUST_FILE.controllers?.[0]?.keys ?? [];
  const [first] = labels as [string];
  const rest = own.filter(key => key !== first);

  it.each([
    ['three keys of another party', [{ name: 'Auditor', keys: labels }], '1 controller (Auditor)'],
    ['keys that stand under nobody, however many', [], '1 controller (unattributed)'],
    [
      'keys of two parties',
      [
        { name: 'Operator', keys: rest },
        { name: 'Auditor', keys: [first] },
      ],
      '2 controllers (Auditor, Operator)',
    ],
    [
      'the operator and a key that stands under nobody',
      [{ name: 'Operator', keys: rest }],
      '2 controllers (Operator, unattributed)',
    ],
  ] as const)('%s', async (_, controllers, expected) => {
    const trust = trustWith({
      controllers: controllers.map(({ name, keys }) => ({ name, keys: [...keys] })),
    });
    const says = saysOf(await check({ trust }), 'witnesses');
    expect(says).toContain('3 witnesses');
    expect(says).toContain(expected);
    expect(says).not.toContain('nobody independent');
  });

  it('three keys of the one who runs the log: one controller, and nobody independent', async () => {
    const says = saysOf(await check(), 'witnesses');
    expect(says).toContain('3 witnesses');
    expect(says).toContain('1 controller (Sample Operator)');
    expect(says).toContain('nobody independent');
  });
});

describe('no fact lifts another', () => {
  const variants: readonly [string, (receipt: Receipt) => Receipt][] = [
    ['everything stated', receipt => receipt],
    ['a model without digest', receipt => ({ ...receipt, model: { ...receipt.model, digest: null } })],
    [
      'a model only committed to',
      receipt => ({ ...receipt, model: { ...receipt.model, served: { commitment: '9'.repeat(64) } } }),
    ],
    ['no model', receipt => ({ ...receipt, model: { ...receipt.model, served: null } })],
    ['no upstream', receipt => ({ ...receipt, upstream: null })],
    [
      'claims that assert everything',
      receipt => ({ ...receipt, claims: [{ about: 'answer', source: 'issuer', status: 'asserted' }] }),
    ],
  ];

  it.each(variants)('model, place and answer are graded alike, witnessed or not: %s', async (_, receipt) => {
    const records = [
      ['witnessed', {}],
      ['included', { signatures: ([log]) => (log === undefined ? [] : [log]) }],
      ['signed', { proofText: () => null }],
    ] as const satisfies readonly [string, Recipe][];
    const graded = [];
    for (const [grade, recipe] of records) {
      const { facts } = await check({ receipt, ...recipe });
      expect(facts.record.grade).toBe(grade);
      graded.push({ ...facts, record: null });
    }
    expect(graded[1]).toEqual(graded[0]);
    expect(graded[2]).toEqual(graded[0]);
  });

  it('whatever a receipt claims of itself, the grades are computed', async () => {
    for (const [name, receipt] of variants) {
      const { model, place, answer } = gradesOf(await check({ receipt }));
      expect(answer, name).toBe('not-recomputed');
      expect(['none', 'asserted'], name).toContain(model);
      expect(['none', 'asserted'], name).toContain(place);
    }
  });

  it('a check that failed leaves no grade at all', async () => {
    const verification = await check({ form: 'stream', response: () => EVENTS[0] as Uint8Array });
    expect(new Set(Object.values(gradesOf(verification)))).toEqual(new Set(['none']));
    expect(verification.facts.record.because).toBe('the check "response" failed');
  });
});

describe('issuers', () => {
  it('any issuer of the trust file counts, and each only under its own name', async () => {
    const other = { keyId: keyLabel(STRANGER.key), signer: STRANGER.signer };
    const recipe: Recipe = {
      seal: () => other,
      receipt: receipt => ({ ...receipt, issuer: other.keyId }),
    };
    expect((await check(recipe)).outcome).toBe('fail');
    const issuers = [...TRUST_FILE.issuers, formatVerifierKey(STRANGER.key)];
    expect((await check({ ...recipe, trust: trustWith({ issuers }) })).outcome).toBe('pass');
    const forged = await check({
      trust: trustWith({ issuers }),
      seal: ({ keyId }) => ({ keyId, signer: STRANGER.signer }),
    });
    expect(statusOf(forged)).toMatchObject({ signature: 'envelope/signature-invalid' });
  });
});
