/** Receipts, checkpoints and cosignatures by keys that no longer sign. Source: spec/keys.md §7. */
import { describe, expect, it } from 'vitest';
import { nextKey } from '../../test/support/key-changes.js';
import { type TestKey, testCosigner } from '../../test/support/keys.js';
import { ISSUER, LOG, TRUST_FILE, trustWith, WITNESSES } from '../../test/support/parties.js';
import { cosignatures, INDEX, make, type Recipe, SIZE } from '../../test/support/sample-exchange.js';
import { formatVerifierKey, keyLabel } from '../note/key.js';
import { signNote } from '../note/signed-note.js';
import { policyText, type TrustFile } from './trust.js';
import { verify } from './verify.js';

type Retired = NonNullable<TrustFile['retired']>[number];

const NEW_ISSUER = nextKey('issuer', 1);
const NEW_LOG = nextKey('log', 1);
const [FIRST, ...OTHERS] = WITNESSES as [TestKey, ...TestKey[]];
const NEW_WITNESS = nextKey('witness', 1);

const retiredIssuer = (more: Partial<Retired> = {}): Partial<TrustFile> => ({
  issuers: [formatVerifierKey(NEW_ISSUER.key)],
  retired: [
    {
      key: formatVerifierKey(ISSUER.key),
      role: 'issuer',
      why: 'rotated',
      until: INDEX + 1,
      successor: keyLabel(NEW_ISSUER.key),
      ...more,
    },
  ],
});
const retiredLog = (until: number): Partial<TrustFile> => ({
  log: formatVerifierKey(NEW_LOG.key),
  policy: policyText(
    NEW_LOG.key,
    WITNESSES.map(({ key }) => key),
    'all',
  ),
  retired: [{ key: formatVerifierKey(LOG.key), role: 'log', why: 'rotated', until }],
});
const policyOf = (witnesses: readonly TestKey[]) =>
  policyText(
    LOG.key,
    witnesses.map(({ key }) => key),
    'all',
  );
const retiredWitness = (until: number, more: Partial<Retired> = {}): Partial<TrustFile> => ({
  policy: policyOf([NEW_WITNESS, ...OTHERS]),
  retired: [
    {
      key: formatVerifierKey(FIRST.key),
      role: 'witness',
      why: 'rotated',
      until,
      successor: keyLabel(NEW_WITNESS.key),
      ...more,
    },
  ],
});

async function judged(trust: Partial<TrustFile>, recipe: Recipe = {}) {
  const { outcome, checks, facts } = await verify(await make({ ...recipe, trust: trustWith(trust) }));
  const of = (name: string) => checks.find(check => check.name === name);
  const codes = Object.fromEntries(
    ['signature', 'inclusion', 'witnesses'].map(name => {
      const check = of(name);
      return [name, check === undefined || check.status === 'pass' ? 'pass' : check.code];
    }),
  );
  return { outcome, codes, record: facts.record.grade, says: of('signature')?.says };
}

describe("a retired issuer's receipt", () => {
  it('below the index at which the key ended: as good as ever', async () => {
    const { outcome, codes, record, says } = await judged(retiredIssuer());
    expect({ outcome, codes, record }).toEqual({
      outcome: 'pass',
      codes: { signature: 'pass', inclusion: 'pass', witnesses: 'pass' },
      record: 'witnessed',
    });
    expect(says).toContain(`below entry ${INDEX + 1}`);
  });

  it.each<[code: string, what: string, more: Partial<Retired>]>([
    ['key/retired', 'logged after the rotation', { until: INDEX }],
    ['key/revoked', 'logged after the revocation', { until: INDEX, why: 'revoked' }],
    [
      'key/revoked',
      'logged after a revocation that looked back',
      { until: 2, announced: INDEX, why: 'revoked' },
    ],
    [
      'key/disowned',
      'logged before a revocation that looks back to before it',
      { until: INDEX, announced: INDEX + 1, why: 'revoked' },
    ],
    ['key/revoked', "by a thief's own key", { until: 0, why: 'revoked' }],
  ])('%s: %s', async (code, _, more) => {
    const { outcome, codes, record } = await judged(retiredIssuer(more));
    expect({ outcome, record }).toEqual({ outcome: 'fail', record: 'none' });
    expect(codes).toEqual({ signature: code, inclusion: 'pass', witnesses: 'pass' });
  });

  it('key/standing-unknown: without a proof nobody knows when it was signed', async () => {
    const { outcome, codes, record } = await judged(retiredIssuer(), { proofText: () => null });
    expect({ outcome, record, signature: codes.signature }).toEqual({
      outcome: 'inconclusive',
      record: 'none',
      signature: 'key/standing-unknown',
    });
  });

  it('a proof that does not verify fails, whatever the key', async () => {
    const { outcome } = await judged(retiredIssuer(), { proof: proof => ({ ...proof, index: INDEX - 1 }) });
    expect(outcome).toBe('fail');
  });

  it('the keys of others are not judged by it', async () => {
    const both = retiredIssuer({ until: 0 });
    const seal = () => ({ keyId: keyLabel(NEW_ISSUER.key), signer: NEW_ISSUER.signer });
    const receipt: Recipe['receipt'] = genuine => ({ ...genuine, issuer: keyLabel(NEW_ISSUER.key) });
    expect((await judged(both, { seal, receipt })).outcome).toBe('pass');
  });

  it('a trust file may have nobody but retired issuers', async () => {
    expect((await judged({ ...retiredIssuer(), issuers: [] })).outcome).toBe('pass');
  });
});

