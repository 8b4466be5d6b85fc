import { describe, expect, it } from 'vitest';
import { makeCollateral } from '../../../test/support/evidence/dcap.js';
import { failureOf } from '../../../test/support/failure.js';
import { concat, fromUtf8, utf8 } from '../../bytes/octets.js';
import { MAX_COLLATERAL_BYTES, parseCollateral } from './collateral.js';

const NAMES = Object.keys(JSON.parse(fromUtf8(makeCollateral()) ?? '') as object);
const changed = (name: string, value: unknown) =>
  makeCollateral({
    members: members => {
      if (value === undefined) delete members[name];
      else members[name] = value;
    },
  });

describe('collateral', () => {
  it('is read in any layout, with its signed texts as they are', () => {
    const members = JSON.parse(fromUtf8(makeCollateral()) ?? '') as Record<string, string>;
    const collateral = parseCollateral(utf8(`\n${JSON.stringify(members, null, 2)}\n`));
    expect(collateral.tcbInfo.text).toBe(members.tcb_info);
    expect(collateral.qeIdentity.text).toBe(members.qe_identity);
    expect(collateral.tcbInfo.signature).toHaveLength(64);
    expect(collateral.pckCrlIssuerChain).toBe(members.pck_crl_issuer_chain);
  });

  it("may bring along the processor's chain, which is in the quote", () => {
    expect(() => parseCollateral(changed('pck_certificate_chain', 'anything'))).not.toThrow();
  });

  it.each(NAMES)('is refused without %s', name => {
    expect(failureOf(() => parseCollateral(changed(name, undefined)))).toMatchObject({
      code: 'collateral/malformed',
      field: name,
    });
  });

  it.each<[string, string | undefined, Uint8Array]>([
    ['nothing', undefined, new Uint8Array()],
    ['bytes that are no text', undefined, Uint8Array.of(0xff)],
    ['a byte order mark', undefined, concat(Uint8Array.of(0xef, 0xbb, 0xbf), makeCollateral())],
    ['a list', undefined, utf8('[]')],
    ['null', undefined, utf8('null')],
    ['half of it', undefined, makeCollateral().slice(0, 5000)],
    ['a text that is a number', 'tcb_info', changed('tcb_info', 1)],
    ['a member that nobody knows', undefined, changed('another', 'text')],
    ['a member of every object', undefined, utf8(`{"__proto__":"",${fromUtf8(makeCollateral())?.slice(1)}`)],
    ['something nested', undefined, changed('tcb_info', { text: '' })],
    ['a list of many', undefined, changed('pck_crl', new Array(1000).fill(48))],
    ['a list in base64', 'pck_crl', changed('pck_crl', 'MIIBKjCB0Q==')],
    ['hexadecimal in capitals', 'root_ca_crl', changed('root_ca_crl', 'AB')],
    ['a list that is too long', 'pck_crl', changed('pck_crl', '00'.repeat(131_073))],
    ['a signature of 63 bytes', 'tcb_info_signature', changed('tcb_info_signature', 'ab'.repeat(63))],
    ['a signature in DER', 'qe_identity_signature', changed('qe_identity_signature', 'ab'.repeat(71))],
    ['more bytes than any', undefined, new Uint8Array(MAX_COLLATERAL_BYTES + 1).fill(0x20)],
    ['a bomb of brackets', undefined, utf8('['.repeat(MAX_COLLATERAL_BYTES))],
  ])('is refused: %s', (_what, field, bytes) => {
    expect(failureOf(() => parseCollateral(bytes))).toMatchObject({ code: 'collateral/malformed', field });
  });

  it('is refused with a member twice, whichever of them is good', () => {
    const text = fromUtf8(makeCollateral()) ?? '';
    for (const twice of [
      `{"tcb_info":"",${text.slice(1)}`,
      `${text.slice(0, -1)},"tcb_info":""}`,
      `${text.slice(0, -1)},"tcb_\\u0069nfo":""}`,
    ])
      expect(failureOf(() => parseCollateral(utf8(twice)))).toMatchObject({ code: 'collateral/malformed' });
  });
});
