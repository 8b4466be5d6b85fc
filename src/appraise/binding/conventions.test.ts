import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import { makeQuote, ROOT } from '../../../test/support/evidence/dcap.js';
import { makeNitro, NITRO_TEST_ROOTS } from '../../../test/support/evidence/nitro.js';
import { makeDevice, makeInput, NONCE } from '../../../test/support/evidence/nvidia.js';
import { makeSnp } from '../../../test/support/evidence/snp.js';
import { DURING } from '../../../test/support/evidence/x509-maker.js';
import { sha256, sha512 } from '../../bytes/cryptography.js';
import { concat, utf8 } from '../../bytes/octets.js';
import { verifyDcap } from '../../evidence/dcap/verify.js';
import { verifyNitro } from '../../evidence/nitro/verify.js';
import { verifyNvidia } from '../../evidence/nvidia/verify.js';
import { verifySnp } from '../../evidence/snp/verify.js';
import { CONVENTION_NAMES, CONVENTIONS, carriersOf, holds, valueBy } from './conventions.js';

describe('what a field must hold', () => {
  const [key, nonce, tls] = [utf8('key'), utf8('nonce'), utf8('tls')];
  const ingredients = {
    key,
    nonce,
    tls,
    statement: utf8('statement'),
    'gpu-nonce': utf8('gpu'),
    'report-data': new Uint8Array(64).map((_, at) => at),
  };

  it.each([
    ['plain-tls-nonce', concat(tls, nonce)],
    ['sha-256-key-nonce', sha256(concat(key, nonce))],
    ['sha-512-key-tls-nonce', sha512(concat(key, tls, nonce))],
    ['sha-256-statement', sha256(utf8('statement'))],
    ['first-32-report-data', ingredients['report-data'].slice(0, 32)],
  ] as const)('%s', (name, expected) => {
    expect(valueBy(CONVENTIONS[name], ingredients)).toEqual(expected);
  });

  it.each(CONVENTION_NAMES)('%s: named for what it is made of, and made of nothing less', name => {
    const { form, of } = CONVENTIONS[name];
    expect(name).toBe([form, ...of].join('-'));
    for (const missing of of)
      expect(valueBy(CONVENTIONS[name], { ...ingredients, [missing]: undefined })).toBeNull();
    expect(valueBy(CONVENTIONS[name], ingredients)).not.toBeNull();
  });

  it('all of them, and no others, are in spec/binding.md', () => {
    const spec = readFileSync(new URL('../../../spec/binding.md', import.meta.url), 'utf8');
    const [, list = ''] = /All conventions: ([^.]*)\.\n/.exec(spec) ?? [];
    expect([...list.matchAll(/`([^`]+)`/g)].map(([, name]) => name)).toEqual(CONVENTION_NAMES);
  });
});

describe('whether a field holds it', () => {
  const value = (...octets: number[]) => Uint8Array.from(octets);
  it.each<readonly [string, Uint8Array | null, 'fixed' | 'free', Uint8Array, boolean]>([
    ['the same', value(1, 2), 'free', value(1, 2), true],
    ['something longer', value(1, 2, 0), 'free', value(1, 2), false],
    ['the same, and zeros', value(1, 2, 0), 'fixed', value(1, 2), true],
    ['the same, and something', value(1, 2, 3), 'fixed', value(1, 2), false],
    ['less', value(1), 'fixed', value(1, 2), false],
    ['zeros in front', value(0, 1, 2), 'fixed', value(1, 2), false],
    ['nothing', null, 'free', value(1), false],
    ['nothing where nothing was expected', value(), 'free', value(), false],
    ['zeros where nothing was expected', value(0, 0), 'fixed', value(), false],
  ])('%s', (_, found, size, expected, outcome) => {
    expect(holds({ value: found, size }, expected)).toBe(outcome);
  });
});

describe('the fields that the software fills', () => {
  it('of Nitro', async () => {
    const document = makeNitro({ members: { nonce: utf8('n'), user_data: utf8('u') } });
    const report = await verifyNitro({ document, asOf: DURING + 1, roots: NITRO_TEST_ROOTS });
    expect(carriersOf(report)).toEqual({
      nonce: { value: utf8('n'), size: 'free' },
      userData: { value: utf8('u'), size: 'free' },
      publicKey: { value: null, size: 'free' },
    });
  });

  it('of SEV-SNP, TDX and SGX', async () => {
    const snp = await verifySnp(makeSnp());
    expect(carriersOf(snp)).toEqual({ reportData: { value: snp.fields.reportData, size: 'fixed' } });
    for (const form of ['tdx-4', 'sgx-3'] as const) {
      const quote = await verifyDcap({
        quote: makeQuote({ form }),
        collateral: null,
        asOf: DURING,
        roots: [ROOT],
      });
      expect(carriersOf(quote)).toEqual({
        reportData: { value: quote.fields.body.reportData, size: 'fixed' },
      });
    }
  });

  it('of NVIDIA', async () => {
    const report = await verifyNvidia(makeInput(makeDevice({ device: 'hopper' })));
    expect(carriersOf(report)).toEqual({ nonce: { value: NONCE, size: 'fixed' } });
  });
});
