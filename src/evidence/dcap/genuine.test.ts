/** What Intel's hardware has made, and what must be said of it. */
import { expect, it } from 'vitest';
import { changeEveryByte, reportOrNull } from '../../../test/support/evidence/dcap-mutation.js';
import { thorough } from '../../../test/support/thoroughness.js';
import { describeGenuine, genuine } from '../../../test/support/vectors.js';
import '../../shell/node.js';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { fromUtf8, utf8 } from '../../bytes/octets.js';
import { decidingCode, type EvidenceStatus, statusOf } from '../report.js';
import { certificatesFromPem } from '../x509/pem.js';
import { INTEL_ROOTS } from './roots.js';
import type { TcbStatus } from './tcb-status.js';
import { verifyDcap } from './verify.js';

const at = (text: string) => Date.parse(text) / 1000;
const THEN = at('2025-07-01T00:00:00Z');
const NOW = at('2026-11-29T00:00:00Z');
const LATER = at('2026-03-01T00:00:00Z');

const read = (name: string, withCollateral = true) => ({
  quote: genuine(`tdx/${name}`),
  collateral: withCollateral ? genuine(`tdx/${name}_collateral.json`) : null,
});

describeGenuine('genuine quotes', () => {
  it.each<[string, number, EvidenceStatus, string | null, TcbStatus]>([
    ['tdx_quote', THEN, 'accepted', null, 'UpToDate'],
    ['tdx_quote', NOW, 'refused', 'collateral/tcb-info-expired', 'UpToDate'],
    // Its SEAM loader is older than that of any level in the TCB info, also of those that are out of date: Intel's own library matches none.
    ['tdx_quote_outdated', LATER, 'refused', 'quote/tcb-unsupported', 'OutOfDate'],
    ['sgx_quote', THEN, 'accepted', null, 'ConfigurationAndSWHardeningNeeded'],
    ['sgx_quote', NOW, 'refused', 'collateral/tcb-info-expired', 'ConfigurationAndSWHardeningNeeded'],
  ])('%s as of %d: %s, %s, TCB %s', async (name, asOf, status, code, tcb) => {
    const report = await verifyDcap({ ...read(name), asOf });
    expect(statusOf(report.checks)).toBe(status);
    expect(decidingCode(report.checks)).toBe(code);
    expect(report.fields.tcb?.status).toBe(tcb);
    expect(report.root).toEqual({ name: 'Intel SGX Root CA', simulated: false });
  });

  it.each(['tdx_quote', 'tdx_quote_outdated', 'sgx_quote'])(
    '%s: genuine for as long as its certificates last, without collateral',
    async name => {
      for (const asOf of [LATER, NOW]) {
        const report = await verifyDcap({ ...read(name, false), asOf });
        expect(statusOf(report.checks)).toBe('inconclusive');
        expect(decidingCode(report.checks)).toBe('collateral/missing');
      }
    },
  );

  it('tdx_quote_outdated: everything but its level is good', async () => {
    const { checks, fields } = await verifyDcap({ ...read('tdx_quote_outdated'), asOf: LATER });
    expect(checks.filter(({ status }) => status !== 'pass').map(({ name }) => name)).toEqual(['tcb-level']);
    expect(fields.version).toBe(5);
    expect(fields.body).toMatchObject({ kind: 'td', form: '1.5' });
  });

  it('sgx_quote: what it says', async () => {
    const { fields, kind } = await verifyDcap({ ...read('sgx_quote'), asOf: THEN });
    expect(kind).toBe('sgx');
    expect(fields.version).toBe(3);
    expect(fromUtf8(fields.body.reportData)?.replace(/\0+$/, '')).toBe('Hello, world!');
    expect(fields.tcb?.advisories).toEqual(['INTEL-SA-00289', 'INTEL-SA-00615']);
    expect(toHex(fields.platform?.fmspc ?? new Uint8Array())).toBe('00a067110000');
  });

  it('tdx_quote: no signature covers 86 of its 5,006 bytes', async () => {
    const { uncovered } = await verifyDcap({ ...read('tdx_quote', false), asOf: THEN });
    expect(uncovered.map(({ from, to }) => [from, to])).toEqual([
      [632, 636],
      [764, 770],
      [1252, 1258],
      [4936, 5006],
    ]);
    expect(uncovered.reduce((sum, { from, to }) => sum + to - from, 0)).toBe(86);
  });

  it("tdx_quote and sgx_quote are not believed with each other's collateral", async () => {
    const report = await verifyDcap({
      quote: read('tdx_quote').quote,
      collateral: read('sgx_quote').collateral,
      asOf: THEN,
    });
    expect(statusOf(report.checks)).toBe('refused');
    expect(report.fields.tcb).toBeNull();
  });
});

describeGenuine("Intel's root", () => {
  it('is the one at the end of every genuine chain', () => {
    for (const name of ['tdx_quote', 'tdx_quote_outdated', 'sgx_quote']) {
      const members = JSON.parse(fromUtf8(genuine(`tdx/${name}_collateral.json`)) ?? '') as Record<
        string,
        string
      >;
      for (const member of ['pck_crl_issuer_chain', 'tcb_info_issuer_chain', 'qe_identity_issuer_chain']) {
        const top = certificatesFromPem(members[member] ?? '').at(-1);
        expect(top?.commonName).toBe('Intel SGX Root CA');
        expect(INTEL_ROOTS.map(({ spkiSha256 }) => spkiSha256)).toContainEqual(
          sha256(top?.spki ?? new Uint8Array()),
        );
        expect(toHex(sha256(top?.bytes ?? new Uint8Array()))).toBe(
          '44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3',
        );
      }
    }
  });
});

describeGenuine('every byte of a genuine quote', () => {
  it.each([
    ['tdx_quote', THEN, 16, 70],
    ['tdx_quote_outdated', LATER, 16, 0],
    ['sgx_quote', THEN, 10, 0],
  ] as const)('%s: counts if a signature covers it, and only then', async (name, asOf, framing, free) => {
    // What covers a quote's bytes is in the quote; without collateral it takes a third of the time.
    expect(await changeEveryByte({ ...read(name, false), asOf })).toEqual([framing, free]);
  });
});

describeGenuine('every byte of genuine collateral', () => {
  it.each(['tdx_quote', 'sgx_quote'])('%s: changed, it is refused', async name => {
    const input = { ...read(name), asOf: THEN };
    const text = JSON.stringify(JSON.parse(fromUtf8(input.collateral ?? new Uint8Array()) ?? ''));
    const whole = utf8(text);
    for (let place = 0; place < whole.length; place += thorough(1, 397)) {
      const collateral = whole.slice();
      collateral[place] = (collateral[place] ?? 0) ^ (1 << (place % 8));
      const report = await reportOrNull({ ...input, collateral });
      if (report !== null) expect([place, statusOf(report.checks)]).toEqual([place, 'refused']);
    }
  });
});