describe("a retired log key's checkpoint", () => {
  it('up to the size at which the key ended', async () => {
    expect((await judged(retiredLog(SIZE))).outcome).toBe('pass');
  });

  it('checkpoint/log-key-retired: of a larger tree', async () => {
    const { outcome, codes } = await judged(retiredLog(SIZE - 1));
    expect(outcome).toBe('fail');
    expect(codes.inclusion).toBe('checkpoint/log-key-retired');
  });

  it('beside the signature of the key of today it does no harm', async () => {
    const signatures: Recipe['signatures'] = (lines, text) => [
      signNote(text, NEW_LOG.key, NEW_LOG.signer),
      ...lines,
    ];
    expect((await judged(retiredLog(SIZE - 1), { signatures })).outcome).toBe('pass');
  });

  it('checkpoint/log-signature-missing: no key of the log at all', async () => {
    const { codes } = await judged(retiredLog(SIZE), { signatures: lines => lines.slice(1) });
    expect(codes.inclusion).toBe('checkpoint/log-signature-missing');
  });
});

describe("a retired witness's cosignature", () => {
  it('counts in the place of its successor, up to the size at which it ended', async () => {
    expect((await judged(retiredWitness(SIZE))).outcome).toBe('pass');
  });

  it('counts through a chain of successors', async () => {
    const second = nextKey('witness', 2);
    const { retired = [] } = retiredWitness(SIZE);
    const chained: Partial<TrustFile> = {
      policy: policyOf([second, ...OTHERS]),
      retired: [
        ...retired,
        {
          key: formatVerifierKey(NEW_WITNESS.key),
          role: 'witness',
          why: 'rotated',
          until: 99,
          successor: keyLabel(second.key),
        },
      ],
    };
    expect((await judged(chained)).outcome).toBe('pass');
  });

  it.each<[string, Partial<TrustFile>]>([
    ['of a larger tree', retiredWitness(SIZE - 1)],
    [
      'without a successor',
      retiredWitness(SIZE, { successor: keyLabel(testCosigner('gone.example', 9).key) }),
    ],
    ['whose successors go in a circle', retiredWitness(SIZE, { successor: keyLabel(FIRST.key) })],
  ])('does not count: %s', async (_, trust) => {
    const { outcome, codes } = await judged(trust);
    expect(outcome).toBe('inconclusive');
    expect(codes).toEqual({ signature: 'pass', inclusion: 'pass', witnesses: 'witness/quorum-not-met' });
  });

  it('counts once beside its successor', async () => {
    const trust = {
      ...retiredWitness(SIZE),
      policy: policyText(
        LOG.key,
        [NEW_WITNESS, ...OTHERS].map(({ key }) => key),
        2,
      ),
    };
    const signatures: Recipe['signatures'] = (lines, text) => [
      ...lines.slice(0, 2),
      ...cosignatures(text, [NEW_WITNESS]),
    ];
    expect((await judged(trust, { signatures })).codes.witnesses).toBe('witness/quorum-not-met');
  });
});

describe('trust/malformed', () => {
  it.each<[string, Partial<TrustFile>]>([
    ['nobody whose receipts count', { issuers: [] }],
    ['an issuer that is retired and in force', { ...retiredIssuer(), issuers: TRUST_FILE.issuers }],
    [
      'a key of another type',
      { retired: [{ ...(retiredWitness(1).retired?.[0] as Retired), role: 'issuer' }] },
    ],
    ['a log by another name', { retired: [{ ...(retiredIssuer().retired?.[0] as Retired), role: 'log' }] }],
    ['one key twice', { ...retiredIssuer(), retired: [0, 1].flatMap(() => retiredIssuer().retired ?? []) }],
  ])('%s', (_, change) => {
    expect(() => trustWith(change)).toThrow('trust/malformed');
  });
});
