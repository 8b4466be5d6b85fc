import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import { makeReport } from '../../../test/support/evidence/aci.js';
import { makeCollateral } from '../../../test/support/evidence/dcap.js';
import { runtimeEvent } from '../../../test/support/evidence/dstack.js';
import {
  ANSWERS,
  CERTIFICATE,
  chutesAnswers,
  countersignAnswer,
  NONCE,
  nearAnswer,
  phalaAnswer,
  TLS_KEY,
  tinfoilDocument,
} from '../../../test/support/evidence/providers.js';
import { SIMULATED_ROOTS, TEST_ROOTS } from '../../../test/support/evidence/roots.js';
import { DURING } from '../../../test/support/evidence/x509-maker.js';
import { utf8 } from '../../bytes/octets.js';
import { attestedProvider } from '../../evidence/providers/providers.js';
import { SAFE_DCAP_POLICY } from '../evidence/dcap-policy.js';
import { SAFE_NITRO_POLICY } from '../evidence/nitro-policy.js';
import { SAFE_SNP_POLICY } from '../evidence/snp-policy.js';
import { appraiseProvider, type ProviderAnswers, type ProviderCircumstances } from './appraise.js';

type Attested = keyof typeof ANSWERS;
const ATTESTED = Object.keys(ANSWERS) as readonly Attested[];
const CIRCUMSTANCES: ProviderCircumstances = {
  asOf: DURING + 1,
  roots: TEST_ROOTS,
  policies: { nitro: SAFE_NITRO_POLICY, snp: SAFE_SNP_POLICY, dcap: SAFE_DCAP_POLICY },
  collateral: makeCollateral(),
};
/** The one that the keyset of the tests names. */
const SEEN = { host: 'api.example.com', key: TLS_KEY, certificate: CERTIFICATE };
const judge = (
  name: Attested,
  change: Partial<ProviderAnswers> = {},
  circumstances: Partial<ProviderCircumstances> = {},
) =>
  appraiseProvider(
    { provider: attestedProvider(name), tls: SEEN, ...ANSWERS[name], ...change },
    { ...CIRCUMSTANCES, ...circumstances },
  );

