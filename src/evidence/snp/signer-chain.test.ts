import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import { makeSnp, snpPki } from '../../../test/support/evidence/snp.js';
import { makeCertificate, testKeys } from '../../../test/support/evidence/x509-maker.js';
import { fromBase64 } from '../../bytes/base64.js';
import { utf8 } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { parseCertificate } from '../x509/certificate.js';
import { SNP_AUTHORITIES } from './authorities.js';
import { type SnpChainInput, type SnpSignerKind, snpChainOf } from './signer-chain.js';

const keys = testKeys('P-384');
const builtIn = (text: string) => fromBase64(text) ?? expect.fail('no base64');

/** A certificate that names an authority of AMD's as its issuer, which has not signed it. */
const underName = (authority: string, kind: SnpSignerKind): SnpChainInput['signer'] => {
  const { subject } = parseCertificate(builtIn(authority));
  const issuer = { name: subject, keys };
  return { kind, certificate: makeCertificate({ subject: 'signer', keys, issuer }).certificate };
};

const names = (input: SnpChainInput) => {
  const chain = snpChainOf(input);
  if (chain instanceof Failure) return chain.code;
  return chain.map(({ commonName }) => commonName);
};

describe('the certificates above a signer\u2019s', () => {
  it.each([
    ['milan', 'Milan'],
    ['genoa', 'Genoa'],
    ['turin', 'Turin'],
  ] as const)('%s: are those of AMD that it names', (product, name) => {
    const { ask, asvk } = SNP_AUTHORITIES[product];
    expect(names({ signer: underName(ask, 'vcek') })).toEqual(['signer', `SEV-${name}`, `ARK-${name}`]);
    expect(names({ signer: underName(asvk, 'vlek') })).toEqual(['signer', `SEV-VLEK-${name}`, `ARK-${name}`]);
  });

  it('are not those of the other kind of key', () => {
    const { ask, asvk } = SNP_AUTHORITIES.milan;
    expect(names({ signer: underName(ask, 'vlek') })).toBe('certificate/root-unknown');
    expect(names({ signer: underName(asvk, 'vcek') })).toBe('certificate/root-unknown');
  });

  it('are those that were given, whatever it names', () => {
    const { authority, root } = makeSnp();
    const signer = underName(SNP_AUTHORITIES.turin.ask, 'vcek');
    expect(names({ signer, ...(authority && { authority }), ...(root && { root }) })).toEqual([
      'signer',
      'SEV-milan',
      'ARK-milan',
    ]);
    // The root is then looked for under the name that the given authority has.
    const given = builtIn(SNP_AUTHORITIES.genoa.ask);
    expect(names({ signer, authority: given })).toEqual(['signer', 'SEV-Genoa', 'ARK-Genoa']);
    expect(names({ signer, ...(authority && { authority }) })).toBe('certificate/root-unknown');
  });

  it('are none for somebody else\u2019s, and the part that is missing is named', () => {
    const { ark } = snpPki('milan');
    const signer = {
      kind: 'vcek',
      certificate: makeCertificate({ subject: 's', keys, issuer: ark }).certificate,
    } as const;
    const failure = snpChainOf({ signer });
    expect(failure).toBeInstanceOf(Failure);
    expect(failure).toMatchObject({ code: 'certificate/root-unknown', field: 'ask' });
    expect(snpChainOf({ signer: { ...signer, kind: 'vlek' } })).toMatchObject({ field: 'asvk' });
  });

  it.each(['signer', 'authority', 'root'])('a %s that is no certificate makes no chain', part => {
    const input = makeSnp();
    const none = utf8('none');
    const damaged =
      part === 'signer'
        ? { ...input, signer: { ...input.signer, certificate: none } }
        : { ...input, [part]: none };
    expect(names(damaged)).toBe('certificate/malformed');
  });
});
