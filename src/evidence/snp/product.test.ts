import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import { describeGenuine, genuine } from '../../../test/support/vectors.js';
import { fromBase64 } from '../../bytes/base64.js';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { parseCertificate } from '../x509/certificate.js';
import { checkChain } from '../x509/chain.js';
import { SNP_AUTHORITIES } from './authorities.js';
import { productOfCpu, productOfName, type SnpProduct, tcbOf } from './product.js';
import { SNP_ROOTS } from './roots.js';

const certificateIn = (text: string) => parseCertificate(fromBase64(text) ?? expect.fail('no base64'));

describe('product lines', () => {
  it.each([
    [0x19, 0x00, 'milan'],
    [0x19, 0x0f, 'milan'],
    [0x19, 0x10, 'genoa'],
    [0x19, 0x1f, 'genoa'],
    [0x19, 0x20, null],
    [0x19, 0x9f, null],
    [0x19, 0xa0, 'genoa'],
    [0x19, 0xaf, 'genoa'],
    [0x19, 0xb0, null],
    [0x1a, 0x02, 'turin'],
    [0x1a, 0x11, 'turin'],
    [0x1a, 0x20, null],
    [0x17, 0x31, null],
    [0, 0, null],
  ])('family %d, model %d: %s', (family, model, product) => {
    expect(productOfCpu({ family, model, stepping: 1 })).toBe(product);
  });

  it.each([
    ['Milan', 'milan'],
    ['Milan-B0', 'milan'],
    ['Genoa-B1', 'genoa'],
    ['Siena-A1', 'genoa'],
    ['Bergamo-A1', 'genoa'],
    ['Turin', 'turin'],
    ['milan', null],
    ['Milan-', null],
    ['Milan-B0-B0', null],
    ['Milano', null],
    ['', null],
    ['constructor', null],
  ])('named %j: %s', (name, product) => {
    expect(productOfName(name)).toBe(product);
  });

  it('AMD 56860, table 3: what a TCB is made of', () => {
    const octets = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    expect(tcbOf(octets, 'milan')).toEqual({ fmc: null, bootLoader: 1, tee: 2, snp: 7, microcode: 8 });
    expect(tcbOf(octets, 'genoa')).toEqual(tcbOf(octets, 'milan'));
    expect(tcbOf(octets, 'turin')).toEqual({ fmc: 1, bootLoader: 2, tee: 3, snp: 4, microcode: 8 });
  });
});

describe('the authorities that are built in', () => {
  const lines = Object.entries(SNP_AUTHORITIES) as [SnpProduct, (typeof SNP_AUTHORITIES)[SnpProduct]][];

  it.each(lines)('%s: lead to the pinned key, and are those that they are called', async (product, line) => {
    const [ark, ask, asvk] = [line.ark, line.ask, line.asvk].map(certificateIn) as [
      ReturnType<typeof certificateIn>,
      ReturnType<typeof certificateIn>,
      ReturnType<typeof certificateIn>,
    ];
    const root = SNP_ROOTS.find(each => each.product === product);
    expect(root?.spkiSha256).toEqual(sha256(ark.spki));
    const name = `${product[0]?.toUpperCase()}${product.slice(1)}`;
    expect(ark.commonName).toBe(`ARK-${name}`);
    expect(ask.commonName).toBe(`SEV-${name}`);
    expect(asvk.commonName).toBe(`SEV-VLEK-${name}`);
    const asOf = Date.UTC(2026, 0, 1) / 1000;
    for (const authority of [ask, asvk])
      expect(await checkChain([authority, ark], { roots: SNP_ROOTS, asOf })).toBe(root);
    // Until when what is built in serves.
    for (const { notAfter } of [ark, ask, asvk])
      expect(notAfter).toBeGreaterThan(Date.UTC(2045, 0, 1) / 1000);
  });
});

describeGenuine('the roots of AMD', () => {
  it.each([
    ['milan', '69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd'],
    ['genoa', '4c6598d19c18719c5dfd4a7d335f674e5bfe1d8f800cea2cf270c10d103db2f1'],
    ['turin', '1f084161a44bb6d93778a904877d4819cafa5d05ef4193b2ded9dd9c73dd3f6a'],
  ] as const)('%s: what is built in is what AMD hands out', (product, digest) => {
    const ark = genuine(`roots/amd/${product}_ark.der`);
    expect(toHex(sha256(ark))).toBe(digest);
    expect(fromBase64(SNP_AUTHORITIES[product].ark)).toEqual(ark);
    expect(fromBase64(SNP_AUTHORITIES[product].ask)).toEqual(genuine(`roots/amd/${product}_ask.der`));
    expect(SNP_ROOTS.find(root => root.product === product)?.spkiSha256).toEqual(
      sha256(parseCertificate(ark).spki),
    );
  });
});