describe('a provider that attests itself', () => {
  it.each(ATTESTED)('%s is accepted, as a handoff, with the keys that its evidence carries', async name => {
    const judged = await judge(name);
    expect([judged.status, judged.code, judged.grade]).toEqual(['accepted', null, 'handoff']);
    const [instance] = judged.instances;
    expect(instance?.boundKeys.length).toBeGreaterThan(0);
    expect(instance?.edges.map(({ status }) => status)).toEqual(instance?.edges.map(() => 'holds'));
    expect(instance?.edges.map(({ to }) => to)).toContain('nonce');
  });

  it.each<readonly [string, Attested, Partial<ProviderAnswers>]>([
    ['Tinfoil', 'tinfoil', { answers: [tinfoilDocument({ carried: new Uint8Array(32) })] }],
    ['NEAR', 'near', { answers: [nearAnswer({ reportData: new Uint8Array(64) })] }],
    ['Phala', 'phala', { answers: [phalaAnswer({ reportData: new Uint8Array(64) })] }],
    ['ACI', 'aci', { answers: [makeReport({ carried: new Uint8Array(64) })] }],
    ['Countersign', 'countersign', { answers: [countersignAnswer({ carried: new Uint8Array(32) })] }],
    ['Chutes', 'chutes', { answers: chutesAnswers({ key: new Uint8Array(1184) }) }],
    ['Chutes, an old answer', 'chutes', { answers: chutesAnswers({ nonce: NONCE.with(0, 1) }) }],
  ])('%s: evidence that does not carry the keys beside it is refused', async (_, name, change) => {
    const judged = await judge(name, change);
    expect([judged.status, judged.code]).toEqual(['refused', 'provider/binding-mismatch']);
    const statuses = judged.instances[0]?.edges.map(edge => edge.status !== 'holds' && edge.code);
    expect(new Set(statuses)).toEqual(new Set(['provider/binding-mismatch']));
  });

  it.each(ATTESTED.filter(name => name !== 'chutes'))(
    '%s: a connection that ends at another key is refused',
    async name => {
      const tls = { ...SEEN, key: new Uint8Array(32), certificate: new Uint8Array(32) };
      const judged = await judge(name, { tls });
      expect([judged.status, judged.code]).toEqual(['refused', 'provider/tls-mismatch']);
    },
  );

  it('a certificate is not compared with a key, nor the other way round', async () => {
    const swapped = { ...SEEN, key: CERTIFICATE, certificate: TLS_KEY };
    expect((await judge('near', { tls: swapped })).code).toBe('provider/tls-mismatch');
    expect((await judge('opengradient', { tls: swapped })).code).toBe('provider/tls-mismatch');
  });

  it('a key that is for one host name counts for no other', async () => {
    expect((await judge('aci', { tls: { ...SEEN, host: 'other.example.com' } })).code).toBe(
      'provider/tls-mismatch',
    );
    expect((await judge('near', { tls: { ...SEEN, host: 'other.example.com' } })).status).toBe('accepted');
  });

  it('a connection that was not seen, or a provider that binds none, is inconclusive', async () => {
    expect(await judge('near', { tls: null })).toMatchObject({
      status: 'inconclusive',
      code: 'provider/tls-unseen',
    });
    const without = { answers: [nearAnswer({ tls: null })] };
    expect(await judge('near', without)).toMatchObject({
      status: 'inconclusive',
      code: 'provider/tls-unbound',
    });
  });

  it('who is spoken to under another key needs no key of TLS', async () => {
    expect((await judge('chutes', { tls: null })).status).toBe('accepted');
  });

  it.each(ATTESTED)('%s: under roots that nobody has pinned nothing it carries counts', async name => {
    const judged = await judge(name, {}, { roots: { nitro: [], snp: [], dcap: [] } });
    expect(judged.status).toBe('refused');
    const [instance] = judged.instances;
    expect(new Set(instance?.edges.map(({ status }) => status))).toEqual(new Set(['not-shown']));
    const carried = instance?.checks.find(check => check.name === 'carried');
    expect(carried).toMatchObject({ status: 'not-checked', code: 'evidence/prerequisite-failed' });
  });

  it.each(ATTESTED)('%s: a simulated attester is refused', async name => {
    expect((await judge(name, {}, { roots: SIMULATED_ROOTS })).code).toBe('evidence/simulated');
  });

  it.each(['near', 'phala', 'aci'] as const)('%s: software that was not measured is refused', async name => {
    const event_log = JSON.stringify([runtimeEvent('compose-hash', utf8('x'))]);
    const answers = {
      near: nearAnswer({ members: { event_log } }),
      phala: phalaAnswer({ members: { event_log } }),
      aci: makeReport({ evidence: { event_log } }),
    };
    expect((await judge(name, { answers: [answers[name]] })).code).toBe('dstack/log-mismatch');
  });

  it('without collateral a quote is inconclusive', async () => {
    for (const name of ['near', 'phala', 'aci', 'chutes'] as const)
      expect(await judge(name, {}, { collateral: null })).toMatchObject({
        status: 'inconclusive',
        code: 'collateral/missing',
      });
    expect(
      (await judge('tinfoil', { answers: [tinfoilDocument({ tee: 'tdx' })] }, { collateral: null })).code,
    ).toBe('collateral/missing');
  });

  it('a policy that asks for other software refuses it', async () => {
    const nothing = new Uint8Array(48);
    const policies = {
      nitro: { ...SAFE_NITRO_POLICY, pcrs: new Map([[0, [nothing]]]) },
      snp: { ...SAFE_SNP_POLICY, measurements: [nothing] },
      dcap: { ...SAFE_DCAP_POLICY, measurements: { mrTd: [nothing] } },
    };
    for (const name of ATTESTED) expect((await judge(name, {}, { policies })).code).toMatch(/measurement/);
  });

  it('of several instances the best one counts, and each says what is so of it', async () => {
    const change = (answers: {
      evidence: { instance_id: string; quote: string }[];
      instances: { instance_id: string; e2e_pubkey: string }[];
    }) => {
      const [instance, key] = [answers.evidence[0], answers.instances[0]];
      if (instance === undefined || key === undefined) return;
      // A second machine with the evidence of the first, and a key of its own.
      answers.evidence.unshift({ ...instance, instance_id: 'two' });
      answers.instances.push({ instance_id: 'two', e2e_pubkey: key.e2e_pubkey.replace(/^.{4}/, 'AAAA') });
    };
    const judged = await judge('chutes', { answers: chutesAnswers({ change }) });
    expect(judged.status).toBe('accepted');
    expect(judged.instances.map(({ name, status, code }) => [name, status, code])).toEqual([
      ['two', 'refused', 'provider/binding-mismatch'],
      ['one', 'accepted', null],
    ]);
  });
});
