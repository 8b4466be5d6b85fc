import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reasonOf } from '../../../test/support/failure.js';
import { mutants, parseOrRefuse } from '../../../test/support/mutation.js';
import { toBase64 } from '../../bytes/base64.js';
import { toHex } from '../../bytes/hex.js';
import { utf8 } from '../../bytes/octets.js';
import { evidenceFromHex, parseEvidenceFile } from './evidence-file.js';

const ITEM = {
  arch: 'HOPPER',
  certificate: toBase64(utf8('a chain')),
  evidence: toBase64(Uint8Array.of(1, 2, 3)),
  nonce: '0a'.repeat(32),
};
const fileOf = (...items: readonly unknown[]) => utf8(JSON.stringify(items, null, 2));

describe('a file of evidence', () => {
  it('has one object for each device', () => {
    const [one, two, three, four] = parseEvidenceFile(
      fileOf(
        ITEM,
        { ...ITEM, arch: 'BLACKWELL' },
        { ...ITEM, arch: 'LS10', more: 1 },
        { ...ITEM, arch: 'AMPERE' },
      ),
    );
    expect(one).toEqual({
      evidence: Uint8Array.of(1, 2, 3),
      certificateChain: 'a chain',
      architecture: 'hopper',
      claimedNonce: new Uint8Array(32).fill(10),
    });
    expect([two, three, four].map(item => item?.architecture)).toEqual(['blackwell', 'nvswitch', null]);
  });

  it.each<[string, Uint8Array]>([
    ['nothing', utf8('')],
    ['no JSON', utf8('[')],
    ['no text', Uint8Array.of(0xff)],
    ['no list', utf8('{}')],
    ['an empty list', utf8('[]')],
    ['a list of nothing', utf8('[null]')],
    ['evidence that is no text', fileOf({ ...ITEM, evidence: 1 })],
    ['evidence that is no base64', fileOf({ ...ITEM, evidence: '*' })],
    ['no certificate', fileOf({ ...ITEM, certificate: undefined })],
    ['a certificate that is no text', fileOf({ ...ITEM, certificate: toBase64(Uint8Array.of(0xff)) })],
    ['a nonce that is no hexadecimal', fileOf({ ...ITEM, nonce: '0' })],
    ['a member twice', utf8(JSON.stringify([ITEM]).replace('"arch"', '"arch":"HOPPER","arch"'))],
    ['33 devices', fileOf(...new Array(33).fill(ITEM))],
    ['a megabyte and more', utf8(`[${' '.repeat(1024 * 1024)}]`)],
  ])('%s is refused', (_, bytes) => {
    expect(reasonOf(() => parseEvidenceFile(bytes))).toBe('nvidia/file-malformed');
  });

  it('is read or refused, whatever is changed in it', () => {
    fc.assert(
      fc.property(mutants([fileOf(ITEM, ITEM)]), bytes => {
        parseOrRefuse(() => parseEvidenceFile(bytes), ['nvidia/file-malformed']);
      }),
    );
  });

  it('may be one device’s evidence in hexadecimal', () => {
    expect(toHex(evidenceFromHex('11e0\n'))).toBe('11e0');
    for (const text of ['', '\n', '1', 'zz', '11 e0', '11E0', '00'.repeat(1024 * 1024 + 1)])
      expect(reasonOf(() => evidenceFromHex(text))).toBe('nvidia/file-malformed');
  });
});
