import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import {
  GPU_CLAIMS,
  makeNrasHouse,
  makeNrasInput,
  type NrasOptions,
  SWITCH_CLAIMS,
} from '../../../test/support/evidence/nras.js';
import { verifyNras } from '../../evidence/nvidia/nras/verify.js';
import { decidingCode, statusOf } from '../../evidence/report.js';
import type { ReasonCode } from '../../reason.js';
import { appraiseNras, DEFAULT_NRAS_POLICY, type NrasPolicy } from './nras-policy.js';
import { inDevelopment } from './simulation.js';

const house = makeNrasHouse();

async function decide(options: NrasOptions, policy?: Partial<NrasPolicy>): Promise<unknown> {
  const report = await verifyNras(makeNrasInput(house, options));
  const checks = await appraiseNras(report, { ...DEFAULT_NRAS_POLICY, ...policy });
  const failed = checks.find(({ status }) => status === 'fail');
  const { field = null, detail = null } = failed?.status === 'fail' ? failed : {};
  return [statusOf(checks), decidingCode(checks), field, detail];
}

const gpuWith = (claims: Record<string, unknown>): NrasOptions => ({
  devices: { 'GPU-0': { ...GPU_CLAIMS, ...claims } },
});
const chainClaim = 'x-nvidia-gpu-attestation-report-cert-chain';
const chainWith = (claims: Record<string, unknown>): NrasOptions =>
  gpuWith({
    [chainClaim]: { 'x-nvidia-cert-status': 'valid', 'x-nvidia-cert-ocsp-status': 'good', ...claims },
  });
const of = (kind: string, part: string) => `x-nvidia-${kind}-attestation-report-${part}`;

describe('what is required of the attestation service’s claims', () => {
  it.each<[string, NrasOptions]>([
    ['a GPU that passed', {}],
    ['a GPU and a switch that passed', { devices: { 'GPU-0': GPU_CLAIMS, 'SWITCH-0': SWITCH_CLAIMS } }],
    [
      'the claims of version 2',
      gpuWith({ [chainClaim]: undefined, [of('gpu', 'cert-chain-validated')]: true }),
    ],
    ['details of an error that are none', gpuWith({ 'x-nvidia-error-details': null })],
  ])('%s is accepted', async (_, options) => {
    expect(await decide(options)).toEqual(['accepted', null, null, null]);
  });

  it.each<[string, NrasOptions, string, string]>([
    ['measurements that differ', gpuWith({ measres: 'fail' }), 'GPU-0', 'measres'],
    ['nothing of measurements', gpuWith({ measres: undefined }), 'GPU-0', 'measres'],
    ['no secure boot', gpuWith({ secboot: null }), 'GPU-0', 'secboot'],
    ['a device that is open for debugging', gpuWith({ dbgstat: 'enabled' }), 'GPU-0', 'dbgstat'],
    [
      'a report that was not parsed',
      gpuWith({ [of('gpu', 'parsed')]: undefined }),
      'GPU-0',
      of('gpu', 'parsed'),
    ],
    [
      'a signature that is not good',
      gpuWith({ [of('gpu', 'signature-verified')]: 'true' }),
      'GPU-0',
      of('gpu', 'signature-verified'),
    ],
    [
      'a nonce that is another',
      gpuWith({ [of('gpu', 'nonce-match')]: false }),
      'GPU-0',
      of('gpu', 'nonce-match'),
    ],
    [
      'a firmware that is another',
      gpuWith({ [of('gpu', 'cert-chain-fwid-match')]: false }),
      'GPU-0',
      of('gpu', 'cert-chain-fwid-match'),
    ],
    [
      'something that is not so',
      gpuWith({ 'x-nvidia-gpu-arch-check': false }),
      'GPU-0',
      'x-nvidia-gpu-arch-check',
    ],
    ['a chain that ended', chainWith({ 'x-nvidia-cert-status': 'expired' }), 'GPU-0', chainClaim],
    ['a revoked certificate', chainWith({ 'x-nvidia-cert-ocsp-status': 'revoked' }), 'GPU-0', chainClaim],
    ['a chain of which nothing is said', gpuWith({ [chainClaim]: null }), 'GPU-0', chainClaim],
    ['an error', gpuWith({ 'x-nvidia-error-details': { code: 4010 } }), 'GPU-0', 'x-nvidia-error-details'],
    [
      'a switch of which only a GPU’s claims are said',
      { devices: { 'GPU-0': GPU_CLAIMS, 'SWITCH-0': GPU_CLAIMS } },
      'SWITCH-0',
      of('switch', 'parsed'),
    ],
  ])('%s is refused, by the claim', async (_, options, device, claim) => {
    expect(await decide(options)).toEqual(['refused', 'nras/claim-refused', device, claim]);
  });

  it.each([[false], [undefined], ['true'], [1]])('an overall result of %j is refused', async result => {
    const options = { overall: { 'x-nvidia-overall-att-result': result } };
    expect(await decide(options)).toEqual(['refused', 'nras/result-negative', null, null]);
  });

  it.each<[Partial<NrasPolicy>, ReasonCode | null]>([
    [{ driverVersions: ['550.90.07'] }, null],
    [{ driverVersions: ['550.90.08'] }, 'nvidia/driver-refused'],
    [{ biosVersions: ['96.00.9F.00.01', '96.10.55.00.01'] }, null],
    [{ biosVersions: ['96.10.55.00.01'] }, 'nvidia/bios-refused'],
  ])('versions as in %j', async (policy, code) => {
    const both = { devices: { 'GPU-0': GPU_CLAIMS, 'SWITCH-0': SWITCH_CLAIMS } };
    const [status, reason] = (await decide(both, policy)) as unknown[];
    expect([status, reason]).toEqual([code === null ? 'accepted' : 'refused', code]);
  });

  it('a token whose occasion nobody knows is inconclusive, unless the policy does without', async () => {
    const { nonce: _, ...input } = makeNrasInput(house);
    const report = await verifyNras(input);
    const strict = await appraiseNras(report);
    expect([statusOf(strict), decidingCode(strict)]).toEqual(['inconclusive', 'nras/nonce-not-given']);
    expect(statusOf(await appraiseNras(report, { ...DEFAULT_NRAS_POLICY, nonceRequired: false }))).toBe(
      'accepted',
    );
  });
});

describe('a service under a simulated root', () => {
  it('is refused, and in development neither accepted nor refused', async () => {
    const genuine = await verifyNras(makeNrasInput(house, {}));
    const report = { ...genuine, root: { name: 'simulated root', simulated: true } };
    const refused = await appraiseNras(report);
    expect([statusOf(refused), decidingCode(refused)]).toEqual(['refused', 'evidence/simulated']);
    const open = await appraiseNras(report, { ...DEFAULT_NRAS_POLICY, [inDevelopment]: true });
    expect([statusOf(open), decidingCode(open)]).toEqual(['inconclusive', 'evidence/simulated']);
  });
});
