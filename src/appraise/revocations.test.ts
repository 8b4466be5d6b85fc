import { describe, expect, it } from 'vitest';
import { ISSUER, LOG, STRANGER, trustWith } from '../../test/support/parties.js';
import {
  carriedRevocation,
  carrying,
  DECIDED,
  listed,
  OF_CHIP,
  OF_MODEL,
} from '../../test/support/revocations.js';
import { INDEX, make, type Recipe } from '../../test/support/sample-exchange.js';
import { AS_OF, COMPLETED } from '../../test/support/sample-receipt.js';
import type { Json } from '../bytes/json.js';
import { utf8 } from '../bytes/octets.js';
import { formatVerifierKey, keyLabel } from '../note/key.js';
import type { ReasonCode } from '../reason.js';
import type { Revocation } from '../receipt/revocation.js';
import { verify } from './verify.js';

const verified = async (recipe: Recipe = {}) => verify(await make(recipe));
const trusting = (...revocations: readonly Revocation[]): Recipe => ({
  trust: trustWith({ revocations: revocations.map(each => listed(each)) }),
});
const retired = (until: number, why: 'rotated' | 'revoked' = 'rotated') =>
  trustWith({
    issuers: [formatVerifierKey(ISSUER.key)],
    retired: [{ key: formatVerifierKey(STRANGER.key), role: 'issuer', why, until }],
  });
const byStranger = { seal: { keyId: keyLabel(STRANGER.key), signer: STRANGER.signer } };

describe('spec/revocation.md §3: weights that were revoked', () => {
  const ways: readonly [string, () => Promise<Recipe>][] = [
    ['the bundle carries it', async () => carrying(await carriedRevocation(OF_MODEL))],
    ['the trust file lists it', async () => trusting(OF_MODEL)],
    [
      'both say it',
      async () => ({
        ...carrying(await carriedRevocation(OF_MODEL)),
        trust: trustWith({ revocations: [{ ...listed(OF_MODEL), entry: INDEX }] }),
      }),
    ],
  ];

  it.each(ways)('%s: the model has no grade any more, and had one until then', async (_, recipe) => {
    const { outcome, facts, revocations, checks } = await verified(await recipe());
    expect(facts.model).toMatchObject({
      grade: 'none',
      revoked: { code: 'revocation/model', was: 'asserted', until: DECIDED },
    });
    expect(facts.model.because).toContain('were revoked');
    // No other fact, and no check, is any worse for it.
    const { facts: before, checks: checksBefore } = await verified();
    expect({ ...facts, model: null }).toEqual({ ...before, model: null });
    expect(checks).toEqual(checksBefore);
    expect(outcome).toBe('pass');
    expect(revocations).toHaveLength(1);
  });

  it.each(ways)('%s: as of a time before it was decided, nothing has changed', async (_, recipe) => {
    const early = { ...(await recipe()), asOf: DECIDED - 1 };
    expect(await verified(early)).toEqual(await verified({ asOf: DECIDED - 1 }));
    expect((await verified({ ...early, asOf: DECIDED })).facts.model.grade).toBe('none');
  });

  it.each<[string, () => Promise<Json>]>([
    ['of something else', () => carriedRevocation(OF_CHIP)],
    ['that is decided later', () => carriedRevocation(OF_MODEL, { decided: AS_OF + 1 })],
  ])('a bundle that carries one %s at that entry takes nothing out of the trust file', async (_, forked) => {
    // Its operator shows another log, as he can without witnesses, which has something else there.
    const trust = trustWith({ revocations: [{ ...listed(OF_MODEL), entry: INDEX }] });
    const { facts } = await verified({ ...carrying(await forked()), trust });
    expect(facts.model.grade).toBe('none');
  });

  it.each<[string, number | null, 'none' | 'asserted']>([
    ['always', null, 'none'],
    ['since before the answer', COMPLETED - 1, 'none'],
    ['since the moment of the answer', COMPLETED, 'none'],
    ['since after the answer', COMPLETED + 1, 'asserted'],
  ])('bad %s', async (_, since, grade) => {
    expect((await verified(trusting({ ...OF_MODEL, since }))).facts.model.grade).toBe(grade);
  });

  it('of another model takes nothing', async () => {
    expect(await verified(trusting({ ...OF_MODEL, value: '9'.repeat(64) }))).toEqual(await verified());
  });

  it('of a receipt that no model answered takes nothing', async () => {
    const none: Recipe = { receipt: receipt => ({ ...receipt, model: { ...receipt.model, served: null } }) };
    const { facts } = await verified({ ...none, ...trusting(OF_MODEL) });
    expect(facts.model).toEqual((await verified(none)).facts.model);
  });

  it('without a trust file nobody’s word counts, this one’s neither', async () => {
    const recipe = { ...carrying(await carriedRevocation(OF_MODEL)), trust: null };
    expect((await verified(recipe)).revocations).toEqual([]);
  });
});

