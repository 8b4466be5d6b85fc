import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../../../test/end-to-end/process.js';
import { makeNitro } from '../../../test/support/evidence/nitro.js';
import { describeGenuine, genuine } from '../../../test/support/vectors.js';

const folder = mkdtempSync(join(tmpdir(), 'countersign-evidence-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, bytes: Uint8Array | string) => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};

describe('countersign evidence', () => {
  it('refuses what no maker of hardware has signed, in JSON and in words', async () => {
    const path = file('nitro.bin', makeNitro());
    const inJson = await run(['evidence', 'verify', path, '--as-of', '2026-06-15T12:00:01Z', '--json']);
    expect(inJson.code).toBe(10);
    expect(JSON.parse(inJson.stdout)).toMatchObject({
      status: 'refused',
      code: 'certificate/root-unknown',
      evidence: [{ file: path, status: 'refused' }],
      edges: null,
      exitCode: 10,
    });
    const inWords = await run(['evidence', 'explain', path]);
    expect([inWords.code, inWords.stderr]).toEqual([10, '']);
    expect(inWords.stdout).toContain('none that is pinned');
  });

  it('30 for what is no evidence and for a policy that is none', async () => {
    const path = file('text', 'hello');
    expect((await run(['evidence', 'verify', path])).code).toBe(30);
    const refused = await run(['evidence', 'verify', path, '--policy', path]);
    expect([refused.code, refused.stderr]).toEqual([
      30,
      expect.stringContaining('evidence/policy-malformed'),
    ]);
  });

  it.each([
    ['no file', []],
    ['a file that is not there', ['no/such/file']],
    ['a time that is none', ['a', '--as-of', 'now']],
    ['a nonce that is none', ['a', '--nonce', 'xy']],
    ['a TLS key that is no digest', ['a', '--tls', '00']],
    ['a convention that nobody has', ['a', '--carries', 'reportData=md5']],
    ['a field that nobody has', ['a', '--carries', 'data=plain-key']],
    ['a key that is none', ['a', '--issuer', 'key']],
  ])('64 for %s', async (_, args) => {
    expect((await run(['evidence', 'verify', ...args])).code).toBe(64);
  });
});

describeGenuine('countersign evidence, of genuine documents', () => {
  const at = (name: string, path: string) => file(name, genuine(path));
  it.each<readonly [string, () => string[], number, string]>([
    ['Nitro', () => [at('n', 'nitro/production.bin'), '--as-of', '2022-10-13T08:58:03Z'], 0, 'accepted'],
    [
      'Nitro in base64',
      () => [at('z', 'nitro/zero-pcr.b64'), '--as-of', '2023-09-18T15:03:31Z'],
      10,
      'refused',
    ],
    [
      'SEV-SNP',
      () => [
        at('s', 'sev-snp/milan_attestation_report.bin'),
        '--chain',
        at('c', 'sev-snp/milan_vcek.pem'),
        '--as-of',
        '2026-03-01T00:00:00Z',
      ],
      0,
      'accepted',
    ],
    [
      'TDX without collateral',
      () => [at('t', 'tdx/tdx_quote'), '--as-of', '2025-07-01T00:00:00Z'],
      20,
      'inconclusive',
    ],
    [
      'TDX',
      () => [
        at('t', 'tdx/tdx_quote'),
        '--collateral',
        at('tc', 'tdx/tdx_quote_collateral.json'),
        '--as-of',
        '2025-07-01T00:00:00Z',
      ],
      0,
      'accepted',
    ],
    [
      'NVIDIA',
      () => [at('h', 'nvidia/hopper_evidence.json'), '--as-of', '2026-03-01T00:00:00Z'],
      0,
      'accepted',
    ],
    [
      'NVIDIA in hexadecimal',
      () => [
        at('x', 'nvidia/hopperAttestationReport.txt'),
        '--chain',
        at('xc', 'nvidia/hopperCertChain.txt'),
        '--as-of',
        '2026-03-01T00:00:00Z',
      ],
      0,
      'accepted',
    ],
  ])('%s', async (_, args, code, status) => {
    const ended = await run(['evidence', 'explain', ...args(), '--json']);
    expect(ended.code).toBe(code);
    expect(JSON.parse(ended.stdout)).toMatchObject({ status, evidence: [{ status }] });
  });
});