describe('spec/revocation.md §3: what stands behind the evidence', () => {
  it('is told where the bundle carries it, and takes nothing that was not shown', async () => {
    const { outcome, facts, revocations } = await verified(carrying(await carriedRevocation(OF_CHIP)));
    expect(revocations).toEqual([{ revocation: OF_CHIP, decided: DECIDED, entry: INDEX }]);
    expect(facts).toEqual((await verified()).facts);
    expect(outcome).toBe('pass');
  });

  it('cannot be told by the trust file alone: that takes the evidence', async () => {
    expect((await verified(trusting(OF_CHIP))).revocations).toEqual([]);
  });
});

describe('a bundle that carries what no gateway puts there fails', () => {
  const rows: readonly [ReasonCode, string, () => Promise<Recipe>][] = [
    [
      'revocation/unrelated',
      'other weights',
      async () => carrying(await carriedRevocation({ ...OF_MODEL, value: '9'.repeat(64) })),
    ],
    [
      'revocation/unrelated',
      'a chip, where there is no evidence',
      async () => ({
        receipt: receipt => ({ ...receipt, evidence: [] }),
        ...carrying(await carriedRevocation(OF_CHIP)),
      }),
    ],
    [
      'revocation/unrelated',
      'of what was bad only later',
      async () => carrying(await carriedRevocation({ ...OF_MODEL, since: COMPLETED + 1 })),
    ],
    [
      'envelope/issuer-unknown',
      'a revocation by somebody unknown',
      async () => carrying(await carriedRevocation(OF_MODEL, byStranger)),
    ],
    [
      'envelope/signature-invalid',
      'one that somebody else has signed in the issuer’s name',
      async () =>
        carrying(
          await carriedRevocation(OF_MODEL, { seal: { ...byStranger.seal, keyId: keyLabel(ISSUER.key) } }),
        ),
    ],
    [
      'envelope/issuer-mismatch',
      'one that names another issuer',
      async () => carrying(await carriedRevocation(OF_MODEL, { issuer: keyLabel(LOG.key) })),
    ],
    [
      'entry/malformed',
      'another statement by the issuer',
      async () => carrying(await carriedRevocation(OF_MODEL, { payload: () => utf8('{}') })),
    ],
    [
      'tree/inclusion-invalid',
      'one that is not in the log',
      async () => carrying(await carriedRevocation(OF_MODEL, { proof: { entry: () => utf8('another') } })),
    ],
    [
      'proof/malformed',
      'one without a proof',
      async () => carrying({ ...(await withEnvelope()), proof: '' }),
    ],
    [
      'key/retired',
      'one by a key that had ended',
      async () => ({
        ...carrying(await carriedRevocation(OF_MODEL, byStranger)),
        trust: retired(INDEX),
      }),
    ],
  ];
  const withEnvelope = async () => (await carriedRevocation(OF_MODEL)) as { envelope: never };

  it.each(rows)('%s: %s', async (code, _, recipe) => {
    const { outcome, checks, facts, revocations } = await verified(await recipe());
    expect(outcome).toBe('fail');
    expect(checks[0]).toMatchObject({ name: 'bundle', status: 'fail', code, field: 'revocations.0' });
    expect([facts.record.grade, revocations]).toEqual(['none', []]);
  });

  it('but not one by a key that counted then', async () => {
    const recipe = {
      ...carrying(await carriedRevocation(OF_MODEL, byStranger)),
      trust: retired(INDEX + 1),
    };
    expect((await verified(recipe)).facts.model.grade).toBe('none');
  });
});
